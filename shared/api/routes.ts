import * as z from 'zod/mini';
import * as s from './schemas.ts';

/** A search for traces reaches at least this far back, s, however short the window: a trace is written some seconds after its request. */
export const TRACE_SEARCH_SECONDS_MIN = 300;
/** The most traces one search gives. A search that names no service asks the store for as many of each: 200 take some seconds, 500 more than it is given. */
export const TRACE_LIMIT_MAX = 200;

/** State-changing calls carry this header with value "1"; a page of another origin cannot set it without CORS leave. */
export const CSRF_HEADER = 'x-pharos-request';

const window = { window: z.optional(z.string()), to: z.optional(z.string()) };
const none = z.object({});
const nsName = z.object({ namespace: z.string(), name: z.string() });

type RouteSpec = { readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'; readonly path: string; readonly summary: string; readonly permission: 'read' | 'write'; readonly params: z.ZodMiniObject; readonly query: z.ZodMiniObject; readonly body?: z.ZodMiniType; readonly reply: z.ZodMiniType; readonly sse?: true };
const route = <const R extends RouteSpec>(r: R): R => r;

/** Every route of the console's API. Server and browser both read this table; /api/openapi.json is made from it. `window` is "60s", "5m" …; `to` a time in milliseconds. */
export const ROUTES = {
  meta: route({ method: 'GET', path: '/api/meta', summary: 'Version, mesh, namespaces and the state of each source', permission: 'read', params: none, query: none, reply: s.meta }),
  overview: route({ method: 'GET', path: '/api/overview', summary: 'The four figures, services worst first, last changes', permission: 'read', params: none, query: z.object({ ...window, namespaces: z.optional(z.string()) }), reply: s.overview }),
  /**
   * SSE: `frame` (read it with decodeFrame(JSON.parse(data)) of shared/graph, then applyFrame), `sources` with sourceState[] when one changed,
   * `ping` {at, revision} when a picture was made and nothing had changed; `at` is the time of the data, so now - at is how far behind it is.
   * `base` is the revision a client still holds from before a reconnect.
   */
  graphStream: route({ method: 'GET', path: '/api/graph/stream', summary: 'The graph as frames', permission: 'read', params: none, query: z.object({ ...window, namespaces: z.optional(z.string()), grouping: z.optional(z.string()), base: z.optional(z.string()) }), reply: z.unknown(), sse: true }),
  /** A full frame in its compact form: decodeFrame of shared/graph. */
  graph: route({ method: 'GET', path: '/api/graph', summary: 'The graph now, as one full frame', permission: 'read', params: none, query: z.object({ ...window, namespaces: z.optional(z.string()), grouping: z.optional(z.string()) }), reply: z.unknown() }),
  services: route({ method: 'GET', path: '/api/services', summary: 'Services with traffic', permission: 'read', params: none, query: z.object({ ...window, namespaces: z.optional(z.string()) }), reply: s.reading(z.array(s.serviceRow)) }),
  service: route({ method: 'GET', path: '/api/services/:namespace/:name', summary: 'One service', permission: 'read', params: nsName, query: z.object(window), reply: s.serviceDetail }),
  workloads: route({ method: 'GET', path: '/api/workloads', summary: 'Workloads with traffic', permission: 'read', params: none, query: z.object({ ...window, namespaces: z.optional(z.string()) }), reply: s.reading(z.array(s.workloadRow)) }),
  workload: route({ method: 'GET', path: '/api/workloads/:namespace/:name', summary: 'One workload', permission: 'read', params: nsName, query: z.object(window), reply: s.workloadDetail }),
  charts: route({ method: 'GET', path: '/api/charts/:kind/:namespace/:name', summary: 'Requests, errors, p50 p95 p99 over time, with change marks', permission: 'read', params: z.object({ kind: z.enum(['service', 'workload']), namespace: z.string(), name: z.string() }), query: z.object({ ...window, direction: z.optional(z.enum(['inbound', 'outbound'])) }), reply: s.reading(s.charts) }),
  logs: route({ method: 'GET', path: '/api/workloads/:namespace/:name/logs', summary: 'Last log lines of its pods', permission: 'read', params: nsName, query: z.object({ container: z.optional(z.string()), tail: z.optional(z.string()), contains: z.optional(z.string()) }), reply: s.reading(z.array(s.logLine)) }),
  proxy: route({ method: 'GET', path: '/api/proxies/:namespace/:name', summary: 'What the sidecar of a pod runs', permission: 'read', params: nsName, query: none, reply: s.reading(s.proxyDetail) }),
  traceServices: route({ method: 'GET', path: '/api/traces/services', summary: 'Services and operations known to the trace store', permission: 'read', params: none, query: none, reply: s.reading(z.array(z.object({ service: z.string(), operations: z.array(z.string()) }))) }),
  traces: route({ method: 'GET', path: '/api/traces', summary: 'Traces that match', permission: 'read', params: none, query: z.object({ ...window, service: z.optional(z.string()), operation: z.optional(z.string()), tags: z.optional(z.string()), minDuration: z.optional(z.string()), maxDuration: z.optional(z.string()), errors: z.optional(z.string()), source: z.optional(z.string()), target: z.optional(z.string()), limit: z.optional(z.string()) }), reply: s.reading(z.array(s.traceRow)) }),
  trace: route({ method: 'GET', path: '/api/traces/:id', summary: 'One trace with what the mesh decided at each hop', permission: 'read', params: z.object({ id: z.string() }), query: none, reply: s.reading(s.traceDetail) }),
  configList: route({ method: 'GET', path: '/api/config', summary: 'Istio, Gateway API and related objects', permission: 'read', params: none, query: z.object({ namespaces: z.optional(z.string()), kind: z.optional(z.string()) }), reply: s.reading(z.array(s.configRow)) }),
  configKinds: route({ method: 'GET', path: '/api/config-kinds', summary: 'Kinds that can be edited, with schema for completion and a starting text', permission: 'read', params: none, query: none, reply: z.array(z.object({ group: z.string(), version: z.string(), kind: z.string(), plural: z.string(), schema: z.unknown(), template: z.string(), actedOn: z.boolean() })) }),
  configGet: route({ method: 'GET', path: '/api/config/:group/:kind/:namespace/:name', summary: 'One object as YAML', permission: 'read', params: z.object({ group: z.string(), kind: z.string(), namespace: z.string(), name: z.string() }), query: none, reply: s.configObject }),
  configSave: route({ method: 'PUT', path: '/api/config/:group/:kind/:namespace/:name', summary: 'Save or dry-run an object; resourceVersion guards against another edit', permission: 'write', params: z.object({ group: z.string(), kind: z.string(), namespace: z.string(), name: z.string() }), query: none, body: s.saveRequest, reply: s.saveResult }),
  configCreate: route({ method: 'POST', path: '/api/config', summary: 'Create or dry-run an object', permission: 'write', params: none, query: none, body: s.saveRequest, reply: s.saveResult }),
  configDelete: route({ method: 'DELETE', path: '/api/config/:group/:kind/:namespace/:name', summary: 'Delete an object; undo recreates it', permission: 'write', params: z.object({ group: z.string(), kind: z.string(), namespace: z.string(), name: z.string() }), query: none, reply: z.object({ undoId: z.string() }) }),
  configCheck: route({ method: 'POST', path: '/api/config-check', summary: 'Markers for a text, without the cluster', permission: 'read', params: none, query: none, body: z.object({ yaml: z.string() }), reply: z.array(s.marker) }),
  shift: route({ method: 'GET', path: '/api/shift/:namespace/:name', summary: 'The split of a service: set and observed', permission: 'read', params: nsName, query: z.object(window), reply: s.shiftState }),
  shiftPlan: route({ method: 'POST', path: '/api/shift/plan', summary: 'What applying these weights would do', permission: 'read', params: none, query: none, body: s.shiftRequest, reply: s.shiftPlan }),
  shiftApply: route({ method: 'POST', path: '/api/shift/apply', summary: 'Set the weights; 409 when the objects changed meanwhile', permission: 'write', params: none, query: none, body: s.shiftRequest, reply: s.rollout }),
  rollout: route({ method: 'GET', path: '/api/rollouts/:id', summary: 'Progress of a change', permission: 'read', params: z.object({ id: z.string() }), query: none, reply: s.rollout }),
  undo: route({ method: 'POST', path: '/api/undo/:id', summary: 'Take a change back', permission: 'write', params: z.object({ id: z.string() }), query: none, reply: s.rollout }),
  changes: route({ method: 'GET', path: '/api/changes', summary: 'Last object changes', permission: 'read', params: none, query: z.object({ limit: z.optional(z.string()) }), reply: s.reading(z.array(s.change)) }),
  mesh: route({ method: 'GET', path: '/api/mesh', summary: 'Control plane, proxies, certificates, sources', permission: 'read', params: none, query: none, reply: s.mesh }),
  loadMaker: route({ method: 'PUT', path: '/api/load-maker', summary: 'Requests per second of the load maker, 0 to 500', permission: 'write', params: none, query: none, body: z.object({ ratePerSecond: z.number() }), reply: z.object({ ratePerSecond: z.number() }) }),
} as const;

export type RouteId = keyof typeof ROUTES;
export type Reply<R extends RouteId> = z.infer<(typeof ROUTES)[R]['reply']>;
export type Params<R extends RouteId> = z.infer<(typeof ROUTES)[R]['params']>;
export type Body<R extends RouteId> = (typeof ROUTES)[R] extends { readonly body: infer B extends z.ZodMiniType } ? z.infer<B> : undefined;
