import type { MtlsMode } from '../model/graph-model.ts';

/** What the graph needs to know of the cluster; made from Kubernetes objects by `viewOf`, or empty when that source is missing. */
export type SnapshotView = {
  readonly rootNamespace: string;
  readonly namespaces: readonly NamespaceView[];
  /** By `<namespace>/<name>`. */
  readonly workloads: ReadonlyMap<string, WorkloadView>;
  readonly services: ReadonlyMap<string, ServiceView>;
  /** Hosts of ServiceEntries. */
  readonly externalHosts: ReadonlySet<string>;
  /** The pod's workload by pod IP, to name callers that send no identity. */
  readonly podIps: ReadonlyMap<string, { readonly workload: string; readonly pod: string }>;
};
export type NamespaceView = { readonly name: string; readonly injection: boolean; readonly mtlsMode: MtlsMode; readonly mtlsObject: string | undefined };
export type SidecarState = 'all' | 'some' | 'none' | 'unknown';
export type WorkloadView = {
  readonly namespace: string;
  readonly name: string;
  readonly kind: string;
  readonly app: string;
  readonly version: string | undefined;
  readonly ready: number;
  readonly desired: number;
  readonly sidecar: SidecarState;
  readonly gateway: boolean;
  readonly labels: Readonly<Record<string, string>>;
  /** Names of the services of its namespace that select it. */
  readonly services: readonly string[];
  readonly pods: readonly string[];
  readonly mtlsMode: MtlsMode;
};
export type ServiceView = {
  readonly namespace: string;
  readonly name: string;
  readonly selects: boolean;
  /** Names of the workloads it selects, by version. */
  readonly workloads: readonly string[];
  readonly ports: readonly { readonly name: string; readonly port: number; readonly protocol: string }[];
  readonly badges: readonly string[];
  /** Share of each workload that the config sets, 0..1; undefined where no rule sets any. */
  readonly split: ReadonlyMap<string, number> | undefined;
};

export const EMPTY_VIEW: SnapshotView = { rootNamespace: 'istio-system', namespaces: [], workloads: new Map(), services: new Map(), externalHosts: new Set(), podIps: new Map() };
