import type { ReactNode } from 'react';
import type { Marker } from '#web/data';
import { Mark } from '#web/kit';
import css from './config.module.css';

const STATE = { error: 'failing', warning: 'degraded', info: 'idle' } as const;
const SOURCE: Readonly<Record<Marker['source'], string>> = { syntax: 'YAML', schema: 'schema', server: 'API server', analysis: 'analysis' };

/** Markers as a list; each goes to its line. */
export function Findings({ markers, onLine }: { readonly markers: readonly Marker[]; readonly onLine: (line: number) => void }): ReactNode {
  if (markers.length === 0) return <p className="muted">Nothing found.</p>;
  return (
    <ol className={css['findings']}>
      {markers.map((marker) => (
        <li key={`${marker.line}:${marker.column}:${marker.message}`}>
          <Mark state={STATE[marker.level]} />
          <div>
            <button type="button" onClick={() => onLine(marker.line)}>{marker.message}</button>
            <p className="muted">line {marker.line}{marker.path === '' ? '' : ` · ${marker.path}`} · {SOURCE[marker.source]}</p>
          </div>
        </li>
      ))}
    </ol>
  );
}
