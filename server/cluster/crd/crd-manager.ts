import type { Logger } from '#server/lib';
import { errorText } from '#shared/base';
import { at, copyJson, recordAt, recordsAt, sameJson, textAt } from '../object/object.ts';
import type { KObject } from '../object/object.ts';
import type { Registry } from '../resources/registry.ts';
import { timeText } from '../rest/core.ts';
import type { Change, Stored } from '../store/history.ts';
import { WriteConflict } from '../store/object-store.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { CRD_FINALIZER } from './crd-finalizer.ts';
import { customResource } from './custom-resource.ts';

export const CRDS = 'apiextensions.k8s.io/customresourcedefinitions';
type Condition = { readonly type: string; readonly status: string; readonly reason: string; readonly message: string; readonly lastTransitionTime: string };

/** Turns CRDs into served resources: checks their names, serves them, and only then says Established; cleans up when they are deleted. */
export class CrdManager {
  readonly #store: ObjectStore;
  readonly #registry: Registry;
  readonly #log: Logger;
  readonly #now: () => Date;
  readonly #busy = new Set<string>();

  constructor(options: { readonly store: ObjectStore; readonly registry: Registry; readonly log: Logger; now(): Date }) {
    this.#store = options.store;
    this.#registry = options.registry;
    this.#log = options.log;
    this.#now = options.now;
  }

  /** Serves what is there and follows changes. */
  start(): void {
    const crds = this.#store.collection(CRDS);
    for (const stored of crds.list()) if (isTrue(stored.object, 'Established')) this.#registry.add(customResource(stored.object));
    for (const stored of crds.list()) this.#reconcile(stored.object.metadata.name);
    crds.watch((change) => this.#onChange(change));
  }

  #onChange(change: Change): void {
    const { object } = change.stored;
    if (change.type === 'DELETED') this.#registry.remove(textAt(object, 'spec', 'group'), textAt(object, 'spec', 'names', 'plural'));
    else this.#reconcile(object.metadata.name);
  }

  #reconcile(name: string): void {
    if (this.#busy.has(name)) return;
    this.#busy.add(name);
    const run = async (): Promise<void> => {
      try {
        while (await this.#step(name));
      } catch (error) {
        this.#log.error({ crd: name, error: errorText(error) }, 'a CustomResourceDefinition could not be served');
      } finally {
        this.#busy.delete(name);
      }
    };
    void run();
  }

  /** One step towards what the CRD says; true when there may be more to do. */
  async #step(name: string): Promise<boolean> {
    const stored = this.#store.collection(CRDS).get('', name);
    if (stored === undefined) return false;
    if (stored.object.metadata.deletionTimestamp !== undefined) return this.#cleanUp(stored);
    const conflict = this.#nameConflict(stored.object);
    if (conflict === undefined) this.#serve(stored.object);
    const object = copyJson(stored.object);
    const time = timeText(this.#now());
    const isEstablished = isTrue(stored.object, 'Established');
    const conditions: readonly Condition[] = conflict === undefined
      ? [condition('NamesAccepted', 'True', 'NoConflicts', 'no conflicts found', time), condition('Established', 'True', 'InitialNamesAccepted', 'the initial names have been accepted', time)]
      : [condition('NamesAccepted', 'False', conflict.reason, conflict.message, time), condition('Established', isEstablished ? 'True' : 'False', isEstablished ? 'InitialNamesAccepted' : 'NotAccepted', isEstablished ? 'the initial names have been accepted' : 'not all names are accepted', time)];
    const status = recordAt(object, 'status') ?? {};
    object['status'] = { ...status, conditions: merged(recordsAt(status, 'conditions'), conditions), acceptedNames: this.#acceptedNames(stored.object, conflict?.clash), storedVersions: storedVersions(object) };
    if (sameJson(object, stored.object)) return false;
    return this.#write(stored, object);
  }

  /** The names of the CRD but for one that is taken. */
  #acceptedNames(crd: KObject, clash: string | undefined): object {
    const names = recordAt(crd, 'spec', 'names') ?? {};
    const kept = Object.entries(names).flatMap(([field, v]): [string, unknown][] => {
      const left = Array.isArray(v) ? v.filter((one) => one !== clash) : v;
      return left === clash || (Array.isArray(left) && left.length === 0) ? [] : [[field, left]];
    });
    return { plural: '', kind: '', ...copyJson(Object.fromEntries(kept)) };
  }

  async #write(stored: Stored, object: KObject | undefined): Promise<boolean> {
    try {
      await this.#store.write({ collection: this.#store.collection(CRDS), namespace: '', name: stored.object.metadata.name, expect: stored.rev, value: object });
    } catch (error) {
      if (!(error instanceof WriteConflict)) throw error;
    }
    return true;
  }

  /** Serving comes before Established, so that documents and discovery are there when a client is told so. */
  #serve(crd: KObject): void {
    const known = this.#registry.resource(textAt(crd, 'spec', 'group'), textAt(crd, 'spec', 'names', 'plural'));
    const spec = at(crd, 'spec');
    if (known !== undefined && sameJson(this.#served.get(crd.metadata.name), spec)) return;
    this.#served.set(crd.metadata.name, spec);
    this.#registry.add(customResource(crd));
  }
  readonly #served = new Map<string, unknown>();

  #nameConflict(crd: KObject): { readonly reason: string; readonly message: string; readonly clash: string } | undefined {
    const group = textAt(crd, 'spec', 'group');
    const names = recordAt(crd, 'spec', 'names') ?? {};
    const others = this.#registry.all().filter((resource) => resource.group === group && resource.plural !== textAt(names, 'plural'));
    const list = (v: unknown): readonly string[] => (Array.isArray(v) ? v.map(String) : []);
    const wanted = [textAt(names, 'singular'), ...list(names['shortNames'])];
    for (const other of others) {
      const taken = [other.plural, other.singular, ...other.shortNames];
      const clash = wanted.find((one) => taken.includes(one));
      if (clash !== undefined) return { reason: clash === textAt(names, 'singular') ? 'SingularConflict' : 'ShortNamesConflict', message: `${JSON.stringify(clash)} is already in use`, clash };
      if (other.kind === textAt(names, 'kind')) return { reason: 'KindConflict', message: `${JSON.stringify(other.kind)} is already in use`, clash: other.kind };
      if (other.listKind === textAt(names, 'listKind')) return { reason: 'ListKindConflict', message: `${JSON.stringify(other.listKind)} is already in use`, clash: other.listKind };
    }
    return undefined;
  }

  /** Deletes the objects of a CRD that is going, then lets it go. */
  async #cleanUp(stored: Stored): Promise<boolean> {
    const { object } = stored;
    const finalizers = object.metadata.finalizers ?? [];
    if (!finalizers.includes(CRD_FINALIZER)) return false;
    const collection = this.#store.collection(`${textAt(object, 'spec', 'group')}/${textAt(object, 'spec', 'names', 'plural')}`);
    for (const one of collection.list()) {
      try {
        await this.#store.write({ collection, namespace: one.object.metadata.namespace ?? '', name: one.object.metadata.name, expect: one.rev, value: undefined });
      } catch (error) {
        if (!(error instanceof WriteConflict)) throw error;
      }
    }
    if (collection.size > 0) return true;
    const rest = finalizers.filter((finalizer) => finalizer !== CRD_FINALIZER);
    return this.#write(stored, rest.length === 0 ? undefined : { ...object, metadata: { ...object.metadata, finalizers: rest } });
  }
}

const isTrue = (crd: KObject, type: string): boolean => recordsAt(crd, 'status', 'conditions').some((one) => one['type'] === type && one['status'] === 'True');
const condition = (type: string, status: string, reason: string, message: string, lastTransitionTime: string): Condition => ({ type, status, lastTransitionTime, reason, message });
/** Conditions keep their time while their status stays. */
function merged(known: readonly Record<string, unknown>[], wanted: readonly Condition[]): readonly object[] {
  const fresh = wanted.map((one) => {
    const before = known.find((other) => other['type'] === one.type);
    return before?.['status'] === one.status && before['reason'] === one.reason && before['message'] === one.message ? before : one;
  });
  return [...fresh, ...known.filter((one) => !wanted.some((other) => other.type === one['type']))];
}
function storedVersions(crd: KObject): readonly string[] {
  const known = at(crd, 'status', 'storedVersions');
  const stored = textAt(recordsAt(crd, 'spec', 'versions').find((version) => version['storage'] === true), 'name');
  const list = Array.isArray(known) ? known.map(String) : [];
  return list.includes(stored) || stored === '' ? list : [...list, stored];
}
