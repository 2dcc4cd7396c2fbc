import type { UrlCodec } from '#web/data';
import type { Sort } from '#web/kit';

/** What of the list is worth a link. */
export type ListUrl = { readonly q: string; readonly sort: Sort | undefined; readonly at: string | undefined };
export const listUrl: UrlCodec<ListUrl> = {
  names: ['q', 'sort', 'at'],
  parse: (query) => {
    const sort = query.get('sort');
    return { q: query.get('q') ?? '', sort: sort === null || sort === '' ? undefined : { column: sort.replace(/^-/, ''), desc: sort.startsWith('-') }, at: query.get('at') ?? undefined };
  },
  format: ({ q, sort, at }) => ({ q, sort: sort === undefined ? undefined : `${sort.desc ? '-' : ''}${sort.column}`, at }),
};

export const WORKLOAD_TABS = ['overview', 'traffic', 'logs', 'proxy', 'traces', 'config', 'yaml'] as const;
export type WorkloadTab = (typeof WORKLOAD_TABS)[number];
export const PROXY_PARTS = ['listeners', 'routes', 'clusters', 'endpoints', 'certificates'] as const;
export type ProxyPart = (typeof PROXY_PARTS)[number];
export type DetailUrl = { readonly tab: WorkloadTab; readonly container: string | undefined; readonly contains: string; readonly pod: string | undefined; readonly part: ProxyPart; readonly filter: string };
export const detailUrl: UrlCodec<DetailUrl> = {
  names: ['tab', 'container', 'contains', 'pod', 'part', 'filter'],
  parse: (query) => ({
    tab: WORKLOAD_TABS.find((tab) => tab === query.get('tab')) ?? 'overview', container: query.get('container') ?? undefined, contains: query.get('contains') ?? '', pod: query.get('pod') ?? undefined,
    part: PROXY_PARTS.find((part) => part === query.get('part')) ?? 'listeners', filter: query.get('filter') ?? '',
  }),
  format: (url) => ({ tab: url.tab === 'overview' ? undefined : url.tab, container: url.container, contains: url.contains, pod: url.pod, part: url.part === 'listeners' ? undefined : url.part, filter: url.filter }),
};
