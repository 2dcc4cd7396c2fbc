import { Spark } from '#web/charts';
import { links } from '#web/data';
import type { ServiceRow } from '#web/data';
import { Mark, TextLink, duration, percent, rate } from '#web/kit';
import type { Column } from '#web/kit';
import { ErrorShare, errorShareOf, versionWords } from '#web/parts';

export const SERVICE_COLUMNS: readonly Column<ServiceRow>[] = [
  { id: 'state', header: 'State', hideHeader: true, width: '38px', cell: (row) => <Mark state={row.health.state} /> },
  { id: 'name', header: 'Service', sort: (row) => row.name, cell: (row) => <TextLink strong href={links.service(row.namespace, row.name)}>{row.name}</TextLink> },
  { id: 'namespace', header: 'Namespace', sort: (row) => row.namespace, cell: (row) => <span className="muted">{row.namespace}</span> },
  { id: 'rate', header: 'Requests /s', number: true, sort: (row) => row.traffic?.rate, cell: (row) => rate(row.traffic?.rate) },
  { id: 'errors', header: 'Errors', number: true, sort: (row) => errorShareOf(row.traffic), cell: (row) => <ErrorShare share={errorShareOf(row.traffic)} state={row.health.state} /> },
  { id: 'p95', header: 'p95', number: true, sort: (row) => row.traffic?.p95, cell: (row) => duration(row.traffic?.p95) },
  { id: 'mtls', header: 'mTLS', number: true, title: 'Share of requests observed inside mutual TLS', sort: (row) => row.mtlsShare, cell: (row) => percent(row.mtlsShare) },
  { id: 'trend', header: 'Trend', cell: (row) => <Spark values={row.trend} width={88} tone={row.health.state === 'failing' ? 'failing' : 'neutral'} /> },
  { id: 'reason', header: 'Reason', grow: true, cell: (row) => <span className="muted" title={row.health.reason}>{row.health.state === 'healthy' ? '' : row.health.reason}</span> },
  { id: 'versions', header: 'Versions', cell: (row) => <span className="muted">{versionWords(row)}</span> },
];
