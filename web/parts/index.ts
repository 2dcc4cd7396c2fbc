// Pieces that several pages share and that ask for their data themselves; pages do not know each other.
export { MetricCharts } from './charts/MetricCharts.tsx';
export { ConfigList } from './rows/ConfigList.tsx';
export { ErrorShare, errorShareOf, versionWords } from './rows/service-words.tsx';
export { rebalance } from './split/rebalance.ts';
export type { Weights } from './split/rebalance.ts';
export { EdgeTable } from './rows/EdgeTable.tsx';
export { SmallGraph } from './small-graph/SmallGraph.tsx';
export { Split, SplitAside } from './split/Split.tsx';
export { ServiceTraces } from './traces/ServiceTraces.tsx';
export { TraceBars } from './traces/TraceBars.tsx';
