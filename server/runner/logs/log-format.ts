/** Longest piece of a line that is stored as one record; longer lines are cut into partial records (CRI: 16 KiB). */
export const PIECE_BYTES_MAX = 16 * 1024;
export type StreamName = 'stdout' | 'stderr';

/** RFC3339 with nanoseconds, as the container runtime stamps lines; the clock gives milliseconds. */
export const stampOf = (date: Date): string => `${date.toISOString().slice(0, -1)}000000Z`;
/** Bytes of `<stamp> <stream> <F|P> `. */
export const HEAD_BYTES = 30 + 1 + 6 + 1 + 1 + 1;

/** Cuts one output stream into records `<stamp> <stream> <F|P> <text>\n` (CRI log format): P is a piece of a line that goes on. */
export class LineCutter {
  readonly #stream: StreamName;
  #held: Buffer[] = [];
  #heldBytes = 0;

  constructor(stream: StreamName) {
    this.#stream = stream;
  }

  /** The records that a chunk completes. */
  push(chunk: Buffer, stamp: string): readonly Buffer[] {
    const out: Buffer[] = [];
    let from = 0;
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
      this.#cutLong(out, chunk.subarray(from, at), stamp);
      out.push(this.#head(stamp, 'F'), ...this.#held, NEWLINE);
      this.#held = [];
      this.#heldBytes = 0;
      from = at + 1;
    }
    this.#cutLong(out, chunk.subarray(from), stamp);
    return out;
  }

  /** What is left without a newline when the stream ends. */
  end(stamp: string): readonly Buffer[] {
    if (this.#heldBytes === 0) return [];
    const out = [this.#head(stamp, 'F'), ...this.#held, NEWLINE];
    this.#held = [];
    this.#heldBytes = 0;
    return out;
  }

  #cutLong(out: Buffer[], text: Buffer, stamp: string): void {
    let rest = text;
    while (this.#heldBytes + rest.length > PIECE_BYTES_MAX) {
      const room = PIECE_BYTES_MAX - this.#heldBytes;
      out.push(this.#head(stamp, 'P'), ...this.#held, rest.subarray(0, room), NEWLINE);
      this.#held = [];
      this.#heldBytes = 0;
      rest = rest.subarray(room);
    }
    if (rest.length === 0) return;
    this.#held.push(Buffer.from(rest)); // copied: the chunk it lies in is large and short-lived
    this.#heldBytes += rest.length;
  }

  #head(stamp: string, tag: 'F' | 'P'): Buffer {
    return Buffer.from(`${stamp} ${this.#stream} ${tag} `, 'latin1');
  }
}

const NEWLINE = Buffer.from('\n');

export type Record = { readonly stamp: string; readonly stream: string; readonly partial: boolean; readonly text: Buffer };
/** One stored line taken apart; undefined for one that is none (a file cut by a full disk). */
export function parseRecord(line: Buffer): Record | undefined {
  const a = line.indexOf(32);
  const b = a < 0 ? -1 : line.indexOf(32, a + 1);
  if (b < 0 || line[b + 2] !== 32) return undefined;
  const tag = line[b + 1];
  if (tag !== 70 && tag !== 80) return undefined;
  return { stamp: line.toString('latin1', 0, a), stream: line.toString('latin1', a + 1, b), partial: tag === 80, text: line.subarray(b + 3) };
}
