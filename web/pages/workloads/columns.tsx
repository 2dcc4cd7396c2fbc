import { Spark } from '#web/charts';
import { links } from '#web/data';
import type { WorkloadRow } from '#web/data';
import { Badge, Mark, TextLink, duration, percent, rate } from '#web/kit';
import type { Column } from '#web/kit';
import { ErrorShare, errorShareOf } from '#web/parts';

const RANK: Readonly<Record<string, number>> = { failing: 4, degraded: 3, healthy: 2, unknown: 1, idle: 0 };
export const SIDECAR: Readonly<Record<WorkloadRow['sidecar'], string>> = { all: 'in every pod', some: 'in some pods', none: 'none', unknown: 'not known' };

export const COLUMNS: readonly Column<WorkloadRow>[] = [
  { id: 'state', header: 'State', hideHeader: true, width: '38px', descFirst: true, sort: (row) => RANK[row.health.state], cell: (row) => <Mark state={row.health.state} /> },
  { id: 'name', header: 'Workload', sort: (row) => row.name, cell: (row) => <TextLink strong href={links.workload(row.namespace, row.name)}>{row.name}</TextLink> },
  { id: 'namespace', header: 'Namespace', sort: (row) => row.namespace, cell: (row) => <span className="muted">{row.namespace}</span> },
  { id: 'kind', header: 'Kind', sort: (row) => row.kind, cell: (row) => <span className="muted">{row.kind}</span> },
  { id: 'version', header: 'Version', sort: (row) => row.version, cell: (row) => <span className="muted">{row.version === '' ? '–' : row.version}</span> },
  { id: 'pods', header: 'Pods', number: true, sort: (row) => row.pods.ready, cell: (row) => <span title={`${row.pods.ready} of ${row.pods.desired} ready`}>{row.pods.ready} / {row.pods.desired}</span> },
  { id: 'sidecar', header: 'Sidecar', sort: (row) => row.sidecar, cell: (row) => (row.sidecar === 'all' ? <span className="muted">{SIDECAR.all}</span> : <Badge tone={row.sidecar === 'some' ? 'degraded' : 'idle'}>{SIDECAR[row.sidecar]}</Badge>) },
  { id: 'rate', header: 'Requests /s', number: true, sort: (row) => row.traffic?.rate, cell: (row) => rate(row.traffic?.rate) },
  { id: 'errors', header: 'Errors', number: true, sort: (row) => errorShareOf(row.traffic), cell: (row) => <ErrorShare share={errorShareOf(row.traffic)} state={row.health.state} /> },
  { id: 'p50', header: 'p50', number: true, sort: (row) => row.traffic?.p50, cell: (row) => duration(row.traffic?.p50) },
  { id: 'p95', header: 'p95', number: true, sort: (row) => row.traffic?.p95, cell: (row) => duration(row.traffic?.p95) },
  { id: 'p99', header: 'p99', number: true, sort: (row) => row.traffic?.p99, cell: (row) => duration(row.traffic?.p99) },
  { id: 'mtls', header: 'mTLS', number: true, title: 'Share of requests observed inside mutual TLS', sort: (row) => row.mtlsShare, cell: (row) => percent(row.mtlsShare) },
  { id: 'trend', header: 'Trend', cell: (row) => <Spark values={row.trend} width={88} tone={row.health.state === 'failing' ? 'failing' : 'neutral'} /> },
  { id: 'findings', header: 'Findings', number: true, sort: (row) => row.findings, cell: (row) => (row.findings === 0 ? <span className="muted">0</span> : <Badge tone="degraded">{row.findings}</Badge>) },
  { id: 'reason', header: 'Reason', grow: true, cell: (row) => <span className="muted" title={row.health.reason}>{row.health.state === 'healthy' ? '' : row.health.reason}</span> },
];
