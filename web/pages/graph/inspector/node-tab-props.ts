import type { GraphModel, GraphNode } from '#shared/graph';
import type { ServiceDetail } from '#web/data';

/** What every tab of a node's inspector gets. */
export type NodeTabProps = { readonly node: GraphNode; readonly model: GraphModel; readonly service: ServiceDetail | undefined; readonly onPick: (edge: string) => void };
