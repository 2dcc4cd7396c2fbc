import { ProtoWriter } from './proto-writer.ts';
import type { OtlpAttribute, OtlpSpan, OtlpTraces, OtlpValue } from './otlp-types.ts';

function writeValue(w: ProtoWriter, v: OtlpValue): void {
  if (typeof v === 'string') w.text(1, v);
  else if (typeof v === 'boolean') w.uint32(2, v ? 1 : 0);
  else if (typeof v === 'bigint') w.int64(3, v);
  else if (typeof v === 'number') w.double(4, v);
  else if (v instanceof Uint8Array) w.bytes(7, v);
  else if (v instanceof Map) w.message(6, (w) => v.forEach((value: OtlpValue, key: string) => writeAttribute(w, 1, key, value)));
  else if (Array.isArray(v)) w.message(5, (w) => v.forEach((item: OtlpValue) => w.message(1, (w) => writeValue(w, item))));
}
function writeAttribute(w: ProtoWriter, field: number, key: string, value: OtlpValue): void {
  const from = w.begin(field);
  w.text(1, key);
  const inner = w.begin(2);
  writeValue(w, value);
  w.end(inner);
  w.end(from);
}
const writeAttributes = (w: ProtoWriter, field: number, attributes: readonly OtlpAttribute[]): void => {
  for (const { key, value } of attributes) writeAttribute(w, field, key, value);
};

function writeSpan(w: ProtoWriter, span: OtlpSpan): void {
  w.hex(1, span.traceId);
  w.hex(2, span.spanId);
  if (span.traceState !== '') w.text(3, span.traceState);
  if (span.parentSpanId !== '') w.hex(4, span.parentSpanId);
  w.text(5, span.name);
  if (span.kind !== 0) w.uint32(6, span.kind);
  w.fixed64(7, span.startTimeUnixNano);
  w.fixed64(8, span.endTimeUnixNano);
  writeAttributes(w, 9, span.attributes);
  for (const event of span.events) {
    w.message(11, (w) => {
      w.fixed64(1, event.timeUnixNano);
      w.text(2, event.name);
      writeAttributes(w, 3, event.attributes);
    });
  }
  for (const link of span.links) {
    w.message(13, (w) => {
      w.hex(1, link.traceId);
      w.hex(2, link.spanId);
      if (link.traceState !== '') w.text(3, link.traceState);
      writeAttributes(w, 4, link.attributes);
    });
  }
  if (span.statusCode !== 0 || span.statusMessage !== '') {
    w.message(15, (w) => {
      if (span.statusMessage !== '') w.text(2, span.statusMessage);
      if (span.statusCode !== 0) w.uint32(3, span.statusCode);
    });
  }
  if (span.flags !== 0) w.fixed32(16, span.flags);
}

/** The bytes of ExportTraceServiceRequest: the body of `POST /v1/traces` with content type application/x-protobuf, and of gRPC's Export. */
export function encodeOtlpTraces(traces: OtlpTraces): Buffer {
  const writer = new ProtoWriter(4096);
  for (const resource of traces.resources) {
    writer.message(1, (w) => {
      w.message(1, (w) => writeAttributes(w, 1, resource.attributes));
      for (const scope of resource.scopes) {
        w.message(2, (w) => {
          w.message(1, (w) => {
            if (scope.scopeName !== '') w.text(1, scope.scopeName);
            if (scope.scopeVersion !== '') w.text(2, scope.scopeVersion);
          });
          for (const span of scope.spans) w.message(2, (w) => writeSpan(w, span));
        });
      }
    });
  }
  return writer.finish();
}
