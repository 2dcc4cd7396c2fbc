import { Server, ServerCredentials, status } from '@grpc/grpc-js';
import type { sendUnaryData, ServerDuplexStream, ServerUnaryCall } from '@grpc/grpc-js';
import { adsService, createRoot, csrService, encodeResource, signCsr } from '#server/wire';
import type { CertificateRequest, CertificateResponse, DeltaDiscoveryRequest, DeltaDiscoveryResponse, DiscoveryRequest, DiscoveryResponse, WireAny } from '#server/wire';
import { TYPE_URL } from '#shared/xds';
import type { Cluster, ClusterLoadAssignment, Listener, ResourceKind, ResourceOf, RouteConfiguration } from '#shared/xds';
import { nameOf } from '../xds/config-store.ts';

const HOUR_MS = 3_600_000;
const KINDS: readonly ResourceKind[] = ['cluster', 'endpoint', 'listener', 'route', 'secret'];
const kindOf = (url: string): ResourceKind | undefined => KINDS.find((kind) => TYPE_URL[kind] === url);
export type Received = { readonly kind: ResourceKind; readonly nonce: string; readonly error: string; readonly names: readonly string[]; readonly dropped: readonly string[]; readonly initial: readonly string[]; readonly node: string };

type Stream = { push(kind: ResourceKind, names: readonly string[], removed: readonly string[]): void };

/** A control plane for tests, on the stock gRPC library: certificates of its own root, resources as they are set, every request kept. */
export class FakeIstiod {
  readonly received: Received[] = [];
  readonly tokens: string[] = [];
  readonly root = createRoot({ organization: 'cluster.local', notBefore: new Date(Date.now() - HOUR_MS), notAfter: new Date(Date.now() + 24 * HOUR_MS) });
  certificateMs = 24 * HOUR_MS;
  signed = 0;
  port = 0;
  readonly #resources = new Map<ResourceKind, Map<string, Buffer>>(KINDS.map((kind) => [kind, new Map()]));
  readonly #streams = new Set<Stream>();
  #version = 0;
  /** Nonces of the last push of a kind, one a stream. */
  readonly #last = new Map<ResourceKind, readonly string[]>();
  #server: Server | undefined;
  async start(port = 0): Promise<void> {
    const server = new Server();
    const services = { ...adsService, ...csrService };
    server.addService(services, {
      DeltaAggregatedResources: (call: ServerDuplexStream<DeltaDiscoveryRequest, DeltaDiscoveryResponse>) => this.#onDelta(call),
      StreamAggregatedResources: (call: ServerDuplexStream<DiscoveryRequest, DiscoveryResponse>) => this.#onSotw(call),
      CreateCertificate: (call: ServerUnaryCall<CertificateRequest, CertificateResponse>, done: sendUnaryData<CertificateResponse>) => this.#sign(call, done),
    });
    this.port = await new Promise<number>((resolve, reject) => server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, bound) => (error === null ? resolve(bound) : reject(error))));
    this.#server = server;
  }
  #sign(call: ServerUnaryCall<CertificateRequest, CertificateResponse>, done: sendUnaryData<CertificateResponse>): void {
    const token = String(call.metadata.get('authorization')[0] ?? '');
    this.tokens.push(token);
    const identity = /^Bearer (\S+)$/.exec(token)?.[1];
    if (identity === undefined) return done({ code: status.UNAUTHENTICATED, details: 'no token' });
    this.signed++;
    const now = Date.now();
    const pem = signCsr({ csrPem: call.request.csr, signer: this.root, uris: [`spiffe://cluster.local/ns/default/sa/${identity}`], notBefore: new Date(now - 1000), notAfter: new Date(now + this.certificateMs) });
    done(null, { cert_chain: [pem, this.root.certPem] });
  }
  #onDelta(call: ServerDuplexStream<DeltaDiscoveryRequest, DeltaDiscoveryResponse>): void {
    const wanted = new Map<ResourceKind, Set<string>>();
    const stream: Stream = { push: (kind, names, removed) => void (wanted.has(kind) && this.#sendDelta(call, kind, names, removed)) };
    this.#streams.add(stream);
    call.on('data', (request: DeltaDiscoveryRequest) => {
      const kind = kindOf(request.type_url);
      if (kind === undefined) return;
      const names = request.resource_names_subscribe ?? [];
      this.received.push({ kind, nonce: request.response_nonce ?? '', error: request.error_detail?.message ?? '', names, dropped: request.resource_names_unsubscribe ?? [], initial: Object.keys(request.initial_resource_versions ?? {}), node: request.node?.id ?? '' });
      const first = !wanted.has(kind);
      wanted.set(kind, new Set([...(wanted.get(kind) ?? []), ...names]));
      if (first || names.length > 0) this.#sendDelta(call, kind, first && names.length === 0 ? undefined : names, []);
    });
    this.#follow(call, stream);
  }
  #onSotw(call: ServerDuplexStream<DiscoveryRequest, DiscoveryResponse>): void {
    const seen = new Map<ResourceKind, readonly string[]>();
    const stream: Stream = { push: (kind) => void (seen.has(kind) && this.#sendSotw(call, kind, seen.get(kind) ?? [])) };
    this.#streams.add(stream);
    call.on('data', (request: DiscoveryRequest) => {
      const kind = kindOf(request.type_url);
      if (kind === undefined) return;
      const names = request.resource_names ?? [];
      this.received.push({ kind, nonce: request.response_nonce ?? '', error: request.error_detail?.message ?? '', names, dropped: [], initial: [request.version_info ?? ''], node: request.node?.id ?? '' });
      const changed = seen.get(kind)?.join() !== names.join();
      seen.set(kind, names);
      if (changed) this.#sendSotw(call, kind, names);
    });
    this.#follow(call, stream);
  }
  #follow(call: { on(event: string, listener: () => void): unknown; end(): void }, stream: Stream): void {
    const gone = (): void => void this.#streams.delete(stream);
    call.on('error', gone);
    call.on('close', gone);
    call.on('end', () => {
      gone();
      call.end();
    });
  }
  #any(kind: ResourceKind, value: Buffer): WireAny {
    return { type_url: TYPE_URL[kind], value };
  }
  #nonce(kind: ResourceKind): { readonly version: string; readonly nonce: string } {
    this.#version++;
    const nonce = `n${this.#version}`;
    this.#last.set(kind, [...(this.#last.get(kind) ?? []), nonce]);
    return { version: String(this.#version), nonce };
  }
  #sendSotw(call: ServerDuplexStream<DiscoveryRequest, DiscoveryResponse>, kind: ResourceKind, names: readonly string[]): void {
    const wild = kind === 'cluster' || kind === 'listener';
    const all = [...(this.#resources.get(kind) ?? [])].filter(([name]) => wild || names.includes(name));
    const { version, nonce } = this.#nonce(kind);
    call.write({ version_info: version, type_url: TYPE_URL[kind], nonce, resources: all.map(([, value]) => this.#any(kind, value)) });
  }
  #sendDelta(call: ServerDuplexStream<DeltaDiscoveryRequest, DeltaDiscoveryResponse>, kind: ResourceKind, names: readonly string[] | undefined, removed: readonly string[]): void {
    const table = this.#resources.get(kind) ?? new Map<string, Buffer>();
    const { version, nonce } = this.#nonce(kind);
    const resources = [...table].filter(([name]) => names === undefined || names.includes(name)).map(([name, value]) => ({ name, version, resource: this.#any(kind, value) }));
    call.write({ system_version_info: version, type_url: TYPE_URL[kind], nonce, resources, removed_resources: removed });
  }
  /** Sets resources and pushes them to the stream that is open. */
  push<K extends ResourceKind>(kind: K, ...resources: readonly ResourceOf[K][]): void {
    const table = this.#resources.get(kind);
    for (const resource of resources) table?.set(nameOf(resource), encodeResource(kind, resource));
    this.#pushAll(kind, resources.map(nameOf), []);
  }
  remove(kind: ResourceKind, ...names: readonly string[]): void {
    for (const name of names) this.#resources.get(kind)?.delete(name);
    this.#pushAll(kind, [], names);
  }
  #pushAll(kind: ResourceKind, names: readonly string[], removed: readonly string[]): void {
    this.#last.delete(kind);
    for (const stream of this.#streams) stream.push(kind, names, removed);
  }
  /** What the proxies said to the last push of a kind: "" = all accepted it, a text = one refused it, undefined = not all have answered. */
  verdict(kind: ResourceKind): string | undefined {
    const nonces = this.#last.get(kind) ?? [];
    const answers = nonces.map((nonce) => this.received.findLast((one) => one.kind === kind && one.nonce === nonce)?.error);
    return answers.length === 0 || answers.includes(undefined) ? undefined : answers.join('');
  }
  async stop(): Promise<void> {
    this.#streams.clear();
    this.#server?.forceShutdown();
    this.#server = undefined;
    await Promise.resolve();
  }
}
export type { Cluster, ClusterLoadAssignment, Listener, RouteConfiguration };
