/** Takes the data of a message as it is read. */
export type BodySink = { onBody(data: Buffer): void };
export const FRAMING = { none: 0, length: 1, chunked: 2, untilClose: 3 } as const;
export type Framing = (typeof FRAMING)[keyof typeof FRAMING];

const STATE = { size: 0, extension: 1, sizeLf: 2, data: 3, dataCr: 4, dataLf: 5, lineStart: 6, trailer: 7, trailerLf: 8, endLf: 9 } as const;
/** Digits of a chunk size: above 2^52 nothing is believable. */
const SIZE_DIGITS_MAX = 13;
/** Bytes of chunk extensions in one message (CVE-2024-22019: endless extensions). */
const EXTENSION_BYTES_MAX = 1024;
/** Bytes of trailers in one message. Trailers are read and dropped, as Envoy does by default. */
const TRAILER_BYTES_MAX = 16 * 1024;

const hexValue = (c: number): number => (c >= 48 && c <= 57 ? c - 48 : c >= 97 && c <= 102 ? c - 87 : c >= 65 && c <= 70 ? c - 55 : -1);

/** Reads the body of one message after another. Strict: CRLF only, no blanks round sizes, bounded extensions and trailers (RFC 9112 §7.1). */
export class BodyReader {
  done = true;
  framing: Framing = FRAMING.none;
  #left = 0;
  #state = 0;
  #digits = 0;
  #spare = 0;

  start(framing: Framing, length: number): void {
    this.framing = framing;
    this.done = framing === FRAMING.none || (framing === FRAMING.length && length === 0);
    this.#left = framing === FRAMING.length ? length : 0;
    this.#state = STATE.size;
    this.#digits = 0;
    this.#spare = 0;
  }
  /** Reads from `from` on; the index of the first byte that is not part of this message, or -1 when the bytes are no valid body. */
  read(chunk: Buffer, from: number, sink: BodySink): number {
    if (this.done) return from;
    if (this.framing === FRAMING.untilClose) {
      sink.onBody(from === 0 ? chunk : chunk.subarray(from));
      return chunk.length;
    }
    if (this.framing === FRAMING.chunked) return this.#chunked(chunk, from, sink);
    const end = Math.min(chunk.length, from + this.#left);
    this.#left -= end - from;
    if (this.#left === 0) this.done = true;
    sink.onBody(from === 0 && end === chunk.length ? chunk : chunk.subarray(from, end));
    return end;
  }
  /** The connection ended: true when that ends this body as it should. */
  finish(): boolean {
    if (this.framing === FRAMING.untilClose) this.done = true;
    return this.done;
  }
  #chunked(chunk: Buffer, from: number, sink: BodySink): number {
    let i = from;
    while (i < chunk.length) {
      if (this.#state === STATE.data) {
        const end = Math.min(chunk.length, i + this.#left);
        this.#left -= end - i;
        sink.onBody(chunk.subarray(i, end));
        i = end;
        if (this.#left === 0) this.#state = STATE.dataCr;
        continue;
      }
      const ok = this.#state < STATE.dataCr ? this.#sizeByte(chunk[i] ?? 0) : this.#lineByte(chunk[i] ?? 0);
      if (!ok) return -1;
      i++;
      if (this.done) return i;
    }
    return i;
  }
  #sizeByte(c: number): boolean {
    if (this.#state === STATE.size) {
      const v = hexValue(c);
      if (v >= 0) {
        this.#left = this.#left * 16 + v;
        return ++this.#digits <= SIZE_DIGITS_MAX;
      }
      if (this.#digits === 0 || (c !== 13 && c !== 59)) return false;
      this.#state = c === 13 ? STATE.sizeLf : STATE.extension;
      return true;
    }
    if (this.#state === STATE.extension) {
      if (c === 13) this.#state = STATE.sizeLf;
      else if ((c < 32 && c !== 9) || c === 127 || ++this.#spare > EXTENSION_BYTES_MAX) return false;
      return true;
    }
    if (c !== 10) return false;
    this.#state = this.#left === 0 ? STATE.lineStart : STATE.data;
    if (this.#left === 0) this.#spare = 0;
    return true;
  }
  #lineByte(c: number): boolean {
    switch (this.#state) {
      case STATE.dataCr:
        this.#state = STATE.dataLf;
        return c === 13;
      case STATE.dataLf:
        this.#state = STATE.size;
        this.#digits = 0;
        return c === 10;
      case STATE.lineStart:
        if (c === 13) this.#state = STATE.endLf;
        else this.#state = STATE.trailer;
        return c === 13 || (c > 32 && c !== 127 && c !== 58);
      case STATE.trailer:
        if (c === 13) this.#state = STATE.trailerLf;
        return c === 13 || ((c >= 32 || c === 9) && c !== 127 && ++this.#spare <= TRAILER_BYTES_MAX);
      case STATE.trailerLf:
        this.#state = STATE.lineStart;
        return c === 10;
      default:
        this.done = c === 10;
        return c === 10;
    }
  }
}
