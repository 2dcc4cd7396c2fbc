import type { ConfigRow } from '#web/data';
import type { ListState } from './url.ts';

/** The rows that the filter leaves: every word must be found in kind, namespace, name or summary. */
export function filterRows(rows: readonly ConfigRow[], state: ListState): readonly ConfigRow[] {
  const words = state.find.toLowerCase().split(/\s+/).filter((word) => word !== '');
  return rows.filter((row) => {
    if (state.onlyFindings && row.findings.length === 0) return false;
    const text = `${row.kind} ${row.namespace} ${row.name} ${row.summary}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

const RANK = { error: 2, warning: 1, info: 0 } as const;
/** The worst level of an object's findings; undefined when it has none. */
export function worstLevel(row: Pick<ConfigRow, 'findings'>): 'error' | 'warning' | 'info' | undefined {
  return row.findings.map((finding) => finding.level).toSorted((a, b) => RANK[b] - RANK[a])[0];
}
