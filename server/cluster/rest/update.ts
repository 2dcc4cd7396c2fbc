import type { Exchange } from '../http/exchange.ts';
import { metadataUpdateErrors } from '../kinds/metadata.ts';
import { at, copyJson, sameJson } from '../object/object.ts';
import type { KObject, Meta } from '../object/object.ts';
import { fromStored, kindNameOf, toStored } from '../resources/resource.ts';
import type { StrategyContext, View } from '../resources/resource.ts';
import { invalidValue } from '../status/field-errors.ts';
import { badRequest, bare500, conflict, invalid, notFound } from '../status/status-error.ts';
import type { Stored } from '../store/history.ts';
import { WriteConflict } from '../store/object-store.ts';
import { collectionOf, strategyContext, unstored } from './core.ts';
import { isLoose } from './create.ts';
import type { AdmissionRequest, Core } from './core.ts';

/** How often a write that lost a race is tried again when the client set no version. */
const RACE_TRIES_MAX = 5;

/** Which part of the object a write may change. */
export type Part = '' | 'status' | 'scale' | 'finalize' | 'ephemeralcontainers' | 'resize';
export type UpdateRequest = {
  readonly view: View; readonly namespace: string; readonly name: string; readonly part: Part; readonly isDryRun: boolean; readonly optionsKind: 'UpdateOptions' | 'PatchOptions';
  /** The wanted state, made from the current one (in the view's version). */
  change(current: KObject): KObject | Promise<KObject>;
  /** PUT must name the version for some kinds. */
  readonly isPut: boolean;
};

/** Changes an existing object. Retries lost races unless the client named a version. */
export async function updateObject(core: Core, exchange: Exchange, request: UpdateRequest): Promise<Stored> {
  const { view, namespace, name } = request;
  const collection = collectionOf(core, view);
  for (let attempt = 1; ; attempt++) {
    const current = collection.get(namespace, name);
    if (current === undefined) throw notFound(view.resource, name);
    const old = fromStored(view, current.object);
    const wanted = await request.change(old);
    const isConditional = checkVersion(request, wanted, current);
    const context = strategyContext(core, exchange, request.isDryRun);
    try {
      return await storeChanged(core, exchange, request, wanted, { current, old, context });
    } catch (error) {
      if (!(error instanceof WriteConflict)) throw error;
      if (isConditional || attempt >= RACE_TRIES_MAX) throw conflict(view.resource, name);
    } finally {
      context.release();
    }
  }
}

/** Whether the write is bound to a version; throws when it is the wrong one. */
function checkVersion(request: UpdateRequest, wanted: KObject, current: Stored): boolean {
  const { view, name } = request;
  const version = wanted.metadata.resourceVersion ?? '';
  if (version === '' || version === '0') {
    if (request.isPut && view.resource.strategy.needsVersion === true) throw invalid({ group: view.resource.group, kind: view.resource.plural }, name, [invalidValue('metadata.resourceVersion', 0, 'must be specified for an update')]);
    return false;
  }
  if (!/^\d+$/.test(version)) throw bare500(`strconv.ParseUint: parsing ${JSON.stringify(version)}: invalid syntax`);
  if (version !== String(current.rev)) throw conflict(view.resource, name);
  const uid = wanted.metadata.uid ?? '';
  if (uid !== '' && uid !== current.object.metadata.uid) throw conflict(view.resource, name, `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${current.object.metadata.uid}`);
  return request.isPut;
}

async function storeChanged(core: Core, exchange: Exchange, request: UpdateRequest, wanted: KObject, before: { readonly current: Stored; readonly old: KObject; readonly context: StrategyContext }): Promise<Stored> {
  const { view, namespace, name, part } = request;
  const { old, current, context } = before;
  const { strategy } = view.resource;
  checkIdentity(view, wanted, old);
  await strategy.ready?.();
  strategy.setDefaults?.(wanted);
  const merged = restrict(view, part, wanted, old);
  const admission: AdmissionRequest = {
    exchange, view, operation: 'UPDATE', subresource: part, namespace, name, object: merged, old, isDryRun: request.isDryRun, options: { kind: request.optionsKind, apiVersion: 'meta.k8s.io/v1' },
  };
  const admitted = await core.admission.mutate(admission, merged);
  strategy.setDefaults?.(admitted);
  const object = restrict(view, part, admitted, old);
  if (part === '') strategy.prepareUpdate?.(object, old, context);
  if (part === 'status') strategy.prepareStatus?.(object);
  countGeneration(view, object, old, part);
  const kept = toStored(view, object);
  if (!sameJson(kept, current.object) || part === '') {
    const rules = part === 'status' ? (strategy.validateStatus?.(object, old) ?? []) : part === '' || part === 'scale' || part === 'finalize' ? (strategy.validateUpdate?.(object, old, context) ?? strategy.validate?.(object, context) ?? []) : [];
    const errors = [...metadataUpdateErrors(object, old, isLoose(view)), ...rules];
    if (errors.length > 0) throw invalid(kindNameOf(view), name, errors);
    if (part === '') for (const text of strategy.warnings?.(object, old) ?? []) exchange.warn(text);
  }
  await core.admission.validate({ ...admission, object });
  if (sameJson(kept, current.object)) return current;
  if (request.isDryRun) return unstored(kept);
  const collection = collectionOf(core, view);
  if (isReadyToGo(kept)) {
    await core.store.write({ collection, namespace, name, expect: current.rev, value: undefined });
    return unstored(kept);
  }
  return core.store.write({ collection, namespace, name, expect: current.rev, value: kept });
}

function checkIdentity(view: View, wanted: KObject, old: KObject): void {
  const { metadata } = wanted;
  if (metadata.name !== '' && metadata.name !== old.metadata.name) throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${old.metadata.name})`);
  if (view.resource.namespaced && (metadata.namespace ?? '') !== '' && metadata.namespace !== old.metadata.namespace) throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
}

/** What may not be changed is taken from the old object: facts of the server, and the parts the subresource does not own. */
function restrict(view: View, part: Part, wanted: KObject, old: KObject): KObject {
  const metadata: Meta = { ...wanted.metadata, name: old.metadata.name };
  if (old.metadata.namespace !== undefined) metadata.namespace = old.metadata.namespace;
  for (const field of ['uid', 'creationTimestamp', 'deletionTimestamp', 'deletionGracePeriodSeconds'] as const) if ((metadata[field] ?? '') === '') copyField(metadata, old.metadata, field);
  copyField(metadata, old.metadata, 'resourceVersion');
  copyField(metadata, old.metadata, 'generation');
  copyField(metadata, old.metadata, 'selfLink');
  copyField(metadata, old.metadata, 'managedFields');
  const { kind, apiVersion, metadata: _metadata, status, ...rest } = wanted;
  if (part === 'status') {
    const { status: _status, ...oldRest } = old;
    const fromOld = view.resource.isCustom ? { ...old.metadata } : { ...metadata, ...(view.resource.group === 'apps' ? { labels: old.metadata.labels } : {}) };
    if (fromOld.labels === undefined) delete fromOld.labels;
    return { ...copyJson(oldRest), kind, apiVersion, metadata: copyJson(fromOld), ...(status === undefined ? {} : { status }) };
  }
  if (!view.version.hasStatus) return { kind, apiVersion, metadata, ...rest, ...(status === undefined ? {} : { status }) };
  return { kind, apiVersion, metadata, ...rest, ...(old['status'] === undefined ? {} : { status: copyJson(old['status']) }) };
}

function copyField(to: Meta, from: Meta, field: string): void {
  if (from[field] === undefined) delete to[field];
  else to[field] = from[field];
}

function countGeneration(view: View, object: KObject, old: KObject, part: Part): void {
  const { strategy } = view.resource;
  if (strategy.hasGeneration !== true || part === 'status') return;
  const specOf = strategy.specOf ?? ((one: KObject): unknown => {
    const { metadata: _metadata, status: _status, apiVersion: _apiVersion, ...spec } = one;
    return spec;
  });
  if (!sameJson(specOf(object), specOf(old))) object.metadata.generation = (old.metadata.generation ?? 0) + 1;
}

/** A marked object without finalizers and grace is gone. A namespace has further finalizers in its spec. */
export function isReadyToGo(object: KObject): boolean {
  const { deletionTimestamp, finalizers, deletionGracePeriodSeconds } = object.metadata;
  const inSpec = object.kind === 'Namespace' ? at(object, 'spec', 'finalizers') : undefined;
  return deletionTimestamp !== undefined && (finalizers ?? []).length === 0 && (deletionGracePeriodSeconds ?? 0) === 0 && !(Array.isArray(inSpec) && inSpec.length > 0);
}
