import type { IncomingMessage } from 'node:http';
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
  const abort = new AbortController();
  const cache = new Map<string, KubeObject>();
  const path = collectionPath(target);
  const query = { labelSelector: target.labelSelector, fieldSelector: target.fieldSelector };
  let kind = { apiVersion: target.group === '' ? target.version : `${target.group}/${target.version}`, kind: '' };
  let resourceVersion = '';
  let failed = false;
  let markSynced: () => void = () => {};
  const synced = new Promise<void>((resolve) => {
    markSynced = resolve;
  });

  const put = (object: KubeObject): void => {
    const key = keyOf(object);
    const known = cache.get(key);
    if (known !== undefined && known.metadata.resourceVersion === object.metadata.resourceVersion && known.metadata.uid === object.metadata.uid) return;
    if (known !== undefined && known.metadata.uid !== object.metadata.uid) drop(known);
    const event = cache.has(key) ? 'MODIFIED' : 'ADDED';
    cache.set(key, object);
    handlers.onChange?.(event, object);
  };
  const drop = (object: KubeObject): void => {
    if (cache.delete(keyOf(object))) handlers.onChange?.('DELETED', object);
  };
  const well = (): void => {
    if (failed) handlers.onError?.(undefined);
    failed = false;
  };

  const listAll = async (): Promise<void> => {
    const seen = new Set<string>();
    let next: string | undefined;
    do {
      const page = await client.request({ method: 'GET', path, query: { ...query, limit: PAGE, continue: next }, signal: abort.signal });
      if (!isRecord(page) || !Array.isArray(page['items']) || !isRecord(page['metadata'])) throw new KubeError({ code: 0, reason: 'NotAList', message: `${path} did not answer with a list` });
      if (typeof page['kind'] === 'string') kind = { ...kind, kind: page['kind'].replace(/List$/, '') };
      for (const item of page['items']) {
        const object = asKubeObject(item, kind);
        if (object === undefined) continue;
        seen.add(keyOf(object));
        put(object);
      }
      next = typeof page['metadata']['continue'] === 'string' && page['metadata']['continue'] !== '' ? page['metadata']['continue'] : undefined;
      if (typeof page['metadata']['resourceVersion'] === 'string') resourceVersion = page['metadata']['resourceVersion'];
    } while (next !== undefined);
    for (const [key, object] of cache) if (!seen.has(key)) drop(object);
    well();
    handlers.onSynced?.();
    markSynced();
  };

  const onFrame = (line: string): void => {
    const frame: unknown = JSON.parse(line);
    if (!isRecord(frame)) return;
    if (frame['type'] === 'ERROR') throw gone(frame['object']);
    if (frame['type'] === 'BOOKMARK') {
      const bookmark = isRecord(frame['object']) && isRecord(frame['object']['metadata']) ? frame['object']['metadata']['resourceVersion'] : undefined;
      if (typeof bookmark === 'string') resourceVersion = bookmark;
      return;
    }
    const object = asKubeObject(frame['object'], kind);
    if (object === undefined) return;
    if (object.metadata.resourceVersion !== undefined) resourceVersion = object.metadata.resourceVersion;
    if (frame['type'] === 'DELETED') drop(object);
    else put(object);
  };

  const watchOnce = async (): Promise<void> => {
    const timeoutSeconds = WATCH_SECONDS_MIN + Math.floor(Math.random() * WATCH_SECONDS_MIN);
    const stream: IncomingMessage = await client.stream({ method: 'GET', path, query: { ...query, watch: true, allowWatchBookmarks: true, resourceVersion, timeoutSeconds }, signal: abort.signal });
    well();
    await readLines(stream, { lineBytesMax: EVENT_BYTES_MAX, silenceMsMax: SILENCE_MS_MAX }, onFrame);
  };

  const run = async (): Promise<void> => {
    let wait = BACKOFF_MS_MIN;
    while (!abort.signal.aborted) {
      try {
        if (resourceVersion === '') await listAll();
        const start = performance.now();
        await watchOnce();
        if (performance.now() - start > 1000) wait = BACKOFF_MS_MIN;
      } catch (error) {
        if (abort.signal.aborted) return;
        if (error instanceof KubeError && error.code === 410) resourceVersion = '';
        else {
          failed = true;
          handlers.onError?.(error instanceof Error ? error : new Error(errorText(error)));
          if (error instanceof KubeError && error.code !== 0) resourceVersion = '';
        }
      }
      await sleep(wait * (0.5 + Math.random()), undefined, { signal: abort.signal }).catch((error: unknown) => {
        if (!abort.signal.aborted) throw error;
      });
      wait = Math.min(BACKOFF_MS_MAX, wait * 2);
    }
  };
  void run();
  return { synced, list: () => [...cache.values()], get: (namespace, name) => cache.get(`${namespace}/${name}`), get resourceVersion() { return resourceVersion; }, stop: () => abort.abort() };
}

function gone(status: unknown): KubeError {
  const code = isRecord(status) && typeof status['code'] === 'number' ? status['code'] : 500;
  return new KubeError({ code, reason: isRecord(status) && typeof status['reason'] === 'string' ? status['reason'] : 'Unknown', message: isRecord(status) && typeof status['message'] === 'string' ? status['message'] : 'the watch failed' });
}
