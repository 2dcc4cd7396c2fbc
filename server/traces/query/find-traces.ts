import { setImmediate as nextTurn } from 'node:timers/promises';
import { hasTags, signatureOfTags } from '../store/tag-signature.ts';
import type { ScanCursor, TraceStore } from '../store/trace-store.ts';
import { LIMIT_MAX, ParameterError } from './parameters.ts';
import type { TraceQuery } from './parameters.ts';

/** Spans looked at before other work gets its turn. */
const PAGE_ROWS = 1000;
/** The first page is small, as most searches end in it; later ones grow. */
const FIRST_ROWS_PER_TRACE = 3;

/** Ids of the newest traces that hold a span with everything the query asks for (Jaeger: all on one span); at most LIMIT_MAX. */
export async function findTraces(store: TraceStore, query: TraceQuery): Promise<readonly string[]> {
  // SQLite takes a negative LIMIT for none, so this is checked here, for every API.
  if (query.limit < 1) throw new ParameterError('search depth must be greater than 0');
  const limit = Math.min(query.limit, LIMIT_MAX);
  const operations = query.operation === '' ? undefined : store.operationIds(query.service, query.operation);
  if (operations?.size === 0) return [];
  const filter = {
    service: query.service, ...(operations === undefined ? {} : { operations }), fromMicros: query.startMicros, toMicros: query.endMicros, minNanos: query.minNanos, maxNanos: query.maxNanos,
    signature: signatureOfTags(query.tags),
  };
  const isListed = store.isListed(query.service);
  const found = new Set<string>();
  let cursor: ScanCursor | undefined;
  let pageRows = Math.min(PAGE_ROWS, limit * FIRST_ROWS_PER_TRACE);
  do {
    const { rows, next } = store.scan(filter, cursor, pageRows);
    pageRows = Math.min(PAGE_ROWS, pageRows * 4);
    for (const row of rows) {
      if (found.size >= limit) return [...found];
      if (found.has(row.trace)) continue;
      const span = isListed && query.tags.size === 0 && query.operation === '' ? undefined : row.read();
      if (span === undefined || (span.service === query.service && (query.operation === '' || span.operation === query.operation) && hasTags(span, query.tags))) found.add(row.trace);
    }
    cursor = next;
    if (cursor !== undefined && found.size < limit) await nextTurn();
  } while (cursor !== undefined && found.size < limit);
  return [...found];
}
