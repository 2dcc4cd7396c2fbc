import { errorText, isRecord } from '#shared/base';
import type { Reading } from '#shared/base';
import { groupOf } from '#shared/mesh';
import type { KubeObject } from '#shared/mesh';
import { collectionPath, createKubeClient, createReflector, kubeConfig, KubeError } from '#server/lib';
import type { KubeClient, KubeQuery, Logger, Reflector, WatchEvent } from '#server/lib';
import { Monitor } from '../monitor.ts';
import { reading, SourceFailure } from '../source-failure.ts';
import { CONFIG_KINDS, CORE_KINDS, kindKey } from './kinds.ts';
import type { WatchedKind } from './kinds.ts';

/** Silence after which a call is given up, and the longest one may take whatever comes. */
const TIMEOUT_MS = 10_000;
const DEADLINE_MS = 20_000;
/** Code of a failure of one pod, or of its node, behind an API server that answers. */
export const POD_SILENT = 'POD_SILENT';
/** How long to wait before a kubeconfig that could not be read is tried again. */
const CONNECT_RETRY_MS = 3000;

export type KubeOptions = { readonly kubeconfigPath: string; readonly context?: string } | { readonly inCluster: boolean } | { readonly inCluster?: never; readonly kubeconfigPath?: never };
/** Why a kind is not seen: not yet, not allowed, not installed, or the API does not answer. Each takes away itself only. */
export type KindState = 'syncing' | 'watched' | 'not-allowed' | 'absent' | 'down';
export type ObjectChange = { readonly event: WatchEvent; readonly object: KubeObject; readonly before: KubeObject | undefined; readonly kind: WatchedKind; readonly initial: boolean };
type Watch = { readonly kind: WatchedKind; reflector: Reflector; state: KindState; synced: boolean; readonly known: Map<string, KubeObject> };

/** The console's client of the Kubernetes API: caches of what it may watch, and reads and writes of single objects. */
export class Kubernetes {
  readonly monitor: Monitor;
  readonly #clock: () => number;
  readonly #log: Logger;
  readonly #options: KubeOptions;
  readonly #watches = new Map<string, Watch>();
  readonly #listeners = new Set<(change: ObjectChange) => void>();
  readonly #syncListeners = new Set<(kind: WatchedKind) => void>();
  #client: KubeClient | undefined;
  #stopped = false;
  #revision = 0;
  #retry: NodeJS.Timeout | undefined;
  /** Resolves when the core kinds were listed once or turned out not to be readable. */
  readonly ready: Promise<void>;
  #markReady: () => void = () => {};

  constructor(options: { readonly kube: KubeOptions; readonly clock: () => number; readonly log: Logger }) {
    this.#options = options.kube;
    this.#clock = options.clock;
    this.#log = options.log;
    const { kube } = options;
    const url = 'kubeconfigPath' in kube && kube.kubeconfigPath !== undefined ? kube.kubeconfigPath : 'inCluster' in kube && kube.inCluster === true ? 'in cluster' : '';
    const configured = url !== '';
    this.monitor = new Monitor({ source: 'kubernetes', url, configured, clock: options.clock });
    this.ready = new Promise((resolve) => {
      this.#markReady = resolve;
    });
    if (configured) void this.#connect();
    else this.#markReady();
  }

  /** Grows with every change of a cache; what is derived from the caches is kept until it moves. */
  get revision(): number {
    return this.#revision;
  }

  async #connect(): Promise<void> {
    try {
      const options = this.#options;
      const connection = await kubeConfig('kubeconfigPath' in options && options.kubeconfigPath !== undefined ? options : { inCluster: true });
      if (this.#stopped) return;
      this.#client = createKubeClient(connection);
      for (const kind of await this.#served([...CORE_KINDS, ...CONFIG_KINDS])) this.#watch(kind);
    } catch (error) {
      this.monitor.failed({ code: 'SOURCE_DOWN', message: `The Kubernetes API cannot be used: ${errorText(error)}`, next: 'Check the kubeconfig; it is tried again by itself.' });
      this.#client?.close();
      this.#client = undefined;
      this.#markReady();
      if (!this.#stopped) this.#retry = setTimeout(() => void this.#connect(), CONNECT_RETRY_MS);
    }
  }

  /** The kinds in the versions that the cluster serves; unknown groups keep the usual version and will be found absent by their watch. */
  async #served(kinds: readonly WatchedKind[]): Promise<readonly WatchedKind[]> {
    let groups: unknown;
    try {
      groups = await this.request({ method: 'GET', path: '/apis' });
    } catch (error) {
      if (error instanceof KubeError) return kinds; // discovery is not readable: the usual versions it is
      throw error;
    }
    const served = new Map<string, readonly string[]>();
    const list: readonly unknown[] = isRecord(groups) && Array.isArray(groups['groups']) ? groups['groups'] : [];
    for (const group of list) {
      if (!isRecord(group) || typeof group['name'] !== 'string' || !Array.isArray(group['versions'])) continue;
      served.set(group['name'], group['versions'].flatMap((v: unknown) => (isRecord(v) && typeof v['version'] === 'string' ? [v['version']] : [])));
    }
    return kinds.map((kind) => {
      const versions = served.get(kind.group);
      return versions === undefined || versions.includes(kind.version) || versions[0] === undefined ? kind : { ...kind, version: versions[0] };
    });
  }

  #watch(kind: WatchedKind): void {
    const client = this.#client;
    if (client === undefined || this.#stopped) return;
    const known = new Map<string, KubeObject>();
    const onChange = (event: WatchEvent, object: KubeObject): void => {
      const key = `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
      const before = known.get(key);
      if (event === 'DELETED') known.delete(key);
      else known.set(key, object);
      this.#revision += 1;
      for (const listener of this.#listeners) listener({ event, object, before, kind, initial: !watch.synced });
    };
    const onError = (error: Error | undefined): void => {
      watch.state = error === undefined ? 'watched' : stateOf(error);
      if (watch.state === 'down' && error !== undefined) this.monitor.failed({ code: 'SOURCE_DOWN', message: `The Kubernetes API does not answer: ${errorText(error)}`, next: 'It is asked again by itself.' });
      if (watch.state === 'not-allowed') this.#log.warn({ kind: kind.kind }, 'the cluster does not let the console watch this kind');
      this.#checkReady();
    };
    const onSynced = (): void => {
      const first = !watch.synced;
      watch.state = 'watched';
      watch.synced = true;
      this.#revision += 1;
      if (first) for (const listener of this.#syncListeners) listener(kind);
      this.monitor.succeeded();
      this.#checkReady();
    };
    const watch: Watch = { kind, state: 'syncing', synced: false, known, reflector: createReflector(client, { group: kind.group, version: kind.version, plural: kind.plural }, { onChange, onError, onSynced }) };
    this.#watches.set(kindKey(kind.group, kind.kind), watch);
  }

  #checkReady(): void {
    if (CORE_KINDS.every((kind) => {
      const state = this.state(kind.group, kind.kind);
      return state === 'watched' || state === 'not-allowed' || state === 'absent' || state === 'down';
    })) this.#markReady();
  }

  state(group: string, kind: string): KindState {
    return this.#watches.get(kindKey(group, kind))?.state ?? 'syncing';
  }
  kinds(): readonly (WatchedKind & { readonly state: KindState })[] {
    return [...this.#watches.values()].map((watch) => ({ ...watch.kind, state: watch.state }));
  }
  kindOf(group: string, kind: string): WatchedKind | undefined {
    return this.#watches.get(kindKey(group, kind))?.kind ?? [...CONFIG_KINDS, ...CORE_KINDS].find((k) => k.group === group && k.kind === kind);
  }
  /** The cached objects of a kind; empty when it is not seen. */
  objects(group: string, kind: string): readonly KubeObject[] {
    const watch = this.#watches.get(kindKey(group, kind));
    return watch === undefined ? [] : [...watch.known.values()];
  }
  cached(group: string, kind: string, namespace: string, name: string): KubeObject | undefined {
    return this.#watches.get(kindKey(group, kind))?.known.get(`${namespace}/${name}`);
  }
  onChange(listener: (change: ObjectChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Called once a kind, after its first full list. */
  onSynced(listener: (kind: WatchedKind) => void): void {
    this.#syncListeners.add(listener);
  }

  /** One call; a KubeError below 500 is about the call, everything else is the source's trouble. */
  async request(call: { readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'; readonly path: string; readonly query?: KubeQuery; readonly body?: unknown; readonly contentType?: string }): Promise<unknown> {
    try {
      return await this.#counted((client) => client.request({ timeoutMs: TIMEOUT_MS, ...call }));
    } catch (error) {
      if (!(error instanceof Unanswered)) throw error;
      throw new SourceFailure(this.monitor.failed({ code: 'SOURCE_DOWN', message: `The Kubernetes API does not answer: ${error.message}`, next: 'It is asked again by itself.' }));
    }
  }
  /** A text that the API server fetches from a pod or its node. When that one is silent, it is not the API that does not answer. */
  async #through(call: { readonly path: string; readonly query?: KubeQuery }, signal?: AbortSignal): Promise<string> {
    try {
      return await this.#counted((client) => client.text({ method: 'GET', timeoutMs: TIMEOUT_MS, accept: '*/*', ...call, signal: AbortSignal.any([AbortSignal.timeout(DEADLINE_MS), ...(signal === undefined ? [] : [signal])]) }));
    } catch (error) {
      if (!(error instanceof Unanswered)) throw error;
      throw new SourceFailure(this.monitor.error ?? { source: 'kubernetes', code: POD_SILENT, message: `The Kubernetes API gave no answer for ${call.path}: ${error.message}`, next: 'Look at that pod and its node.', since: this.#clock() });
    }
  }
  async #counted<T>(call: (client: KubeClient) => Promise<T>): Promise<T> {
    const client = this.#client;
    if (client === undefined) {
      const missing = { source: 'kubernetes' as const, code: 'SOURCE_MISSING', message: 'No Kubernetes API is configured.', next: 'Start the console with --kubeconfig FILE.', since: 0 };
      throw new SourceFailure(this.monitor.error ?? missing);
    }
    const start = performance.now();
    try {
      const answer = await call(client);
      this.monitor.succeeded(performance.now() - start);
      return answer;
    } catch (error) {
      // an answer that breaks off in the middle is no KubeError but the socket's own
      if (!(error instanceof KubeError) || error.code === 0) throw new Unanswered(errorText(error), { cause: error });
      this.monitor.succeeded(performance.now() - start);
      throw error;
    }
  }

  /** GET of one object, always from the server. */
  async get(kind: WatchedKind, namespace: string, name: string): Promise<KubeObject> {
    return asObject(await this.request({ method: 'GET', path: objectPath(kind, namespace, name) }));
  }
  /** A page of a pod through the API server's pod proxy. */
  podPage(namespace: string, pod: string, port: number, path: string): Promise<string> {
    return this.#through({ path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}:${port}/proxy${path}` });
  }
  logs(namespace: string, pod: string, query: { readonly container?: string; readonly tailLines?: number; readonly sinceSeconds?: number; readonly limitBytes?: number; readonly timestamps?: boolean; readonly previous?: boolean }, signal?: AbortSignal): Promise<string> {
    return this.#through({ path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}/log`, query }, signal);
  }
  /** The outcome of a call as a Reading; what is forbidden names the permission. */
  async reading<T>(call: () => Promise<T>, permission: string): Promise<Reading<T>> {
    try {
      return await reading(call, this.#clock);
    } catch (error) {
      if (!(error instanceof KubeError)) throw error;
      if (error.code === 403) return { state: 'not-allowed', permission };
      if (error.code === 404) return { state: 'no-data', reason: error.message };
      return { state: 'error', error: { source: 'kubernetes', code: error.reason, message: error.message, next: 'Look at the cluster.', since: this.#clock() } };
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#retry);
    for (const watch of this.#watches.values()) watch.reflector.stop();
    this.#client?.close();
  }
}

/** A call that was not answered whole. */
class Unanswered extends Error {
  override readonly name = 'Unanswered';
}

function stateOf(error: Error): KindState {
  if (!(error instanceof KubeError)) return 'down';
  if (error.code === 403 || error.code === 401) return 'not-allowed';
  if (error.code === 404) return 'absent';
  return 'down';
}

export const objectPath = (kind: WatchedKind, namespace: string, name: string): string => `${collectionOf(kind, namespace)}/${encodeURIComponent(name)}`;
export const collectionOf = (kind: WatchedKind, namespace: string): string => collectionPath({ group: kind.group, version: kind.version, plural: kind.plural, ...(kind.namespaced ? { namespace } : {}) });

/** An answer as an object; an API server that answers anything else is broken, which is worth an exception. */
export function asObject(answer: unknown): KubeObject {
  if (!isRecord(answer) || !isRecord(answer['metadata']) || typeof answer['metadata']['name'] !== 'string' || typeof answer['apiVersion'] !== 'string' || typeof answer['kind'] !== 'string') throw new Error('the Kubernetes API answered with something that is no object');
  return { ...answer, apiVersion: answer['apiVersion'], kind: answer['kind'], metadata: { ...answer['metadata'], name: answer['metadata']['name'] } };
}
export const groupOfObject = (object: KubeObject): string => groupOf(object.apiVersion).group;
