import * as z from 'zod/mini';

const health = z.object({ state: z.enum(['healthy', 'degraded', 'failing', 'idle', 'unknown']), reason: z.string() });
const sourceError = z.object({ source: z.enum(['kubernetes', 'prometheus', 'jaeger', 'accesslog', 'istiod', 'pharos']), code: z.string(), message: z.string(), next: z.string(), since: z.number() });
/** `Reading<T>` on the wire. */
export const reading = <T extends z.core.$ZodType>(of: T) => z.discriminatedUnion('state', [
  z.object({ state: z.literal('value'), value: of, at: z.number() }),
  z.object({ state: z.literal('stale'), value: of, since: z.number(), error: sourceError }),
  z.object({ state: z.literal('no-data'), reason: z.string() }),
  z.object({ state: z.literal('not-asked'), reason: z.string() }),
  z.object({ state: z.literal('not-allowed'), permission: z.string() }),
  z.object({ state: z.literal('error'), error: sourceError }),
]);
export const apiError = z.object({ code: z.string(), message: z.string(), next: z.string(), details: z.optional(z.unknown()) });

const traffic = z.object({ rate: z.number(), errorShare: z.number(), clientErrorShare: z.number(), p50: z.optional(z.number()), p95: z.optional(z.number()), p99: z.optional(z.number()) });
const points = z.array(z.tuple([z.number(), z.nullable(z.number())]));
/** A line of a chart: points are [milliseconds, value]; null is a gap. */
export const line = z.object({ name: z.string(), unit: z.enum(['requests/s', 'share', 'ms', 'bytes/s']), points });

export const sourceState = z.object({ source: sourceError.shape.source, url: z.string(), state: z.enum(['up', 'down', 'not-configured', 'unknown']), version: z.optional(z.string()), error: z.optional(sourceError), latencyMs: z.optional(z.number()) });
export const meta = z.object({ version: z.string(), mesh: z.string(), user: z.string(), namespaces: z.array(z.string()), sources: z.array(sourceState), csrfHeader: z.string(), loadMaker: z.boolean(), readOnly: z.boolean() });

export const change = z.object({
  id: z.string(), at: z.number(), who: z.string(), kind: z.string(), group: z.string(), namespace: z.string(), name: z.string(),
  verb: z.enum(['created', 'updated', 'deleted']), summary: z.string(), undoable: z.boolean(), resourceVersion: z.string(),
});

/** Sources as in `GraphNode`; lists show the worst first. */
export const serviceRow = z.object({
  namespace: z.string(), name: z.string(), health, traffic: z.optional(traffic), trend: z.array(z.number()), mtlsShare: z.optional(z.number()),
  versions: z.array(z.object({ version: z.string(), workload: z.string(), set: z.optional(z.number()), observed: z.optional(z.number()) })), ports: z.array(z.object({ name: z.string(), port: z.number(), protocol: z.string() })), findings: z.number(),
});
export const workloadRow = z.object({
  namespace: z.string(), name: z.string(), kind: z.string(), app: z.string(), version: z.string(), health, traffic: z.optional(traffic), trend: z.array(z.number()), mtlsShare: z.optional(z.number()),
  pods: z.object({ ready: z.number(), desired: z.number() }), sidecar: z.enum(['all', 'some', 'none', 'unknown']), findings: z.number(),
});
export const configRow = z.object({ group: z.string(), version: z.string(), kind: z.string(), plural: z.string(), namespace: z.string(), name: z.string(), createdAt: z.number(), resourceVersion: z.string(), findings: z.array(z.object({ level: z.enum(['error', 'warning', 'info']), code: z.string(), message: z.string(), path: z.string() })), actedOn: z.boolean(), summary: z.string() });

export const overview = z.object({
  window: z.object({ from: z.number(), to: z.number() }),
  /** The times of the points of the four trends, ms: they reach further back than the window. A point tells of the step before it. */
  trend: z.object({ from: z.number(), stepMs: z.number() }),
  requests: reading(z.object({ rate: z.number(), p50: z.optional(z.number()), p95: z.optional(z.number()), p99: z.optional(z.number()), trend: z.array(z.number()) })),
  errors: reading(z.object({ share: z.number(), count: z.number(), total: z.number(), beginsAt: z.optional(z.string()), trend: z.array(z.number()) })),
  mtls: reading(z.object({ share: z.number(), plaintext: z.number(), total: z.number(), trend: z.array(z.number()) })),
  config: reading(z.object({ errors: z.number(), warnings: z.number(), first: z.optional(z.string()) })),
  services: reading(z.array(serviceRow)),
  changes: reading(z.array(change)),
  counts: z.object({ services: z.number(), workloads: z.number(), namespaces: z.number() }),
});

const edgeRow = z.object({ peer: z.string(), namespace: z.string(), kind: z.string(), traffic, mtlsShare: z.optional(z.number()), protocol: z.string(), health });
export const charts = z.object({ step: z.number(), lines: z.array(line), changes: z.array(change) });
export const podRow = z.object({ name: z.string(), phase: z.string(), ready: z.string(), restarts: z.number(), ip: z.string(), node: z.string(), startedAt: z.number(), containers: z.array(z.object({ name: z.string(), ready: z.boolean(), state: z.string(), restarts: z.number() })) });
export const serviceDetail = z.object({ row: serviceRow, inbound: reading(z.array(edgeRow)), outbound: reading(z.array(edgeRow)), config: z.array(configRow), yaml: z.string(), shift: z.lazy(() => shiftState) });
export const workloadDetail = z.object({ row: workloadRow, pods: z.array(podRow), services: z.array(z.string()), inbound: reading(z.array(edgeRow)), outbound: reading(z.array(edgeRow)), config: z.array(configRow), yaml: z.string() });
export const logLine = z.object({ at: z.optional(z.number()), pod: z.string(), container: z.string(), text: z.string(), access: z.optional(z.object({ code: z.number(), flags: z.string(), details: z.string(), method: z.string(), path: z.string(), authority: z.string(), requestId: z.string(), cluster: z.string(), route: z.string(), durationMs: z.number(), remote: z.string() })) });
/** What one sidecar runs: parsed from /config_dump, /clusters and /certs through the Kubernetes API's pod proxy. */
export const proxyDetail = z.object({
  pod: z.string(), version: z.string(), state: z.string(),
  listeners: z.array(z.object({ name: z.string(), address: z.string(), direction: z.string(), chains: z.number(), routes: z.array(z.string()) })),
  routes: z.array(z.object({ config: z.string(), host: z.string(), domains: z.array(z.string()), route: z.string(), match: z.string(), to: z.string(), object: z.optional(z.string()) })),
  clusters: z.array(z.object({ name: z.string(), type: z.string(), host: z.string(), port: z.number(), subset: z.string(), tls: z.string(), object: z.optional(z.string()) })),
  endpoints: z.array(z.object({ cluster: z.string(), address: z.string(), health: z.string(), requests: z.number(), errors: z.number() })),
  certificates: z.array(z.object({ name: z.string(), subject: z.string(), serial: z.string(), from: z.number(), to: z.number() })),
});

/** A split that the console can set: the versions of one host and one rule of its VirtualService. Weights are whole percent. */
export const shiftState = z.object({
  namespace: z.string(), service: z.string(), host: z.string(), port: z.optional(z.number()),
  possible: z.boolean(), reason: z.string(),
  versions: z.array(z.object({ subset: z.string(), labels: z.record(z.string(), z.string()), workload: z.string(), set: z.number(), observed: z.optional(z.number()), requests: z.optional(z.number()), errorShare: z.optional(z.number()), ready: z.number() })),
  /** The rule that is moved (index in spec.http) and the ones that stay, in words. */
  rule: z.optional(z.object({ index: z.number(), name: z.string(), text: z.string() })),
  otherRules: z.array(z.object({ index: z.number(), name: z.string(), text: z.string() })),
  virtualService: z.optional(z.object({ namespace: z.string(), name: z.string(), resourceVersion: z.string() })),
  destinationRule: z.optional(z.object({ namespace: z.string(), name: z.string(), resourceVersion: z.string() })),
});
export const shiftRequest = z.object({ namespace: z.string(), service: z.string(), weights: z.record(z.string(), z.number()), baseVirtualService: z.optional(z.string()), baseDestinationRule: z.optional(z.string()) });
export const shiftPlan = z.object({ steps: z.array(z.object({ verb: z.enum(['create', 'update', 'delete', 'wait']), kind: z.string(), namespace: z.string(), name: z.string(), text: z.string(), before: z.optional(z.string()), after: z.optional(z.string()) })), effect: z.string() });
/** Progress of an applied change. `proxies` counts acknowledgements of the newest step. */
export const rollout = z.object({
  id: z.string(), state: z.enum(['applying', 'waiting', 'live', 'failed']), startedAt: z.number(), liveAt: z.optional(z.number()), proxies: z.object({ acknowledged: z.number(), total: z.number() }), ms: z.optional(z.number()),
  steps: z.array(z.object({ text: z.string(), state: z.enum(['done', 'running', 'waiting', 'failed']), error: z.optional(z.string()) })), error: z.optional(apiError), undoId: z.optional(z.string()),
  rejected: z.array(z.object({ proxy: z.string(), type: z.string(), message: z.string() })),
});

const scalar = z.union([z.string(), z.number(), z.boolean()]);
export const span = z.object({ traceId: z.string(), spanId: z.string(), parentSpanId: z.optional(z.string()), service: z.string(), operation: z.string(), kind: z.enum(['client', 'server', 'producer', 'consumer', 'internal']), start: z.number(), duration: z.number(), tags: z.record(z.string(), scalar), processTags: z.record(z.string(), scalar), logs: z.array(z.object({ at: z.number(), fields: z.record(z.string(), scalar) })), warnings: z.array(z.string()) });
export const traceRow = z.object({ id: z.string(), start: z.number(), durationMs: z.number(), root: z.string(), operation: z.string(), spans: z.number(), errors: z.number(), services: z.array(z.object({ name: z.string(), spans: z.number() })), code: z.optional(z.string()) });
/** What the mesh did at one hop, put together from span, access log and config. */
export const hop = z.object({
  spanId: z.string(), from: z.string(), to: z.string(), verdict: z.string(), byMesh: z.boolean(), flags: z.array(z.object({ flag: z.string(), words: z.string() })),
  log: z.optional(z.object({ namespace: z.string(), workload: z.string(), pod: z.string(), line: z.string() })), route: z.optional(z.string()), cluster: z.optional(z.string()),
  object: z.optional(z.object({ group: z.string(), kind: z.string(), namespace: z.string(), name: z.string(), path: z.string(), text: z.string() })),
});
export const traceDetail = z.object({ id: z.string(), spans: z.array(span), hops: z.array(hop), nodes: z.array(z.string()), edges: z.array(z.string()), truncated: z.boolean() });

export const configObject = z.object({ group: z.string(), version: z.string(), kind: z.string(), plural: z.string(), namespace: z.string(), name: z.string(), yaml: z.string(), resourceVersion: z.string(), findings: configRow.shape.findings });
/** A marker of the editor: 1-based line and column of the text that was sent. */
export const marker = z.object({ line: z.number(), column: z.number(), endLine: z.number(), endColumn: z.number(), level: z.enum(['error', 'warning', 'info']), message: z.string(), path: z.string(), source: z.enum(['syntax', 'schema', 'server', 'analysis']) });
export const saveRequest = z.object({ yaml: z.string(), resourceVersion: z.optional(z.string()), dryRun: z.boolean() });
export const saveResult = z.object({ saved: z.boolean(), yaml: z.string(), resourceVersion: z.string(), markers: z.array(marker), diff: z.string(), rolloutId: z.optional(z.string()) });

export const proxyRow = z.object({ pod: z.string(), namespace: z.string(), type: z.string(), version: z.string(), istiod: z.string(), cds: z.string(), lds: z.string(), eds: z.string(), rds: z.string(), connectedAt: z.optional(z.number()), certificateTo: z.optional(z.number()), lastError: z.optional(z.string()) });
export const mesh = z.object({
  controlPlane: reading(z.array(z.object({ pod: z.string(), version: z.string(), ready: z.boolean(), pushes: z.optional(z.number()), pushP95Ms: z.optional(z.number()), proxies: z.number() }))),
  proxies: reading(z.array(proxyRow)), sources: z.array(sourceState), root: reading(z.object({ subject: z.string(), to: z.number() })),
  mtls: z.array(z.object({ namespace: z.string(), mode: z.string(), object: z.optional(z.string()), plaintextCallers: z.array(z.object({ caller: z.string(), target: z.string(), rate: z.number() })) })),
  loadMaker: z.optional(z.object({ ratePerSecond: z.number(), state: z.string() })),
});
