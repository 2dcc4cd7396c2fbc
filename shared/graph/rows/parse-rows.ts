import { fail, isRecord, ok } from '#shared/base';
import type { Result } from '#shared/base';

/** One sample of an instant vector: its labels as they came and its value. */
export type PromRow = { readonly labels: Readonly<Record<string, unknown>>; readonly value: number };

/** The label's value; "" when it is absent (Prometheus treats both alike). */
export function label(row: PromRow, name: string): string {
  const v = row.labels[name];
  return typeof v === 'string' ? v : '';
}

/** Rows of an instant query's JSON body (Prometheus HTTP API v1, resultType vector). NaN and infinite values are left out: they say nothing. */
export function parseRows(body: unknown): Result<readonly PromRow[]> {
  if (!isRecord(body)) return fail('the answer is not a JSON object');
  if (body['status'] !== 'success') return fail(typeof body['error'] === 'string' ? body['error'] : 'the answer has no status "success"');
  const data = body['data'];
  if (!isRecord(data) || data['resultType'] !== 'vector' || !Array.isArray(data['result'])) return fail('the answer holds no instant vector');
  const items: readonly unknown[] = data['result'];
  const rows: PromRow[] = [];
  for (const item of items) {
    if (!isRecord(item) || !isRecord(item['metric']) || !Array.isArray(item['value'])) return fail('a sample has no metric or value');
    const value = Number(item['value'][1]);
    if (Number.isFinite(value)) rows.push({ labels: item['metric'], value });
  }
  return ok(rows);
}

/** One line of a range query: its labels and points [milliseconds, value]; NaN becomes a gap. */
export type PromLine = { readonly labels: Readonly<Record<string, unknown>>; readonly points: readonly (readonly [number, number | null])[] };

/** Lines of a range query's JSON body (resultType matrix). */
export function parseLines(body: unknown): Result<readonly PromLine[]> {
  if (!isRecord(body) || body['status'] !== 'success') return fail(isRecord(body) && typeof body['error'] === 'string' ? body['error'] : 'the answer has no status "success"');
  const data = body['data'];
  if (!isRecord(data) || data['resultType'] !== 'matrix' || !Array.isArray(data['result'])) return fail('the answer holds no matrix');
  const lines: PromLine[] = [];
  for (const item of data['result'] as readonly unknown[]) {
    if (!isRecord(item) || !isRecord(item['metric']) || !Array.isArray(item['values'])) return fail('a series has no metric or values');
    const points = item['values'].map((pair: unknown): readonly [number, number | null] => {
      const [at, text]: readonly unknown[] = Array.isArray(pair) ? pair : [];
      const value = Number(text);
      return [Math.round(Number(at) * 1000), Number.isFinite(value) ? value : null];
    });
    lines.push({ labels: item['metric'], points });
  }
  return ok(lines);
}

/** What the four queries of `graphQueries` answered. An absent list means that query was not answered. */
export type GraphRows = { readonly requests: readonly PromRow[]; readonly tcp: readonly PromRow[]; readonly edgeLatency: readonly PromRow[]; readonly nodeLatency: readonly PromRow[] };
export const NO_ROWS: GraphRows = { requests: [], tcp: [], edgeLatency: [], nodeLatency: [] };
