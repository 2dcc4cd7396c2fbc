// Pieces that several pages share and that ask for their data themselves; pages do not know each other.
export { ConfigList } from './rows/ConfigList.tsx';
export { ErrorShare, errorShareOf, versionWords } from './rows/service-words.tsx';
export { rebalance } from './split/rebalance.ts';
export type { Weights } from './split/rebalance.ts';
export { Split, SplitAside } from './split/Split.tsx';
export { TraceBars } from './traces/TraceBars.tsx';
