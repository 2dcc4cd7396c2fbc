import { decodeObject } from '../decode/decode-object.ts';
import { bodyForm, readBody } from '../decode/read-body.ts';
import { decodeProtobuf } from '../protobuf/decode-protobuf.ts';
import type { Incoming } from '../decode/decode-object.ts';
import type { Exchange } from '../http/exchange.ts';
import { metadataErrors, subdomainName } from '../kinds/metadata.ts';
import type { KObject } from '../object/object.ts';
import { kindNameOf, toStored } from '../resources/resource.ts';
import type { StrategyContext, View } from '../resources/resource.ts';
import { alreadyExists, badRequest, bare500, invalid } from '../status/status-error.ts';
import type { Stored } from '../store/history.ts';
import { WriteConflict } from '../store/object-store.ts';
import { collectionOf, strategyContext, timeText, unstored } from './core.ts';
import type { AdmissionRequest, Core } from './core.ts';
import { checkNamespace } from './namespace-lifecycle.ts';
import { applyFieldValidation } from './write-options.ts';
import type { FieldValidation } from './write-options.ts';

/** Characters before the five random ones of a generated name. */
const GENERATED_PREFIX_MAX = 58;
const RANDOM_CHARS = 5;
/** How often a generated name that is taken is made anew. */
const GENERATE_TRIES_MAX = 8;

/** Reads the body as an object of the view's kind, in whichever form it came. */
export async function readObject(core: Core, exchange: Exchange, view: View, fieldValidation: FieldValidation): Promise<KObject> {
  const form = bodyForm(exchange.request.headers['content-type']);
  const bytes = await exchange.body();
  const incoming: Incoming = form === 'protobuf' ? decodeProtobuf(view, bytes) : decodeObject(core.registry, view, await readBody(bytes, form, view.resource.kind), bytes);
  const { kind } = view.resource;
  applyFieldValidation(exchange, fieldValidation, incoming.strict, (text) => badRequest(`${kind} in version "${view.version.name}" cannot be handled as a ${kind}: ${text}`));
  return incoming.object;
}

/** The namespace of the path goes into the object; another one in the object is a mistake. */
export function placeInNamespace(view: View, object: KObject, namespace: string): void {
  if (!view.resource.namespaced) {
    delete object.metadata.namespace;
    return;
  }
  const given = object.metadata.namespace ?? '';
  if (given !== '' && given !== namespace) throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  object.metadata.namespace = namespace;
}

function prepareMetadata(core: Core, view: View, object: KObject): void {
  const { metadata } = object;
  for (const field of ['deletionTimestamp', 'deletionGracePeriodSeconds', 'resourceVersion', 'generation', 'selfLink', 'managedFields'] as const) delete metadata[field];
  metadata.creationTimestamp = timeText(core.now());
  metadata.uid = core.newUid();
  if (view.resource.strategy.hasGeneration === true) metadata.generation = 1;
  if (view.version.hasStatus && view.resource.strategy.keepsStatus !== true) delete object['status'];
}

const generated = (core: Core, prefix: string): string => `${prefix.slice(0, GENERATED_PREFIX_MAX)}${core.randomName(RANDOM_CHARS)}`;

export type CreateOptions = { readonly isDryRun: boolean; readonly options?: object };
/** The whole way of a new object: lifecycle, names, admission, defaults, rules, store. */
export async function createObject(core: Core, exchange: Exchange, view: View, incoming: KObject, options: CreateOptions): Promise<Stored> {
  const { strategy } = view.resource;
  const version = incoming.metadata.resourceVersion ?? '';
  if (version !== '' && version !== '0') throw bare500('resourceVersion should not be set on objects to be created');
  const prefix = incoming.metadata.generateName ?? '';
  const isGenerated = incoming.metadata.name === '' && prefix !== '';
  const namespace = view.resource.namespaced ? (incoming.metadata.namespace ?? '') : '';
  strategy.setDefaults?.(incoming);
  for (let attempt = 1; ; attempt++) {
    const draft: KObject = { ...incoming, metadata: { ...incoming.metadata, ...(isGenerated ? { name: generated(core, prefix) } : {}) } };
    const request: AdmissionRequest = { exchange, view, operation: 'CREATE', subresource: '', namespace, name: draft.metadata.name, object: draft, old: undefined, isDryRun: options.isDryRun, options: { kind: 'CreateOptions', apiVersion: 'meta.k8s.io/v1', ...options.options } };
    checkNamespace(core, view, namespace, draft.metadata.name);
    const object = await core.admission.mutate(request, draft);
    const context = strategyContext(core, exchange, options.isDryRun);
    try {
      return await storeNew(core, { exchange, view, context }, object, request);
    } catch (error) {
      if (!(error instanceof WriteConflict)) throw error;
      if (isGenerated && attempt < GENERATE_TRIES_MAX) continue;
      throw alreadyExists({ group: view.resource.group, plural: view.resource.plural }, object.metadata.name, error.current?.object.metadata.deletionTimestamp !== undefined);
    } finally {
      context.release();
    }
  }
}

async function storeNew(core: Core, from: { readonly exchange: Exchange; readonly view: View; readonly context: StrategyContext }, object: KObject, request: AdmissionRequest): Promise<Stored> {
  const { exchange, view, context } = from;
  const { strategy } = view.resource;
  const collection = collectionOf(core, view);
  const existing = collection.get(request.namespace, object.metadata.name);
  await strategy.ready?.();
  prepareMetadata(core, view, object);
  strategy.setDefaults?.(object);
  strategy.prepareCreate?.(object, context);
  const errors = [...metadataErrors(object, { nameErrors: strategy.nameErrors ?? subdomainName, namespaced: view.resource.namespaced, isLoose: isLoose(view) }), ...(strategy.validate?.(object, context) ?? [])];
  if (errors.length > 0) throw invalid(kindNameOf(view), object.metadata.name, errors);
  for (const text of strategy.warnings?.(object, undefined) ?? []) exchange.warn(text);
  await core.admission.validate({ ...request, object });
  if (existing !== undefined) throw new WriteConflict(existing);
  const kept = toStored(view, object);
  if (request.isDryRun) return unstored(kept);
  return core.store.write({ collection, namespace: request.namespace, name: object.metadata.name, expect: 0, value: kept });
}
/** Finalizers of custom kinds and CRDs may be any qualified name. */
export const isLoose = (view: View): boolean => view.resource.isCustom || view.resource.strategy.hasOwnFinalizers === true;
