import { closeSync, fdatasync, openSync, readFileSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { ByteWriter } from '../value-codec.ts';

/** The calls that write; a test gives its own to play a full disk. */
export type DiskOps = {
  open(path: string): number; write(fd: number, bytes: Uint8Array): number; close(fd: number): void;
  /** What was written to the file survives a power cut once `done` is called without an error. */
  sync(fd: number, done: (error: Error | null) => void): void;
  /** The same for a file that is not open, or for the names in a folder. */
  syncPath(path: string): Promise<void>;
};
async function syncPath(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
export const DISK: DiskOps = { open: (path) => openSync(path, 'ax', 0o600), write: (fd, bytes) => writeSync(fd, bytes), close: closeSync, sync: fdatasync, syncPath };

/** First bytes of every file; the last digit is the version of the format. */
const MAGIC = Buffer.from('PHAROSM1');
/** Length and checksum before each record. */
const HEAD = 8;
/** A record longer than this is a broken length. */
const RECORD_BYTES_MAX = 256 * 1024 * 1024;

/** Appends records (length, CRC-32, bytes) to a new file; they are collected and written by `flush`. */
export class RecordWriter {
  readonly path: string;
  readonly #ops: DiskOps;
  readonly #fd: number;
  readonly #out = new ByteWriter(16 * 1024);
  #closed = false;
  #broken = false;
  #syncing: Promise<Error | undefined> = Promise.resolve(undefined);
  #syncFailed = false;
  size = 0;
  /** Bytes that survive a power cut. */
  syncedSize = 0;
  constructor(path: string, ops: DiskOps) {
    this.path = path;
    this.#ops = ops;
    this.#fd = ops.open(path);
    this.#out.raw(MAGIC);
  }
  get pending(): number {
    return this.#out.at;
  }
  /** Adds a record; `write` appends its bytes. Returns where its bytes will stand in the file, and how many there are. */
  add(write: (out: ByteWriter) => void): { readonly offset: number; readonly length: number } {
    const out = this.#out;
    const head = out.at;
    out.uint32(0);
    out.uint32(0);
    const from = out.at;
    write(out);
    const length = out.at - from;
    const view = new DataView(out.bytes.buffer);
    view.setUint32(head, length, true);
    view.setUint32(head + 4, crc32(out.bytes.subarray(from, out.at)), true);
    return { offset: this.size + from, length };
  }
  /** Writes what was added; throws what the disk says, and then the file is not to be used any more. */
  flush(): void {
    if (this.#out.at === 0 || this.#closed) return;
    if (this.#broken) throw new Error('the file is broken');
    let done = 0;
    try {
      while (done < this.#out.at) done += this.#ops.write(this.#fd, this.#out.bytes.subarray(done, this.#out.at));
    } catch (error) {
      this.#broken = true;
      throw error;
    }
    this.size += done;
    this.#out.reset();
  }
  /** Asks the disk to keep what is written now; one call after the other. Gives what the disk said against it, once. */
  sync(): Promise<Error | undefined> {
    if (!this.#closed) this.#syncing = this.#syncing.then(() => this.#syncOnce());
    return this.#syncing;
  }
  #syncOnce(): Promise<Error | undefined> {
    const { size } = this;
    // After a failed sync Linux takes the pages for clean, and the next would say that all is well: the file stays unsafe.
    if (this.#syncFailed || size === this.syncedSize) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      this.#ops.sync(this.#fd, (error) => {
        if (error === null) this.syncedSize = size;
        else this.#syncFailed = true;
        resolve(error ?? undefined);
      });
    });
  }
  /** No more is written. The file is synced first, so that what stands in it is kept as well as what follows in the next. */
  close(): Promise<Error | undefined> {
    if (this.#closed) return this.#syncing;
    this.#syncing = this.sync().then((error) => {
      this.#ops.close(this.#fd);
      return error;
    });
    this.#closed = true;
    return this.#syncing;
  }
}

export type ReadOutcome = { readonly size: number; /** Bytes after the last whole record: a write that was cut off, or damage. */ readonly torn: number };

/** Gives every whole record of a file to `each`, with the offset of its bytes; stops at the first that is not whole or not as written. */
export function readRecords(path: string, each: (bytes: Uint8Array, offset: number) => void): ReadOutcome {
  const file = readFileSync(path);
  if (file.length < MAGIC.length || file.compare(MAGIC, 0, MAGIC.length, 0, MAGIC.length) !== 0) return { size: file.length, torn: file.length };
  let at = MAGIC.length;
  while (at + HEAD <= file.length) {
    const length = file.readUInt32LE(at);
    const end = at + HEAD + length;
    if (length > RECORD_BYTES_MAX || end > file.length) break;
    const bytes = file.subarray(at + HEAD, end);
    if (crc32(bytes) !== file.readUInt32LE(at + 4)) break;
    each(bytes, at + HEAD);
    at = end;
  }
  return { size: file.length, torn: file.length - at };
}
