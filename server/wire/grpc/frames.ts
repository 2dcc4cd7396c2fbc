import { GRPC, GrpcStatus } from './status.ts';

const HEAD_BYTES = 5;

/** A message with its five bytes in front: not compressed, length. */
export function frame(message: Uint8Array): Buffer {
  const out = Buffer.allocUnsafe(HEAD_BYTES + message.length);
  out[0] = 0;
  out.writeUInt32BE(message.length, 1);
  out.set(message, HEAD_BYTES);
  return out;
}

/** Cuts length-prefixed messages out of a stream; holds at most one unfinished message. */
export class FrameReader {
  readonly #bytesMax: number;
  #parts: Buffer[] = [];
  #held = 0;
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }
  /** The messages that are complete now. Throws a GrpcStatus for one that is too long or compressed. */
  push(chunk: Buffer): readonly Buffer[] {
    this.#parts.push(chunk);
    this.#held += chunk.length;
    const found: Buffer[] = [];
    for (;;) {
      const length = this.#lengthOfNext();
      if (length === undefined || this.#held < HEAD_BYTES + length) return found;
      const all = this.#parts.length === 1 ? (this.#parts[0] ?? Buffer.alloc(0)) : Buffer.concat(this.#parts);
      found.push(all.subarray(HEAD_BYTES, HEAD_BYTES + length));
      const rest = all.subarray(HEAD_BYTES + length);
      this.#parts = rest.length === 0 ? [] : [rest];
      this.#held = rest.length;
    }
  }
  #lengthOfNext(): number | undefined {
    if (this.#held < HEAD_BYTES) return undefined;
    if ((this.#parts[0]?.length ?? 0) < HEAD_BYTES) this.#parts = [Buffer.concat(this.#parts)];
    const [first] = this.#parts;
    if (first === undefined) return undefined;
    if (first[0] !== 0) throw new GrpcStatus(GRPC.unimplemented, 'compressed messages are not accepted');
    const length = first.readUInt32BE(1);
    if (length > this.#bytesMax) throw new GrpcStatus(GRPC.resourceExhausted, `a message of ${length} bytes is over the limit of ${this.#bytesMax}`);
    return length;
  }
}
