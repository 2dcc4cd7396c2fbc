import type { ReactNode } from 'react';
import { useLocation } from 'wouter';
import { peek } from '#shared/base';
import { links, useScope, useServices, useUrlState, windowLabel } from '#web/data';
import { DataTable, Field, PageBody, PageHead, PageSplit, PanelBody, Toolbar, plural, useCommand } from '#web/kit';
import { COLUMNS } from './columns.tsx';
import { ServiceInspector } from './ServiceInspector.tsx';
import { listUrl } from './url.ts';

/** All services, the worst first; a click opens the inspector, Enter the page. */
export function ServicesList(): ReactNode {
  const asked = useServices();
  const scope = useScope();
  const [url, set] = useUrlState(listUrl);
  const [, navigate] = useLocation();
  const rows = asked.reading === undefined ? undefined : peek(asked.reading);
  const picked = rows?.find((row) => `${row.namespace}/${row.name}` === url.at);
  const low = url.q.toLowerCase();
  useCommand('up', url.at === undefined ? undefined : () => set({ at: undefined }));
  return (
    <>
      <PageHead title="Services" tabTitle="Services" facts={rows === undefined ? null : <>{plural(rows.length, 'service')} · {windowLabel(scope.window)}</>} />
      <PageSplit side={picked === undefined ? null : <ServiceInspector key={url.at} row={picked} loading={asked.loading} onClose={() => set({ at: undefined })} />}>
        <Toolbar label="Filter"><Field label="Filter services" hideLabel data-filter clearable placeholder="Filter by name, namespace, state…" value={url.q} onChange={(q) => set({ q })} /></Toolbar>
        <PageBody fill>
          <PanelBody what="services" {...asked} filter={url.q === '' ? undefined : { words: [url.q], onClear: () => set({ q: '' }) }} isEmpty={(list) => list.every((row) => !matches(row, low))} empty={{ title: 'No services', why: 'Services of the cluster appear here.', command: 'npx pharos run --name hello --port 8000 -- python3 -m http.server 8000 --bind 127.0.0.1' }}>
            {(list) => <DataTable label="Services" rows={list.filter((row) => matches(row, low))} columns={COLUMNS} rowKey={(row) => `${row.namespace}/${row.name}`} sort={url.sort} onSort={(sort) => set({ sort })} selected={url.at} onInspect={(row) => set({ at: `${row.namespace}/${row.name}` })} onOpen={(row) => navigate(links.service(row.namespace, row.name))} />}
          </PanelBody>
        </PageBody>
      </PageSplit>
    </>
  );
}

const matches = (row: { readonly name: string; readonly namespace: string; readonly health: { readonly state: string; readonly reason: string } }, low: string): boolean => low === '' || `${row.name} ${row.namespace} ${row.health.state} ${row.health.reason}`.toLowerCase().includes(low);
