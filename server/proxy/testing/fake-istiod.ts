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

/** A control plane for tests, on the stock gRPC library: certificates of its own root, resources as they are set, every request kept. */
export class FakeIstiod {
  readonly received: Received[] = [];
  readonly tokens: string[] = [];
  readonly root = createRoot({ organization: 'cluster.local', notBefore: new Date(Date.now() - HOUR_MS), notAfter: new Date(Date.now() + 24 * HOUR_MS) });
  certificateMs = 24 * HOUR_MS;
  signed = 0;
  port = 0;
  readonly #resources = new Map<ResourceKind, Map<string, Buffer>>(KINDS.map((kind) => [kind, new Map()]));
  #delta: ServerDuplexStream<DeltaDiscoveryRequest, DeltaDiscoveryResponse> | undefined;
  #sotw: ServerDuplexStream<DiscoveryRequest, DiscoveryResponse> | undefined;
  readonly #wanted = new Map<ResourceKind, Set<string>>();
  #version = 0;
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
    this.#delta = call;
    this.#wanted.clear();
    call.on('data', (request: DeltaDiscoveryRequest) => {
      const kind = kindOf(request.type_url);
      if (kind === undefined) return;
      const names = request.resource_names_subscribe ?? [];
      this.received.push({ kind, nonce: request.response_nonce ?? '', error: request.error_detail?.message ?? '', names, dropped: request.resource_names_unsubscribe ?? [], initial: Object.keys(request.initial_resource_versions ?? {}), node: request.node?.id ?? '' });
      const wanted = this.#wanted.get(kind) ?? new Set();
      const first = !this.#wanted.has(kind);
      for (const name of names) wanted.add(name);
      this.#wanted.set(kind, wanted);
      if (first || names.length > 0) this.#sendDelta(kind, first && names.length === 0 ? undefined : names, []);
    });
    call.on('error', () => undefined);
    call.on('end', () => call.end());
  }
  #onSotw(call: ServerDuplexStream<DiscoveryRequest, DiscoveryResponse>): void {
    this.#sotw = call;
    const seen = new Map<ResourceKind, string>();
    call.on('data', (request: DiscoveryRequest) => {
      const kind = kindOf(request.type_url);
      if (kind === undefined) return;
      const names = request.resource_names ?? [];
      this.received.push({ kind, nonce: request.response_nonce ?? '', error: request.error_detail?.message ?? '', names, dropped: [], initial: [request.version_info ?? ''], node: request.node?.id ?? '' });
      this.#wanted.set(kind, new Set(names));
      const key = names.join();
      if (seen.get(kind) !== key || request.response_nonce === '') this.#sendSotw(kind);
      seen.set(kind, key);
    });
    call.on('error', () => undefined);
    call.on('end', () => call.end());
  }
  #any(kind: ResourceKind, value: Buffer): WireAny {
    return { type_url: TYPE_URL[kind], value };
  }
  #sendSotw(kind: ResourceKind): void {
    const wanted = this.#wanted.get(kind) ?? new Set();
    const wild = kind === 'cluster' || kind === 'listener';
    const all = [...(this.#resources.get(kind) ?? [])].filter(([name]) => wild || wanted.has(name));
    this.#version++;
    this.#sotw?.write({ version_info: String(this.#version), type_url: TYPE_URL[kind], nonce: `n${this.#version}`, resources: all.map(([, value]) => this.#any(kind, value)) });
  }
  #sendDelta(kind: ResourceKind, names: readonly string[] | undefined, removed: readonly string[]): void {
    const table = this.#resources.get(kind) ?? new Map<string, Buffer>();
    this.#version++;
    const resources = [...table].filter(([name]) => names === undefined || names.includes(name)).map(([name, value]) => ({ name, version: String(this.#version), resource: this.#any(kind, value) }));
    this.#delta?.write({ system_version_info: String(this.#version), type_url: TYPE_URL[kind], nonce: `n${this.#version}`, resources, removed_resources: removed });
  }
  /** Sets resources and pushes them to the stream that is open. */
  push<K extends ResourceKind>(kind: K, ...resources: readonly ResourceOf[K][]): void {
    const table = this.#resources.get(kind);
    for (const resource of resources) table?.set(nameOf(resource), encodeResource(kind, resource));
    if (this.#delta !== undefined) this.#sendDelta(kind, resources.map(nameOf), []);
    if (this.#sotw !== undefined) this.#sendSotw(kind);
  }
  remove(kind: ResourceKind, ...names: readonly string[]): void {
    for (const name of names) this.#resources.get(kind)?.delete(name);
    if (this.#delta !== undefined) this.#sendDelta(kind, [], names);
    if (this.#sotw !== undefined) this.#sendSotw(kind);
  }
  /** What the proxy said to the newest response of a kind: "" = accepted, a text = refused, undefined = nothing yet. */
  verdict(kind: ResourceKind): string | undefined {
    return this.received.findLast((one) => one.kind === kind && one.nonce === `n${this.#version}`)?.error;
  }
  async stop(): Promise<void> {
    this.#delta = undefined;
    this.#sotw = undefined;
    this.#server?.forceShutdown();
    this.#server = undefined;
    await Promise.resolve();
  }
}
export type { Cluster, ClusterLoadAssignment, Listener, RouteConfiguration };
