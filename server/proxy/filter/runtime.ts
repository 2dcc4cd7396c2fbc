import type { RouteTable, Dice } from '#shared/evaluator';
import type { NodeMetadata } from '#shared/xds';
import type { ClusterRuntime } from '../cluster/cluster.ts';
import type { Formatter, LogEntry } from '../stats/access-log.ts';
import type { ProxyStats } from '../stats/counters.ts';
import type { IstioMetrics } from '../stats/istio-metrics.ts';
import type { Peer, PeerCache } from '../stats/peer.ts';
import type { SpanExporter } from '../trace/exporter.ts';
import type { SecretStore } from '../tls/secrets.ts';
import type { ListenerRuntime } from '../listener/listener-runtime.ts';
import type { TracingConfig } from './http-config.ts';

/** The configuration in force: never changed, only replaced. A request keeps the one it began with. */
export type Snapshot = {
  readonly version: number;
  readonly listeners: ReadonlyMap<string, ListenerRuntime>;
  readonly routes: ReadonlyMap<string, RouteTable>;
  readonly clusters: ReadonlyMap<string, ClusterRuntime>;
};

/** Who this proxy is in an Istio mesh; undefined for a plain proxy without peer metadata and Istio's metrics. */
export type MeshIdentity = { readonly nodeId: string; readonly metadata: NodeMetadata; readonly peer: Peer; readonly peerHeader: string; readonly metrics: IstioMetrics; readonly peers: PeerCache; readonly type: 'sidecar' | 'router' };

/** What every part of the data path shares. */
export type Runtime = {
  snapshot: Snapshot;
  readonly stats: ProxyStats;
  readonly secrets: SecretStore;
  readonly mesh: MeshIdentity | undefined;
  /** Where spans of such tracing go; undefined: nowhere, and then no trace is begun. */
  exporterFor(tracing: TracingConfig): SpanExporter | undefined;
  /** Used where the connection manager has no `tracing` of its own. */
  readonly defaultTracing: TracingConfig | undefined;
  /** Used where the connection manager has no `access_log` of its own. */
  readonly defaultLog: Formatter | undefined;
  readonly dice: Dice;
  /** Set while the process is being stopped or drained: answers then close their connection. */
  draining: boolean;
  writeLog(text: string, entry: LogEntry): void;
  /** The own SPIFFE id, "" before the first certificate. */
  principal(): string;
  /** The address of a host name: the pod's hosts file first, then DNS. */
  resolve(host: string): Promise<string>;
  /** The same from the pod's hosts file alone, at once. */
  resolveNow(host: string): string | undefined;
};
