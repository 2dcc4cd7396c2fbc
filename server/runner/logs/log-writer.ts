import { mkdirSync, statSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Readable } from 'node:stream';
import { errorText } from '#shared/base';
import { LineCutter, stampOf } from './log-format.ts';
import type { StreamName } from './log-format.ts';

/** A log file is put aside at this size; the one before it is then dropped. So a container keeps 10 to 20 MB. */
export const FILE_BYTES_MAX = 10 * 1024 * 1024;
/** Output waiting to be written; above it the container's output is not read until there is room. */
const PENDING_BYTES_MAX = 1024 * 1024;

/** Tells readers that follow a log that there is more, that the file was put aside, or that the container ended. */
export type LogListener = (what: 'more' | 'rotated' | 'ended') => void;
export type LogOptions = { readonly path: string; readonly fileBytesMax?: number; readonly now?: () => Date; readonly onDropped?: (bytes: number, why: string) => void };

/** The log of one run of a container. A disk that is full loses lines (counted), never the container. */
export class LogWriter {
  readonly path: string;
  droppedBytes = 0;
  ended = false;
  readonly #fileBytesMax: number;
  readonly #now: () => Date;
  readonly #onDropped: (bytes: number, why: string) => void;
  readonly #listeners = new Set<LogListener>();
  readonly #sources: Readable[] = [];
  #file: FileHandle | undefined;
  #torn = false;
  #fileBytes: number;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #writing: Promise<void> | undefined;

  constructor(options: LogOptions) {
    this.path = options.path;
    this.#fileBytesMax = options.fileBytesMax ?? FILE_BYTES_MAX;
    this.#now = options.now ?? (() => new Date());
    this.#onDropped = options.onDropped ?? (() => {});
    mkdirSync(dirname(options.path), { recursive: true });
    this.#fileBytes = sizeOf(options.path);
  }

  /** Stores what the stream gives, line by line, and pauses it when the disk cannot follow. */
  read(source: Readable, name: StreamName): void {
    const cutter = new LineCutter(name);
    this.#sources.push(source);
    source.on('data', (chunk: Buffer) => this.#push(cutter.push(chunk, stampOf(this.#now()))));
    source.once('close', () => this.#push(cutter.end(stampOf(this.#now()))));
    source.on('error', () => source.destroy()); // a broken pipe is the end of the output
  }

  listen(listener: LogListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Writes what is left and closes the file. */
  async end(): Promise<void> {
    await this.#writing;
    this.ended = true;
    await this.#close();
    this.#tell('ended');
  }

  #push(records: readonly Buffer[]): void {
    if (records.length === 0 || this.ended) return;
    for (const record of records) {
      this.#pending.push(record);
      this.#pendingBytes += record.length;
    }
    if (this.#pendingBytes > PENDING_BYTES_MAX) for (const source of this.#sources) source.pause();
    this.#writing ??= this.#drain();
  }

  async #drain(): Promise<void> {
    await new Promise(setImmediate); // lines of one turn are one write
    while (this.#pending.length > 0) {
      const bytes = Buffer.concat(this.#pending);
      this.#pending = [];
      this.#pendingBytes = 0;
      await this.#write(bytes);
      for (const source of this.#sources) if (source.isPaused()) source.resume();
      this.#tell('more');
    }
    this.#writing = undefined;
  }

  async #write(bytes: Buffer): Promise<void> {
    try {
      if (this.#fileBytes > 0 && this.#fileBytes + bytes.length > this.#fileBytesMax) await this.#rotate();
      this.#file ??= await open(this.path, 'a', 0o600);
      // After a write that failed half way the next one starts on a line of its own.
      await this.#file.appendFile(this.#torn ? Buffer.concat([Buffer.from('\n'), bytes]) : bytes);
      this.#torn = false;
      this.#fileBytes += bytes.length;
    } catch (error) {
      this.#torn = true;
      this.droppedBytes += bytes.length;
      this.#onDropped(bytes.length, errorText(error));
      await this.#close(); // opened anew for the next line: there may be room again
      this.#fileBytes = sizeOf(this.path);
    }
  }

  async #close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    try {
      await file?.close();
    } catch (error) {
      this.#onDropped(0, errorText(error));
    }
  }

  async #rotate(): Promise<void> {
    await this.#close();
    await rename(this.path, `${this.path}.1`);
    this.#fileBytes = 0;
    this.#tell('rotated');
  }

  #tell(what: 'more' | 'rotated' | 'ended'): void {
    for (const listener of this.#listeners) listener(what);
  }
}

const sizeOf = (path: string): number => {
  try {
    return statSync(path).size;
  } catch {
    return 0; // not there yet
  }
};
