import type { ReactNode } from 'react';
import { links, useProxy } from '#web/data';
import type { PodRow, ProxyDetail } from '#web/data';
import { DataTable, Field, PanelBody, Select, Tabs, TextLink, Toolbar, clock, count, span, useNow } from '#web/kit';
import type { Column } from '#web/kit';
import { PROXY_PARTS } from './url.ts';
import type { DetailUrl, ProxyPart } from './url.ts';
import css from './workloads.module.css';

type Props = { readonly namespace: string; readonly pods: readonly PodRow[]; readonly url: DetailUrl; readonly set: (patch: Partial<DetailUrl>) => void };

const WORDS: Readonly<Record<ProxyPart, string>> = { listeners: 'Listeners', routes: 'Routes', clusters: 'Clusters', endpoints: 'Endpoints', certificates: 'Certificates' };

/** Istio writes the object behind a resource as `/apis/<group>/v1/namespaces/<ns>/<kind in kebab>/<name>`. */
function objectLink(object: string | undefined): ReactNode {
  const match = /^\/apis\/([^/]+)\/[^/]+\/namespaces\/([^/]+)\/([^/]+)\/(.+)$/.exec(object ?? '');
  if (match === null) return <span className="muted">{object ?? ''}</span>;
  const [, group = '', namespace = '', kebab = '', name = ''] = match;
  const kind = kebab.replaceAll(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase());
  return <TextLink href={links.object({ group, kind, namespace, name })}>{kind} {name}</TextLink>;
}

type Of<P extends ProxyPart> = ProxyDetail[P][number];
const LISTENERS: readonly Column<Of<'listeners'>>[] = [
  { id: 'address', header: 'Address', sort: (l) => l.address, cell: (l) => <span className="mono">{l.address}</span> }, { id: 'name', header: 'Name', sort: (l) => l.name, cell: (l) => l.name }, { id: 'direction', header: 'Direction', sort: (l) => l.direction, cell: (l) => <span className="muted">{l.direction}</span> },
  { id: 'chains', header: 'Filter chains', number: true, sort: (l) => l.chains, cell: (l) => count(l.chains) }, { id: 'routes', header: 'Routes', grow: true, cell: (l) => <span className="muted" title={l.routes.join(', ')}>{l.routes.join(', ')}</span> },
];
const ROUTES: readonly Column<Of<'routes'>>[] = [
  { id: 'config', header: 'Table', sort: (r) => r.config, cell: (r) => r.config }, { id: 'host', header: 'Virtual host', sort: (r) => r.host, cell: (r) => <span title={r.domains.join('\n')}>{r.host}</span> }, { id: 'match', header: 'Match', cell: (r) => <span className="mono">{r.match}</span> },
  { id: 'to', header: 'Goes to', grow: true, cell: (r) => <span title={r.to}>{r.to}</span> }, { id: 'object', header: 'Made by', cell: (r) => objectLink(r.object) },
];
const CLUSTERS: readonly Column<Of<'clusters'>>[] = [
  { id: 'host', header: 'Host', sort: (c) => c.host, cell: (c) => <span title={c.name}>{c.host === '' ? c.name : c.host}</span> }, { id: 'port', header: 'Port', number: true, sort: (c) => c.port, cell: (c) => (c.port === 0 ? '–' : c.port) }, { id: 'subset', header: 'Subset', sort: (c) => c.subset, cell: (c) => (c.subset === '' ? '–' : c.subset) },
  { id: 'type', header: 'Type', sort: (c) => c.type, cell: (c) => <span className="muted">{c.type}</span> }, { id: 'tls', header: 'TLS', sort: (c) => c.tls, cell: (c) => <span className="muted">{c.tls === '' ? 'none' : c.tls}</span> }, { id: 'object', header: 'Made by', cell: (c) => objectLink(c.object) }, { id: 'name', header: 'Name', grow: true, cell: (c) => <span className="muted mono" title={c.name}>{c.name}</span> },
];
const ENDPOINTS: readonly Column<Of<'endpoints'>>[] = [
  { id: 'address', header: 'Address', sort: (e) => e.address, cell: (e) => <span className="mono">{e.address}</span> }, { id: 'health', header: 'Health', sort: (e) => e.health, cell: (e) => e.health }, { id: 'requests', header: 'Requests', number: true, sort: (e) => e.requests, cell: (e) => count(e.requests) }, { id: 'errors', header: 'Errors', number: true, sort: (e) => e.errors, cell: (e) => count(e.errors) }, { id: 'cluster', header: 'Cluster', grow: true, sort: (e) => e.cluster, cell: (e) => <span className="muted mono" title={e.cluster}>{e.cluster}</span> },
];
const certificates = (now: number): readonly Column<Of<'certificates'>>[] => [
  { id: 'name', header: 'Name', sort: (c) => c.name, cell: (c) => c.name }, { id: 'subject', header: 'Identity', grow: true, cell: (c) => <span className="mono" title={c.subject}>{c.subject}</span> }, { id: 'from', header: 'Valid from', cell: (c) => clock(c.from, now) }, { id: 'to', header: 'Valid to', sort: (c) => c.to, cell: (c) => `${clock(c.to, now)} (${c.to < now ? 'expired' : `${span(c.to - now)} left`})` }, { id: 'serial', header: 'Serial', cell: (c) => <span className="muted mono">{c.serial}</span> },
];

const find = <T extends object>(rows: readonly T[], low: string): readonly T[] => (low === '' ? rows : rows.filter((row) => JSON.stringify(row).toLowerCase().includes(low)));

/** What the sidecar of one pod runs, with the object behind each route. */
export function ProxyTab({ namespace, pods, url, set }: Props): ReactNode {
  const pod = pods.find((p) => p.name === url.pod) ?? pods[0];
  if (pod === undefined) return <p className={css['none']}>There is no pod, so there is no sidecar.</p>;
  if (!pod.containers.some((c) => c.name === 'istio-proxy')) return <p className={css['none']}>Pod {pod.name} has no sidecar (no container istio-proxy).</p>;
  return <OneProxy namespace={namespace} pod={pod} pods={pods} url={url} set={set} />;
}

function OneProxy({ namespace, pod, pods, url, set }: Props & { readonly pod: PodRow }): ReactNode {
  const asked = useProxy({ namespace, name: pod.name });
  const now = useNow(10_000);
  const low = url.filter.toLowerCase();
  const table = (detail: ProxyDetail): Readonly<Record<ProxyPart, ReactNode>> => ({
    listeners: <DataTable label="Listeners" rows={find(detail.listeners, low)} columns={LISTENERS} rowKey={(l) => l.name + l.address} />,
    routes: <DataTable label="Routes" rows={find(detail.routes, low)} columns={ROUTES} rowKey={(r) => `${r.config} ${r.host} ${r.route} ${r.match} ${r.to}`} />,
    clusters: <DataTable label="Clusters" rows={find(detail.clusters, low)} columns={CLUSTERS} rowKey={(c) => c.name} />,
    endpoints: <DataTable label="Endpoints" rows={find(detail.endpoints, low)} columns={ENDPOINTS} rowKey={(e) => `${e.cluster} ${e.address}`} />,
    certificates: <DataTable label="Certificates" rows={find(detail.certificates, low)} columns={certificates(now)} rowKey={(c) => c.name + c.serial} />,
  });
  return (
    <div className={css['logs']}>
      <Toolbar label="Filter of the proxy">
        <Field label="Filter" hideLabel data-filter clearable placeholder="Filter…" value={url.filter} onChange={(filter) => set({ filter })} />
        {pods.length < 2 ? null : <Select label="Pod" options={pods.map((p) => ({ value: p.name, label: p.name }))} value={pod.name} onChange={(next) => set({ pod: next })} summary={pod.name} />}
      </Toolbar>
      <PanelBody what="proxy" {...asked}>
        {(detail) => (
          <>
            <p className={css['proxyFacts']}>{detail.pod} · Envoy {detail.version} · {detail.state}</p>
            <div className={css['proxyTabs']}><Tabs label="Parts of the proxy" value={url.part} onChange={(part) => set({ part })} tabs={PROXY_PARTS.map((part) => ({ id: part, label: WORDS[part], count: detail[part].length, render: () => table(detail)[part] }))} /></div>
          </>
        )}
      </PanelBody>
    </div>
  );
}
