import * as z from 'zod/mini';
import type { KubeObject } from '#shared/mesh';
import { groupOf } from '#shared/mesh';
import { KubeError } from '#server/lib';
import { E } from '../errors.ts';
import { CONFIG_KINDS, kindKey } from '../sources/kubernetes/kinds.ts';
import type { WatchedKind } from '../sources/kubernetes/kinds.ts';
import { asObject, collectionOf, objectPath } from '../sources/kubernetes/kubernetes.ts';
import type { Kubernetes } from '../sources/kubernetes/kubernetes.ts';
import type { ChangeLog } from './change-log.ts';
import { backTo, meaningOf, meaningText, restorable } from './meaning.ts';
import type { RolloutReply, Rollouts, Write } from './rollouts.ts';

/** Who the change log says made a change through this console. Accounts come with logins. */
export const OPERATOR = 'operator';
/** Who the API server says made it (managedFields). */
const FIELD_MANAGER = 'pharos-console';

/** How long the watch event of a deletion is waited for, ms. */
const DELETE_EVENT_MS_MAX = 3000;

/** What takes one write back: the object as it was (`before`), or nothing there before; only while it still is what was written (`after`). */
const operation = z.object({ group: z.string(), kind: z.string(), namespace: z.string(), name: z.string(), before: z.nullable(z.unknown()), after: z.nullable(z.unknown()) });
const operations = z.array(operation);
type Operation = z.infer<typeof operation>;

export type PlannedWrite = { readonly text: string; readonly kind: WatchedKind; readonly before: KubeObject | undefined; readonly after: KubeObject | undefined };

/** The only place that changes the cluster: every write can be taken back and is told to the change log. */
export class Writer {
  readonly #kubernetes: Kubernetes;
  readonly #log: ChangeLog;
  readonly #rollouts: Rollouts;
  /** resourceVersion of the last deletion. */
  #deletedAt: string | undefined;
  constructor(options: { readonly kubernetes: Kubernetes; readonly log: ChangeLog; readonly rollouts: Rollouts }) {
    this.#kubernetes = options.kubernetes;
    this.#log = options.log;
    this.#rollouts = options.rollouts;
  }

  /** PUT with resourceVersion. A dry run asks the server alone. */
  async replace(kind: WatchedKind, object: KubeObject, dryRun: boolean): Promise<{ object: KubeObject; rolloutId?: string }> {
    const namespace = object.metadata.namespace ?? '';
    if (dryRun) return { object: await this.#put(kind, object, true) };
    const before = await this.#kubernetes.get(kind, namespace, object.metadata.name);
    return this.#single({ text: `Update ${kind.kind} ${object.metadata.name}`, kind, before, after: object });
  }
  async create(kind: WatchedKind, object: KubeObject, dryRun: boolean): Promise<{ object: KubeObject; rolloutId?: string }> {
    if (dryRun) return { object: await this.#post(kind, object, true) };
    return this.#single({ text: `Create ${kind.kind} ${object.metadata.name}`, kind, before: undefined, after: object });
  }
  /** Deletes and answers with the id that brings it back. */
  async remove(kind: WatchedKind, namespace: string, name: string): Promise<string> {
    const before = await this.#kubernetes.get(kind, namespace, name);
    const rollout = await this.apply([{ text: `Delete ${kind.kind} ${name}`, kind, before, after: undefined }], `${kind.kind} ${name} deleted`);
    return rollout.undoId ?? '';
  }

  async #single(planned: PlannedWrite): Promise<{ object: KubeObject; rolloutId: string }> {
    let written: KubeObject | undefined;
    const rollout = await this.apply([planned], planned.text, (object) => {
      written = object;
    });
    if (written === undefined) throw new Error('a write answered without an object');
    return { object: written, rolloutId: rollout.id };
  }

  /** Writes in order, each after every proxy acknowledged the one before; keeps how to take them all back. */
  async apply(writes: readonly PlannedWrite[], title: string, onWritten?: (object: KubeObject) => void): Promise<RolloutReply> {
    const id = this.#rollouts.newId();
    const undoId = `u-${id}`;
    const done: Operation[] = [];
    const steps = writes.map((w): Write => ({
      text: w.text,
      write: async () => {
        const object = await this.#write(w, undoId);
        if (object !== undefined) onWritten?.(object);
        const target = w.after ?? w.before;
        if (target !== undefined) done.unshift({ group: w.kind.group, kind: w.kind.kind, namespace: target.metadata.namespace ?? '', name: target.metadata.name, before: w.before === undefined ? null : restorable(w.before), after: object === undefined ? null : meaningOf(object) });
        this.#log.saveUndo({ id: undoId, title, operations: done });
        return object === undefined ? this.#deletedAt : object.metadata.resourceVersion;
      },
    }));
    return this.#rollouts.start({ id, writes: steps, undoId });
  }

  async #write(w: PlannedWrite, setId: string | undefined): Promise<KubeObject | undefined> {
    if (w.after === undefined) {
      if (w.before === undefined) return undefined;
      await this.#delete(w.kind, w.before);
      this.#log.attribute(w.before, 'deleted', OPERATOR, setId);
      return undefined;
    }
    const object = w.before === undefined ? await this.#post(w.kind, w.after, false) : await this.#put(w.kind, w.after, false);
    this.#log.attribute(object, 'written', OPERATOR, setId);
    return object;
  }

  async #put(kind: WatchedKind, object: KubeObject, dryRun: boolean): Promise<KubeObject> {
    return asObject(await this.#kubernetes.request({ method: 'PUT', path: objectPath(kind, object.metadata.namespace ?? '', object.metadata.name), query: this.#query(dryRun), body: object }));
  }
  async #post(kind: WatchedKind, object: KubeObject, dryRun: boolean): Promise<KubeObject> {
    return asObject(await this.#kubernetes.request({ method: 'POST', path: collectionOf(kind, object.metadata.namespace ?? ''), query: this.#query(dryRun), body: object }));
  }
  async #delete(kind: WatchedKind, object: KubeObject): Promise<void> {
    const { uid, resourceVersion, name, namespace = '' } = object.metadata;
    const preconditions = { ...(uid === undefined ? {} : { uid }), ...(resourceVersion === undefined ? {} : { resourceVersion }) };
    // a deletion has a revision too, but only its watch event tells it
    let stop = (): void => {};
    const event = new Promise<string | undefined>((resolve) => {
      const timer = setTimeout(() => resolve(undefined), DELETE_EVENT_MS_MAX);
      const off = this.#kubernetes.onChange((change) => {
        if (change.event === 'DELETED' && change.kind.kind === kind.kind && change.object.metadata.name === name && (change.object.metadata.namespace ?? '') === namespace) resolve(change.object.metadata.resourceVersion);
      });
      stop = () => {
        clearTimeout(timer);
        off();
      };
    });
    try {
      await this.#kubernetes.request({ method: 'DELETE', path: objectPath(kind, namespace, name), body: { kind: 'DeleteOptions', apiVersion: 'v1', preconditions } });
      this.#deletedAt = await event;
    } finally {
      stop();
    }
  }
  #query(dryRun: boolean): { readonly fieldValidation: string; readonly fieldManager: string; readonly dryRun?: string } {
    return { fieldValidation: 'Strict', fieldManager: FIELD_MANAGER, ...(dryRun ? { dryRun: 'All' } : {}) };
  }

  /** Takes a change set (`u-…`) or one row of the change log back, in reverse order. */
  async undo(id: string): Promise<RolloutReply> {
    const { title, list } = this.#operationsOf(id);
    const writes: PlannedWrite[] = [];
    for (const op of list) writes.push(await this.#inverse(op));
    const rollout = await this.apply(writes, `undo of ${title}`);
    this.#log.markUndone(id);
    return rollout;
  }

  #operationsOf(id: string): { readonly title: string; readonly list: readonly Operation[] } {
    const set = this.#log.undo(id);
    if (set !== undefined) {
      if (set.done) throw E.make('NOT_UNDOABLE', { why: 'it was taken back already.' });
      return { title: set.title, list: operations.parse(set.operations) };
    }
    const change = this.#log.change(id);
    if (change === undefined) throw E.make('NOT_FOUND', { what: `Change ${id}` });
    if (!CONFIG_KINDS.some((kind) => kindKey(kind.group, kind.kind) === kindKey(change.group, change.kind))) throw E.make('NOT_UNDOABLE', { why: `the console does not write ${change.kind} objects.` });
    return { title: change.summary, list: [{ group: change.group, kind: change.kind, namespace: change.namespace, name: change.name, before: change.before ?? null, after: change.after ?? null }] };
  }

  async #inverse(op: Operation): Promise<PlannedWrite> {
    const kind = this.#kubernetes.kindOf(op.group, op.kind);
    if (kind === undefined) throw E.make('KIND_UNKNOWN', { kind: op.kind });
    const what = `${op.kind} ${op.name}`;
    const current = await this.#kubernetes.get(kind, op.namespace, op.name).catch((error: unknown) => {
      if (error instanceof KubeError && error.code === 404) return undefined;
      throw error;
    });
    const expected = op.after === null ? undefined : meaningText(asObject(op.after));
    if ((current === undefined ? undefined : meaningText(current)) !== expected) throw E.make('UNDO_GONE', { what });
    if (op.before === null) return { text: `Delete ${what}`, kind, before: current, after: undefined };
    const before = asObject(op.before);
    if (current === undefined) return { text: `Create ${what} again`, kind, before: undefined, after: before };
    return { text: `Set ${what} back`, kind, before: current, after: backTo(before, current) };
  }
}

/** group of an object, for those who hold only the object. */
export const groupOfChange = (object: KubeObject): string => groupOf(object.apiVersion).group;
