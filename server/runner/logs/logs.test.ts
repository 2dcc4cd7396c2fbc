import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { PassThrough, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { LineCutter, parseRecord, PIECE_BYTES_MAX } from './log-format.ts';
import { LogReader } from './log-reader.ts';
import type { LogQuery } from './log-reader.ts';
import { LogWriter } from './log-writer.ts';

const dir = mkdtempSync(`${tmpdir()}/pharos-logs-`);
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const until = async (ready: () => boolean): Promise<void> => {
  for (let i = 0; i < 2000 && !ready(); i++) await sleep(5);
  expect(ready()).toBe(true);
};

class Sink extends Writable {
  text = '';
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString('utf8');
    setImmediate(done);
  }
}
async function read(path: string, query: LogQuery = {}, writer?: LogWriter): Promise<string> {
  const sink = new Sink({ highWaterMark: 1024 });
  await new LogReader(sink, query).send(path, writer);
  return sink.text;
}
async function written(name: string, chunks: readonly string[], options: { readonly fileBytesMax?: number; readonly now?: () => Date } = {}): Promise<LogWriter> {
  const writer = new LogWriter({ path: `${dir}/${name}`, ...options });
  const source = new PassThrough();
  writer.read(source, 'stdout');
  for (const chunk of chunks) source.write(chunk);
  source.end();
  await until(() => source.closed || source.destroyed || source.readableEnded);
  await sleep(5);
  await writer.end();
  return writer;
}

test('lines come back as they were, however they were cut', () => {
  fc.assert(fc.property(fc.array(fc.string({ maxLength: 200 })), fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }), fc.boolean(), (lines, cuts, long) => {
    const texts = [...lines.map((line) => line.replaceAll('\n', ' ')), ...(long ? ['x'.repeat(PIECE_BYTES_MAX * 2 + 7)] : [])];
    const bytes = Buffer.from(texts.map((line) => `${line}\n`).join(''));
    const cutter = new LineCutter('stdout');
    const records: Buffer[] = [];
    for (let at = 0, i = 0; at < bytes.length; i++) {
      const size = (cuts[i % cuts.length] ?? 1) * (long ? 500 : 1);
      records.push(...cutter.push(bytes.subarray(at, at + size), 'T'));
      at += size;
    }
    records.push(...cutter.end('T'));
    let back = '';
    for (const line of Buffer.concat(records).toString('latin1').split('\n').slice(0, -1)) {
      const record = parseRecord(Buffer.from(line, 'latin1'));
      if (record === undefined) return false;
      if (record.text.length > PIECE_BYTES_MAX) return false;
      back += record.text.toString('latin1') + (record.partial ? '' : '\n');
    }
    return back === bytes.toString('latin1');
  }), { numRuns: 60 });
});

test('tail, since, limit and timestamps', async () => {
  let second = 0;
  const writer = await written('a.log', ['one\n', 'two\nthr', 'ee\nno newline'], { now: () => new Date(Date.UTC(2026, 0, 1, 0, 0, second)) });
  expect(await read(writer.path)).toBe('one\ntwo\nthree\nno newline\n');
  expect(await read(writer.path, { tailLines: 2 })).toBe('three\nno newline\n');
  expect(await read(writer.path, { tailLines: 0 })).toBe('');
  expect(await read(writer.path, { tailLines: 99 })).toBe('one\ntwo\nthree\nno newline\n');
  expect(await read(writer.path, { limitBytes: 5 })).toBe('one\nt');
  expect(await read(writer.path, { tailLines: 1, timestamps: true })).toBe('2026-01-01T00:00:00.000000000Z no newline\n');
  second = 30;
  const source = new PassThrough();
  const again = new LogWriter({ path: writer.path, now: () => new Date(Date.UTC(2026, 0, 1, 0, 0, second)) });
  again.read(source, 'stderr');
  source.end('late\n');
  await until(() => source.destroyed || source.readableEnded);
  await sleep(5);
  await again.end();
  expect(await read(writer.path, { sinceMs: Date.UTC(2026, 0, 1, 0, 0, 10) })).toBe('late\n');
});

test('a log of 100 MB keeps the newest lines in two files and the memory small', async () => {
  const writer = new LogWriter({ path: `${dir}/big.log` });
  const source = new PassThrough();
  writer.read(source, 'stdout');
  const line = `${'y'.repeat(99)}\n`;
  const chunk = line.repeat(640);
  for (let i = 0; i < 1600; i++) if (!source.write(chunk)) await new Promise((resolve) => source.once('drain', resolve));
  source.end('the last line\n');
  await until(() => source.readableEnded);
  await sleep(20);
  await writer.end();
  const sizes = [writer.path, `${writer.path}.1`].map((path) => statSync(path).size);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(10 * 1024 * 1024);
  expect(await read(writer.path, { tailLines: 2 })).toBe(`${line}the last line\n`);
  expect((await read(writer.path)).length).toBeGreaterThan(10 * 1024 * 1024 * 0.7);
  expect(writer.droppedBytes).toBe(0);
}, 60_000);

test('a full disk drops lines, counts them, and is tried again', async () => {
  const why: string[] = [];
  const writer = new LogWriter({ path: '/dev/full', onDropped: (bytes, text) => void why.push(`${bytes > 0} ${text.slice(0, 6)}`) });
  const source = new PassThrough();
  writer.read(source, 'stdout');
  source.write('lost\n');
  await until(() => why.length === 1);
  source.write('lost too\n');
  await until(() => why.length === 2);
  expect(why).toEqual(['true ENOSPC', 'true ENOSPC']);
  expect(writer.droppedBytes).toBeGreaterThan(80);
  await writer.end();
});

test('a follower gets lines as they come, over a rotation, and ends with the container', async () => {
  const writer = new LogWriter({ path: `${dir}/follow.log`, fileBytesMax: 4000 });
  const source = new PassThrough();
  writer.read(source, 'stdout');
  source.write('first\n');
  const sink = new Sink({ highWaterMark: 64 });
  const sent = new LogReader(sink, { follow: true, tailLines: 10 }).send(writer.path, writer);
  await until(() => sink.text === 'first\n');
  let all = 'first\n';
  for (let i = 0; i < 200; i++) {
    source.write(`line ${i} ${'z'.repeat(50)}\n`);
    all += `line ${i} ${'z'.repeat(50)}\n`;
    if (i % 10 === 0) await sleep(2);
    await until(() => sink.text.length >= all.length - 600);
  }
  await until(() => sink.text === all);
  source.end();
  await until(() => source.readableEnded);
  await writer.end();
  await sent;
  expect(sink.text).toBe(all);
  expect(readFileSync(`${writer.path}.1`, 'utf8').length).toBeGreaterThan(0);
});

test('a reader that goes away ends the sending', async () => {
  const writer = new LogWriter({ path: `${dir}/gone.log` });
  const sink = new Sink();
  const sent = new LogReader(sink, { follow: true }).send(writer.path, writer);
  await sleep(10);
  sink.destroy();
  await sent;
  await writer.end();
  expect(writer.ended).toBe(true);
});
