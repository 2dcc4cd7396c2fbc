import { openStore } from '#server/lib';
import type { Store } from '#server/lib';
import type { TraceLimits } from '../limits.ts';
import type { StoredSpan } from '../span.ts';
import { CallLinks, readLinks } from './call-links.ts';
import type { CallLink } from './call-links.ts';
import { Dictionary } from './dictionary.ts';
import { MIGRATIONS } from './migrations.ts';
import { Names, OTHER_OPERATIONS } from './names.ts';
import type { Operation } from './names.ts';
import { decodeSpan, encodeBody } from './span-codec.ts';
import { signatureOf } from './tag-signature.ts';

/** Traces deleted in one transaction of the retention; the next slice follows in a later turn of the event loop. */
const SLICE_TRACES = 200;

export type SpanRow = { readonly trace: string; readonly startMicros: number; read(): StoredSpan };
export type StoreSize = { readonly traces: number; readonly bytes: number; readonly dictionary: number };
/** Which spans `scan` gives; bounds are inclusive, times in microseconds, durations in nanoseconds. */
export type ScanFilter = { readonly service: string; readonly operations?: ReadonlySet<number>; readonly fromMicros: number; readonly toMicros: number; readonly minNanos: number; readonly maxNanos: number; readonly signature: bigint };
export type ScanCursor = { readonly startMicros: number; readonly seq: number };

const hexBytes = (hex: string): Buffer => Buffer.from(hex, 'hex');
const bytesOf = (v: unknown): Uint8Array => {
  if (v instanceof Uint8Array) return v;
  throw new Error('the trace store holds a row of another shape');
};

/** Spans in SQLite. Every batch is one transaction: a span is stored whole or not at all. */
export class TraceStore {
  readonly #store: Store;
  readonly #limits: TraceLimits;
  readonly #names: Names;
  readonly #dictionary: Dictionary;
  readonly #links = new CallLinks();
  #traces: number;
  /** Batches of call counts the disk refused; they wait for the next. */
  linkFailures = 0;
  constructor(path: string, limits: TraceLimits) {
    // NORMAL: a commit survives kill -9; a power cut may take the last moments of traces, never the file.
    this.#store = openStore({ path, migrations: MIGRATIONS, synchronous: 'NORMAL' });
    this.#store.db.exec('PRAGMA cache_size = -4000; PRAGMA journal_size_limit = 16777216;');
    this.#limits = limits;
    this.#names = new Names(this.#store, limits);
    this.#dictionary = new Dictionary(this.#store, limits.dictionaryMax);
    this.#traces = Number(this.#store.sql('SELECT COUNT(*) AS n FROM traces').get()?.['n'] ?? 0);
  }
  close(): void {
    this.#store.close();
  }
  /** The database refuses to grow beyond this many pages of 4 KiB, as a full disk would. */
  limitPages(pages: number): void {
    this.#store.db.exec(`PRAGMA max_page_count = ${pages}`);
  }
  get size(): StoreSize {
    const pragma = (name: string): number => Number(Object.values(this.#store.sql(`PRAGMA ${name}`).get() ?? {})[0] ?? 0);
    return { traces: this.#traces, bytes: (pragma('page_count') - pragma('freelist_count')) * pragma('page_size'), dictionary: this.#dictionary.size };
  }
  /** Whether a service has rows of its own; the spans of others stand among those of further services and must be read to know whose they are. */
  isListed(service: string): boolean {
    return this.#names.isListed(service);
  }
  services(): readonly string[] {
    return this.#names.services();
  }
  operations(service: string): readonly Operation[] {
    return this.#names.operations(service).filter((o) => o.name !== OTHER_OPERATIONS);
  }
  /** Ids of the operations that a filter by name means; a name that is not listed may hide among the others. */
  operationIds(service: string, name: string): ReadonlySet<number> {
    const all = this.#names.operationsWith(service);
    const named = all.filter((o) => o.name === name);
    return new Set((named.length > 0 ? named : all.filter((o) => o.name === OTHER_OPERATIONS)).map((o) => o.id));
  }
  dependencies(fromMs: number, toMs: number): readonly CallLink[] {
    return readLinks(this.#store, fromMs, toMs);
  }

  /** Stores a batch; throws when the disk refuses, and then nothing of it is stored. Returns how many were new. */
  add(spans: readonly StoredSpan[], now: number): number {
    const added: { readonly span: StoredSpan; readonly service: number }[] = [];
    let newTraces = 0;
    try {
      this.#store.transaction(() => {
        const insert = this.#store.sql('INSERT OR IGNORE INTO spans (trace, span, operation, service, start_us, duration_ns, signature, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
        const insertTrace = this.#store.sql('INSERT OR IGNORE INTO traces (trace, seen) VALUES (?, ?)');
        let lastTrace = '';
        for (const span of spans) {
          const operation = this.#names.intern(span.service, span.operation, span.kind, now);
          const body = encodeBody(span, this.#dictionary, { service: operation.serviceName, operation: operation.name });
          const trace = hexBytes(span.traceId);
          const { changes } = insert.run(trace, hexBytes(span.spanId), operation.id, operation.service, span.startMicros, span.durationNanos, signatureOf(span), body);
          if (Number(changes) === 0) continue; // the same span again: a sender that retried
          added.push({ span, service: operation.service });
          if (span.traceId !== lastTrace) newTraces += Number(insertTrace.run(trace, now).changes);
          lastTrace = span.traceId;
        }
        this.#dictionary.save(this.#store);
      });
    } catch (error) {
      this.#dictionary.rollback();
      this.#names.reload();
      throw error;
    }
    this.#dictionary.commit();
    this.#traces += newTraces;
    this.#countLinks(added);
    return added.length;
  }
  /** Call counts follow in a transaction of their own; what the disk refuses waits in memory for the next batch. */
  #countLinks(added: readonly { readonly span: StoredSpan; readonly service: number }[]): void {
    for (const { span, service } of added) this.#links.add(span, service);
    if (!this.#links.pending) return;
    try {
      this.#store.transaction(() => this.#links.save(this.#store));
      this.#links.commit();
    } catch {
      this.linkFailures += 1; // the spans are stored; their counts stay in memory
    }
  }

  #row(row: Record<string, unknown>): SpanRow {
    const trace = Buffer.from(bytesOf(row['trace'])).toString('hex');
    const startMicros = Number(row['start_us']);
    const read = (): StoredSpan => {
      const operation = this.#names.operation(Number(row['operation']));
      return decodeSpan({
        traceId: trace, spanId: Buffer.from(bytesOf(row['span'])).toString('hex'), service: operation?.serviceName ?? this.#names.serviceName(Number(row['service'])) ?? '', operation: operation?.name ?? '',
        kind: operation?.kind ?? 0, startMicros, durationNanos: Number(row['duration_ns']),
      }, bytesOf(row['body']), this.#dictionary);
    };
    return { trace, startMicros, read };
  }
  /** Every span of a trace, earliest first; at most `spansMax`. */
  trace(traceId: string, spansMax: number): readonly StoredSpan[] {
    const rows = this.#store.sql('SELECT trace, span, operation, service, start_us, duration_ns, body FROM spans WHERE trace = ? ORDER BY start_us, seq LIMIT ?').all(hexBytes(traceId), spansMax);
    return rows.map((row) => this.#row(row).read());
  }
  /** The traces that came last, newest first. */
  newestTraces(count: number): readonly string[] {
    return this.#store.sql('SELECT trace FROM traces ORDER BY seen DESC LIMIT ?').all(count).map((row) => Buffer.from(bytesOf(row['trace'])).toString('hex'));
  }
  /** What fits among one page of spans, latest start first, and where the next page begins. */
  scan(filter: ScanFilter, after: ScanCursor | undefined, rowsMax: number): { readonly rows: readonly SpanRow[]; readonly next: ScanCursor | undefined } {
    const service = this.#names.serviceId(filter.service);
    if (service === undefined) return { rows: [], next: undefined };
    const cursor = after ?? { startMicros: filter.toMicros, seq: Number.MAX_SAFE_INTEGER };
    const page = 'FROM spans WHERE service = :service AND start_us >= :from AND start_us <= :to AND (start_us < :to OR seq < :seq) ORDER BY start_us DESC, seq DESC';
    const bounds = { service, from: filter.fromMicros, to: cursor.startMicros, seq: cursor.seq };
    const found = this.#store.sql(`SELECT trace, span, operation, service, start_us, duration_ns, body FROM
      (SELECT trace, span, operation, service, start_us, duration_ns, signature, body ${page} LIMIT :rows) WHERE (signature & :signature) = :signature AND duration_ns BETWEEN :min AND :max`)
      .all({ ...bounds, rows: rowsMax, signature: filter.signature, min: filter.minNanos, max: filter.maxNanos });
    const last = this.#store.sql(`SELECT start_us, seq ${page} LIMIT 1 OFFSET :skip`).get({ ...bounds, skip: rowsMax - 1 });
    const rows = found.filter((row) => filter.operations === undefined || filter.operations.has(Number(row['operation'])));
    return { rows: rows.map((row) => this.#row(row)), next: last === undefined ? undefined : { startMicros: Number(last['start_us']), seq: Number(last['seq']) } };
  }

  /** Deletes one slice of the oldest traces while a limit is exceeded; returns how many went (0: nothing to do). */
  prune(now: number): number {
    const { traces, bytes } = this.size;
    const before = now - this.#limits.ageMsMax;
    const tooMany = Math.max(0, traces - this.#limits.tracesMax);
    const tooBig = bytes > this.#limits.storeBytesMax;
    const oldest = this.#store.sql('SELECT trace, seen FROM traces ORDER BY seen LIMIT ?').all(SLICE_TRACES);
    const doomed = oldest.filter((row, i) => i < tooMany || tooBig || Number(row['seen']) < before);
    if (doomed.length === 0) return 0;
    this.#store.transaction(() => {
      for (const row of doomed) {
        this.#store.sql('DELETE FROM spans WHERE trace = ?').run(bytesOf(row['trace']));
        this.#store.sql('DELETE FROM traces WHERE trace = ?').run(bytesOf(row['trace']));
      }
      const rest = this.#store.sql('SELECT MIN(seen) AS seen FROM traces').get()?.['seen'];
      const kept = typeof rest === 'number' ? rest : now;
      this.#store.sql('DELETE FROM links WHERE minute < ?').run(Math.floor(kept / 60_000) - 1);
      this.#names.forget(kept);
    });
    this.#traces -= doomed.length;
    return doomed.length;
  }
}
