import type { UrlCodec } from '#web/data';
import type { Sort } from '#web/kit';

/** What of the list is worth a link. */
export type ListUrl = { readonly q: string; readonly sort: Sort | undefined; /** Key of the row in the inspector. */ readonly at: string | undefined };
export const listUrl: UrlCodec<ListUrl> = {
  names: ['q', 'sort', 'at'],
  parse: (query) => {
    const sort = query.get('sort');
    return { q: query.get('q') ?? '', sort: sort === null || sort === '' ? undefined : { column: sort.replace(/^-/, ''), desc: sort.startsWith('-') }, at: query.get('at') ?? undefined };
  },
  format: ({ q, sort, at }) => ({ q, sort: sort === undefined ? undefined : `${sort.desc ? '-' : ''}${sort.column}`, at }),
};

export const SERVICE_TABS = ['overview', 'traffic', 'traces', 'config', 'yaml'] as const;
export type ServiceTab = (typeof SERVICE_TABS)[number];
export const detailUrl: UrlCodec<{ readonly tab: ServiceTab }> = {
  names: ['tab'],
  parse: (query) => ({ tab: SERVICE_TABS.find((tab) => tab === query.get('tab')) ?? 'overview' }),
  format: ({ tab }) => ({ tab: tab === 'overview' ? undefined : tab }),
};
