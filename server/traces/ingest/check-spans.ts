import { STATUS_CODE } from '#server/wire';
import type { OtlpAttribute, OtlpSpan, OtlpTraces } from '#server/wire';
import type { TraceLimits } from '../limits.ts';
import type { StoredSpan } from '../span.ts';
import { atMost, attributesBytes, exactly, spanBytes } from './span-bytes.ts';

/** The name Jaeger gives a resource that has none. */
const NO_SERVICE = 'OTLPResourceNoServiceName';
const NANOS_MAX = 2n ** 53n * 1000n; // microseconds still fit a JavaScript number
const ZERO_TRACE = '0'.repeat(32);
const ZERO_SPAN = '0'.repeat(16);

export type CheckedSpans = { readonly spans: readonly StoredSpan[]; readonly rejected: number; /** Why the first refused span was refused; '' when none was. */ readonly reason: string };

/** Why a span cannot be stored; undefined when it can. `sharedBytes` are those of its resource and scope, which are stored with each span. */
function refusal(span: OtlpSpan, sharedBytes: number, limits: TraceLimits): string | undefined {
  if (!/^[0-9a-f]{32}$/.test(span.traceId) || span.traceId === ZERO_TRACE) return `trace id "${span.traceId.slice(0, 64)}" is not 16 bytes other than zero`;
  if (!/^[0-9a-f]{16}$/.test(span.spanId) || span.spanId === ZERO_SPAN) return `span id "${span.spanId.slice(0, 64)}" is not 8 bytes other than zero`;
  if (span.parentSpanId !== '' && !/^[0-9a-f]{16}$/.test(span.parentSpanId)) return `parent span id "${span.parentSpanId.slice(0, 64)}" is not 8 bytes`;
  if (span.startTimeUnixNano === 0n || span.startTimeUnixNano > NANOS_MAX) return `span ${span.spanId} has no valid start time`;
  if (span.endTimeUnixNano > NANOS_MAX) return `span ${span.spanId} has no valid end time`;
  if (span.attributes.length > limits.attributesMax || span.events.length > limits.attributesMax || span.links.length > limits.attributesMax) return `span ${span.spanId} has more than ${limits.attributesMax} attributes, events or links`;
  if (span.kind < 0 || span.kind > 5) return `span ${span.spanId} has the unknown kind ${span.kind}`;
  const bytesMax = limits.spanBytesMax - sharedBytes;
  if (spanBytes(span, atMost) > bytesMax && spanBytes(span, exactly) > bytesMax) return `span ${span.spanId} with its resource is over ${limits.spanBytesMax} bytes`;
  return undefined;
}

/** Turns a decoded export into spans that can be stored; what cannot is counted with the first reason, as OTLP's partial success. */
export function checkSpans(traces: OtlpTraces, limits: TraceLimits): CheckedSpans {
  const spans: StoredSpan[] = [];
  let rejected = 0;
  let reason = '';
  let repeatedBytes = 0;
  for (const resource of traces.resources) {
    const name = resource.attributes.find((a) => a.key === 'service.name')?.value;
    const service = typeof name === 'string' && name !== '' ? name : NO_SERVICE;
    const rest = resource.attributes.filter((a) => a.key !== 'service.name');
    const resourceBytes = exactly(service) + attributesBytes(rest, exactly);
    for (const scope of resource.scopes) {
      const sharedBytes = resourceBytes + exactly(scope.scopeName) + exactly(scope.scopeVersion);
      for (const span of scope.spans) {
        const why = refusal(span, sharedBytes, limits) ?? (repeatedBytes + sharedBytes > limits.repeatedBytesMax ? `resources take more than ${limits.repeatedBytesMax} bytes with the spans of one export` : undefined);
        if (why === undefined) {
          spans.push(storedSpan(span, service, rest, scope.scopeName, scope.scopeVersion));
          repeatedBytes += sharedBytes;
        } else {
          rejected += 1;
          if (reason === '') reason = why;
        }
      }
    }
  }
  return { spans, rejected, reason };
}

function storedSpan(span: OtlpSpan, service: string, resource: readonly OtlpAttribute[], scopeName: string, scopeVersion: string): StoredSpan {
  const { startTimeUnixNano: start, endTimeUnixNano: end } = span;
  return {
    traceId: span.traceId, spanId: span.spanId, parentSpanId: span.parentSpanId === ZERO_SPAN ? '' : span.parentSpanId, service, operation: span.name, kind: span.kind,
    startMicros: Number(start / 1000n), startNanosRest: Number(start % 1000n), durationNanos: end > start ? Number(end - start) : 0,
    statusCode: span.statusCode === STATUS_CODE.ok || span.statusCode === STATUS_CODE.error ? span.statusCode : STATUS_CODE.unset, statusMessage: span.statusMessage,
    traceState: span.traceState, flags: span.flags, scopeName, scopeVersion, attributes: span.attributes, resource, events: span.events, links: span.links,
  };
}
