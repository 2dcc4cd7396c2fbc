import { setTimeout as sleep } from 'node:timers/promises';
import { BoundedMap, errorText } from '#shared/base';
import type { Reply } from '#shared/api';
import { KubeError } from '#server/lib';
import { codedOf } from '../http/error-reply.ts';
import type { Frozen } from '../http/bind.ts';
import { SourceFailure } from '../sources/source-failure.ts';
import { within } from '../sources/within.ts';
import { allSynced, NoIstiod, nonces } from './acks.ts';
import type { Istiod, Sync } from './acks.ts';

export type RolloutReply = Frozen<Reply<'rollout'>>;
/** One object to write; the next one is written when every proxy has acknowledged this one. */
export type Write = { readonly text: string; /** Answers with the resourceVersion from which on the change holds. */ write(): Promise<string | undefined> };
type Step = { text: string; state: 'done' | 'running' | 'waiting' | 'failed'; error?: string };
type Progress = { id: string; state: RolloutReply['state']; startedAt: number; liveAt?: number; ms?: number; acknowledged: number; total: number; steps: Step[]; error?: RolloutReply['error']; undoId?: string; rejected: { proxy: string; type: string; message: string }[] };

/** Rollouts remembered. */
const ROLLOUTS_MAX = 500;
/** Longest wait for the acknowledgements of one object, ms. */
const WAIT_MS_MAX = 30_000;
/** An istiod that can wait is asked to, so long; then progress is told and it is asked again. */
const LOOK_WAIT_MS = 150;
/** Pauses between two looks at istiod: quick while most changes arrive, then slower. */
const LOOK_MS = 15;
const LOOK_QUICK_MS = 1500;
const LOOK_SLOW_MS = 200;
/** A real istiod tells no revision: a proxy whose nonces did not move within this time was not touched by the change. */
const UNTOUCHED_MS = 2500;
/** How long a look at istiod may take: one that hangs must not hold the write before which it is looked at. */
const LOOK_MS_MAX = 3000;
/** When istiod cannot be read, the next object waits this long instead. */
const BLIND_MS = 3000;

/** Applies changes object by object and watches every proxy acknowledge them. */
export class Rollouts {
  readonly #istiod: Istiod;
  readonly #clock: () => number;
  readonly #all = new BoundedMap<string, Progress>(ROLLOUTS_MAX);
  readonly #abort = new AbortController();
  #counter = 0;
  constructor(istiod: Istiod, clock: () => number) {
    this.#istiod = istiod;
    this.#clock = clock;
  }

  get(id: string): RolloutReply | undefined {
    const found = this.#all.get(id);
    return found === undefined ? undefined : replyOf(found);
  }
  newId(): string {
    this.#counter += 1;
    return `${this.#clock().toString(36)}-${this.#counter}`;
  }

  /** Writes the first object before it answers, so that a conflict is the caller's answer; the rest follows on its own. */
  async start(options: { readonly id: string; readonly writes: readonly Write[]; readonly undoId?: string; onDone?(): void }): Promise<RolloutReply> {
    const { writes } = options;
    const progress: Progress = {
      id: options.id, state: 'applying', startedAt: this.#clock(), acknowledged: 0, total: 0, rejected: [], ...(options.undoId === undefined ? {} : { undoId: options.undoId }),
      steps: writes.flatMap((w): Step[] => [{ text: w.text, state: 'waiting' }, { text: 'Every proxy acknowledges', state: 'waiting' }]),
    };
    const [first, ...rest] = writes;
    const before = await this.#look();
    const written = first === undefined ? undefined : await first.write();
    this.#all.set(options.id, progress);
    void this.#run(progress, { written, before }, rest, options.onDone);
    return replyOf(progress);
  }

  async #run(progress: Progress, first: { readonly written: string | undefined; readonly before: readonly Sync[] | undefined }, rest: readonly Write[], onDone?: () => void): Promise<void> {
    let { written, before } = first;
    let index = 0;
    try {
      for (;;) {
        this.#mark(progress, index, 'done');
        this.#mark(progress, index + 1, 'running');
        progress.state = 'waiting';
        await this.#wait(progress, index + 1, written, before);
        const next = rest[index / 2];
        index += 2;
        if (next === undefined) break;
        progress.state = 'applying';
        this.#mark(progress, index, 'running');
        before = await this.#look();
        written = await next.write();
      }
      progress.state = 'live';
      progress.liveAt = this.#clock();
      progress.ms = progress.liveAt - progress.startedAt;
      onDone?.();
    } catch (error) {
      if (this.#abort.signal.aborted) return;
      this.#fail(progress, error);
    }
  }

  #mark(progress: Progress, index: number, state: Step['state']): void {
    const step = progress.steps[index];
    if (step !== undefined) step.state = state;
  }
  #fail(progress: Progress, error: unknown): void {
    const coded = error instanceof NotAcknowledged ? undefined : codedOf(error);
    const running = progress.steps.find((step) => step.state === 'running');
    if (running !== undefined) Object.assign(running, { state: 'failed', error: errorText(error) });
    progress.state = 'failed';
    progress.error = coded === undefined ? { code: 'NOT_ACKNOWLEDGED', message: errorText(error), next: 'Look at the proxies on the Mesh page, or undo.' } : { code: coded.code, message: coded.message, next: coded.next };
  }

  /** The proxies now; undefined when istiod cannot be read. */
  async #look(revision?: string): Promise<readonly Sync[] | undefined> {
    try {
      return await within(this.#istiod.syncs(revision === undefined ? undefined : { revision, ms: LOOK_WAIT_MS }), LOOK_MS_MAX);
    } catch (error) {
      if (error instanceof NoIstiod || error instanceof KubeError || error instanceof SourceFailure || error instanceof SyntaxError || (error instanceof Error && error.name === '$ZodError')) return undefined;
      throw error;
    }
  }

  async #wait(progress: Progress, index: number, revision: string | undefined, before: readonly Sync[] | undefined): Promise<void> {
    const start = performance.now();
    const startedAt = this.#clock();
    const old = new Map((before ?? []).map((sync) => [sync.proxy, nonces(sync)]));
    for (;;) {
      const elapsed = performance.now() - start;
      const syncs = await this.#look(revision);
      if (syncs === undefined) {
        if (performance.now() - start >= BLIND_MS) {
          const step = progress.steps[index];
          if (step !== undefined) Object.assign(step, { state: 'done', text: `istiod cannot be read: waited ${BLIND_MS / 1000} s instead of acknowledgements` });
          return;
        }
      } else {
        const open = syncs.filter((sync) => !acknowledged(sync, { revision, before: old.get(sync.proxy), elapsed }));
        progress.total = syncs.length;
        progress.acknowledged = syncs.length - open.length;
        progress.rejected = open.flatMap((sync) => {
          const nack = sync.last_nack;
          return nack === undefined || nack === null || (nack.at !== undefined && timeOf(nack.at) < startedAt - 1000) ? [] : [{ proxy: sync.proxy, type: nack.type, message: nack.message }];
        });
        if (open.length === 0) return this.#mark(progress, index, 'done');
        const [rejected] = progress.rejected;
        if (rejected !== undefined && elapsed > LOOK_QUICK_MS) throw new NotAcknowledged(`${rejected.proxy} rejected it: ${rejected.message}`);
        if (elapsed > WAIT_MS_MAX) throw new NotAcknowledged(`${open.length === 1 ? '1 proxy has' : `${open.length} proxies have`} not acknowledged within ${WAIT_MS_MAX / 1000} s: ${open.slice(0, 3).map((sync) => sync.proxy).join(', ')}`);
      }
      await sleep(elapsed < LOOK_QUICK_MS ? LOOK_MS : LOOK_SLOW_MS, undefined, { signal: this.#abort.signal });
    }
  }

  stop(): void {
    this.#abort.abort();
  }
}

class NotAcknowledged extends Error {
  override readonly name = 'NotAcknowledged';
}
const timeOf = (at: string | number): number => (typeof at === 'number' ? at : Date.parse(at));

/** Whether a proxy runs everything up to `revision`; without revisions (a real istiod): its nonces moved and are acknowledged, or the change was not for it. */
export function acknowledged(sync: Sync, change: { readonly revision: string | undefined; readonly before: string | undefined; readonly elapsed: number }): boolean {
  if (sync.acked_revision !== undefined && change.revision !== undefined && /^\d+$/.test(sync.acked_revision) && /^\d+$/.test(change.revision)) return BigInt(sync.acked_revision) >= BigInt(change.revision);
  if (!allSynced(sync)) return false;
  return change.before === undefined || nonces(sync) !== change.before || change.elapsed > UNTOUCHED_MS;
}

function replyOf(p: Progress): RolloutReply {
  return {
    id: p.id, state: p.state, startedAt: p.startedAt, ...(p.liveAt === undefined ? {} : { liveAt: p.liveAt }), ...(p.ms === undefined ? {} : { ms: p.ms }), proxies: { acknowledged: p.acknowledged, total: p.total },
    steps: p.steps.map((step) => ({ ...step })), ...(p.error === undefined ? {} : { error: p.error }), ...(p.undoId === undefined ? {} : { undoId: p.undoId }), rejected: [...p.rejected],
  };
}
