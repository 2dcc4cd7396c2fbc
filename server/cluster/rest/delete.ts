import type { Exchange } from '../http/exchange.ts';
import type { KObject } from '../object/object.ts';
import { recordAt, textAt } from '../object/object.ts';
import { fromStored } from '../resources/resource.ts';
import type { View } from '../resources/resource.ts';
import { badRequest, conflict, invalid, notFound, StatusError } from '../status/status-error.ts';
import { invalidValue, notSupported } from '../status/field-errors.ts';
import type { Stored } from '../store/history.ts';
import { WriteConflict } from '../store/object-store.ts';
import { collectionOf, timeText, unstored } from './core.ts';
import type { Core } from './core.ts';
import { checkDeletable } from './namespace-lifecycle.ts';

export type DeleteOptions = {
  readonly graceSeconds: number | undefined; readonly policy: '' | 'Background' | 'Foreground' | 'Orphan'; readonly uid: string; readonly resourceVersion: string; readonly isDryRun: boolean;
};
/** What a delete led to: gone at once, or marked and waiting. */
export type Deleted = { readonly isGone: boolean; readonly stored: Stored };

const TRIES_MAX = 10;
const POLICIES = ['Background', 'Foreground', 'Orphan'] as const;
const FOREGROUND = 'foregroundDeletion';
const ORPHAN = 'orphan';

/** Options from the query and the body (DeleteOptions); the body goes before. */
export function deleteOptions(exchange: Exchange, body: Record<string, unknown>): DeleteOptions {
  const { query } = exchange;
  const graceText = body['gracePeriodSeconds'] ?? (query.get('gracePeriodSeconds') || undefined);
  const grace = graceText === undefined ? undefined : Number(graceText);
  if (grace !== undefined && !Number.isInteger(grace)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(graceText)}: invalid syntax`);
  const policyText = textAt(body, 'propagationPolicy') || (query.get('propagationPolicy') ?? '');
  const policy = POLICIES.find((known) => known === policyText);
  const dryRun = Array.isArray(body['dryRun']) ? body['dryRun'] : query.getAll('dryRun');
  const errors = [];
  if (policyText !== '' && policy === undefined) errors.push(notSupported('propagationPolicy', policyText, [...POLICIES, 'nil']));
  if (grace !== undefined && grace < 0) errors.push(invalidValue('gracePeriodSeconds', grace, 'must be greater than or equal to 0'));
  if (dryRun.some((one: unknown) => one !== 'All')) errors.push(notSupported('dryRun', dryRun, ['All']));
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', errors);
  const orphanFlag = body['orphanDependents'] ?? query.get('orphanDependents') ?? undefined;
  const orphan = orphanFlag === true || orphanFlag === 'true' ? 'Orphan' : '';
  const preconditions = recordAt(body, 'preconditions');
  return { graceSeconds: grace, policy: policy ?? orphan, uid: textAt(preconditions, 'uid'), resourceVersion: textAt(preconditions, 'resourceVersion'), isDryRun: dryRun.length > 0 };
}

/** Deletes or marks one object. */
export async function deleteObject(core: Core, exchange: Exchange, view: View, target: { readonly namespace: string; readonly name: string }, options: DeleteOptions): Promise<Deleted> {
  const { namespace, name } = target;
  const collection = collectionOf(core, view);
  for (let attempt = 1; ; attempt++) {
    const current = collection.get(namespace, name);
    if (current === undefined) throw notFound(view.resource, name);
    checkPreconditions(view, current, options);
    const old = fromStored(view, current.object);
    await core.admission.validate({ exchange, view, operation: 'DELETE', subresource: '', namespace, name, object: undefined, old, isDryRun: options.isDryRun, options: admissionOptions(options) });
    checkDeletable(view, name);
    const marked = mark(core, view, current.object, options);
    try {
      if (marked === undefined) {
        if (options.isDryRun) return { isGone: true, stored: current };
        const stored = await core.store.write({ collection, namespace, name, expect: current.rev, value: undefined });
        return { isGone: true, stored: stored };
      }
      if (marked === current.object) return { isGone: false, stored: current };
      if (options.isDryRun) return { isGone: false, stored: unstored(marked) };
      return { isGone: false, stored: await core.store.write({ collection, namespace, name, expect: current.rev, value: marked }) };
    } catch (error) {
      if (!(error instanceof WriteConflict)) throw error;
      if (attempt >= TRIES_MAX) throw conflict(view.resource, name);
    }
  }
}

const admissionOptions = (options: DeleteOptions): object => ({
  kind: 'DeleteOptions', apiVersion: 'meta.k8s.io/v1', ...(options.graceSeconds === undefined ? {} : { gracePeriodSeconds: options.graceSeconds }), ...(options.policy === '' ? {} : { propagationPolicy: options.policy }),
});

function checkPreconditions(view: View, current: Stored, options: DeleteOptions): void {
  const { kind } = view.resource;
  const { name, uid } = current.object.metadata;
  const fail = (why: string, hint: string): StatusError => new StatusError(409, 'Conflict', `Operation cannot be fulfilled on ${kind} "${name}": ${why}. ${hint}`, { name, kind });
  if (options.uid !== '' && options.uid !== uid) throw fail(`the UID in the precondition (${options.uid}) does not match the UID in record (${uid})`, 'The object might have been deleted and then recreated');
  if (options.resourceVersion !== '' && options.resourceVersion !== String(current.rev)) throw fail(`the ResourceVersion in the precondition (${options.resourceVersion}) does not match the ResourceVersion in record (${current.rev})`, 'The object might have been modified');
}

/** The marked object; undefined when it goes at once; the very same when nothing changes. */
function mark(core: Core, view: View, object: KObject, options: DeleteOptions): KObject | undefined {
  const finalizers = wantedFinalizers(object, options.policy);
  const grace = view.resource.strategy.grace?.(object, options.graceSeconds);
  const isMarked = object.metadata.deletionTimestamp !== undefined;
  const isNamespace = view.resource.collection === '/namespaces';
  if (view.resource.strategy.beforeDelete !== undefined) return isMarked ? object : view.resource.strategy.beforeDelete(object, timeText(core.now()));
  if (isNamespace) return markNamespace(core, object, finalizers);
  if (finalizers.length === 0 && (grace ?? 0) === 0) return undefined;
  const seconds = isMarked ? Math.min(object.metadata.deletionGracePeriodSeconds ?? 0, grace ?? 0) : (grace ?? 0);
  const sameFinalizers = finalizers.join() === (object.metadata.finalizers ?? []).join();
  // Grace may only shrink; a second delete with the same grace changes nothing.
  if (isMarked && sameFinalizers && seconds === (object.metadata.deletionGracePeriodSeconds ?? 0)) return object;
  const metadata = { ...object.metadata, deletionGracePeriodSeconds: seconds, finalizers };
  if (!isMarked || seconds !== object.metadata.deletionGracePeriodSeconds) {
    metadata.deletionTimestamp = isMarked && seconds === object.metadata.deletionGracePeriodSeconds ? (object.metadata.deletionTimestamp ?? '') : timeText(new Date(core.now().getTime() + seconds * 1000));
    if (view.resource.strategy.hasGeneration === true) metadata.generation = (metadata.generation ?? 0) + 1;
  }
  const made: KObject = { ...object, metadata };
  if (finalizers.length === 0) delete made.metadata.finalizers;
  return made;
}

/** The garbage collector's finalizers follow the policy; those of others stay. */
function wantedFinalizers(object: KObject, policy: DeleteOptions['policy']): string[] {
  const known = object.metadata.finalizers ?? [];
  if (policy === '') return known;
  const others = known.filter((finalizer) => finalizer !== FOREGROUND && finalizer !== ORPHAN);
  if (policy === 'Foreground') return [...others, FOREGROUND];
  return policy === 'Orphan' ? [...others, ORPHAN] : others;
}

/** A namespace goes when its spec.finalizers are empty; until then it is terminating. */
function markNamespace(core: Core, object: KObject, finalizers: string[]): KObject | undefined {
  const specFinalizers = recordAt(object, 'spec')?.['finalizers'];
  const hasSpecFinalizers = Array.isArray(specFinalizers) && specFinalizers.length > 0;
  if (!hasSpecFinalizers && finalizers.length === 0) return undefined;
  if (object.metadata.deletionTimestamp !== undefined) return object;
  return { ...object, metadata: { ...object.metadata, deletionTimestamp: timeText(core.now()), ...(finalizers.length === 0 ? {} : { finalizers }) }, status: { ...recordAt(object, 'status'), phase: 'Terminating' } };
}
