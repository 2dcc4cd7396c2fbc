import type { Exchange } from '../http/exchange.ts';
import type { View } from '../resources/resource.ts';
import { badRequest } from '../status/status-error.ts';
import { answerObject } from './answer.ts';
import { collectionOf } from './core.ts';
import type { Core } from './core.ts';
import { createObject, placeInNamespace, readObject } from './create.ts';
import { applyPatch, parsePatch } from './patch.ts';
import { updateObject } from './update.ts';
import type { Part } from './update.ts';
import { writeOptions } from './write-options.ts';

/** PUT of an object or of one of its parts. */
export async function putObject(core: Core, exchange: Exchange, view: View, part: Part): Promise<void> {
  const { name } = exchange.info;
  const namespace = view.resource.namespaced ? exchange.info.namespace : '';
  const options = writeOptions(exchange, 'UpdateOptions');
  const wanted = await readObject(core, exchange, view, options.fieldValidation);
  if (wanted.metadata.name === '') throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
  if (wanted.metadata.name !== name) throw badRequest(`the name of the object (${wanted.metadata.name}) does not match the name on the URL (${name})`);
  placeInNamespace(view, wanted, namespace);
  if (collectionOf(core, view).get(namespace, name) === undefined && part === '' && view.resource.strategy.createsOnUpdate === true) {
    return answerObject(exchange, view, await createObject(core, exchange, view, wanted, { isDryRun: options.isDryRun }), 201);
  }
  const stored = await updateObject(core, exchange, { view, namespace, name, part, isDryRun: options.isDryRun, optionsKind: 'UpdateOptions', isPut: true, change: () => structuredClone(wanted) });
  answerObject(exchange, view, stored);
}

/** PATCH of an object or of one of its parts. */
export async function patchObject(core: Core, exchange: Exchange, view: View, part: Part): Promise<void> {
  const { name } = exchange.info;
  const namespace = view.resource.namespaced ? exchange.info.namespace : '';
  const options = writeOptions(exchange, 'PatchOptions');
  const patch = parsePatch(view, exchange.request.headers['content-type'], await exchange.body());
  const stored = await updateObject(core, exchange, {
    view, namespace, name, part, isDryRun: options.isDryRun, optionsKind: 'PatchOptions', isPut: false, change: (current) => applyPatch(exchange, view, patch, current, options.fieldValidation),
  });
  answerObject(exchange, view, stored);
}
