import { createEventRecorder, createWorkQueue, isKubeError } from '#server/lib';
import type { EventRecorder, KubeClient, Logger, Outcome, WorkQueue } from '#server/lib';
import { createCollection } from './collection.ts';
import type { Collection } from './collection.ts';

/** What every controller gets: shared caches, queues and event recorders that end together. */
export type ControllerContext = {
  readonly client: KubeClient;
  readonly log: Logger;
  now(): Date;
  /** The shared collection of a kind; the first caller starts its watch. */
  collection(group: string, version: string, plural: string): Collection;
  events(component: string): EventRecorder;
  /** A queue whose work starts once the collections named are filled. */
  queue(name: string, needs: readonly Collection[], work: (key: string) => Promise<Outcome | void>, options?: { readonly concurrency?: number; readonly backoffMsMax?: number; readonly quiet?: (error: unknown) => boolean }): WorkQueue;
  /** Runs `task` now and then every `ms`; for what must look at the clock, not for reacting to changes. */
  every(ms: number, task: () => Promise<void>): void;
  onStop(end: () => Promise<void> | void): void;
};

/** Lost races: the next event or retry brings the newer state. */
const isRace = (error: unknown): boolean => isKubeError(error, 409) || isKubeError(error, 404);

export function createContext(client: KubeClient, log: Logger, now: () => Date = () => new Date()): { readonly context: ControllerContext; stop(): Promise<void> } {
  const collections = new Map<string, Collection>();
  const recorders = new Map<string, EventRecorder>();
  const ends: (() => Promise<void> | void)[] = [];
  let stopped = false;
  let markStopped: () => void = () => {};
  const whenStopped = new Promise<void>((resolve) => void (markStopped = resolve));
  const collection = (group: string, version: string, plural: string): Collection => {
    const key = `${group}/${version}/${plural}`;
    const known = collections.get(key);
    if (known !== undefined) return known;
    const made = createCollection(client, { group, version, plural }, (error) => {
      if (!stopped && error !== undefined) log.warn({ kind: key, error: error.message }, 'a watch failed; it is tried again');
    });
    collections.set(key, made);
    return made;
  };
  const queue: ControllerContext['queue'] = (name, needs, work, options = {}) => {
    const synced = Promise.all(needs.map((need) => need.cache.synced));
    const made = createWorkQueue({ name, log, quiet: isRace, ...options, work: async (key) => {
      await Promise.race([synced, whenStopped]);
      return stopped ? undefined : work(key);
    } });
    ends.push(() => made.stop());
    return made;
  };
  const every = (ms: number, task: () => Promise<void>): void => {
    const run = (): void => {
      task().catch((error: unknown) => {
        if (!stopped) log.warn({ error: error instanceof Error ? error.message : String(error) }, 'a periodic task failed; it is tried again');
      });
    };
    const timer = setInterval(run, ms);
    timer.unref();
    ends.push(() => clearInterval(timer));
    run();
  };
  const events = (component: string): EventRecorder => {
    const known = recorders.get(component);
    if (known !== undefined) return known;
    const made = createEventRecorder({ client, component, log, now });
    recorders.set(component, made);
    return made;
  };
  const stop = async (): Promise<void> => {
    stopped = true;
    markStopped();
    for (const end of ends) await end();
    for (const recorder of recorders.values()) await recorder.stop();
    for (const made of collections.values()) made.cache.stop();
  };
  return { context: { client, log, now, collection, events, queue, every, onStop: (end) => void ends.push(end) }, stop };
}
