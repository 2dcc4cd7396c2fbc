import { readFileSync } from 'node:fs';
import { errorText } from '#shared/base';
import { TYPE_URL } from '#shared/xds';
import type { ResourceKind } from '#shared/xds';
import { adsService, decodeResource } from '#server/wire';
import type { DeltaDiscoveryRequest, DeltaDiscoveryResponse, DiscoveryRequest, DiscoveryResponse, Node } from '#server/wire';
import type { ClientHttp2Session } from 'node:http2';
import type { ProxyStats } from '../stats/counters.ts';
import type { AnyUpdate, ConfigStore } from './config-store.ts';
import { openCall, openSession } from './grpc-stream.ts';
import type { GrpcCall, GrpcTarget } from './grpc-stream.ts';

export type AdsOptions = {
  readonly store: ConfigStore; readonly node: Node; readonly mode: 'delta' | 'sotw'; readonly stats: ProxyStats; readonly tokenPath: string | undefined; readonly clusterId: string;
  target(): GrpcTarget; onProblem(text: string): void; readonly dice: () => number;
};

/** Order of subscriptions: make before break needs clusters and endpoints before listeners and routes. */
const KINDS: readonly ResourceKind[] = ['cluster', 'endpoint', 'listener', 'route', 'secret'];
const KIND_OF: ReadonlyMap<string, ResourceKind> = new Map(KINDS.map((kind) => [TYPE_URL[kind], kind]));
/** Reconnects: full jitter, doubling from the base. */
const BACK_OFF_BASE_MS = 100;
const BACK_OFF_MAX_MS = 5000;
/** A stream that lived this long starts the back-off anew. */
const HEALTHY_MS = 10_000;

type TypeState = { nonce: string; version: string; subscribed: ReadonlySet<string>; asked: boolean; readonly versions: Map<string, string> };
type Decoded = { readonly update: AnyUpdate; readonly nonce: string; readonly version: string; readonly versions: readonly (readonly [string, string])[] };

/** The stream to the control plane. While it is away, what was accepted last goes on serving. */
export class AdsClient {
  readonly #options: AdsOptions;
  readonly #states = new Map<ResourceKind, TypeState>();
  #session: ClientHttp2Session | undefined;
  #sotw: GrpcCall<DiscoveryRequest> | undefined;
  #delta: GrpcCall<DeltaDiscoveryRequest> | undefined;
  #nodeSent = false;
  #stopped = false;
  #tries = 0;
  #timer: NodeJS.Timeout | undefined;
  #work: Promise<void> = Promise.resolve();
  #generation = 0;
  lastError = '';
  constructor(options: AdsOptions) {
    this.#options = options;
    for (const kind of KINDS) this.#states.set(kind, { nonce: '', version: '', subscribed: new Set(), asked: false, versions: new Map() });
  }
  start(): void {
    void this.#connect();
  }
  #state(kind: ResourceKind): TypeState {
    const state = this.#states.get(kind);
    if (state === undefined) throw new Error(`no state for ${kind}`);
    return state;
  }
  #metadata(): Record<string, string> {
    const { tokenPath, clusterId } = this.#options;
    const out: Record<string, string> = { clusterid: clusterId };
    if (tokenPath !== undefined) out['authorization'] = `Bearer ${readFileSync(tokenPath, 'utf8').trim()}`; // read anew: the kubelet renews it
    return out;
  }
  async #connect(): Promise<void> {
    const { stats, mode } = this.#options;
    const started = performance.now();
    const generation = ++this.#generation;
    const ended = (error: Error): void => {
      if (generation !== this.#generation) return;
      this.#generation++;
      this.#sotw = undefined;
      this.#delta = undefined;
      stats.controlPlaneConnected = 0;
      this.#session?.destroy();
      this.#session = undefined;
      if (this.#stopped) return;
      this.#again(error, performance.now() - started > HEALTHY_MS);
    };
    try {
      this.#session = await openSession(this.#options.target());
      if (this.#stopped) return this.#session.destroy();
      for (const state of this.#states.values()) {
        state.nonce = '';
        state.asked = false;
      }
      this.#nodeSent = false;
      const take = (decode: () => Decoded | undefined, kind: ResourceKind | undefined, nonce: string): void => {
        this.#work = this.#work.then(() => this.#take(decode, kind, nonce, generation));
      };
      if (mode === 'delta') this.#delta = openCall(this.#session, adsService.DeltaAggregatedResources, this.#metadata(), { message: (answer) => take(() => decodeDelta(answer), KIND_OF.get(answer.type_url), answer.nonce ?? ''), ended });
      else this.#sotw = openCall(this.#session, adsService.StreamAggregatedResources, this.#metadata(), { message: (answer) => take(() => decodeSotw(answer), KIND_OF.get(answer.type_url), answer.nonce ?? ''), ended });
      stats.controlPlaneConnected = 1;
      stats.xdsConnects++;
      this.lastError = '';
      for (const kind of KINDS) this.#subscribe(kind);
    } catch (error) {
      stats.xdsConnectFailures++;
      ended(error instanceof Error ? error : new Error(String(error)));
    }
  }
  #again(error: Error, wasHealthy: boolean): void {
    this.#tries = wasHealthy ? 0 : this.#tries + 1;
    const wait = this.#options.dice() * Math.min(BACK_OFF_MAX_MS, BACK_OFF_BASE_MS * 2 ** this.#tries);
    const text = errorText(error);
    if (text !== this.lastError) this.#options.onProblem(`the control plane is away (${text}); the configuration accepted last goes on serving`);
    this.lastError = text;
    this.#timer = setTimeout(() => void this.#connect(), wait);
  }
  #names(kind: ResourceKind): ReadonlySet<string> {
    return kind === 'cluster' || kind === 'listener' ? new Set() : this.#options.store.wanted(kind);
  }
  #send(request: { readonly sotw: DiscoveryRequest; readonly delta: DeltaDiscoveryRequest }): void {
    const node = this.#nodeSent ? {} : { node: this.#options.node };
    this.#nodeSent = true;
    this.#sotw?.send({ ...request.sotw, ...node });
    this.#delta?.send({ ...request.delta, ...node });
  }
  /** Asks for a type, or tells which names are wanted now. */
  #subscribe(kind: ResourceKind): void {
    const state = this.#state(kind);
    const names = this.#names(kind);
    const wildcard = kind === 'cluster' || kind === 'listener';
    const same = names.size === state.subscribed.size && [...names].every((name) => state.subscribed.has(name));
    if (state.asked && same) return;
    if (!wildcard && !state.asked && names.size === 0) return;
    const type_url = TYPE_URL[kind];
    const added = [...names].filter((name) => !state.asked || !state.subscribed.has(name));
    const dropped = state.asked ? [...state.subscribed].filter((name) => !names.has(name)) : [];
    const initial: Record<string, string> = Object.create(null);
    if (!state.asked) for (const [name, version] of state.versions) if (wildcard || names.has(name)) initial[name] = version;
    this.#options.stats.type(kind).attempt++;
    this.#send({
      sotw: { type_url, version_info: state.version, response_nonce: state.nonce, resource_names: [...names] },
      delta: { type_url, resource_names_subscribe: added, resource_names_unsubscribe: dropped, ...(state.asked ? {} : { initial_resource_versions: initial }) },
    });
    for (const name of dropped) state.versions.delete(name);
    state.asked = true;
    state.subscribed = names;
  }
  async #take(decode: () => Decoded | undefined, kind: ResourceKind | undefined, nonce: string, generation: number): Promise<void> {
    if (generation !== this.#generation || kind === undefined) return;
    const state = this.#state(kind);
    const stats = this.#options.stats.type(kind);
    const type_url = TYPE_URL[kind];
    const resource_names = [...this.#names(kind)];
    state.nonce = nonce;
    try {
      const found = decode();
      if (found === undefined) return;
      await this.#options.store.apply(found.update);
      state.version = found.version;
      for (const [name, version] of found.versions) state.versions.set(name, version);
      for (const name of found.update.removed) state.versions.delete(name);
      stats.success++;
      stats.version = found.version;
      stats.updatedAt = Date.now();
      if (generation === this.#generation) this.#send({ sotw: { type_url, version_info: state.version, response_nonce: nonce, resource_names }, delta: { type_url, response_nonce: nonce } });
    } catch (error) {
      stats.rejected++;
      const message = errorText(error);
      this.#options.onProblem(`${kind} configuration refused: ${message}`);
      if (generation === this.#generation) this.#send({ sotw: { type_url, version_info: state.version, response_nonce: nonce, resource_names, error_detail: { code: 13, message } }, delta: { type_url, response_nonce: nonce, error_detail: { code: 13, message } } });
    }
    if (generation === this.#generation) for (const one of KINDS) this.#subscribe(one);
  }
  get connected(): boolean {
    return this.#options.stats.controlPlaneConnected === 1;
  }
  /** Whether the first answers of the two types that everything hangs on were accepted. */
  get hasConfig(): boolean {
    return this.#options.stats.type('cluster').success > 0 && this.#options.stats.type('listener').success > 0;
  }
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#sotw?.close();
    this.#delta?.close();
    this.#session?.destroy();
  }
}

type Wire = { readonly version: string; readonly bytes: Uint8Array };
const upsert = <K extends ResourceKind>(kind: K, wires: readonly Wire[]): { readonly kind: K; readonly upserts: readonly { readonly version: string; readonly resource: ReturnType<typeof decodeResource<K>> }[] } => ({ kind, upserts: wires.map(({ version, bytes }) => ({ version, resource: decodeResource(kind, bytes) })) });

function updateOf(kind: ResourceKind, wires: readonly Wire[], removed: readonly string[], full: boolean): AnyUpdate {
  const rest = { removed, full };
  switch (kind) {
    case 'cluster': return { ...upsert('cluster', wires), ...rest };
    case 'endpoint': return { ...upsert('endpoint', wires), ...rest };
    case 'listener': return { ...upsert('listener', wires), ...rest };
    case 'route': return { ...upsert('route', wires), ...rest };
    case 'secret': return { ...upsert('secret', wires), ...rest };
  }
}

function decodeSotw(answer: DiscoveryResponse): Decoded | undefined {
  const kind = KIND_OF.get(answer.type_url);
  if (kind === undefined) return undefined;
  const version = answer.version_info ?? '';
  return { update: updateOf(kind, (answer.resources ?? []).map((any) => ({ version, bytes: any.value })), [], true), nonce: answer.nonce ?? '', version, versions: [] };
}

function decodeDelta(answer: DeltaDiscoveryResponse): Decoded | undefined {
  const kind = KIND_OF.get(answer.type_url);
  if (kind === undefined) return undefined;
  const wires = (answer.resources ?? []).flatMap((one) => (one.resource === undefined ? [] : [{ version: one.version ?? '', bytes: one.resource.value }]));
  return {
    update: updateOf(kind, wires, answer.removed_resources ?? [], false), nonce: answer.nonce ?? '', version: answer.system_version_info ?? '',
    versions: (answer.resources ?? []).map((one) => [one.name, one.version ?? ''] as const),
  };
}
