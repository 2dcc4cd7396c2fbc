import type { ReactNode } from 'react';
import { links } from '#web/data';
import type { TraceRow } from '#web/data';
import { Mark, NOTHING, TextLink, clock, count, duration } from '#web/kit';
import type { Column } from '#web/kit';
import css from './traces.module.css';

/** "reviews" of "reviews.default". */
export const shortName = (service: string): string => service.split('.')[0] ?? service;

function Services({ row }: { readonly row: TraceRow }): ReactNode {
  return <span className="muted">{row.services.map((service) => `${shortName(service.name)} ${service.spans}`).join(' · ')}</span>;
}

/** The columns of the search; `longestMs` is the scale of the bars. */
export function traceColumns(longestMs: number, now: number): readonly Column<TraceRow>[] {
  return [
    { id: 'state', header: 'State', hideHeader: true, width: '38px', sort: (row) => -row.errors, cell: (row) => <Mark state={row.errors > 0 ? 'failing' : 'healthy'} /> },
    { id: 'time', header: 'Time', sort: (row) => row.start, descFirst: true, cell: (row) => <span className="mono">{clock(row.start, now)}</span> },
    { id: 'root', header: 'Request', sort: (row) => `${row.root} ${row.operation}`, cell: (row) => <TextLink strong href={links.trace(row.id)}>{shortName(row.root)} <span className="muted">{row.operation}</span></TextLink> },
    { id: 'duration', header: 'Duration', number: true, descFirst: true, sort: (row) => row.durationMs, cell: (row) => duration(row.durationMs) },
    { id: 'bar', header: 'Of the longest', hideHeader: true, width: '140px', cell: (row) => <span className={css['barBox']}><span className={css['bar']} data-failed={row.errors > 0} style={{ width: `${Math.max(1, (row.durationMs / Math.max(longestMs, 0.001)) * 100)}%` }} /></span> },
    { id: 'code', header: 'Status', number: true, sort: (row) => row.code, cell: (row) => <span className={row.errors > 0 ? css['failing'] : undefined}>{row.code ?? NOTHING}</span> },
    { id: 'spans', header: 'Spans', number: true, descFirst: true, sort: (row) => row.spans, cell: (row) => count(row.spans) },
    { id: 'errors', header: 'Failed spans', number: true, descFirst: true, sort: (row) => row.errors, cell: (row) => count(row.errors) },
    { id: 'services', header: 'Services', grow: true, cell: (row) => <Services row={row} /> },
  ];
}
