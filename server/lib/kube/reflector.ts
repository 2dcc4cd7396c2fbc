import { setTimeout as sleep } from 'node:timers/promises';
import { errorText, isRecord } from '#shared/base';
import type { KubeObject } from '#shared/mesh';
import { KubeError } from './client.ts';
import type { KubeClient } from './client.ts';
import { readLines } from './read-lines.ts';

export type WatchTarget = { readonly group: string; readonly version: string; readonly plural: string; readonly namespace?: string; readonly labelSelector?: string; readonly fieldSelector?: string };
export type WatchEvent = 'ADDED' | 'MODIFIED' | 'DELETED';
export type ReflectorHandlers = {
  /** One change of the cache, in the order of the server. DELETED carries the last known state. */
  onChange?(event: WatchEvent, object: KubeObject): void;
  /** The cache holds all that the server has; called once per full list, after its changes. */
  onSynced?(): void;
  /** The source failed (and is asked again for ever) or is well again (undefined). */
  onError?(error: Error | undefined): void;
};
export type Reflector = {
  /** Resolves after the first full list. */
  readonly synced: Promise<void>;
  readonly resourceVersion: string;
  list(): readonly KubeObject[];
  get(namespace: string, name: string): KubeObject | undefined;
  stop(): void;
};

const PAGE = 500;
/** The server ends a watch after 300 to 600 s, as client-go asks. */
const WATCH_SECONDS_MIN = 300;
/** Bookmarks come each minute at least; a stream that is silent for longer is dead. */
const SILENCE_MS_MAX = 150_000;
const BACKOFF_MS_MIN = 50;
const BACKOFF_MS_MAX = 10_000;
/** The longest event, bytes; the API server stores 3 MiB at most. */
const EVENT_BYTES_MAX = 32 * 1024 * 1024;

const keyOf = (object: KubeObject): string => `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
export const collectionPath = (target: WatchTarget): string =>
  `${target.group === '' ? `/api/${target.version}` : `/apis/${target.group}/${target.version}`}${target.namespace === undefined ? '' : `/namespaces/${encodeURIComponent(target.namespace)}`}/${target.plural}`;

/** The object if it has what every Kubernetes object has; list items of built-in kinds lack kind and apiVersion, so they are given. */
export function asKubeObject(v: unknown, kind: { readonly apiVersion: string; readonly kind: string }): KubeObject | undefined {
  if (!isRecord(v) || !isRecord(v['metadata']) || typeof v['metadata']['name'] !== 'string') return undefined;
  const metadata = { ...v['metadata'], name: v['metadata']['name'] };
  return { ...v, apiVersion: typeof v['apiVersion'] === 'string' ? v['apiVersion'] : kind.apiVersion, kind: typeof v['kind'] === 'string' ? v['kind'] : kind.kind, metadata };
}

/** Keeps a cache of one collection: list, then watch with bookmarks; survives 410, cut streams and a server that is away, for ever. */
export function createReflector(client: KubeClient, target: WatchTarget, handlers: ReflectorHandlers = {}): Reflector {
  const loop = new ReflectorLoop(client, target, handlers);
  void loop.run();
  return loop;
}

class ReflectorLoop implements Reflector {
  readonly synced: Promise<void>;
  resourceVersion = '';
  readonly #client: KubeClient;
  readonly #handlers: ReflectorHandlers;
  readonly #path: string;
  readonly #query: { readonly labelSelector: string | undefined; readonly fieldSelector: string | undefined };
  readonly #abort = new AbortController();
  readonly #cache = new Map<string, KubeObject>();
  #kind: { readonly apiVersion: string; readonly kind: string };
  #failed = false;
  #markSynced: () => void = () => {};

  constructor(client: KubeClient, target: WatchTarget, handlers: ReflectorHandlers) {
    this.#client = client;
    this.#handlers = handlers;
    this.#path = collectionPath(target);
    this.#query = { labelSelector: target.labelSelector, fieldSelector: target.fieldSelector };
    this.#kind = { apiVersion: target.group === '' ? target.version : `${target.group}/${target.version}`, kind: '' };
    this.synced = new Promise<void>((resolve) => {
      this.#markSynced = resolve;
    });
  }

  list(): readonly KubeObject[] {
    return [...this.#cache.values()];
  }

  get(namespace: string, name: string): KubeObject | undefined {
    return this.#cache.get(`${namespace}/${name}`);
  }

  stop(): void {
    this.#abort.abort();
  }

  async run(): Promise<void> {
    const { signal } = this.#abort;
    let wait = BACKOFF_MS_MIN;
    while (!signal.aborted) {
      try {
        if (this.resourceVersion === '') await this.#listAll();
        const start = performance.now();
        await this.#watchOnce();
        if (performance.now() - start > 1000) wait = BACKOFF_MS_MIN;
      } catch (error) {
        if (signal.aborted) return;
        this.#onFailure(error);
      }
      await sleep(wait * (0.5 + Math.random()), undefined, { signal }).catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
      wait = Math.min(BACKOFF_MS_MAX, wait * 2);
    }
  }

  #onFailure(error: unknown): void {
    const refused = error instanceof KubeError && error.code !== 0;
    if (refused) this.resourceVersion = ''; // list anew: the position may be what was refused
    if (refused && error.code === 410) return; // the ordinary end of a position that is too old
    this.#failed = true;
    this.#handlers.onError?.(error instanceof Error ? error : new Error(errorText(error)));
  }

  #well(): void {
    if (this.#failed) this.#handlers.onError?.(undefined);
    this.#failed = false;
  }

  #put(object: KubeObject): void {
    const key = keyOf(object);
    const known = this.#cache.get(key);
    if (known !== undefined && known.metadata.resourceVersion === object.metadata.resourceVersion && known.metadata.uid === object.metadata.uid) return;
    if (known !== undefined && known.metadata.uid !== object.metadata.uid) this.#drop(known);
    const event = this.#cache.has(key) ? 'MODIFIED' : 'ADDED';
    this.#cache.set(key, object);
    this.#handlers.onChange?.(event, object);
  }

  #drop(object: KubeObject): void {
    if (this.#cache.delete(keyOf(object))) this.#handlers.onChange?.('DELETED', object);
  }

  async #listAll(): Promise<void> {
    const seen = new Set<string>();
    let next: string | undefined;
    do {
      const page = await this.#client.request({ method: 'GET', path: this.#path, query: { ...this.#query, limit: PAGE, continue: next }, signal: this.#abort.signal });
      if (!isRecord(page) || !Array.isArray(page['items']) || !isRecord(page['metadata'])) throw new KubeError({ code: 0, reason: 'NotAList', message: `${this.#path} did not answer with a list` });
      if (typeof page['kind'] === 'string') this.#kind = { ...this.#kind, kind: page['kind'].replace(/List$/, '') };
      for (const item of page['items']) {
        const object = asKubeObject(item, this.#kind);
        if (object === undefined) continue;
        seen.add(keyOf(object));
        this.#put(object);
      }
      next = typeof page['metadata']['continue'] === 'string' && page['metadata']['continue'] !== '' ? page['metadata']['continue'] : undefined;
      if (typeof page['metadata']['resourceVersion'] === 'string') this.resourceVersion = page['metadata']['resourceVersion'];
    } while (next !== undefined);
    for (const [key, object] of this.#cache) if (!seen.has(key)) this.#drop(object);
    this.#well();
    this.#handlers.onSynced?.();
    this.#markSynced();
  }

  async #watchOnce(): Promise<void> {
    const timeoutSeconds = WATCH_SECONDS_MIN + Math.floor(Math.random() * WATCH_SECONDS_MIN);
    const query = { ...this.#query, watch: true, allowWatchBookmarks: true, resourceVersion: this.resourceVersion, timeoutSeconds };
    const stream = await this.#client.stream({ method: 'GET', path: this.#path, query, signal: this.#abort.signal });
    this.#well();
    await readLines(stream, { lineBytesMax: EVENT_BYTES_MAX, silenceMsMax: SILENCE_MS_MAX }, (line) => this.#onFrame(line));
  }

  #onFrame(line: string): void {
    const frame: unknown = JSON.parse(line);
    if (!isRecord(frame)) return;
    if (frame['type'] === 'ERROR') throw refusal(frame['object']);
    if (frame['type'] === 'BOOKMARK') {
      const bookmark = isRecord(frame['object']) && isRecord(frame['object']['metadata']) ? frame['object']['metadata']['resourceVersion'] : undefined;
      if (typeof bookmark === 'string') this.resourceVersion = bookmark;
      return;
    }
    const object = asKubeObject(frame['object'], this.#kind);
    if (object === undefined) return;
    if (object.metadata.resourceVersion !== undefined) this.resourceVersion = object.metadata.resourceVersion;
    if (frame['type'] === 'DELETED') this.#drop(object);
    else this.#put(object);
  }
}

function refusal(status: unknown): KubeError {
  const field = (name: string): string | undefined => (isRecord(status) && typeof status[name] === 'string' ? status[name] : undefined);
  return new KubeError({ code: isRecord(status) && typeof status['code'] === 'number' ? status['code'] : 500, reason: field('reason') ?? 'Unknown', message: field('message') ?? 'the watch failed' });
}
