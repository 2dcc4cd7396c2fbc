import type { ReactNode } from 'react';
import { useLocation } from 'wouter';
import { peek } from '#shared/base';
import { links, useScope, useUrlState, useWorkloads, windowLabel } from '#web/data';
import type { WorkloadRow } from '#web/data';
import { Badge, ButtonLink, DataTable, Facts, Field, IconArrowRight, Inspector, InspectorPart, PageBody, PageHead, PageSplit, PanelBody, STATE_WORD, Toolbar, duration, percent, plural, rate, useCommand } from '#web/kit';
import { ErrorShare, ServiceTraces, errorShareOf } from '#web/parts';
import { COLUMNS, SIDECAR } from './columns.tsx';
import { listUrl } from './url.ts';

const keyOf = (row: WorkloadRow): string => `${row.namespace}/${row.name}`;
const matches = (row: WorkloadRow, low: string): boolean => low === '' || `${row.name} ${row.namespace} ${row.kind} ${row.version} ${row.health.state} ${row.health.reason} sidecar ${SIDECAR[row.sidecar]}`.toLowerCase().includes(low);

/** All workloads, the worst first; a click opens the inspector, Enter the page. */
export function WorkloadsList(): ReactNode {
  const asked = useWorkloads();
  const scope = useScope();
  const [url, set] = useUrlState(listUrl);
  const [, navigate] = useLocation();
  const rows = asked.reading === undefined ? undefined : peek(asked.reading);
  const picked = rows?.find((row) => keyOf(row) === url.at);
  const low = url.q.toLowerCase();
  useCommand('up', url.at === undefined ? undefined : () => set({ at: undefined }));
  return (
    <>
      <PageHead title="Workloads" tabTitle="Workloads" facts={rows === undefined ? null : <>{plural(rows.length, 'workload')} · {windowLabel(scope.window)}</>} />
      <PageSplit side={picked === undefined ? null : <WorkloadInspector key={url.at} row={picked} loading={asked.loading} onClose={() => set({ at: undefined })} />}>
        <Toolbar label="Filter"><Field label="Filter workloads" hideLabel data-filter clearable placeholder="Filter by name, namespace, state, version…" value={url.q} onChange={(q) => set({ q })} /></Toolbar>
        <PageBody fill>
          <PanelBody what="workloads" {...asked} filter={url.q === '' ? undefined : { words: [url.q], onClear: () => set({ q: '' }) }} isEmpty={(list) => list.every((row) => !matches(row, low))} empty={{ title: 'No workloads', why: 'Deployments of the cluster appear here.', command: 'kubectl get deployments -A' }}>
            {(list) => <DataTable label="Workloads" rows={list.filter((row) => matches(row, low))} columns={COLUMNS} rowKey={keyOf} sort={url.sort} onSort={(sort) => set({ sort })} selected={url.at} onInspect={(row) => set({ at: keyOf(row) })} onOpen={(row) => navigate(links.workload(row.namespace, row.name))} />}
          </PanelBody>
        </PageBody>
      </PageSplit>
    </>
  );
}

function WorkloadInspector({ row, loading, onClose }: { readonly row: WorkloadRow; /** The figures are still those of another window. */ readonly loading: boolean; readonly onClose: () => void }): ReactNode {
  const window = windowLabel(useScope().window);
  return (
    <Inspector label={`Inspector of ${row.name}`} title={row.name} badge={<Badge tone={row.health.state}>{STATE_WORD[row.health.state]}</Badge>} subtitle={[row.kind, row.namespace, row.version].filter((t) => t !== '').join(' · ')} onClose={onClose} actions={<ButtonLink look="quiet" icon href={links.workload(row.namespace, row.name)} title={`Open the page of ${row.name}`}><IconArrowRight aria-hidden /></ButtonLink>}>
      <InspectorPart title="Figures" aside={loading ? 'loading…' : `last ${window}`}>
        <Facts rows={[['State', row.health.reason], ['Requests', `${rate(row.traffic?.rate)} /s`], ['Errors', <ErrorShare key="e" share={errorShareOf(row.traffic)} state={row.health.state} />], ['p50 · p95 · p99', `${duration(row.traffic?.p50)} · ${duration(row.traffic?.p95)} · ${duration(row.traffic?.p99)}`], ['Mutual TLS', row.mtlsShare === undefined ? 'not reported' : `${percent(row.mtlsShare)} observed`], ['Pods', `${row.pods.ready} of ${row.pods.desired} ready`], ['Sidecar', SIDECAR[row.sidecar]]]} />
      </InspectorPart>
      <InspectorPart title="Look into it"><ButtonLink href={links.workload(row.namespace, row.name, { tab: 'logs' })}>Logs</ButtonLink> <ButtonLink href={links.workload(row.namespace, row.name, { tab: 'proxy' })}>Proxy</ButtonLink></InspectorPart>
      <InspectorPart title="Traces"><ServiceTraces service={`${row.app}.${row.namespace}`} most={8} /></InspectorPart>
    </Inspector>
  );
}
