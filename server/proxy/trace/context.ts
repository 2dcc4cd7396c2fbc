import { randomFillSync } from 'node:crypto';
import { findHeader, headerOf, setHeader } from '#shared/evaluator';

/** The trace of one request at this proxy. Ids are lower-case hex. */
export type TraceContext = { readonly traceId: string; readonly spanId: string; readonly parentId: string | undefined; readonly sampled: boolean; readonly state: string | undefined };
type Incoming = { readonly traceId: string; readonly spanId: string | undefined; readonly sampled: boolean | undefined };

const POOL = Buffer.alloc(4096);
let used = POOL.length;
/** Random hex; bytes are drawn 4096 at a time. */
export function randomHex(bytes: number): string {
  if (used + bytes > POOL.length) {
    randomFillSync(POOL);
    used = 0;
  }
  used += bytes;
  return POOL.toString('hex', used - bytes, used);
}

const TRACE_ID = /^(?:[0-9a-f]{16}|[0-9a-f]{32})$/i;
const SPAN_ID = /^[0-9a-f]{16}$/i;
const widen = (id: string): string => id.toLowerCase().padStart(32, '0');

/** W3C Trace Context, version 00 (later versions are read as 00). */
function fromTraceparent(text: string | undefined): Incoming | undefined {
  const match = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?$/.exec(text ?? '');
  if (match === null || /^0+$/.test(match[1] ?? '') || /^0+$/.test(match[2] ?? '')) return undefined;
  return { traceId: match[1] ?? '', spanId: match[2] ?? '', sampled: (Number.parseInt(match[3] ?? '0', 16) & 1) === 1 };
}

/** `b3: {trace}-{span}-{sampled}-{parent}`, or only the decision. */
function fromB3(text: string | undefined): Incoming | { readonly sampled: boolean } | undefined {
  if (text === undefined) return undefined;
  if (/^[01d]$/.test(text)) return { sampled: text !== '0' };
  const [traceId, spanId, sampled] = text.split('-');
  if (!TRACE_ID.test(traceId ?? '') || !SPAN_ID.test(spanId ?? '')) return undefined;
  return { traceId: widen(traceId ?? ''), spanId: (spanId ?? '').toLowerCase(), sampled: sampled === undefined ? undefined : sampled === '1' || sampled === 'd' };
}

function fromB3Multi(headers: readonly string[]): Incoming | { readonly sampled: boolean } | undefined {
  const flags = headerOf(headers, 'x-b3-flags');
  const word = headerOf(headers, 'x-b3-sampled');
  const sampled = flags === '1' ? true : word === undefined ? undefined : word === '1' || word === 'true';
  const traceId = headerOf(headers, 'x-b3-traceid');
  const spanId = headerOf(headers, 'x-b3-spanid');
  if (traceId === undefined || !TRACE_ID.test(traceId) || !SPAN_ID.test(spanId ?? '')) return sampled === undefined ? undefined : { sampled };
  return { traceId: widen(traceId), spanId: (spanId ?? '').toLowerCase(), sampled };
}

/** Whether any header of a trace may be there; one pass, so that requests without one pay little. */
function hasTraceHeader(headers: readonly string[]): boolean {
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] ?? '';
    if (name === 'traceparent' || name === 'b3' || name.startsWith('x-b3-')) return true;
  }
  return false;
}

/** Reads the caller's trace (traceparent, then b3, then X-B3-*) and makes this proxy's span in it; `draw` decides when the caller left it open. */
export function startTrace(headers: readonly string[], draw: () => boolean): TraceContext {
  const spanId = randomHex(8);
  if (!hasTraceHeader(headers)) return { traceId: randomHex(16), spanId, parentId: undefined, sampled: draw(), state: undefined };
  const incoming = fromTraceparent(headerOf(headers, 'traceparent')) ?? fromB3(headerOf(headers, 'b3')) ?? fromB3Multi(headers);
  const sampled = incoming?.sampled ?? draw();
  if (incoming === undefined || !('traceId' in incoming)) return { traceId: randomHex(16), spanId, parentId: undefined, sampled, state: undefined };
  return { traceId: incoming.traceId, spanId, parentId: incoming.spanId, sampled, state: headerOf(headers, 'tracestate') };
}

/** Writes the trace for the next hop: W3C and B3 multi always (applications pass on one or the other), b3 single where the caller used it. */
export function writeTrace(trace: TraceContext, headers: string[]): void {
  const fresh = trace.parentId === undefined;
  const put = fresh ? (name: string, v: string): void => void headers.push(name, v) : (name: string, v: string): void => setHeader(headers, name, v);
  if (fresh) for (let i = headers.length - 2; i >= 0; i -= 2) if (headers[i] === 'traceparent' || headers[i] === 'b3' || (headers[i] ?? '').startsWith('x-b3-')) headers.splice(i, 2);
  const hadB3 = findHeader(headers, 'b3') >= 0;
  put('traceparent', `00-${trace.traceId}-${trace.spanId}-${trace.sampled ? '01' : '00'}`);
  put('x-b3-traceid', trace.traceId);
  put('x-b3-spanid', trace.spanId);
  if (trace.parentId !== undefined) put('x-b3-parentspanid', trace.parentId);
  put('x-b3-sampled', trace.sampled ? '1' : '0');
  if (hadB3) put('b3', `${trace.traceId}-${trace.spanId}-${trace.sampled ? '1' : '0'}${trace.parentId === undefined ? '' : `-${trace.parentId}`}`);
}

/** A version 4 UUID whose 14th hex digit carries why the request is traced (Envoy: 4 not, 9 sampled, a forced, b by the client). */
export function requestId(reason: '4' | '9' | 'a' | 'b'): string {
  const hex = randomHex(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${reason}${hex.slice(13, 16)}-${'89ab'[Number.parseInt(hex[16] ?? '0', 16) & 3]}${hex.slice(17, 20)}-${hex.slice(20)}`;
}
