import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterEach, expect, test } from 'vitest';
import fc from 'fast-check';
import { createLog, Registry } from '#server/lib';
import { METRICS_LIMITS } from '../limits.ts';
import { SampleBuffer } from './chain.ts';
import { ColumnWriter } from './column-writer.ts';
import { DiskJournal } from './journal/disk-journal.ts';
import { DISK } from './journal/record-file.ts';
import type { DiskOps } from './journal/record-file.ts';
import { SeriesStore } from './series-store.ts';
import { ByteWriter, Cells, decodeValues, encodeValues } from './value-codec.ts';

const log = createLog('test');
log.level = 'silent';
const dirs: string[] = [];
const folder = (): string => {
  const dir = mkdtempSync(`${tmpdir()}/pharos-store-`);
  dirs.push(dir);
  return dir;
};
afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true });
});

const cell = fc.oneof({ weight: 4, arbitrary: fc.integer({ min: -1000, max: 1000 }) }, fc.double(), fc.maxSafeInteger(), fc.constantFrom('absent' as const, 'stale' as const, Number.NaN, -0, Number.POSITIVE_INFINITY, 2 ** 49, -(2 ** 49)));
const fill = (cells: Cells, list: readonly (number | 'absent' | 'stale')[]): void => list.forEach((v, i) => (v === 'absent' ? cells.setAbsent(i) : v === 'stale' ? cells.setStale(i) : cells.set(i, v)));
const shown = (cells: Cells, n: number): readonly (number | 'absent' | 'stale')[] => Array.from({ length: n }, (_, i) => (cells.isAbsent(i) ? 'absent' : cells.isStale(i) ? 'stale' : (cells.values[i] ?? 0)));

test('values come back bit for bit, whatever their kind', () => {
  fc.assert(fc.property(fc.oneof(fc.array(cell, { minLength: 1, maxLength: 128 }), fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 128 }).map((steps) => steps.map(((sum) => (d: number) => (sum += d))(1e6)))), (list) => {
    const [from, to] = [new Cells(list.length), new Cells(list.length)];
    fill(from, list);
    const out = new ByteWriter(1);
    encodeValues(out, from, 0, list.length);
    decodeValues(out.bytes, 0, out.at, to, 0, list.length);
    expect(shown(to, list.length)).toEqual(list);
  }), { numRuns: 1000 });
});

test('a counter of small steps takes less than a byte a sample', () => {
  const cells = new Cells(64);
  fill(cells, Array.from({ length: 64 }, (_, i) => 1_000_000 + i * 10 + (i % 3)));
  const out = new ByteWriter();
  encodeValues(out, cells, 0, 64);
  expect(out.at).toBeLessThan(64);
});

type Written = Map<string, (readonly [number, number])[]>;
/** Writes columns of random series; a series may miss in a column. */
function writeColumns(store: SeriesStore, written: Written, options: { readonly chains: number; readonly from: number; readonly columns: number; readonly random: () => number }): void {
  for (let c = 0; c < options.chains; c++) {
    const key = `target-${c}`;
    const chain = store.liveChain(key) ?? store.createChain(key);
    const writer = new ColumnWriter(store, chain);
    for (let i = 0; i < options.columns; i++) {
      const t = options.from + i * 1000 + c;
      if (!writer.open(t)) throw new Error('time does not rise');
      for (let s = 0; s < 5; s++) {
        if (options.random() < 0.1) continue;
        const name = `m${s}_${c}`;
        const v = options.random() < 0.7 ? Math.floor(options.random() * 100) + i * 3 : options.random() * 1e6;
        writer.set(writer.slotOf(store.internLabels([['__name__', name], ['target', key], ['s', String(s)]])), v);
        written.set(name, [...(written.get(name) ?? []), [t, v]]);
      }
      writer.commit();
    }
  }
}
function readBack(store: SeriesStore, name: string): readonly (readonly [number, number])[] {
  const [ref] = store.select([{ name: '__name__', op: '=', value: name }], Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY);
  const buffer = new SampleBuffer();
  if (ref !== undefined) store.read(ref, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, buffer);
  return Array.from({ length: buffer.n }, (_, i) => [i, buffer.stale[i] ?? 0] as const).filter(([, stale]) => stale === 0).map(([i]) => [buffer.times[i] ?? 0, buffer.values[i] ?? 0]);
}
const random = (seed: number) => (): number => {
  seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
  return seed / 2 ** 32;
};
function openJournal(dir: string, options: { readonly ops?: DiskOps; readonly now?: () => number; readonly residentBytesMax?: number; readonly retentionBytesMax?: number } = {}): { readonly store: SeriesStore; readonly journal: DiskJournal; readonly registry: Registry } {
  const store = new SeriesStore({ seriesMax: 10_000 });
  const registry = new Registry();
  const limits = { ...METRICS_LIMITS, residentBytesMax: options.residentBytesMax ?? METRICS_LIMITS.residentBytesMax, retentionBytesMax: options.retentionBytesMax ?? METRICS_LIMITS.retentionBytesMax };
  const journal = new DiskJournal({ dir, store, limits, log, registry, now: options.now ?? ((): number => 1_000_000), ...(options.ops === undefined ? {} : { ops: options.ops }) });
  return { store, journal, registry };
}

test('all samples are there after the process is gone without a word, sealed ones and open ones', async () => {
  const dir = folder();
  const written: Written = new Map();
  const roll = random(7);
  let from = 1_000_000;
  for (let life = 0; life < 4; life++) {
    const { store, journal } = openJournal(dir, { residentBytesMax: 2000 });
    writeColumns(store, written, { chains: 3, from, columns: 150, random: roll });
    from += 200_000;
    journal.flush(); // what kill -9 leaves: written, not closed
  }
  const { store, journal } = openJournal(dir, { residentBytesMax: 2000 });
  expect(written.size).toBe(15);
  for (const [name, samples] of written) expect(readBack(store, name)).toEqual(samples);
  await journal.sync();
  expect(readdirSync(dir).filter((name) => name.startsWith('wal-')).length).toBeLessThanOrEqual(4);
  await journal.close();
});

/** A disk that forgets what was not synced: bytes of files, and names of a folder. */
function forgetfulDisk(): { readonly ops: DiskOps; readonly state: { refuse: boolean }; cut(dir: string): string } {
  type File = { size: number; synced: number; named: boolean };
  const files = new Map<string, File>();
  const open = new Map<number, { readonly path: string; readonly file: File }>();
  const state = { refuse: false };
  const later = (done: () => void): void => void setTimeout(done, 2);
  const ops: DiskOps = {
    open: (path) => {
      const fd = DISK.open(path);
      const file = { size: 0, synced: 0, named: false };
      files.set(path, file);
      open.set(fd, { path, file });
      return fd;
    },
    write: (fd, bytes) => {
      const done = DISK.write(fd, bytes);
      const known = open.get(fd);
      if (known !== undefined) known.file.size += done;
      return done;
    },
    close: DISK.close,
    sync: (fd, done) => {
      const known = open.get(fd);
      const size = known?.file.size ?? 0;
      const { refuse } = state;
      later(() => {
        if (known !== undefined && !refuse) known.file.synced = size;
        done(refuse ? new Error('EIO: i/o error, fdatasync') : null);
      });
    },
    syncPath: (path) => new Promise((resolve) => {
      const named = [...files].filter(([file]) => file.startsWith(`${path}/`)).map(([, file]) => file);
      later(() => {
        for (const file of named) file.named = true;
        resolve();
      });
    }),
  };
  const cut = (dir: string): string => {
    const after = folder();
    for (const name of readdirSync(dir)) {
      const file = files.get(`${dir}/${name}`);
      if (file?.named === true) writeFileSync(`${after}/${name}`, readFileSync(`${dir}/${name}`).subarray(0, file.synced));
    }
    return after;
  };
  return { ops, state, cut };
}
const walFiles = (dir: string): readonly string[] => readdirSync(dir).filter((name) => name.startsWith('wal-'));
const expectKept = (dir: string, written: ReadonlyMap<string, readonly (readonly [number, number])[]>): void => {
  const { store } = openJournal(dir);
  expect(written.size).toBeGreaterThan(0);
  for (const [name, samples] of written) expect(readBack(store, name).slice(0, samples.length), name).toEqual(samples);
};
const copyOf = (written: Written): Written => new Map([...written].map(([name, samples]) => [name, [...samples]]));

test('a power cut takes nothing that was there at the last sync, whatever was deleted since', async () => {
  const dir = folder();
  const written: Written = new Map();
  let now = 1_000_000;
  const disk = forgetfulDisk();
  const { store, journal } = openJournal(dir, { ops: disk.ops, now: () => now, residentBytesMax: 2000 });
  const roll = random(11);
  for (let round = 0; round < 12; round++) {
    writeColumns(store, written, { chains: 2, from: now, columns: 60, random: roll });
    journal.flush();
    const syncing = journal.sync();
    const kept = copyOf(written);
    now += 400_000; // a log file is closed after 5 minutes, a segment after an hour
    writeColumns(store, written, { chains: 2, from: now, columns: 60, random: roll }); // written while the disk is at it
    journal.flush();
    await syncing;
    expectKept(disk.cut(dir), kept);
    await journal.sync();
    expectKept(disk.cut(dir), written);
    now += 400_000;
  }
  await journal.close();
  expectKept(disk.cut(dir), written);
  expect(walFiles(dir).length).toBeLessThan(6); // of 24: log files do go
});

test('a sync the disk refuses is told, and log files stay until their samples are safe elsewhere', async () => {
  const dir = folder();
  const written: Written = new Map();
  let now = 1_000_000;
  const disk = forgetfulDisk();
  const { store, journal, registry } = openJournal(dir, { ops: disk.ops, now: () => now, residentBytesMax: 2000 });
  const roll = random(12);
  const round = async (): Promise<void> => {
    writeColumns(store, written, { chains: 2, from: now, columns: 150, random: roll });
    journal.flush();
    await journal.sync();
    now += 400_000;
  };
  await round();
  const kept = copyOf(written);
  disk.state.refuse = true;
  await round();
  expect(journal.failing).toContain('EIO');
  expect(registry.render()).toMatch(/pharos_metrics_disk_errors_total [1-9]/);
  expectKept(disk.cut(dir), kept);
  for (const [name, samples] of written) expect(readBack(store, name)).toEqual(samples);
  disk.state.refuse = false;
  await round();
  await round();
  expect(journal.failing).toBeUndefined();
  // The segment of the refused sync has lost its end, the one after it nothing: the log fills the hole between them, for good.
  const after = disk.cut(dir);
  expect(walFiles(after).length).toBeGreaterThan(1);
  expectKept(after, kept);
  const again = openJournal(after, { now: () => now });
  again.journal.flush();
  await again.journal.sync();
  await again.journal.close();
  expect(walFiles(after)).toHaveLength(1); // the newest: its columns are not sealed yet
  expectKept(after, kept);
  expectKept(dir, written);
  await journal.close();
});

test('a torn or damaged tail costs what it held, is counted, and stops nothing', () => {
  const dir = folder();
  const written: Written = new Map();
  const first = openJournal(dir);
  writeColumns(first.store, written, { chains: 1, from: 1_000_000, columns: 40, random: random(3) });
  first.journal.flush();
  const wal = `${dir}/${readdirSync(dir).find((name) => name.startsWith('wal-'))}`;
  truncateSync(wal, statSync(wal).size - 3);
  const second = openJournal(dir);
  expect(second.journal.corruptions).toBe(1);
  for (const [name, samples] of written) {
    const got = readBack(second.store, name);
    expect(got).toEqual(samples.slice(0, got.length));
    expect(got.length).toBeGreaterThanOrEqual(samples.length - 1);
  }
  const bytes = readFileSync(wal);
  bytes[Math.floor(bytes.length / 2)] = (bytes[Math.floor(bytes.length / 2)] ?? 0) ^ 0xff;
  writeFileSync(wal, bytes);
  const third = openJournal(dir);
  expect(third.journal.corruptions).toBe(1);
  expect(readBack(third.store, 'm0_0').length).toBeGreaterThan(5);
  writeFileSync(`${dir}/seg-99`, 'not a segment');
  expect(openJournal(dir).journal.corruptions).toBe(2);
});

test('a full disk stops nothing: samples stay readable, it is said and counted, and the log goes on when there is room', () => {
  const dir = folder();
  const written: Written = new Map();
  let full = false;
  let now = 1_000_000;
  const ops: DiskOps = { ...DISK, write: (fd, bytes) => {
    if (full) throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    return DISK.write(fd, bytes);
  } };
  const { store, journal, registry } = openJournal(dir, { ops, now: () => now });
  const roll = random(5);
  writeColumns(store, written, { chains: 2, from: 1_000_000, columns: 20, random: roll });
  journal.flush();
  full = true;
  writeColumns(store, written, { chains: 2, from: 2_000_000, columns: 200, random: roll });
  journal.flush();
  expect(journal.failing).toContain('ENOSPC');
  expect(registry.render()).toMatch(/pharos_metrics_disk_errors_total [1-9]/);
  for (const [name, samples] of written) expect(readBack(store, name)).toEqual(samples);
  full = false;
  now += 60_000;
  writeColumns(store, written, { chains: 2, from: 3_000_000, columns: 10, random: roll });
  journal.flush();
  expect(journal.failing).toBeUndefined();
  const again = openJournal(dir);
  for (const [name, samples] of written) expect(readBack(again.store, name)).toEqual(samples);
});

test('segments beyond the retention go, and the samples of the rest stay', () => {
  const dir = folder();
  const written: Written = new Map();
  let now = 1_000_000;
  const { store, journal } = openJournal(dir, { now: () => now, retentionBytesMax: 6000 });
  for (let i = 0; i < 6; i++) {
    writeColumns(store, written, { chains: 2, from: now, columns: 128, random: random(i) });
    now += 3_700_000; // a segment is closed after an hour
    journal.flush();
  }
  journal.maintain();
  expect(journal.bytes.segments).toBeLessThan(12_000);
  const all = written.get('m0_0') ?? [];
  const kept = readBack(store, 'm0_0');
  expect(kept.length).toBeLessThan(all.length);
  expect(kept).toEqual(all.slice(-kept.length));
  store.expire(now + 86_400_000);
  expect(store.seriesCount).toBe(10); // live chains keep their series
});

test('series are found by every kind of matcher', () => {
  const store = new SeriesStore({ seriesMax: 1000 });
  const writer = new ColumnWriter(store, store.createChain('x'));
  const slots = [...'abcdef'].map((c, i) => writer.slotOf(store.internLabels([['__name__', 'm'], ['l', c], ...(i % 2 === 0 ? [['even', 'yes'] as const] : [])])));
  writer.open(1000);
  for (const slot of slots) writer.set(slot, 1);
  writer.commit();
  const find = (...matchers: readonly (readonly [string, '=' | '!=' | '=~' | '!~', string])[]): string =>
    store.select([{ name: '__name__', op: '=', value: 'm' }, ...matchers.map(([name, op, value]) => ({ name, op, value }))], 0, 2000).map((ref) => store.symbols.text(store.labelValue(ref, store.symbols.find('l')))).join('');
  expect(find(['l', '=', 'b'])).toBe('b');
  expect(find(['l', '!=', 'b'])).toBe('acdef');
  expect(find(['l', '=~', 'a|c|z'])).toBe('ac');
  expect(find(['l', '=~', '[a-c]'])).toBe('abc');
  expect(find(['l', '!~', '[a-c]'])).toBe('def');
  expect(find(['even', '=', ''])).toBe('bdf');
  expect(find(['even', '!=', ''])).toBe('ace');
  expect(find(['even', '=~', '|no'])).toBe('bdf');
  expect(find(['even', '=~', '.+'], ['l', '!=', 'a'])).toBe('ce');
  expect(find(['none', '!=', 'x'])).toBe('abcdef');
  expect(find(['none', '=', 'x'])).toBe('');
});

test('dead label sets are cleared away and everything that lives is found as before', () => {
  const store = new SeriesStore({ seriesMax: 10_000 });
  const written: Written = new Map();
  const dead = store.createChain('dead');
  const writer = new ColumnWriter(store, dead);
  const slots = Array.from({ length: 100 }, (_, i) => writer.slotOf(store.internLabels([['__name__', 'gone'], ['i', String(i)]])));
  writer.open(500);
  for (const slot of slots) writer.set(slot, 1);
  writer.commit();
  store.retire(dead);
  writeColumns(store, written, { chains: 3, from: 1_000_000, columns: 200, random: random(9) });
  store.expire(900_000);
  expect([store.seriesCount, store.deadSeries]).toEqual([15, 100]);
  store.compact();
  expect([store.seriesCount, store.deadSeries]).toEqual([15, 0]);
  for (const [name, samples] of written) expect(readBack(store, name)).toEqual(samples);
  writeColumns(store, written, { chains: 3, from: 2_000_000, columns: 200, random: random(10) });
  for (const [name, samples] of written) expect(readBack(store, name)).toEqual(samples);
  expect(store.select([{ name: '__name__', op: '=', value: 'gone' }], 0, 1e9)).toEqual([]);
});

test('the limit on series leaves further ones out and counts them', () => {
  const store = new SeriesStore({ seriesMax: 2 });
  const writer = new ColumnWriter(store, store.createChain('x'));
  expect(['a', 'b', 'c'].map((name) => writer.slotOf(store.internLabels([['__name__', name]])))).toEqual([0, 1, -1]);
  expect(store.refusedSeries).toBe(1);
});

test('older samples read back later do not make a series look gone', () => {
  const store = new SeriesStore({ seriesMax: 10 });
  const ref = store.internLabels([['__name__', 'a']]);
  for (const t of [5000, 9000, 7000, 1000]) store.touch(ref, t);
  expect(store.lastTime(ref)).toBe(9000);
});
