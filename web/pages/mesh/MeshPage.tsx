import type { ReactNode } from 'react';
import { peek } from '#shared/base';
import type { Reading } from '#shared/base';
import { links, useMesh, useUrlState } from '#web/data';
import type { MeshInfo } from '#web/data';
import { Badge, ButtonLink, DataTable, Facts, Inspector, InspectorPart, Mark, NOTHING, PageBody, PageHead, PageSplit, Panel, Section, TextLink, clock, count, duration, plural, rate, span, useNow } from '#web/kit';
import type { Column } from '#web/kit';
import { LoadMaker } from './LoadMaker.tsx';
import { Sources } from './Sources.tsx';
import { judgeProxy, proxyKey, syncWords } from './sync.ts';
import type { ProxyRow } from './sync.ts';
import { meshUrl } from './url.ts';
import css from './mesh.module.css';

type ControlPlane = Extract<MeshInfo['controlPlane'], { state: 'value' }>['value'][number];
type Mtls = MeshInfo['mtls'][number];

/** A part of the reply as a reading; what ails the whole ails the part. */
function partOf<T>(outer: Reading<MeshInfo> | undefined, pick: (info: MeshInfo) => Reading<T>): Reading<T> | undefined {
  if (outer === undefined || outer.state === 'error' || outer.state === 'no-data' || outer.state === 'not-asked' || outer.state === 'not-allowed') return outer;
  const inner = pick(outer.value);
  return outer.state === 'stale' && inner.state === 'value' ? { state: 'stale', value: inner.value, since: outer.since, error: outer.error } : inner;
}

const SYNC = new Map([['SYNCED', 'synced'], ['STALE', 'not acknowledged'], ['NOT SENT', 'not sent'], ['ERROR', 'refused'], ['IGNORED', 'not used']]);
const syncCell = (text: string): ReactNode => <span className={text === 'SYNCED' ? 'muted' : text === 'NOT SENT' || text === 'IGNORED' ? css['faint'] : css['bad']}>{SYNC.get(text) ?? text}</span>;

function proxyColumns(now: number): readonly Column<ProxyRow>[] {
  return [
    { id: 'state', header: 'State', hideHeader: true, width: '38px', sort: (row) => judgeProxy(row, now).state, cell: (row) => <Mark state={judgeProxy(row, now).state} /> },
    { id: 'pod', header: 'Proxy', sort: (row) => row.pod, cell: (row) => <strong className={css['name']}>{row.pod.replace(`.${row.namespace}`, '')}</strong> },
    { id: 'namespace', header: 'Namespace', sort: (row) => row.namespace, cell: (row) => <span className="muted">{row.namespace}</span> },
    { id: 'type', header: 'Type', sort: (row) => row.type, cell: (row) => <span className="muted">{row.type}</span> },
    { id: 'cds', header: 'Clusters', title: 'CDS', sort: (row) => row.cds, cell: (row) => syncCell(row.cds) },
    { id: 'lds', header: 'Listeners', title: 'LDS', sort: (row) => row.lds, cell: (row) => syncCell(row.lds) },
    { id: 'eds', header: 'Endpoints', title: 'EDS', sort: (row) => row.eds, cell: (row) => syncCell(row.eds) },
    { id: 'rds', header: 'Routes', title: 'RDS', sort: (row) => row.rds, cell: (row) => syncCell(row.rds) },
    { id: 'certificate', header: 'Certificate ends in', number: true, sort: (row) => row.certificateTo, cell: (row) => (row.certificateTo === undefined ? NOTHING : row.certificateTo < now ? 'ended' : span(row.certificateTo - now)) },
    { id: 'version', header: 'Version', grow: true, sort: (row) => row.version, cell: (row) => <span className="muted">{row.version}</span> },
  ];
}

const PLANE_COLUMNS: readonly Column<ControlPlane>[] = [
  { id: 'state', header: 'State', hideHeader: true, width: '38px', cell: (row) => <Mark state={row.ready ? 'healthy' : 'failing'} /> },
  { id: 'pod', header: 'istiod', cell: (row) => <strong className={css['name']}>{row.pod}</strong> },
  { id: 'proxies', header: 'Proxies', number: true, cell: (row) => count(row.proxies) },
  { id: 'pushes', header: 'Pushes', number: true, cell: (row) => count(row.pushes) },
  { id: 'p95', header: 'Push p95, 5 min', number: true, title: 'From a change to its acknowledgement over the last 5 minutes, by istiod’s own histogram. A start within that time counts: every proxy gets all its configuration then.', cell: (row) => duration(row.pushP95Ms) },
  { id: 'version', header: 'Version', grow: true, cell: (row) => <span className="muted">{row.version}</span> },
];

const MTLS_COLUMNS: readonly Column<Mtls>[] = [
  { id: 'namespace', header: 'Namespace', sort: (row) => row.namespace, cell: (row) => row.namespace },
  { id: 'mode', header: 'Set', sort: (row) => row.mode, cell: (row) => <Badge>{row.mode}</Badge> },
  { id: 'object', header: 'By', cell: (row) => <span className="muted">{row.object ?? 'the default of the mesh'}</span> },
  { id: 'plaintext', header: 'Callers in plaintext, observed', grow: true, cell: (row) => (row.plaintextCallers.length === 0 ? <span className="muted">none seen</span> : <span>{row.plaintextCallers.map((caller) => `${caller.caller} → ${caller.target} (${rate(caller.rate)} /s)`).join(' · ')}</span>) },
];

/** Control plane, proxies, certificates, data sources, the load maker. */
export function MeshPage(): ReactNode {
  const asked = useMesh();
  const [state, setState] = useUrlState(meshUrl);
  const now = useNow(5000);
  const info = asked.reading === undefined ? undefined : peek(asked.reading);
  const proxies = partOf(asked.reading, (value) => value.proxies);
  const rows = proxies === undefined ? undefined : peek(proxies);
  const chosen = rows?.find((row) => proxyKey(row) === state.proxy);
  const root = info === undefined ? undefined : peek(info.root);
  return (
    <>
      <PageHead title="Mesh" tabTitle="Mesh" facts={rows === undefined ? undefined : `${plural(rows.length, 'proxy', 'proxies')} · ${syncWords(rows, now)}${root === undefined ? '' : ` · root certificate until ${new Date(root.to).toISOString().slice(0, 10)}`}`} />
      <PageSplit side={chosen === undefined ? null : <ProxyInspector key={state.proxy} row={chosen} now={now} onClose={() => setState({ proxy: undefined })} />}>
        <PageBody>
          <div className={css['grid']}>
            <Panel title="Proxies" aside={rows === undefined ? undefined : syncWords(rows, now)} what="proxies" reading={proxies} onRetry={asked.onRetry} retries={asked.retries} flush className={css['wide']} isEmpty={(list) => list.length === 0}
              empty={{ title: 'No proxies', why: 'No sidecar or gateway is connected to istiod. Label a namespace and restart its pods.', command: 'kubectl label namespace default istio-injection=enabled' }}>
              {(list) => <DataTable label="Proxies" rows={list} columns={proxyColumns(now)} rowKey={proxyKey} selected={state.proxy} onInspect={(row) => setState({ proxy: proxyKey(row) })} />}
            </Panel>
            <Panel title="Control plane" what="control plane" reading={partOf(asked.reading, (value) => value.controlPlane)} onRetry={asked.onRetry} flush isEmpty={(list) => list.length === 0} empty={{ title: 'No istiod', why: 'No pod with the label app=istiod was found.' }}>
              {(list) => <DataTable label="Control plane" rows={list} columns={PLANE_COLUMNS} rowKey={(row) => row.pod} />}
            </Panel>
            <Section title="Data sources" flush><Sources sources={info?.sources ?? []} /></Section>
            <Section title="Mutual TLS by namespace" flush className={css['wide']}>{info === undefined ? null : <DataTable label="Mutual TLS by namespace" rows={info.mtls} columns={MTLS_COLUMNS} rowKey={(row) => row.namespace} />}</Section>
            {info?.loadMaker === undefined ? null : <Section title="Load maker"><LoadMaker maker={info.loadMaker} /></Section>}
          </div>
        </PageBody>
      </PageSplit>
    </>
  );
}

function ProxyInspector({ row, now, onClose }: { readonly row: ProxyRow; readonly now: number; readonly onClose: () => void }): ReactNode {
  const { state, reason } = judgeProxy(row, now);
  const pod = row.pod.replace(`.${row.namespace}`, '');
  const workload = pod.replace(/-[a-z0-9]{6,10}-[a-z0-9]{5}$/, '');
  return (
    <Inspector label="Proxy" title={workload} badge={<Badge tone={state}>{state === 'healthy' ? 'in sync' : state}</Badge>} subtitle={`${row.type} · ${row.namespace} · ${pod}`} onClose={onClose}>
      <InspectorPart title="State"><p>{pod} {reason}.</p></InspectorPart>
      <InspectorPart>
        <Facts rows={[['Connected to', row.istiod], ['Connected since', row.connectedAt === undefined ? undefined : clock(row.connectedAt, now)], ['Clusters', syncCell(row.cds)], ['Listeners', syncCell(row.lds)], ['Endpoints', syncCell(row.eds)], ['Routes', syncCell(row.rds)], ['Certificate until', row.certificateTo === undefined ? undefined : clock(row.certificateTo, now)], ['Version', row.version]]} />
      </InspectorPart>
      <InspectorPart title="See also">
        <div className={css['links']}><ButtonLink look="primary" href={links.workload(row.namespace, workload, { tab: 'proxy' })}>Its listeners, routes, clusters</ButtonLink><TextLink href={links.workload(row.namespace, workload, { tab: 'logs', container: 'istio-proxy' })}>Its access log</TextLink></div>
      </InspectorPart>
    </Inspector>
  );
}
