import type { Health } from '#shared/health';

/**
 * The graph as the console draws it. Keys are readable and stable over time and restarts: positions, selection and patches hang on them.
 *   ns:<namespace>  ·  svc:<namespace>/<service>  ·  wl:<namespace>/<workload>  ·  app:<namespace>/<app>  ·  ext:<host>  ·  unknown:<namespace or ->
 * Rates are requests per second (HTTP, gRPC) or bytes per second (TCP), averaged over the window; shares are 0..1; times are milliseconds.
 */
export type GraphModel = {
  readonly window: { readonly from: number; readonly to: number };
  readonly grouping: Grouping;
  readonly namespaces: readonly GraphNamespace[];
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
  /** Why the graph is empty or partial, in words, with what helps; empty when all is well. */
  readonly notes: readonly GraphNote[];
};

export type Grouping = 'service-version' | 'service' | 'workload' | 'app';
export type NodeKind = 'service' | 'workload' | 'app' | 'gateway' | 'external' | 'unknown';
export type GraphNote = { readonly code: 'no-traffic' | 'not-injected' | 'not-scraped' | 'no-namespace' | 'source-missing' | 'partial'; readonly text: string; readonly help: string };

export type GraphNamespace = { readonly key: string; readonly name: string; readonly workloads: number; readonly mtlsMode: MtlsMode; readonly injection: boolean };
/** What PeerAuthentication says (set), not what was seen. */
export type MtlsMode = 'STRICT' | 'PERMISSIVE' | 'DISABLE' | 'MIXED' | 'UNSET';

export type GraphNode = {
  readonly key: string;
  readonly kind: NodeKind;
  readonly namespace: string;
  readonly name: string;
  /** Canonical service (app) and version where known; the card prints "reviews" over "v2". */
  readonly app: string;
  readonly version: string | undefined;
  readonly workload: string | undefined;
  readonly service: string | undefined;
  readonly health: Health;
  readonly inbound: Traffic;
  readonly outbound: Traffic;
  /** Sidecar seen in its pods; `none` marks a workload outside the mesh. */
  readonly sidecar: 'all' | 'some' | 'none' | 'unknown';
  readonly idle: boolean;
  /** Config that touches the node ("virtual-service", "fault", "timeout", "circuit-breaker", "gateway"). */
  readonly badges: readonly string[];
};

export type Protocol = 'http' | 'grpc' | 'tcp';
export type Traffic = {
  readonly rate: number;
  /** 5xx, no response and gRPC errors; 0..1 of `rate`. */
  readonly errorShare: number;
  /** 4xx; 0..1 of `rate`. Shown, never added to errors. */
  readonly clientErrorShare: number;
  readonly p50: number | undefined;
  readonly p95: number | undefined;
  readonly p99: number | undefined;
};

export type GraphEdge = {
  /** `<source>><target>:<protocol>` */
  readonly key: string;
  readonly source: string;
  readonly target: string;
  readonly protocol: Protocol;
  readonly traffic: Traffic;
  readonly health: Health;
  /** Share of requests seen inside mutual TLS, 0..1; undefined when no side reported it (then nothing is claimed). */
  readonly mtlsShare: number | undefined;
  readonly principals: { readonly source: string | undefined; readonly destination: string | undefined };
  /** Split of a service over its versions: what the config sets and what was observed, 0..1 each. Only on service -> version edges. */
  readonly split: { readonly set: number | undefined; readonly observed: number } | undefined;
  /** Codes and flags with their rates, biggest first, at most 12. */
  readonly responses: readonly { readonly code: string; readonly flags: string; readonly rate: number }[];
};

/** What changes from one model to the next. Nodes and edges are replaced whole, by key. */
export type GraphPatch = {
  readonly window: GraphModel['window'];
  readonly namespaces: readonly GraphNamespace[] | undefined;
  readonly notes: readonly GraphNote[] | undefined;
  readonly nodes: { readonly put: readonly GraphNode[]; readonly drop: readonly string[] };
  readonly edges: { readonly put: readonly GraphEdge[]; readonly drop: readonly string[] };
};

/** What the SSE stream carries. A patch applies to `base` only; a client that has another revision waits for the next full frame. */
export type GraphFrame =
  | { readonly type: 'full'; readonly revision: number; readonly at: number; readonly model: GraphModel }
  | { readonly type: 'patch'; readonly revision: number; readonly base: number; readonly at: number; readonly patch: GraphPatch };
