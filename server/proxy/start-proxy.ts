import { isIP } from 'node:net';
import { readFileSync } from 'node:fs';
import { errorText } from '#shared/base';
import { podPath } from '#server/lib';
import { nodeId } from '#shared/xds';
import type { Cluster, NodeMetadata } from '#shared/xds';
import { startAdmin } from './admin/server.ts';
import type { AdminActions } from './admin/server.ts';
import { certsJson, clustersJson, clustersText, listenersJson, listenersText } from './admin/pages.ts';
import { configDump } from './admin/config-dump.ts';
import { createResolver } from './agent/hosts-file.ts';
import { Identity } from './agent/identity.ts';
import { probeApplication } from './agent/app-probe.ts';
import { scrapeApplication } from './agent/scrape-application.ts';
import type { Host } from './endpoint/host.ts';
import type { MeshIdentity, Runtime } from './filter/runtime.ts';
import { Acceptor } from './listener/accept.ts';
import { OutboundCapture } from './listener/capture.ts';
import { ListenerSet } from './listener/listener-set.ts';
import { RefusedConnections } from './listener/refused.ts';
import type { AgentOptions, ProxyOptions } from './options.ts';
import { istioLine, ISTIO_JSON, jsonFormatter } from './stats/access-log.ts';
import { ProxyStats } from './stats/counters.ts';
import { IstioMetrics } from './stats/istio-metrics.ts';
import { openLogSink } from './stats/log-sink.ts';
import type { LogSink } from './stats/log-sink.ts';
import { ownPeer, PeerCache, peerMetadataHeader } from './stats/peer.ts';
import { renderPrometheus, renderStats } from './stats/render.ts';
import type { RenderInput } from './stats/render.ts';
import { SpanExporter } from './trace/exporter.ts';
import { SecretStore } from './tls/secrets.ts';
import { AdsClient } from './xds/ads-client.ts';
import { ConfigStore } from './xds/config-store.ts';
import type { GrpcTarget } from './xds/grpc-stream.ts';

export type Proxy = { readonly adminPort: number; /** Addresses that are bound, by listener. */ bound(): readonly { readonly listener: string; readonly address: string }[]; stop(): Promise<void> };

/** Idle connections, waiting streams and the like are looked at this often. */
const SWEEP_MS = 1000;
/** The pause between looks at whether a draining proxy is idle. */
const DRAIN_LOOK_MS = 20;

type Parts = {
  readonly options: ProxyOptions; readonly agent: AgentOptions | undefined; readonly runtime: Runtime; readonly store: ConfigStore; readonly listeners: ListenerSet; readonly acceptor: Acceptor; readonly capture: OutboundCapture; readonly refused: RefusedConnections;
  readonly identity: Identity | undefined; readonly ads: AdsClient | undefined; readonly sink: LogSink; readonly exporters: Exporters; readonly state: { /** The bootstrap is in force. */ loaded: boolean; failed: boolean; quitting: (() => void) | undefined }; readonly bootstrap: object; readonly resolver: ReturnType<typeof createResolver>;
};

function meshOf(id: string, type: 'sidecar' | 'router', metadata: NodeMetadata): MeshIdentity {
  return { nodeId: id, type, metadata, peer: ownPeer(metadata), peerHeader: peerMetadataHeader(metadata), metrics: new IstioMetrics(metadata.ISTIO_VERSION ?? ''), peers: new PeerCache() };
}

const splitAddress = (address: string): { readonly host: string; readonly port: number } => {
  const colon = address.lastIndexOf(':');
  return { host: address.slice(0, colon), port: Number(address.slice(colon + 1)) };
};

/** istiod's address: TLS with the mesh's root except at its plain port. Looked up at each call, because the Service may move. */
function grpcTarget(address: string, agent: AgentOptions, resolver: ReturnType<typeof createResolver>): GrpcTarget {
  const { host, port } = splitAddress(address);
  const ip = resolver.now(host);
  if (ip === undefined) throw new Error(`${host} is not known yet`);
  return { ip, port, serverName: isIP(host) === 0 ? host : 'istiod.istio-system.svc', ca: agent.plaintextControlPlane ? undefined : readFileSync(agent.caPath, 'utf8') };
}

type Exporters = { for(endpoint: string | undefined): SpanExporter | undefined; stop(): Promise<void> };
/** One exporter for each collector: the one of the environment, and those that the configuration names. */
function exportersOf(options: ProxyOptions, stats: ProxyStats, mesh: MeshIdentity | undefined, resolver: ReturnType<typeof createResolver>): Exporters {
  const { tracing, agent, log } = options;
  const byEndpoint = new Map<string, SpanExporter>();
  const resource: (readonly [string, string])[] = mesh === undefined ? [] : [['service.namespace', mesh.peer.namespace], ['k8s.pod.name', agent?.podName ?? ''], ['service.version', mesh.peer.canonicalRevision]];
  return {
    for: (named) => {
      const endpoint = named ?? tracing.endpoint;
      if (endpoint === undefined) return undefined;
      let found = byEndpoint.get(endpoint);
      if (found === undefined) {
        found = new SpanExporter({ endpoint, serviceName: tracing.serviceName, resource, stats, resolve: (host) => resolver.now(host) ?? host, onError: (error) => log.warn({ error }, 'spans could not be exported') });
        byEndpoint.set(endpoint, found);
      }
      return found;
    },
    stop: async () => {
      await Promise.all([...byEndpoint.values()].map((exporter) => exporter.stop()));
    },
  };
}

function buildParts(options: ProxyOptions, bootstrapNode: { readonly id: string; readonly metadata: NodeMetadata | undefined }, bootstrap: object): Parts {
  const { agent, log } = options;
  const stats = new ProxyStats(Date.now());
  const secrets = new SecretStore();
  const resolver = createResolver(agent?.hostsPath ?? podPath('/etc/hosts'));
  const metadata = agent?.metadata ?? bootstrapNode.metadata;
  const id = agent === undefined ? bootstrapNode.id : nodeId({ type: agent.type, ip: agent.podIp, id: `${agent.podName}.${agent.namespace}`, domain: agent.domain });
  const mesh = metadata === undefined ? undefined : meshOf(id, agent?.type ?? 'sidecar', metadata);
  const sink = options.logSink ?? openLogSink(1, stats);
  const exporters = exportersOf(options, stats, mesh, resolver);
  const share = options.tracing.samplingPercent / 100;
  const dice = Math.random;
  const late: { identity: Identity | undefined; sync: () => void } = { identity: undefined, sync: () => undefined };
  const runtime: Runtime = {
    snapshot: { version: 0, listeners: new Map(), routes: new Map(), clusters: new Map() }, stats, secrets, mesh, dice, exporterFor: (tracing) => exporters.for(tracing.endpoint), draining: false,
    defaultTracing: options.tracing.endpoint === undefined ? undefined : { randomShare: share, overallShare: 1, spawnUpstreamSpan: agent?.type === 'router', customTags: [], endpoint: undefined },
    defaultLog: options.accessLog === 'off' ? undefined : options.accessLog === 'json' ? jsonFormatter(ISTIO_JSON) : istioLine,
    writeLog: (text) => sink.line(text), principal: () => late.identity?.principal ?? '', resolve: (host) => resolver.lookup(host), resolveNow: (host) => resolver.now(host),
  };
  const dial = (_: Cluster, host: Host): { readonly ip: string; readonly port: number } => (agent !== undefined && host.ip === agent.podIp ? { ip: agent.appIp, port: host.port } : { ip: host.ip, port: host.port });
  const store = new ConfigStore(runtime, { secrets, dice, statsFor: (name) => stats.cluster(name), sourceAddress: agent?.podIp, dial }, () => late.sync());
  const refused = new RefusedConnections();
  const acceptor = new Acceptor(runtime, refused);
  const capture = new OutboundCapture(runtime);
  const listeners = new ListenerSet({ runtime, acceptor, capture, podIp: agent?.podIp, podPorts: agent?.type === 'sidecar' ? agent.podPorts : [], onProblem: (text) => log.warn({ text }, 'a listener could not be bound') });
  late.sync = () => {
    listeners.sync();
    acceptor.reconcile();
  };
  secrets.watch(() => {
    for (const cluster of runtime.snapshot.clusters.values()) cluster.drainStale(); // new connections show the new certificate, old ones finish what they are at
  });
  if (agent !== undefined) {
    late.identity = new Identity({
      secrets, stats, dice, uri: `spiffe://${agent.trustDomain}/ns/${agent.namespace}/sa/${agent.serviceAccount}`, tokenPath: agent.tokenPath, clusterId: agent.metadata.CLUSTER_ID ?? '', ttlSeconds: agent.certificateTtlSeconds,
      target: () => grpcTarget(agent.caAddress, agent, resolver), onProblem: (text) => log.warn({ text }, 'certificate'), rootsPath: agent.caPath,
    });
  }
  const ads = agent === undefined ? undefined : new AdsClient({
    store, stats, dice, mode: agent.xdsMode, tokenPath: agent.tokenPath, clusterId: agent.metadata.CLUSTER_ID ?? '', target: () => grpcTarget(agent.discoveryAddress, agent, resolver), onProblem: (text) => log.warn({ text }, 'xds'),
    node: { id, cluster: options.tracing.serviceName, metadata: agent.metadata, user_agent_name: 'pharos-proxy', user_agent_version: agent.metadata.ISTIO_VERSION ?? '' },
  });
  return { options, agent, runtime, store, listeners, acceptor, capture, refused, identity: late.identity, ads, sink, exporters, state: { loaded: false, failed: false, quitting: undefined }, bootstrap, resolver };
}

function whyNotReady(parts: Parts): readonly string[] {
  const { runtime, ads, identity, store, listeners, state } = parts;
  if (runtime.draining) return ['the proxy is draining'];
  if (state.failed) return ['the health check was failed by an operator'];
  const out: string[] = state.loaded ? [] : ['the bootstrap is being read'];
  if (identity !== undefined && identity.principal === '') out.push('no certificate yet');
  if (ads !== undefined && !ads.hasConfig) out.push(`config not received from XDS server (is istiod running?): ${ads.lastError}`);
  out.push(...store.missing());
  if (!listeners.allListening) out.push(...(listeners.problems.length > 0 ? listeners.problems : ['listeners are being bound']));
  return out;
}

function renderInput(parts: Parts): RenderInput {
  const { runtime, store, refused, identity } = parts;
  return {
    stats: runtime.stats, clusters: runtime.snapshot.clusters, warming: store.warmingClusters.length, listeners: runtime.snapshot.listeners.size, metrics: runtime.mesh?.metrics, refused: refused.list(), workload: runtime.mesh?.peer.workload ?? '', namespace: runtime.mesh?.peer.namespace ?? '',
    certificateExpiresAt: identity?.expiresAt ?? 0, state: runtime.draining ? 1 : whyNotReady(parts).length === 0 ? 0 : 2, nowMs: Date.now(),
  };
}

function adminActions(parts: Parts): AdminActions {
  const { runtime, listeners, store, agent, options, identity, state } = parts;
  const serverInfo = (): object => ({
    version: `pharos/${agent?.metadata.ISTIO_VERSION ?? '0'}/Clean/RELEASE/OpenSSL`, state: runtime.draining ? 'DRAINING' : whyNotReady(parts).length === 0 ? 'LIVE' : 'PRE_INITIALIZING', uptime_current_epoch: `${Math.floor((Date.now() - runtime.stats.startedAt) / 1000)}s`,
    node: { id: runtime.mesh?.nodeId ?? 'static', metadata: runtime.mesh?.metadata ?? {} }, command_line_options: { drain_time: `${options.drainMsMax / 1000}s` },
  });
  return {
    isReady: () => whyNotReady(parts).length === 0, whyNotReady: () => whyNotReady(parts),
    prometheus: async () => renderPrometheus(renderInput(parts)) + (agent?.appScrape === undefined ? '' : await scrapeApplication(agent.appIp, agent.appScrape)),
    stats: (filter) => renderStats(renderInput(parts), filter), clusters: (json) => (json ? clustersJson(runtime.snapshot) : clustersText(runtime.snapshot)), listeners: (json) => (json ? listenersJson(listeners) : listenersText(listeners)),
    configDump: (includeEds) => configDump(store, parts.bootstrap, includeEds), serverInfo, certs: () => certsJson(identity?.certificate, Date.now()),
    drain: (inboundOnly) => {
      runtime.draining = true;
      listeners.close(inboundOnly);
    },
    quit: () => state.quitting?.(),
    setLogLevel: (level) => {
      if (level !== undefined && ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'].includes(level)) options.log.level = level;
      return options.log.level;
    },
    failHealth: (failed) => {
      state.failed = failed;
    },
    memory: () => {
      const usage = process.memoryUsage();
      return { allocated: String(usage.heapUsed), heap_size: String(usage.heapTotal), total_physical_bytes: String(usage.rss) };
    },
    probe: (path) => (agent === undefined ? undefined : probeApplication(agent, path)),
  };
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * The end without a failed request: not ready any more, every answer closes its connection, listeners stay open for the shortest drain
 * (callers learn of it by their endpoints), then no new connections, and the rest waits for requests in flight.
 */
async function drainAndStop(parts: Parts, admin: { stop(): Promise<void> }): Promise<void> {
  const { runtime, listeners, acceptor, capture, ads, identity, sink, exporters, options } = parts;
  runtime.draining = true;
  const start = performance.now();
  const busy = (): boolean => acceptor.busy || capture.busy;
  if (parts.agent !== undefined || busy()) while (performance.now() - start < options.drainMs) await sleep(DRAIN_LOOK_MS);
  listeners.close(true);
  for (const connection of [...acceptor.connections.keys(), ...capture.connections]) connection.drain();
  while (busy() && performance.now() - start < options.drainMsMax) await sleep(DRAIN_LOOK_MS);
  listeners.close(false);
  ads?.stop();
  identity?.stop();
  for (const connection of [...acceptor.connections.keys(), ...capture.connections]) connection.close();
  for (const cluster of runtime.snapshot.clusters.values()) cluster.destroy();
  await admin.stop();
  await exporters.stop();
  await sink.stop();
}

function agentPorts(agent: AgentOptions): Parameters<typeof startAdmin>[0] {
  return [{ ip: agent.podIp, port: 15000, role: 'admin' }, { ip: agent.podIp, port: 15020, role: 'agent' }, { ip: agent.podIp, port: 15021, role: 'health' }, { ip: agent.podIp, port: 15090, role: 'prometheus' }];
}

/** Starts a proxy: from a pod's environment with a control plane, or from a static bootstrap. */
export async function startProxy(options: ProxyOptions): Promise<Proxy> {
  const fromFile = options.bootstrapPath === undefined ? undefined : await (await import('./bootstrap.ts')).readBootstrap(options.bootstrapPath);
  const bootstrap = fromFile === undefined ? { node: { metadata: options.agent?.metadata ?? {} }, dynamic_resources: { ads_config: { api_type: options.agent?.xdsMode === 'sotw' ? 'GRPC' : 'DELTA_GRPC' } } } : { node: { id: fromFile.nodeId } };
  const parts = buildParts(options, { id: fromFile?.nodeId ?? '', metadata: fromFile?.metadata }, bootstrap);
  const { agent, runtime, store, listeners, acceptor, capture } = parts;
  const adminPorts = agent === undefined ? (fromFile?.admin === undefined ? [] : [{ ...fromFile.admin, role: 'admin' as const }]) : agentPorts(agent);
  const admin = await startAdmin(adminPorts, adminActions(parts));
  try {
    for (const update of fromFile?.updates ?? []) await store.apply(update);
  } catch (error) {
    await drainAndStop(parts, admin);
    throw error;
  }
  parts.state.loaded = true;
  parts.identity?.start();
  parts.ads?.start();
  const sweeper = setInterval(() => {
    const now = performance.now();
    acceptor.sweep(now);
    capture.sweep(now);
    for (const cluster of runtime.snapshot.clusters.values()) cluster.sweep(now);
  }, SWEEP_MS).unref();
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopping ??= drainAndStop(parts, admin).finally(() => clearInterval(sweeper)));
  parts.state.quitting = () => void stop().then(() => process.exit(0), (error: unknown) => options.log.error({ error: errorText(error) }, 'the proxy could not stop in order'));
  if (agent === undefined) while (!listeners.allListening && listeners.problems.length === 0) await sleep(1);
  if (agent === undefined && listeners.problems.length > 0) {
    await stop();
    throw new Error(listeners.problems.join('; '));
  }
  return { adminPort: admin.ports[0] ?? 0, bound: () => listeners.bound(), stop };
}

