import { isRecord } from '#shared/base';
import { bodyForm, bodyText, parseJson, parseYaml } from '../decode/read-body.ts';
import { JsonSyntaxError } from '../decode/scan-json.ts';
import { virtualResource } from '../discovery/virtual-resources.ts';
import type { View } from '../resources/resource.ts';
import { answerList, answerObject } from '../rest/answer.ts';
import type { Core } from '../rest/core.ts';
import { createObject, placeInNamespace, readObject } from '../rest/create.ts';
import { deleteObject, deleteOptions } from '../rest/delete.ts';
import type { DeleteOptions } from '../rest/delete.ts';
import { getObject, listPage, listQuery } from '../rest/list.ts';
import { watchObjects } from '../rest/watch.ts';
import { patchObject, putObject } from '../rest/write-object.ts';
import { writeOptions } from '../rest/write-options.ts';
import { badRequest, methodNotAllowed, noSuchResource, pageNotFound, StatusError } from '../status/status-error.ts';
import type { Stored } from '../store/history.ts';
import type { Exchange } from './exchange.ts';
import type { Subresources } from './subresources.ts';

export type ResourceHandlers = { readonly core: Core; readonly subresources: Subresources };

/** Answers a request for a resource of any kind. */
export async function handleResource(handlers: ResourceHandlers, exchange: Exchange): Promise<void> {
  const { info } = exchange;
  const { core } = handlers;
  // The old form of a watch: nothing else is served below it.
  if (info.isOldWatch && exchange.method !== 'GET') throw methodNotAllowed();
  if (info.isOldWatch && info.subresource !== '') throw noSuchResource();
  const virtual = virtualResource(info.group, info.version, info.resource);
  if (virtual !== undefined) return handlers.subresources.review(exchange, virtual);
  const view = core.registry.view(info.group, info.version, info.resource);
  if (view === undefined) throw unknownResource(core, info.group, info.version);
  if (info.subresource !== '') return handlers.subresources.handle(exchange, view);
  if (!view.resource.namespaced && info.namespace !== '' && info.resource !== 'namespaces') throw view.resource.isCustom ? pageNotFound() : noSuchResource();
  if (info.name === '') return handleCollection(core, exchange, view);
  if (info.isOldWatch) return watchOne(core, exchange, view);
  if (view.resource.namespaced && info.namespace === '') throw noSuchResource();
  return handleObject(core, exchange, view);
}

/** Unknown groups are plain text, unknown versions and resources of known groups a Status. */
export function unknownResource(core: Core, group: string, version: string): StatusError {
  if (group !== '' && !core.registry.hasGroup(group)) return pageNotFound();
  const isCustomGroup = core.registry.all().some((resource) => resource.group === group && resource.isCustom);
  const hasVersion = core.registry.groups().some((one) => one.name === group && one.versions.includes(version));
  return isCustomGroup && !hasVersion ? pageNotFound() : noSuchResource();
}

const namespaceOf = (exchange: Exchange, view: View): string | undefined => (view.resource.namespaced && exchange.info.namespace !== '' ? exchange.info.namespace : undefined);

async function handleCollection(core: Core, exchange: Exchange, view: View): Promise<void> {
  const namespace = namespaceOf(exchange, view);
  const isEverywhere = view.resource.namespaced && namespace === undefined;
  switch (exchange.method) {
    case 'GET': {
      if (exchange.info.isOldWatch || exchange.flag('watch')) return watchObjects(core, exchange, view, namespace);
      return answerList(exchange, view, listPage(core, view, namespace, listQuery(exchange, view)));
    }
    case 'POST': {
      if (isEverywhere) throw methodNotAllowed();
      const options = writeOptions(exchange, 'CreateOptions');
      const object = await readObject(core, exchange, view, options.fieldValidation);
      placeInNamespace(view, object, namespace ?? '');
      return answerObject(exchange, view, await createObject(core, exchange, view, object, { isDryRun: options.isDryRun }), 201);
    }
    case 'DELETE': {
      if (isEverywhere || !view.resource.verbs.includes('deletecollection')) throw methodNotAllowed();
      return deleteCollection(core, exchange, view, namespace);
    }
    default: throw methodNotAllowed();
  }
}

function watchOne(core: Core, exchange: Exchange, view: View): void {
  exchange.query.set('fieldSelector', `metadata.name=${exchange.info.name}`);
  watchObjects(core, exchange, view, namespaceOf(exchange, view));
}

async function handleObject(core: Core, exchange: Exchange, view: View): Promise<void> {
  const target = { namespace: view.resource.namespaced ? exchange.info.namespace : '', name: exchange.info.name };
  switch (exchange.method) {
    case 'GET': return answerObject(exchange, view, getObject(core, view, target, exchange.query.get('resourceVersion') ?? ''));
    case 'PUT': return putObject(core, exchange, view, '');
    case 'PATCH': return patchObject(core, exchange, view, '');
    case 'DELETE': {
      const options = await readDeleteOptions(exchange);
      const { isGone, stored } = await deleteObject(core, exchange, view, target, options);
      if (!isGone || view.resource.strategy.answersWithObject === true) return answerObject(exchange, view, view.resource.collection === '/pods' && isGone ? podGoing(stored, core) : stored);
      const { group, plural } = view.resource;
      return void exchange.json(200, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details: { name: target.name, ...(group === '' ? {} : { group }), kind: plural, uid: stored.object.metadata.uid } });
    }
    default: throw methodNotAllowed();
  }
}

/** A pod that goes at once is shown as marked, as the real server answers. */
function podGoing(stored: Stored, core: Core): Stored {
  const { metadata } = stored.object;
  const object = { ...stored.object, metadata: { ...metadata, generation: (metadata.generation ?? 0) + 1, deletionGracePeriodSeconds: 0, deletionTimestamp: metadata.deletionTimestamp ?? `${core.now().toISOString().slice(0, 19)}Z` } };
  return { rev: stored.rev, object, json: JSON.stringify(object) };
}

/** DeleteOptions in the body; both of its API groups are known, unknown fields are let pass. */
export async function readDeleteOptions(exchange: Exchange): Promise<DeleteOptions> {
  const bytes = await exchange.body();
  if (bytes.length === 0) return deleteOptions(exchange, {});
  const form = bodyForm(exchange.request.headers['content-type']);
  if (form === 'protobuf') throw new StatusError(415, 'UnsupportedMediaType', 'DeleteOptions are read as JSON', {});
  let v: unknown;
  try {
    v = form === 'json' ? parseJson(bodyText(bytes)).value : (await parseYaml(bodyText(bytes))).value;
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    throw badRequest(`couldn't get version/kind; json parse error: ${error.message}`);
  }
  if (!isRecord(v)) return deleteOptions(exchange, {});
  const kind = typeof v['kind'] === 'string' && v['kind'] !== '' ? v['kind'] : 'DeleteOptions';
  if (kind !== 'DeleteOptions') throw badRequest(`no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(v['apiVersion'] ?? 'v1')} in scheme "k8s.io/apimachinery/pkg/apis/meta/internalversion/scheme/register.go:27"`);
  return deleteOptions(exchange, v);
}

async function deleteCollection(core: Core, exchange: Exchange, view: View, namespace: string | undefined): Promise<void> {
  const list = listQuery(exchange, view);
  const options = await readDeleteOptions(exchange);
  const page = listPage(core, view, namespace, list);
  const deleted: Stored[] = [];
  for (const stored of page.items) {
    const { metadata } = stored.object;
    try {
      const done = await deleteObject(core, exchange, view, { namespace: metadata.namespace ?? '', name: metadata.name }, options);
      deleted.push(done.isGone ? stored : done.stored);
    } catch (error) {
      // Deleted by someone else meanwhile: that is what was asked for.
      if (!(error instanceof StatusError) || error.code !== 404) throw error;
    }
  }
  answerList(exchange, view, { ...page, items: deleted });
}
