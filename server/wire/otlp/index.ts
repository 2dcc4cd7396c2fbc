export { decodeOtlpJson } from './decode-json.ts';
export { decodeOtlpProto } from './decode-proto.ts';
export { otlpTracesJson } from './encode-json.ts';
export { encodeOtlpTraces } from './encode-proto.ts';
export { OtlpError, SPAN_KIND, STATUS_CODE } from './otlp-types.ts';
export type { OtlpAttribute, OtlpEvent, OtlpLink, OtlpResourceSpans, OtlpScopeSpans, OtlpSpan, OtlpTraces, OtlpValue } from './otlp-types.ts';
export { decodeExportResponse, encodeExportResponse, encodeRpcStatus, traceService } from './trace-service.ts';
export type { OtlpExportResult } from './trace-service.ts';
