import { setTimeout as sleep } from 'node:timers/promises';
import { BoundedMap, errorText } from '#shared/base';
import type { KubeObject } from '#shared/mesh';
import type { Logger } from '../log.ts';
import { KubeError } from './client.ts';
import type { KubeClient } from './client.ts';

/** Events that may wait to be sent; above it the oldest waiting one is dropped and counted. */
const QUEUE_MAX = 2000;
/** Different events remembered for counting up instead of writing anew; client-go keeps 4096. */
const KNOWN_MAX = 4096;
/** An event seen again within this time counts up the old one. */
const SAME_MS = 10 * 60_000;
/** client-go's spam filter: this many events of one object at once, then one per REFILL_MS. */
const BURST = 25;
const REFILL_MS = 300_000;
/** After this many events in a row the rest are sent one each PACE_MS: a mesh that starts has better things to do at once. */
const PACE_AFTER = 10;
const PACE_MS = 25;
/** Tries of one event while the server is away. */
const TRIES_MAX = 5;
const RETRY_MS = 500;

/** What an Event is about; `fieldPath` names a container as `spec.containers{app}`. */
export type EventTarget = Pick<KubeObject, 'apiVersion' | 'kind' | 'metadata'>;
export type EventRecorder = {
  record(target: EventTarget, type: 'Normal' | 'Warning', reason: string, message: string, fieldPath?: string): void;
  readonly dropped: number;
  /** Sends what waits (as long as the server takes it), then nothing more. */
  stop(): Promise<void>;
};
type Entry = { readonly name: string; readonly namespace: string; readonly key: string; count: number; readonly firstAt: Date; lastMs: number };
type Sending = { readonly entry: Entry; readonly body: Record<string, unknown>; readonly again: boolean };

/** Writes Events as `component` (of `host`): the same event again raises its count, floods of one object are cut. Never blocks the caller. */
export const createEventRecorder = (options: { readonly client: KubeClient; readonly component: string; readonly host?: string; readonly log: Logger; readonly now?: () => Date }): EventRecorder => new Recorder(options);

const timeOf = (date: Date): string => `${date.toISOString().slice(0, 19)}Z`;

class Recorder implements EventRecorder {
  dropped = 0;
  readonly #options: { readonly client: KubeClient; readonly component: string; readonly host?: string; readonly log: Logger; readonly now?: () => Date };
  readonly #known = new BoundedMap<string, Entry>(KNOWN_MAX);
  readonly #tokens = new BoundedMap<string, { tokens: number; atMs: number }>(KNOWN_MAX);
  readonly #queue: Sending[] = [];
  #sending: Promise<void> | undefined;
  #stopped = false;
  #serial = 0;

  constructor(options: { readonly client: KubeClient; readonly component: string; readonly host?: string; readonly log: Logger; readonly now?: () => Date }) {
    this.#options = options;
  }

  record(target: EventTarget, type: 'Normal' | 'Warning', reason: string, message: string, fieldPath?: string): void {
    if (this.#stopped) return;
    const { name, namespace = 'default', uid = '', resourceVersion } = target.metadata;
    const now = this.#options.now?.() ?? new Date();
    const key = [uid, name, namespace, type, reason, message, fieldPath ?? ''].join('\u0000');
    const known = this.#known.get(key);
    if (known !== undefined && now.getTime() - known.lastMs < SAME_MS) {
      if (!this.#allowed(`${uid}/${name}`, now.getTime())) return;
      known.count += 1;
      known.lastMs = now.getTime();
      this.#push({ entry: known, again: true, body: { count: known.count, lastTimestamp: timeOf(now) } });
      return;
    }
    if (!this.#allowed(`${uid}/${name}`, now.getTime())) return;
    this.#serial += 1;
    const serial = (BigInt(now.getTime()) * 1_000_000n + BigInt(this.#serial % 1_000_000)).toString(16);
    const entry: Entry = { name: `${name}.${serial}`, namespace, key, count: 1, firstAt: now, lastMs: now.getTime() };
    this.#known.set(key, entry);
    const { component, host } = this.#options;
    this.#push({
      entry, again: false, body: {
        apiVersion: 'v1', kind: 'Event', metadata: { name: entry.name, namespace },
        involvedObject: { apiVersion: target.apiVersion, kind: target.kind, name, ...(target.metadata.namespace === undefined ? {} : { namespace }), uid, ...(resourceVersion === undefined ? {} : { resourceVersion }), ...(fieldPath === undefined ? {} : { fieldPath }) },
        reason, message: message.slice(0, 1024), type, count: 1, firstTimestamp: timeOf(now), lastTimestamp: timeOf(now), source: { component, ...(host === undefined ? {} : { host }) },
        reportingComponent: component, reportingInstance: host ?? '',
      },
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#sending;
  }

  #allowed(object: string, nowMs: number): boolean {
    const bucket = this.#tokens.get(object) ?? { tokens: BURST, atMs: nowMs };
    bucket.tokens = Math.min(BURST, bucket.tokens + (nowMs - bucket.atMs) / REFILL_MS);
    bucket.atMs = nowMs;
    this.#tokens.set(object, bucket);
    if (bucket.tokens < 1) {
      this.dropped += 1;
      return false;
    }
    bucket.tokens -= 1;
    return true;
  }

  #push(sending: Sending): void {
    this.#queue.push(sending);
    if (this.#queue.length > QUEUE_MAX) {
      this.#queue.shift();
      this.dropped += 1;
    }
    this.#sending ??= this.#drain();
  }

  async #drain(): Promise<void> {
    let sent = 0;
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      if (sent++ >= PACE_AFTER && !this.#stopped) await sleep(PACE_MS, undefined, { ref: false });
      await this.#send(next);
    }
    this.#sending = undefined;
  }

  async #send({ entry, again, body }: Sending): Promise<void> {
    const path = `/api/v1/namespaces/${entry.namespace}/events`;
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      try {
        if (again) await this.#options.client.request({ method: 'PATCH', path: `${path}/${entry.name}`, body, contentType: 'application/merge-patch+json' });
        else await this.#options.client.request({ method: 'POST', path, body });
        return;
      } catch (error) {
        if (error instanceof KubeError && error.code >= 400 && error.code < 500 && error.code !== 429) {
          if (error.code === 404 && again) this.#known.delete(entry.key); // it outlived its hour: the next one is written anew
          return this.#lost(error);
        }
        if (this.#stopped) return this.#lost(error);
        await sleep(RETRY_MS);
      }
    }
    this.#lost(new Error('the API server stayed away'));
  }

  #lost(error: unknown): void {
    this.dropped += 1;
    this.#options.log.debug({ error: errorText(error) }, 'an event was not written');
  }
}
