import type { ReactNode } from 'react';
import type { GraphEdge } from '#shared/graph';
import { FLAGS } from '#shared/telemetry';
import { percent, rate } from '#web/kit';
import css from '../graph-page.module.css';

/** Codes and flags of some edges with their rates; flags in plain words, and whether the mesh answered or the application. */
export function Responses({ edges }: { readonly edges: readonly GraphEdge[] }): ReactNode {
  const sums = new Map<string, { readonly code: string; readonly flags: string; rate: number }>();
  for (const response of edges.flatMap((edge) => edge.responses)) {
    const key = `${response.code} ${response.flags}`;
    const known = sums.get(key);
    if (known === undefined) sums.set(key, { ...response });
    else known.rate += response.rate;
  }
  const rows = [...sums.values()].toSorted((a, b) => b.rate - a.rate);
  const total = rows.reduce((sum, row) => sum + row.rate, 0);
  if (rows.length === 0) return <p className="muted">No answers seen.</p>;
  return (
    <table className={css['responses']}>
      <thead><tr><th scope="col">Code</th><th scope="col">Flags</th><th scope="col">Meaning</th><th scope="col" className={css['right']}>/s</th><th scope="col" className={css['right']}>Share</th></tr></thead>
      <tbody>{rows.map((row) => <tr key={`${row.code} ${row.flags}`}><td>{row.code === '0' || row.code === '' ? '–' : row.code}</td><td>{row.flags}</td><td className="muted">{meaning(row.code, row.flags)}</td><td className={css['right']}>{rate(row.rate)}</td><td className={css['right']}>{percent(row.rate / total)}</td></tr>)}</tbody>
    </table>
  );
}

function meaning(code: string, flags: string): string {
  const known = flags.split(',').flatMap((flag) => FLAGS.get(flag.trim()) ?? []);
  if (known.length > 0) return known.map((flag) => flag.words).join(' ');
  return /^[45]/.test(code) ? 'The application answered: not the mesh.' : '';
}
