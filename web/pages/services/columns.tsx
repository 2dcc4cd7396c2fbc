import { Spark } from '#web/charts';
import { links } from '#web/data';
import type { ServiceRow } from '#web/data';
import { Badge, Mark, TextLink, duration, percent, rate } from '#web/kit';
import type { Column } from '#web/kit';
import { ErrorShare, errorShareOf, versionWords } from '#web/parts';

const RANK: Readonly<Record<string, number>> = { failing: 4, degraded: 3, healthy: 2, unknown: 1, idle: 0 };

/** Ports in a row of the list; the others are in its title. */
const PORTS_SHOWN = 2;
function portWords({ ports }: Pick<ServiceRow, 'ports'>, most: number): string {
  const shown = ports.slice(0, most).map((port) => `${port.port} ${port.protocol.toLowerCase()}`).join(', ');
  return ports.length > most ? `${shown} +${ports.length - most}` : shown;
}

export const COLUMNS: readonly Column<ServiceRow>[] = [
  { id: 'state', header: 'State', hideHeader: true, width: '38px', descFirst: true, sort: (row) => RANK[row.health.state], cell: (row) => <Mark state={row.health.state} /> },
  { id: 'name', header: 'Service', sort: (row) => row.name, cell: (row) => <TextLink strong href={links.service(row.namespace, row.name)}>{row.name}</TextLink> },
  { id: 'namespace', header: 'Namespace', sort: (row) => row.namespace, cell: (row) => <span className="muted">{row.namespace}</span> },
  { id: 'rate', header: 'Requests /s', number: true, sort: (row) => row.traffic?.rate, cell: (row) => rate(row.traffic?.rate) },
  { id: 'errors', header: 'Errors', number: true, sort: (row) => errorShareOf(row.traffic), cell: (row) => <ErrorShare share={errorShareOf(row.traffic)} state={row.health.state} /> },
  { id: 'p50', header: 'p50', number: true, sort: (row) => row.traffic?.p50, cell: (row) => duration(row.traffic?.p50) },
  { id: 'p95', header: 'p95', number: true, sort: (row) => row.traffic?.p95, cell: (row) => duration(row.traffic?.p95) },
  { id: 'p99', header: 'p99', number: true, sort: (row) => row.traffic?.p99, cell: (row) => duration(row.traffic?.p99) },
  { id: 'mtls', header: 'mTLS', number: true, title: 'Share of requests observed inside mutual TLS', sort: (row) => row.mtlsShare, cell: (row) => percent(row.mtlsShare) },
  { id: 'trend', header: 'Trend', cell: (row) => <Spark values={row.trend} width={88} tone={row.health.state === 'failing' ? 'failing' : 'neutral'} /> },
  { id: 'versions', header: 'Versions', sort: (row) => row.versions.length, cell: (row) => <span className="muted">{versionWords(row)}</span> },
  { id: 'ports', header: 'Ports', cell: (row) => <span className="muted" title={portWords(row, row.ports.length)}>{portWords(row, PORTS_SHOWN)}</span> },
  { id: 'findings', header: 'Findings', number: true, sort: (row) => row.findings, cell: (row) => (row.findings === 0 ? <span className="muted">0</span> : <Badge tone="degraded">{row.findings}</Badge>) },
  { id: 'reason', header: 'Reason', grow: true, cell: (row) => <span className="muted" title={row.health.reason}>{row.health.state === 'healthy' ? '' : row.health.reason}</span> },
];
