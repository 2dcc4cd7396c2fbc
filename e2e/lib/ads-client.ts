import { setTimeout as sleep } from 'node:timers/promises';
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import type { ClientDuplexStream } from '@grpc/grpc-js';
import { adsService, csrService, decodeAny } from '#server/wire';
import type { DeltaDiscoveryRequest, DeltaDiscoveryResponse, DiscoveryRequest, DiscoveryResponse, Node } from '#server/wire';
import { TYPE_URL } from '#shared/xds';
import type { ResourceKind } from '#shared/xds';

export type Held = { readonly version: string; readonly value: Record<string, unknown> };
export type AdsOptions = { readonly port: number; readonly host?: string; readonly mode: 'sotw' | 'delta'; readonly node: Node; readonly token?: string; readonly tls?: { readonly ca: string; readonly serverName: string; readonly cert?: string; readonly key?: string }; /** Says why a response is refused. */ refuse?(kind: ResourceKind, resources: readonly Record<string, unknown>[]): string | undefined };
const KINDS: readonly ResourceKind[] = ['cluster', 'endpoint', 'listener', 'route', 'secret'];
const kindOf = (typeUrl: string): ResourceKind => KINDS.find((kind) => TYPE_URL[kind] === typeUrl) ?? 'secret';
const nameOf = (value: Record<string, unknown>): string => String(value['name'] ?? value['cluster_name']);

/** A small xDS client made of @grpc/grpc-js: subscribes like a sidecar, acknowledges, and keeps what it was given. */
export class TestAdsClient {
  readonly held: Readonly<Record<ResourceKind, Map<string, Held>>> = { cluster: new Map(), endpoint: new Map(), listener: new Map(), route: new Map(), secret: new Map() };
  /** Every response: kind, names given, names removed. */
  readonly log: { readonly kind: ResourceKind; readonly names: readonly string[]; readonly removed: readonly string[]; readonly at: number }[] = [];
  readonly #client: Client;
  readonly #options: AdsOptions;
  #sotw: ClientDuplexStream<DiscoveryRequest, DiscoveryResponse> | undefined;
  #delta: ClientDuplexStream<DeltaDiscoveryRequest, DeltaDiscoveryResponse> | undefined;
  readonly #versions = new Map<ResourceKind, string>();
  error: Error | undefined;
  /** False: responses are read and not acknowledged until `catchUp`, as by a proxy that has no time. */
  acknowledges = true;
  readonly #unanswered: (() => void)[] = [];
  constructor(options: AdsOptions) {
    this.#options = options;
    const { tls } = options;
    const buffer = (text: string | undefined): Buffer | null => (text === undefined ? null : Buffer.from(text));
    this.#client = new Client(`${options.host ?? '127.0.0.1'}:${options.port}`, tls === undefined ? credentials.createInsecure() : credentials.createSsl(buffer(tls.ca), buffer(tls.key), buffer(tls.cert)), tls === undefined ? {} : { 'grpc.ssl_target_name_override': tls.serverName });
  }
  #metadata(): Metadata {
    const metadata = new Metadata();
    if (this.#options.token !== undefined) metadata.set('authorization', `Bearer ${this.#options.token}`);
    return metadata;
  }
  start(kinds: readonly ResourceKind[] = ['cluster', 'listener']): this {
    const failed = (error: Error): void => void (this.error = error);
    if (this.#options.mode === 'sotw') {
      const method = adsService.StreamAggregatedResources;
      this.#sotw = this.#client.makeBidiStreamRequest(method.path, method.requestSerialize, method.responseDeserialize, this.#metadata());
      this.#sotw.on('data', (response: DiscoveryResponse) => this.#onState(response)).on('error', failed);
    } else {
      const method = adsService.DeltaAggregatedResources;
      this.#delta = this.#client.makeBidiStreamRequest(method.path, method.requestSerialize, method.responseDeserialize, this.#metadata());
      this.#delta.on('data', (response: DeltaDiscoveryResponse) => this.#onDelta(response)).on('error', failed);
    }
    for (const [i, kind] of kinds.entries()) this.subscribe(kind, [], i === 0);
    return this;
  }
  subscribe(kind: ResourceKind, names: readonly string[], first = false): void {
    const node = first ? { node: this.#options.node } : {};
    this.#sotw?.write({ type_url: TYPE_URL[kind], resource_names: names, ...node });
    this.#delta?.write({ type_url: TYPE_URL[kind], resource_names_subscribe: names, ...node });
  }
  /** A delta subscription to everything of a kind by a client that holds these versions already. */
  resume(kind: ResourceKind, versions: Readonly<Record<string, string>>): void {
    this.#delta?.write({ type_url: TYPE_URL[kind], node: this.#options.node, initial_resource_versions: versions });
  }
  #answer(run: () => void): void {
    if (this.acknowledges) run();
    else this.#unanswered.push(run);
  }
  /** Acknowledges what was held back, and everything from now on. */
  catchUp(): void {
    this.acknowledges = true;
    for (const run of this.#unanswered.splice(0)) run();
  }
  #verdict(kind: ResourceKind, values: readonly Record<string, unknown>[]): { readonly error_detail?: { readonly code: number; readonly message: string } } {
    const problem = this.#options.refuse?.(kind, values);
    return problem === undefined ? {} : { error_detail: { code: 13, message: problem } };
  }
  #onState(response: DiscoveryResponse): void {
    const kind = kindOf(response.type_url);
    this.#nonces.set(kind, response.nonce ?? '');
    const values = (response.resources ?? []).map((any) => decodeAny(any.type_url, any.value));
    const verdict = this.#verdict(kind, values);
    const removed = kind === 'cluster' || kind === 'listener' ? [...this.held[kind].keys()].filter((name) => !values.some((value) => nameOf(value) === name)) : [];
    if (verdict.error_detail === undefined) {
      for (const name of removed) this.held[kind].delete(name);
      for (const value of values) this.held[kind].set(nameOf(value), { version: response.version_info ?? '', value });
      this.#versions.set(kind, response.version_info ?? '');
    }
    this.log.push({ kind, names: values.map(nameOf), removed, at: performance.now() });
    this.#answer(() => {
      this.#sotw?.write({ type_url: response.type_url, version_info: this.#versions.get(kind) ?? '', response_nonce: response.nonce ?? '', resource_names: this.#names(kind), ...verdict });
      this.#follow(kind);
    });
  }
  #onDelta(response: DeltaDiscoveryResponse): void {
    const kind = kindOf(response.type_url);
    const items = (response.resources ?? []).flatMap((item) => (item.resource === undefined ? [] : [{ version: item.version ?? '', value: decodeAny(item.resource.type_url, item.resource.value) }]));
    const verdict = this.#verdict(kind, items.map((item) => item.value));
    if (verdict.error_detail === undefined) {
      for (const item of items) this.held[kind].set(nameOf(item.value), item);
      for (const name of response.removed_resources ?? []) this.held[kind].delete(name);
    }
    this.log.push({ kind, names: items.map((item) => nameOf(item.value)), removed: response.removed_resources ?? [], at: performance.now() });
    this.#answer(() => {
      this.#delta?.write({ type_url: response.type_url, response_nonce: response.nonce ?? '', ...verdict });
      this.#follow(kind);
    });
  }
  readonly #asked = new Map<ResourceKind, ReadonlySet<string>>();
  #names(kind: ResourceKind): readonly string[] {
    return kind === 'cluster' || kind === 'listener' ? [] : [...(this.#asked.get(kind) ?? [])];
  }
  /** Clusters ask for their endpoints, listeners for their routes, as a proxy does. */
  #follow(kind: ResourceKind): void {
    if (kind === 'cluster') this.#want('endpoint', new Set([...this.held.cluster.values()].filter((item) => item.value['type'] === 'EDS').map((item) => nameOf(item.value))));
    if (kind === 'listener') this.#want('route', new Set([...JSON.stringify([...this.held.listener.values()]).matchAll(/"route_config_name":"([^"]+)"/g)].map((match) => match[1] ?? '')));
  }
  #want(kind: ResourceKind, names: ReadonlySet<string>): void {
    const before = this.#asked.get(kind) ?? new Set<string>();
    const added = [...names].filter((name) => !before.has(name));
    const dropped = [...before].filter((name) => !names.has(name));
    this.#asked.set(kind, names);
    if (added.length === 0 && dropped.length === 0) return;
    this.#sotw?.write({ type_url: TYPE_URL[kind], resource_names: [...names], version_info: this.#versions.get(kind) ?? '', response_nonce: this.#lastNonce(kind) });
    this.#delta?.write({ type_url: TYPE_URL[kind], resource_names_subscribe: added, resource_names_unsubscribe: dropped });
  }
  readonly #nonces = new Map<ResourceKind, string>();
  #lastNonce(kind: ResourceKind): string {
    return this.#nonces.get(kind) ?? '';
  }
  /** Waits until something holds of what was given; fails with the stream's own error. */
  async until(what: string, condition: () => boolean, msMax = 20_000): Promise<void> {
    const deadline = performance.now() + msMax;
    while (!condition()) {
      if (this.error !== undefined) throw this.error;
      if (performance.now() > deadline) throw new Error(`${what}: not within ${msMax} ms`);
      await sleep(2);
    }
  }
  csr(csrPem: string, token: string | undefined): Promise<readonly string[]> {
    const metadata = new Metadata();
    if (token !== undefined) metadata.set('authorization', `Bearer ${token}`);
    const method = csrService.CreateCertificate;
    return new Promise((resolve, reject) => this.#client.makeUnaryRequest(method.path, method.requestSerialize, method.responseDeserialize, { csr: csrPem, validity_duration: 86_400 }, metadata, (error, answer) => (error === null && answer !== undefined ? resolve(answer.cert_chain) : reject(error ?? new Error('no answer')))));
  }
  stop(): void {
    this.#sotw?.on('error', () => undefined).cancel();
    this.#delta?.on('error', () => undefined).cancel();
    this.#client.close();
  }
}
