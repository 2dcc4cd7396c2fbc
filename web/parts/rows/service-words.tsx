import type { ReactNode } from 'react';
import type { HealthState } from '#shared/health';
import type { ServiceRow } from '#web/data';
import { NOTHING, percent, percentNumber } from '#web/kit';
import css from '../parts.module.css';

/** Versions with their set share where a rule sets one, otherwise what was observed. */
export function versionWords(row: Pick<ServiceRow, 'versions'>): string {
  if (row.versions.length === 0) return NOTHING;
  const [only] = row.versions;
  if (row.versions.length === 1) return only === undefined || only.version === only.workload ? NOTHING : only.version; // a workload without a version label has its own name there
  return row.versions.map((v) => {
    const share = v.set ?? v.observed;
    return share === undefined ? v.version : `${v.version} ${percentNumber(Math.round(share * 100) / 100)}`;
  }).join(' · ');
}

const tone = (state: HealthState): string | undefined => (state === 'failing' ? css['failing'] : state === 'degraded' ? css['degraded'] : undefined);

/** A share of nothing is nothing. */
export const errorShareOf = (traffic: ServiceRow['traffic']): number | undefined => (traffic === undefined || traffic.rate === 0 ? undefined : traffic.errorShare);

/** A share of errors in the colour of the state it caused. */
export function ErrorShare({ share, state }: { readonly share: number | undefined; readonly state: HealthState }): ReactNode {
  return <span className={share === undefined || share === 0 ? undefined : tone(state)}>{percent(share)}</span>;
}
