/** A finished span in the form the exporter sends. Times in nanoseconds would not fit a number exactly, so they are milliseconds with a fraction. */
export type FinishedSpan = {
  readonly traceId: string; readonly spanId: string; readonly parentId: string | undefined; readonly state: string | undefined; readonly name: string; readonly kind: 'server' | 'client';
  readonly startMs: number; readonly endMs: number; readonly error: boolean; readonly tags: readonly (readonly [string, string])[];
};

/** opentelemetry.proto.trace.v1.Span.SpanKind. */
const KIND = { server: 2, client: 3 } as const;
const STATUS_ERROR = 2;

/**
 * Writes protobuf backwards is what libraries do; here a message is a list of pieces whose length is summed up, which is enough for a batch every second.
 * Fields are those of opentelemetry/proto/trace/v1/trace.proto.
 */
class Writer {
  readonly #pieces: Buffer[] = [];
  #length = 0;
  #push(piece: Buffer): this {
    this.#pieces.push(piece);
    this.#length += piece.length;
    return this;
  }
  varint(field: number, v: number): this {
    return this.#push(varints(field << 3, v));
  }
  bytes(field: number, data: Buffer): this {
    this.#push(varints((field << 3) | 2, data.length));
    return this.#push(data);
  }
  text(field: number, text: string): this {
    return this.bytes(field, Buffer.from(text, 'utf8'));
  }
  message(field: number, inner: Writer): this {
    this.#push(varints((field << 3) | 2, inner.#length));
    for (const piece of inner.#pieces) this.#push(piece);
    return this;
  }
  time(field: number, ms: number): this {
    const out = Buffer.alloc(9);
    out[0] = (field << 3) | 1;
    out.writeBigUInt64LE(BigInt(Math.floor(ms)) * 1_000_000n + BigInt(Math.round((ms - Math.floor(ms)) * 1e6)), 1);
    return this.#push(out);
  }
  finish(): Buffer {
    return Buffer.concat(this.#pieces, this.#length);
  }
}

function varints(...numbers: readonly number[]): Buffer {
  const out: number[] = [];
  for (const n of numbers) {
    let left = n;
    while (left > 0x7f) {
      out.push((left % 128) | 0x80);
      left = Math.floor(left / 128);
    }
    out.push(left);
  }
  return Buffer.from(out);
}

/** KeyValue { key = 1, value = 2 { string_value = 1 } }. */
const attribute = (key: string, v: string): Writer => new Writer().text(1, key).message(2, new Writer().text(1, v));

function spanMessage(span: FinishedSpan): Writer {
  const out = new Writer().bytes(1, Buffer.from(span.traceId, 'hex')).bytes(2, Buffer.from(span.spanId, 'hex'));
  if (span.state !== undefined) out.text(3, span.state);
  if (span.parentId !== undefined) out.bytes(4, Buffer.from(span.parentId, 'hex'));
  out.text(5, span.name).varint(6, KIND[span.kind]).time(7, span.startMs).time(8, span.endMs);
  for (const [key, v] of span.tags) out.message(9, attribute(key, v));
  if (span.error) out.message(15, new Writer().varint(3, STATUS_ERROR));
  return out;
}

/** ExportTraceServiceRequest with one resource and one scope. */
export function encodeSpans(resource: readonly (readonly [string, string])[], spans: readonly FinishedSpan[]): Buffer {
  const attributes = new Writer();
  for (const [key, v] of resource) attributes.message(1, attribute(key, v));
  const scope = new Writer().message(1, new Writer().text(1, 'pharos-proxy'));
  for (const span of spans) scope.message(2, spanMessage(span));
  return new Writer().message(1, new Writer().message(1, attributes).message(2, scope)).finish();
}
