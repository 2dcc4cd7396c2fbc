import type { ReactNode } from 'react';
import type { HealthState } from '#shared/health';
import { Spark } from '#web/charts';
import { links } from '#web/data';
import type { ServiceRow } from '#web/data';
import { Mark, NOTHING, TextLink, duration, percent, percentNumber, rate } from '#web/kit';
import type { Column } from '#web/kit';
import css from './overview.module.css';

/** Versions with their set share where a rule sets one, otherwise what was observed. */
export function versionWords(row: Pick<ServiceRow, 'versions'>): string {
  if (row.versions.length === 0) return NOTHING;
  if (row.versions.length === 1) return row.versions[0]?.version ?? NOTHING;
  return row.versions.map((v) => {
    const share = v.set ?? v.observed;
    return share === undefined ? v.version : `${v.version} ${percentNumber(Math.round(share * 100) / 100)}`;
  }).join(' · ');
}

const tone = (state: HealthState): string | undefined => (state === 'failing' ? css['failing'] : state === 'degraded' ? css['degraded'] : undefined);

/** A share of errors in the colour of the state it caused. */
export function ErrorShare({ share, state }: { readonly share: number | undefined; readonly state: HealthState }): ReactNode {
  return <span className={share === undefined || share === 0 ? undefined : tone(state)}>{percent(share)}</span>;
}

export const SERVICE_COLUMNS: readonly Column<ServiceRow>[] = [
  { id: 'state', header: 'State', hideHeader: true, width: '34px', cell: (row) => <Mark state={row.health.state} /> },
  { id: 'name', header: 'Service', sort: (row) => row.name, cell: (row) => <TextLink strong href={links.service(row.namespace, row.name)}>{row.name}</TextLink> },
  { id: 'namespace', header: 'Namespace', sort: (row) => row.namespace, cell: (row) => <span className="muted">{row.namespace}</span> },
  { id: 'rate', header: 'Requests /s', number: true, sort: (row) => row.traffic?.rate, cell: (row) => rate(row.traffic?.rate) },
  { id: 'errors', header: 'Errors', number: true, sort: (row) => row.traffic?.errorShare, cell: (row) => <ErrorShare share={row.traffic?.errorShare} state={row.health.state} /> },
  { id: 'p95', header: 'p95', number: true, sort: (row) => row.traffic?.p95, cell: (row) => duration(row.traffic?.p95) },
  { id: 'mtls', header: 'mTLS', number: true, title: 'Share of requests observed inside mutual TLS', sort: (row) => row.mtlsShare, cell: (row) => percent(row.mtlsShare) },
  { id: 'trend', header: 'Trend', cell: (row) => <Spark values={row.trend} tone={row.health.state === 'failing' ? 'failing' : 'neutral'} /> },
  { id: 'reason', header: 'Reason', width: '32%', cell: (row) => <span className="muted" title={row.health.reason}>{row.health.state === 'healthy' ? '' : row.health.reason}</span> },
  { id: 'versions', header: 'Versions', cell: (row) => <span className="muted">{versionWords(row)}</span> },
];
