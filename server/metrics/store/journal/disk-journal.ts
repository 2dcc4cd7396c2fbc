import { closeSync, mkdirSync, openSync, readdirSync, readSync, unlinkSync } from 'node:fs';
import type { Logger, Registry } from '#server/lib';
import { errorText } from '#shared/base';
import type { MetricsLimits } from '../../limits.ts';
import type { Chain } from '../chain.ts';
import type { Frame } from '../frame.ts';
import type { Journal, SeriesStore } from '../series-store.ts';
import { CatalogueWriter, RECORD } from './catalogue-codec.ts';
import { LastCells, writeColumn } from './column-codec.ts';
import { DISK, RecordWriter } from './record-file.ts';
import type { DiskOps } from './record-file.ts';
import { Replay } from './replay.ts';

/** A write-ahead file is closed after this time or size; a segment of sealed frames likewise. */
const WAL_MS = 5 * 60_000;
const WAL_BYTES = 16 * 1024 * 1024;
const SEGMENT_MS = 3_600_000;
const SEGMENT_BYTES = 32 * 1024 * 1024;
/** What was added is written this often; kill -9 loses at most this much. A power cut may take what came after the last sync. */
const FLUSH_MS = 250;
const SYNC_MS = 10_000;
/** After a failed write the disk is tried again this much later. */
const RETRY_MS = 5_000;
/** Sealed frames read back from disk for queries, bytes. */
const LOADED_BYTES_MAX = 8 * 1024 * 1024;
const OPEN_FILES_MAX = 16;

type Wal = { readonly file: RecordWriter; readonly catalogue: CatalogueWriter; readonly last: LastCells; readonly openedAt: number; lastTime: number };
type Segment = { readonly number: number; readonly path: string; size: number; maxTime: number };
type OpenSegment = { readonly file: RecordWriter; readonly catalogue: CatalogueWriter; readonly segment: Segment; readonly openedAt: number };
/** Frames written to a segment: until the disk keeps them, their log files stay. */
type Risk = { readonly file: RecordWriter; readonly end: number; readonly minTime: number };
type ClosedWal = { readonly path: string; readonly size: number; readonly lastTime: number };

export type JournalOptions = { readonly dir: string; readonly store: SeriesStore; readonly limits: MetricsLimits; readonly log: Logger; readonly registry: Registry; readonly now: () => number; readonly ops?: DiskOps };

const isGone = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT';

/**
 * The disk side of the store. The write-ahead log (`wal-N`) holds every column until its chain has sealed it into a frame of a
 * segment (`seg-N`) that the disk has synced; then the log file goes. Files hold all they need of names, so that each can be read or deleted alone.
 * A disk that refuses to write stops nothing: samples stay in memory, and the disk is tried again.
 */
export class DiskJournal implements Journal {
  readonly #o: JournalOptions;
  readonly #ops: DiskOps;
  #wal: Wal | undefined;
  #open: OpenSegment | undefined;
  #closed: ClosedWal[] = [];
  #atRisk: Risk[] = [];
  /** The folder where it has new names, and segments of an earlier process: not known to survive a power cut yet. */
  readonly #unsynced = new Set<string>();
  #syncing: Promise<void> | undefined;
  readonly #segments = new Map<number, Segment>();
  readonly #unwritten: { readonly chain: Chain; readonly frame: Frame }[] = [];
  readonly #resident: Frame[] = [];
  #residentBytes = 0;
  readonly #loaded: Frame[] = [];
  #loadedBytes = 0;
  readonly #handles = new Map<number, number>();
  readonly #timers: NodeJS.Timeout[];
  #nextFile = 1;
  #lost = false;
  #retryAt = 0;
  readonly #metrics;
  failing: string | undefined;
  corruptions = 0;
  replayed = 0;
  constructor(options: JournalOptions) {
    this.#o = options;
    this.#ops = options.ops ?? DISK;
    const { registry } = options;
    this.#metrics = {
      errors: registry.counter('pharos_metrics_disk_errors_total', 'Writes the disk refused.'),
      corruptions: registry.counter('pharos_metrics_corruptions_total', 'Files whose end was cut off or damaged.'),
      dropped: registry.counter('pharos_metrics_samples_dropped_total', 'Frames of samples lost because the disk refused them and memory was full.'),
    };
    mkdirSync(options.dir, { recursive: true, mode: 0o700 });
    this.#restore();
    options.store.journal = this;
    this.#timers = [setInterval(() => this.flush(), FLUSH_MS), setInterval(() => void this.sync(), SYNC_MS)];
    for (const timer of this.#timers) timer.unref();
  }

  #restore(): void {
    const { dir, store, log } = this.#o;
    const files = readdirSync(dir).flatMap((name) => {
      const match = /^(seg|wal)-(\d+)$/.exec(name);
      return match === null ? [] : [{ kind: match[1], number: Number(match[2]), path: `${dir}/${name}` }];
    }).sort((a, b) => a.number - b.number);
    const replay = new Replay(store);
    const started = performance.now();
    for (const { number, path } of files.filter((f) => f.kind === 'seg')) {
      const { size, torn, maxTime } = replay.segment(number, path);
      this.#segments.set(number, { number, path, size, maxTime });
      this.#unsynced.add(path);
      if (torn > 0) this.#corrupt(path, torn);
    }
    store.journal = this; // what replay seals again is to be written
    for (const { path } of files.filter((f) => f.kind === 'wal')) {
      const { size, torn, lastTime, columns } = replay.wal(path);
      this.replayed += columns;
      this.#closed.push({ path, size, lastTime });
      if (torn > 0) this.#corrupt(path, torn);
    }
    replay.finish();
    this.#nextFile = (files.at(-1)?.number ?? 0) + 1;
    if (files.length > 0) log.info({ files: files.length, columns: this.replayed, series: store.seriesCount, ms: Math.round(performance.now() - started) }, 'samples read back from disk');
  }
  #corrupt(path: string, torn: number): void {
    this.corruptions += 1;
    this.#metrics.corruptions.inc();
    this.#o.log.warn({ path, bytes: torn }, 'the end of a file was cut off or damaged; what stands before it is used');
  }

  column(chain: Chain, column: number): void {
    const known = this.#wal;
    const wal = this.#walNow();
    if (wal === undefined || (wal !== known && wal.lastTime >= (chain.times[column] ?? 0))) return;
    wal.catalogue.know(chain, wal.file);
    wal.file.add((out) => writeColumn(out, chain, column, wal.last));
    wal.lastTime = Math.max(wal.lastTime, chain.times[column] ?? 0);
    if (wal.file.pending > 1024 * 1024) this.flush();
  }
  sealed(chain: Chain, frame: Frame): void {
    this.#unwritten.push({ chain, frame });
    this.#resident.push(frame);
    this.#residentBytes += frame.bytesLength;
    if (this.#residentBytes > this.#o.limits.residentBytesMax && this.#o.now() >= this.#retryAt) this.#writeFrames();
    this.#shrink();
  }
  load(frame: Frame): void {
    const { place } = frame;
    if (place === undefined) return;
    const bytes = new Uint8Array(place.length);
    try {
      if (readSync(this.#handle(place.segment), bytes, 0, place.length, place.offset) !== place.length) throw new Error('the file is shorter than it was');
    } catch (error) {
      this.#corrupt(this.#segments.get(place.segment)?.path ?? String(place.segment), place.length);
      this.#o.log.error({ err: error }, 'sealed samples could not be read back');
      frame.place = undefined;
      return;
    }
    frame.load(bytes);
    this.#loaded.push(frame);
    this.#loadedBytes += bytes.length;
    while (this.#loadedBytes > LOADED_BYTES_MAX && this.#loaded.length > 1) {
      const oldest = this.#loaded.shift();
      this.#loadedBytes -= oldest?.bytesLength ?? 0;
      oldest?.release();
    }
  }
  #handle(segment: number): number {
    const known = this.#handles.get(segment);
    if (known !== undefined) return known;
    const path = this.#segments.get(segment)?.path;
    if (path === undefined) throw new Error(`segment ${segment} is gone`);
    const fd = openSync(path, 'r');
    this.#handles.set(segment, fd);
    if (this.#handles.size > OPEN_FILES_MAX) {
      const [oldest] = this.#handles;
      if (oldest !== undefined) {
        closeSync(oldest[1]);
        this.#handles.delete(oldest[0]);
      }
    }
    return fd;
  }
  /** Gives memory back when sealed frames take too much: first those on disk, then, when the disk refuses, the oldest. */
  #shrink(): void {
    const { residentBytesMax } = this.#o.limits;
    while (this.#residentBytes > residentBytesMax) {
      const index = this.#resident.findIndex((frame) => frame.place !== undefined);
      if (index < 0 && this.#residentBytes < residentBytesMax * 2) return;
      const [frame] = this.#resident.splice(Math.max(0, index), 1);
      if (frame === undefined) return;
      this.#residentBytes -= frame.bytesLength;
      if (frame.place === undefined) {
        this.#metrics.dropped.inc();
        this.#unwritten.splice(this.#unwritten.findIndex((u) => u.frame === frame), 1);
      }
      frame.release();
    }
  }

  #walNow(): Wal | undefined {
    const { store, dir, now } = this.#o;
    const wal = this.#wal;
    if (wal !== undefined && wal.file.size < WAL_BYTES && now() - wal.openedAt < WAL_MS) return wal;
    if (now() < this.#retryAt) return undefined;
    if (wal !== undefined) this.#closeWal(wal);
    return this.#try(() => {
      const made: Wal = { file: new RecordWriter(`${dir}/wal-${this.#nextFile++}`, this.#ops), catalogue: new CatalogueWriter(store), last: new LastCells(), openedAt: now(), lastTime: 0 };
      if (this.#lost) for (const chain of store.chains.values()) this.#writeOpen(made, chain);
      this.#lost = false;
      this.#wal = made;
      this.#unsynced.add(dir);
      return made;
    });
  }
  /** Columns that came while the disk refused stand in no log file: the next one begins with them. */
  #writeOpen(wal: Wal, chain: Chain): void {
    if (chain.count === 0) return;
    wal.catalogue.know(chain, wal.file);
    for (let column = 0; column < chain.count; column++) wal.file.add((out) => writeColumn(out, chain, column, wal.last));
    wal.lastTime = Math.max(wal.lastTime, chain.lastTime);
  }
  #closeWal(wal: Wal): void {
    this.#wal = undefined;
    this.#try(() => wal.file.flush());
    this.#end(wal.file);
    this.#closed.push({ path: wal.file.path, size: wal.file.size, lastTime: wal.lastTime });
  }
  /** Writes all that was added; called often. */
  flush(): void {
    if (this.#wal !== undefined && this.#try(() => this.#wal?.file.flush()) === undefined && this.failing !== undefined) this.#abandonWal();
    if (this.#unwritten.length > 0 && this.#o.now() >= this.#retryAt) this.#writeFrames();
  }
  /** After a failed write nothing more goes into the file: the next begins anew with all that is open. */
  #abandonWal(): void {
    const wal = this.#wal;
    this.#wal = undefined;
    if (wal === undefined) return;
    this.#end(wal.file);
    this.#closed.push({ path: wal.file.path, size: wal.file.size, lastTime: wal.lastTime });
  }
  #writeFrames(): void {
    const written: { readonly frame: Frame; readonly offset: number; readonly length: number }[] = [];
    const ok = this.#try(() => {
      const open = this.#segmentNow();
      for (const { chain, frame } of this.#unwritten) {
        if (frame.bytes === undefined) continue;
        open.catalogue.know(chain, open.file);
        const bytes = frame.bytes;
        let head = 0;
        const { offset, length } = open.file.add((out) => {
          const from = out.at;
          out.byte(RECORD.frame);
          out.varint(chain.id);
          head = out.at - from;
          out.raw(bytes);
        });
        written.push({ frame, offset: offset + head, length: length - head });
        open.segment.maxTime = Math.max(open.segment.maxTime, frame.maxTime);
      }
      open.file.flush();
      open.segment.size = open.file.size;
      this.#atRisk.push({ file: open.file, end: open.file.size, minTime: this.#unwritten.reduce((least, { frame }) => Math.min(least, frame.minTime), Number.POSITIVE_INFINITY) });
      return open.segment.number;
    });
    if (ok === undefined) return this.#endSegment(); // a broken segment is left as it is; frames written before are whole
    for (const { frame, offset, length } of written) frame.place = { segment: ok, offset, length };
    this.#unwritten.length = 0;
    this.#shrink();
  }
  #segmentNow(): OpenSegment {
    const { store, dir, now } = this.#o;
    const open = this.#open;
    if (open !== undefined && open.file.size < SEGMENT_BYTES && now() - open.openedAt < SEGMENT_MS) return open;
    this.#endSegment();
    const number = this.#nextFile++;
    const path = `${dir}/seg-${number}`;
    const segment: Segment = { number, path, size: 0, maxTime: 0 };
    const made = { file: new RecordWriter(path, this.#ops), catalogue: new CatalogueWriter(store), segment, openedAt: now() };
    this.#segments.set(number, segment);
    this.#open = made;
    this.#unsynced.add(dir);
    return made;
  }
  #endSegment(): void {
    if (this.#open !== undefined) this.#end(this.#open.file);
    this.#open = undefined;
  }
  #end(file: RecordWriter): void {
    void file.close().then((error) => this.#unsafe(file, error));
  }
  /** A file the disk could not sync is written no more: the log begins anew with all that is open, and log files of frames at risk stay. */
  #unsafe(file: RecordWriter, error: Error | undefined): void {
    if (error === undefined) return;
    this.#refused(error);
    this.#abandonWal();
    if (this.#open?.file === file) this.#endSegment();
  }
  /** Runs a write; a refusal is remembered and told once, and the disk is left alone for a while. */
  #try<T>(write: () => T): T | undefined {
    try {
      const result = write();
      if (this.failing !== undefined) this.#o.log.info('the disk is written again');
      this.failing = undefined;
      return result;
    } catch (error) {
      this.#refused(error);
      return undefined;
    }
  }
  #refused(error: unknown): void {
    this.#metrics.errors.inc();
    if (this.failing === undefined) this.#o.log.error({ err: error }, 'the disk refuses to write: samples are kept in memory only');
    this.failing = errorText(error);
    this.#lost = true;
    this.#retryAt = this.#o.now() + RETRY_MS;
  }
  /** Asks the disk to keep all that is written, then deletes what is not needed any more. */
  sync(): Promise<void> {
    this.#syncing ??= this.#syncAll().finally(() => {
      this.#syncing = undefined;
    });
    return this.#syncing;
  }
  async #syncAll(): Promise<void> {
    const paths = [...this.#unsynced];
    this.#unsynced.clear();
    const files = new Set([this.#wal?.file, this.#open?.file, ...this.#atRisk.map((risk) => risk.file)].filter((file) => file !== undefined));
    await Promise.all([
      ...[...files].map(async (file) => this.#unsafe(file, await file.sync())),
      ...paths.map((path) => this.#ops.syncPath(path).catch((error: unknown) => {
        if (isGone(error)) return; // a segment beyond the retention
        this.#metrics.errors.inc();
        this.#unsynced.add(path);
      })),
    ]);
    this.maintain();
  }

  /** Deletes log files whose columns are all sealed and safe, and segments beyond the retention. */
  maintain(): void {
    const { store, limits, now } = this.#o;
    const before = now() - limits.retentionMs;
    let unsealed = Number.POSITIVE_INFINITY;
    for (const chain of store.chains.values()) unsealed = Math.min(unsealed, chain.openTime);
    for (const { frame } of this.#unwritten) unsealed = Math.min(unsealed, frame.minTime);
    this.#atRisk = this.#atRisk.filter((risk) => risk.file.syncedSize < risk.end && risk.minTime >= before);
    for (const { minTime } of this.#atRisk) unsealed = Math.min(unsealed, minTime);
    if (this.#unsynced.size === 0) this.#closed = this.#closed.filter((wal) => wal.lastTime >= unsealed || !this.#unlink(wal.path));
    let bytes = this.bytes.segments;
    for (const segment of [...this.#segments.values()].sort((a, b) => a.number - b.number)) {
      if (segment === this.#open?.segment || (segment.maxTime >= before && bytes <= limits.retentionBytesMax)) continue;
      if (!this.#unlink(segment.path)) continue;
      bytes -= segment.size;
      this.#forget(segment.number);
    }
  }
  #forget(segment: number): void {
    this.#segments.delete(segment);
    const fd = this.#handles.get(segment);
    if (fd !== undefined) closeSync(fd);
    this.#handles.delete(segment);
    for (const chain of this.#o.store.chains.values()) {
      for (let i = chain.frames.length - 1; i >= 0; i--) if (chain.frames[i]?.place?.segment === segment) chain.frames.splice(i, 1);
    }
  }
  #unlink(path: string): boolean {
    try {
      unlinkSync(path);
      return true;
    } catch (error) {
      if (isGone(error)) return true;
      this.#metrics.errors.inc();
      return false;
    }
  }
  get bytes(): { readonly wal: number; readonly segments: number } {
    let segments = 0;
    for (const segment of this.#segments.values()) segments += segment.size;
    return { wal: this.#closed.reduce((n, w) => n + w.size, 0) + (this.#wal?.file.size ?? 0), segments };
  }
  /** Resolves when all that was added survives a power cut. */
  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await this.#syncing;
    this.flush();
    await this.sync();
    await Promise.all([this.#wal?.file.close(), this.#open?.file.close()]);
    for (const fd of this.#handles.values()) closeSync(fd);
    this.#handles.clear();
  }
}
