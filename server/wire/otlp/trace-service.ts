import { decodeOtlpProto } from './decode-proto.ts';
import { encodeOtlpTraces } from './encode-proto.ts';
import { ProtoReader } from './proto-reader.ts';
import { ProtoWriter } from './proto-writer.ts';
import type { OtlpTraces } from './otlp-types.ts';

/** What became of an export: how many spans were refused and why (both empty when all were stored). */
export type OtlpExportResult = { readonly rejectedSpans: number; readonly errorMessage: string };

/** ExportTraceServiceResponse; empty bytes on full success, as the specification asks. */
export function encodeExportResponse(result: OtlpExportResult): Buffer {
  const writer = new ProtoWriter(64);
  if (result.rejectedSpans === 0 && result.errorMessage === '') return writer.finish();
  writer.message(1, (w) => {
    w.int64(1, BigInt(result.rejectedSpans));
    if (result.errorMessage !== '') w.text(2, result.errorMessage);
  });
  return writer.finish();
}

export function decodeExportResponse(bytes: Uint8Array): OtlpExportResult {
  const reader = new ProtoReader(bytes);
  const result = { rejectedSpans: 0, errorMessage: '' };
  while (reader.more) {
    const tag = reader.tag();
    if (tag !== 0x0a) {
      reader.skip(tag);
      continue;
    }
    const outer = reader.enter();
    while (reader.more) {
      const inner = reader.tag();
      if (inner === 0x08) result.rejectedSpans = Number(reader.int64());
      else if (inner === 0x12) result.errorMessage = reader.text();
      else reader.skip(inner);
    }
    reader.leave(outer);
  }
  return result;
}

/** google.rpc.Status, the body of a refusal over HTTP with protobuf. */
export function encodeRpcStatus(code: number, message: string): Buffer {
  const writer = new ProtoWriter(64);
  writer.uint32(1, code);
  writer.text(2, message);
  return writer.finish();
}

/** opentelemetry.proto.collector.trace.v1.TraceService as @grpc/grpc-js wants it. */
export const traceService = {
  Export: {
    path: '/opentelemetry.proto.collector.trace.v1.TraceService/Export', requestStream: false, responseStream: false,
    requestSerialize: (v: OtlpTraces): Buffer => encodeOtlpTraces(v), requestDeserialize: (bytes: Buffer): OtlpTraces => decodeOtlpProto(bytes),
    responseSerialize: (v: OtlpExportResult): Buffer => encodeExportResponse(v), responseDeserialize: (bytes: Buffer): OtlpExportResult => decodeExportResponse(bytes),
  },
} as const;
