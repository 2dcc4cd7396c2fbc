import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { parseRecord } from './log-format.ts';
import type { LogWriter } from './log-writer.ts';

/** Bytes read from the file at once. */
const CHUNK_BYTES = 64 * 1024;
const NEWLINE = Buffer.from('\n');

export type LogQuery = { readonly tailLines?: number; readonly sinceMs?: number; readonly timestamps?: boolean; readonly limitBytes?: number; readonly follow?: boolean };

/** Writes to a slow reader wait for it; false when it is gone. */
async function deliver(out: Writable, bytes: Buffer): Promise<boolean> {
  if (out.destroyed) return false;
  if (out.write(bytes)) return true;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      out.off('drain', done);
      out.off('close', done);
      resolve();
    };
    out.once('drain', done);
    out.once('close', done);
  });
  return !out.destroyed;
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Where the last `lines` full lines of a file begin; with how many lines the file gave when it has fewer. */
async function tailStart(file: FileHandle, lines: number): Promise<{ readonly at: number; readonly found: number }> {
  const { size } = await file.stat();
  let found = 0;
  let at = size;
  while (at > 0) {
    const from = Math.max(0, at - CHUNK_BYTES);
    const { buffer } = await file.read(Buffer.alloc(at - from), 0, at - from, from);
    for (let i = buffer.length - 1; i >= 0; i--) {
      if (buffer[i] !== 10 || from + i === size - 1) continue; // the newline that ends the file begins no line
      if (isPartialBefore(buffer, i)) continue;
      found += 1;
      if (found === lines) return { at: from + i + 1, found };
    }
    at = from;
  }
  return { at: 0, found: size === 0 ? 0 : found + 1 };
}

/** True when the record that ends at this newline is a piece of a longer line (looked at only where its head is in the buffer). */
function isPartialBefore(buffer: Buffer, newlineAt: number): boolean {
  const start = buffer.lastIndexOf(10, newlineAt - 1) + 1;
  return parseRecord(buffer.subarray(start, newlineAt))?.partial === true;
}

/** Reads one log: turns records into text and writes them out, within the limits of the query. */
export class LogReader {
  readonly #out: Writable;
  readonly #query: LogQuery;
  #held = Buffer.alloc(0);
  #left: number;
  #lineOpen = false;

  constructor(out: Writable, query: LogQuery) {
    this.#out = out;
    this.#query = query;
    this.#left = query.limitBytes ?? Number.POSITIVE_INFINITY;
  }

  /** Sends the log at `path` (with the part that was put aside), then what `writer` adds while it lives, if the query follows. */
  async send(path: string, writer: LogWriter | undefined): Promise<void> {
    const follow = this.#query.follow === true && writer !== undefined && !writer.ended;
    let rotations = 0;
    let wake: () => void = () => {};
    const stopListening = writer?.listen((what) => {
      if (what === 'rotated') rotations += 1;
      wake();
    });
    this.#out.once('close', () => wake());
    let file: FileHandle | undefined;
    try {
      let position = await this.#sendOld(path);
      file = await openIfThere(path);
      let seen = rotations;
      for (;;) {
        file ??= await openIfThere(path);
        if (file !== undefined) position = await this.#sendFrom(file, position);
        if (position < 0 || this.#out.destroyed) return;
        if (seen !== rotations) {
          // The old file was read to its end; the new one starts at 0.
          seen = rotations;
          await file?.close();
          file = undefined;
          position = 0;
          continue;
        }
        if (!follow || writer.ended) return;
        await new Promise<void>((resolve) => {
          wake = resolve;
          if (this.#out.destroyed || seen !== rotations || writer.ended) resolve();
        });
      }
    } finally {
      stopListening?.();
      await file?.close();
    }
  }

  /** The part that was put aside, as far as the query wants it; gives back where to start in the current file. */
  async #sendOld(path: string): Promise<number> {
    const tail = this.#query.tailLines;
    let start = 0;
    let wanted = tail ?? Number.POSITIVE_INFINITY;
    if (tail !== undefined) {
      const file = await openIfThere(path);
      if (file !== undefined) {
        const size = (await file.stat()).size;
        const found = tail === 0 ? { at: size, found: 0 } : await tailStart(file, tail);
        await file.close();
        start = found.at;
        wanted = start > 0 || tail === 0 ? 0 : tail - found.found;
      }
    }
    const old = wanted > 0 ? await openIfThere(`${path}.1`) : undefined;
    if (old === undefined) return start;
    const from = Number.isFinite(wanted) ? (await tailStart(old, wanted)).at : 0;
    const end = await this.#sendFrom(old, from);
    await old.close();
    return end < 0 ? end : start;
  }

  /** Sends from a position to the end of the file; the new position, or -1 when the reader has enough or is gone. */
  async #sendFrom(file: FileHandle, from: number): Promise<number> {
    let position = from;
    for (;;) {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(CHUNK_BYTES), 0, CHUNK_BYTES, position);
      if (bytesRead === 0) return position;
      position += bytesRead;
      if (!(await this.#sendLines(Buffer.concat([this.#held, buffer.subarray(0, bytesRead)])))) return -1;
    }
  }

  async #sendLines(bytes: Buffer): Promise<boolean> {
    const out: Buffer[] = [];
    let from = 0;
    for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, from)) {
      this.#take(bytes.subarray(from, at), out);
      from = at + 1;
    }
    this.#held = Buffer.from(bytes.subarray(from));
    if (out.length === 0) return true;
    const text = Buffer.concat(out);
    const within = text.length > this.#left ? text.subarray(0, this.#left) : text;
    this.#left -= within.length;
    return (within.length === 0 || (await deliver(this.#out, within))) && this.#left > 0;
  }

  #take(line: Buffer, out: Buffer[]): void {
    const record = parseRecord(line);
    if (record === undefined) return;
    if (this.#query.sinceMs !== undefined && Date.parse(record.stamp) < this.#query.sinceMs) return;
    if (this.#query.timestamps === true && !this.#lineOpen) out.push(Buffer.from(`${record.stamp} `));
    out.push(record.text);
    this.#lineOpen = record.partial;
    if (!record.partial) out.push(NEWLINE);
  }
}
