import type { Grouping } from '#shared/graph';
import type { UrlCodec } from '#web/data';
import type { EdgeLabel } from '#web/graph';

/** What of the graph page is worth a link. */
export type GraphUrl = {
  /** Key of the selected node or edge. */
  readonly node: string | undefined;
  readonly edge: string | undefined;
  readonly tab: InspectorTab;
  /** A trace drawn over the graph. */
  readonly trace: string | undefined;
  readonly find: string;
  readonly group: Grouping;
  readonly labels: readonly EdgeLabel[];
  readonly wrong: boolean;
  readonly table: boolean;
  /** Namespaces that are closed; undefined leaves it to the size of the mesh. */
  readonly closed: readonly string[] | undefined;
};
export const TABS = ['traffic', 'health', 'security', 'traces', 'config'] as const;
export type InspectorTab = (typeof TABS)[number];
export const GROUPINGS: readonly { readonly value: Grouping; readonly label: string }[] = [{ value: 'service-version', label: 'service → version' }, { value: 'service', label: 'service' }, { value: 'workload', label: 'workload' }, { value: 'app', label: 'app' }];
export const LABELS: readonly EdgeLabel[] = ['rate', 'errors', 'p95', 'split', 'mtls'];
export const DEFAULT_LABELS: readonly EdgeLabel[] = ['errors', 'split', 'mtls'];

const oneOf = <T extends string>(list: readonly T[], text: string | null): T | undefined => list.find((item) => item === text);
const list = (text: string | null): readonly string[] | undefined => (text === null ? undefined : text.split(',').filter((part) => part !== ''));

export const graphUrl: UrlCodec<GraphUrl> = {
  names: ['node', 'edge', 'tab', 'trace', 'find', 'group', 'labels', 'wrong', 'table', 'closed'],
  parse: (query) => ({
    node: query.get('node') ?? undefined, edge: query.get('edge') ?? undefined, tab: oneOf(TABS, query.get('tab')) ?? 'traffic', trace: query.get('trace') ?? undefined, find: query.get('find') ?? '',
    group: oneOf(GROUPINGS.map((g) => g.value), query.get('group')) ?? 'service-version', labels: list(query.get('labels'))?.flatMap((name) => oneOf(LABELS, name) ?? []) ?? DEFAULT_LABELS, wrong: query.get('wrong') === '1', table: query.get('table') === '1',
    closed: list(query.get('closed'))?.filter((name) => name !== 'none'),
  }),
  format: (state) => ({
    node: state.node, edge: state.edge, tab: state.tab === 'traffic' ? undefined : state.tab, trace: state.trace, find: state.find, group: state.group === 'service-version' ? undefined : state.group,
    labels: state.labels.join() === DEFAULT_LABELS.join() ? undefined : state.labels.join(',') || 'none', wrong: state.wrong ? '1' : undefined, table: state.table ? '1' : undefined, closed: state.closed === undefined ? undefined : state.closed.join(',') || 'none',
  }),
};
