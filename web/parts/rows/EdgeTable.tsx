import type { ReactNode } from 'react';
import { useLocation } from 'wouter';
import type { Reading } from '#shared/base';
import { links } from '#web/data';
import type { EdgeRow } from '#web/data';
import { DataTable, Mark, PanelBody, TextLink, bytes, duration, percent, rate } from '#web/kit';
import type { Column } from '#web/kit';
import { ErrorShare } from './service-words.tsx';

const hrefOf = (row: EdgeRow): string | undefined => (row.namespace === '' ? undefined : row.kind === 'service' ? links.service(row.namespace, row.peer) : row.kind === 'workload' || row.kind === 'gateway' ? links.workload(row.namespace, row.peer) : undefined);
const columns = (peer: string): readonly Column<EdgeRow>[] => [
  { id: 'state', header: 'State', hideHeader: true, width: '38px', cell: (row) => <Mark state={row.health.state} /> },
  { id: 'peer', header: peer, sort: (row) => row.peer, cell: (row) => { const href = hrefOf(row); return href === undefined ? row.peer : <TextLink strong href={href}>{row.peer}</TextLink>; } },
  { id: 'namespace', header: 'Namespace', sort: (row) => row.namespace, cell: (row) => <span className="muted">{row.namespace}</span> },
  { id: 'kind', header: 'Kind', cell: (row) => <span className="muted">{row.kind}</span> },
  { id: 'protocol', header: 'Protocol', cell: (row) => <span className="muted">{row.protocol}</span> },
  { id: 'rate', header: 'Rate /s', number: true, sort: (row) => row.traffic.rate, cell: (row) => (row.protocol === 'tcp' ? bytes(row.traffic.rate) : rate(row.traffic.rate)) },
  { id: 'errors', header: 'Errors', number: true, sort: (row) => row.traffic.errorShare, cell: (row) => (row.protocol === 'tcp' ? '–' : <ErrorShare share={row.traffic.errorShare} state={row.health.state} />) },
  { id: 'p95', header: 'p95', number: true, sort: (row) => row.traffic.p95, cell: (row) => duration(row.traffic.p95) },
  { id: 'mtls', header: 'mTLS', number: true, title: 'Share observed inside mutual TLS', sort: (row) => row.mtlsShare, cell: (row) => percent(row.mtlsShare) },
  { id: 'reason', header: 'Reason', grow: true, cell: (row) => <span className="muted" title={row.health.reason}>{row.health.state === 'healthy' ? '' : row.health.reason}</span> },
];
const IN = columns('From');
const OUT = columns('To');

/** Who calls, or what is called: one row a peer. */
export function EdgeTable({ reading, direction, name, onRetry }: { readonly reading: Reading<readonly EdgeRow[]> | undefined; readonly direction: 'in' | 'out'; readonly name: string; readonly onRetry: () => void }): ReactNode {
  const [, navigate] = useLocation();
  const none = direction === 'in' ? `Nothing called ${name} in this window` : `${name} called nothing in this window`;
  return (
    <PanelBody what="calls" subject={`${direction} ${name}`} reading={reading} onRetry={onRetry} isEmpty={(rows) => rows.length === 0} empty={{ title: none }}>
      {(rows) => <DataTable label={direction === 'in' ? 'Traffic in' : 'Traffic out'} rows={rows} columns={direction === 'in' ? IN : OUT} rowKey={(row) => `${row.namespace}/${row.peer}/${row.protocol}`} onOpen={(row) => { const href = hrefOf(row); if (href !== undefined) navigate(href); }} />}
    </PanelBody>
  );
}
