import type { GraphEdge, GraphNode, MtlsMode, Traffic } from '#shared/graph';
import type { Health } from '#shared/health';

/** What is drawn, after filters and collapsed namespaces. Ids are keys of the graph, or `ns:<name>` for a namespace. */
export type DrawnGraph = {
  readonly boxes: readonly DrawnBox[];
  readonly nodes: readonly DrawnNode[];
  readonly edges: readonly DrawnEdge[];
  /** Nodes that the filters keep out of sight. */
  readonly hidden: number;
};
export type DrawnBox = { readonly id: string; readonly name: string; readonly workloads: number; readonly mtlsMode: MtlsMode };
export type DrawnNode = {
  readonly id: string;
  /** Box it lies in; undefined for what is outside every namespace, and for collapsed namespaces. */
  readonly box: string | undefined;
  readonly shape: 'card' | 'pill' | 'namespace';
  readonly title: string;
  readonly detail: string;
  readonly health: Health;
  readonly rate: number;
  readonly badges: readonly string[];
  /** Dashed outline: outside the mesh (no sidecar, external, unknown). */
  readonly outside: boolean;
  readonly dim: boolean;
  readonly changed: boolean;
  readonly node: GraphNode | undefined;
  /** Members of a collapsed namespace. */
  readonly members: number;
};
export type DrawnEdge = {
  readonly id: string;
  readonly source: string;
  readonly target: string;
  readonly traffic: Traffic;
  readonly health: Health;
  readonly mtlsShare: number | undefined;
  readonly tcp: boolean;
  readonly split: GraphEdge['split'];
  /** Words of the error badge: "7.8 % 503 UF". */
  readonly trouble: string | undefined;
  readonly idle: boolean;
  readonly dim: boolean;
  readonly traced: boolean;
  /** The edges it stands for: one, all between two collapsed namespaces, or none (an idle version). */
  readonly edges: readonly GraphEdge[];
};

export type ViewOptions = {
  readonly collapsed: ReadonlySet<string>;
  readonly onlyWrong: boolean;
  /** Keys that a find text holds for; undefined when nothing is searched. */
  readonly found: { readonly nodes: ReadonlySet<string>; readonly edges: ReadonlySet<string> } | undefined;
  readonly hidden: { readonly nodes: ReadonlySet<string>; readonly edges: ReadonlySet<string> } | undefined;
  /** Nodes whose configuration changed lately. */
  readonly changed: ReadonlySet<string>;
  /** A trace drawn over the graph: what it passed. */
  readonly trace: { readonly nodes: ReadonlySet<string>; readonly edges: ReadonlySet<string> } | undefined;
  /** Always shown, whatever the filters say. */
  readonly selected: string | undefined;
};

/** Above so many visible nodes namespaces start collapsed, and edges lose labels and curves. */
export const NODES_CALM_MAX = 300;
/** So do this many lines, however few the nodes: then what is healthy steps back behind what is not. */
export const EDGES_CALM_MAX = 160;
