import { isRecord } from '#shared/base';
import { OtlpError, SPAN_KIND, STATUS_CODE } from '#server/wire';
import type { OtlpAttribute, OtlpEvent, OtlpResourceSpans, OtlpSpan, OtlpTraces } from '#server/wire';

const KINDS: ReadonlyMap<string, number> = new Map([['CLIENT', SPAN_KIND.client], ['SERVER', SPAN_KIND.server], ['PRODUCER', SPAN_KIND.producer], ['CONSUMER', SPAN_KIND.consumer]]);
type Json = Readonly<Record<string, unknown>>;

function optionalText(span: Json, name: string): string {
  const v = span[name];
  if (v === undefined || v === null) return '';
  if (typeof v !== 'string') throw new OtlpError(`${name} is not a string`);
  return v;
}
function micros(span: Json, name: string): bigint {
  const v = span[name];
  if (v === undefined || v === null) return 0n;
  if (typeof v !== 'number' || !Number.isSafeInteger(v) || v < 0) throw new OtlpError(`${name} is not a number of microseconds`);
  return BigInt(v);
}
function endpoint(span: Json, name: string): Json {
  const v = span[name];
  if (v === undefined || v === null) return {};
  if (!isRecord(v)) throw new OtlpError(`${name} is not an object`);
  return v;
}
const some = (key: string, value: unknown): readonly OtlpAttribute[] =>
  typeof value === 'string' && value !== '' ? [{ key, value }] : typeof value === 'number' && Number.isInteger(value) ? [{ key, value: BigInt(value) }] : [];

function tagsOf(span: Json): readonly OtlpAttribute[] {
  const tags = span['tags'];
  if (tags === undefined || tags === null) return [];
  if (!isRecord(tags)) throw new OtlpError('tags is not an object');
  return Object.entries(tags).map(([key, value]) => {
    if (typeof value !== 'string') throw new OtlpError(`the tag ${key} is not a string`);
    return { key, value };
  });
}
function eventsOf(span: Json): readonly OtlpEvent[] {
  const list = span['annotations'];
  if (list === undefined || list === null) return [];
  if (!Array.isArray(list)) throw new OtlpError('annotations is not a list');
  return list.map((item: unknown) => {
    if (!isRecord(item)) throw new OtlpError('annotations holds something that is not an object');
    return { timeUnixNano: micros(item, 'timestamp') * 1000n, name: optionalText(item, 'value'), attributes: [] };
  });
}
/** Zipkin's ids: hex of 16 or 32 digits (shorter ones are padded, as Zipkin does). */
function idOf(span: Json, name: string, digits: 16 | 32): string {
  const id = optionalText(span, name).toLowerCase();
  if (id !== '' && !/^[0-9a-f]{1,32}$/.test(id)) throw new OtlpError(`${name} "${id.slice(0, 40)}" is not hex`);
  return id === '' ? '' : id.padStart(digits, '0');
}

function spanOf(v: unknown): { readonly service: string; readonly local: Json; readonly span: OtlpSpan } {
  if (!isRecord(v)) throw new OtlpError('the list holds something that is not a span');
  const tags = tagsOf(v);
  const local = endpoint(v, 'localEndpoint');
  const remote = endpoint(v, 'remoteEndpoint');
  const start = micros(v, 'timestamp') * 1000n;
  const error = tags.find((tag) => tag.key === 'error');
  const attributes = [...tags, ...some('peer.service', remote['serviceName']), ...some('net.peer.ip', remote['ipv4'] ?? remote['ipv6']), ...some('net.peer.port', remote['port'])];
  const span: OtlpSpan = {
    traceId: idOf(v, 'traceId', 32), spanId: idOf(v, 'id', 16), parentSpanId: idOf(v, 'parentId', 16), traceState: '', flags: v['debug'] === true ? 3 : 1, name: optionalText(v, 'name'),
    kind: KINDS.get(optionalText(v, 'kind')) ?? SPAN_KIND.unspecified, startTimeUnixNano: start, endTimeUnixNano: start + micros(v, 'duration') * 1000n, attributes, events: eventsOf(v), links: [],
    statusCode: error === undefined || error.value === 'false' ? STATUS_CODE.unset : STATUS_CODE.error, statusMessage: '',
  };
  return { service: optionalText(local, 'serviceName'), local, span };
}

/** Reads Zipkin's v2 JSON list (openzipkin/zipkin-api zipkin2-api.yaml) as an OTLP request: one resource for each local endpoint. */
export function decodeZipkin(body: string): OtlpTraces {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch (error) {
    throw new OtlpError(`the body is not JSON: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  if (!Array.isArray(parsed)) throw new OtlpError('the body is not a list of Zipkin v2 spans');
  const resources = new Map<string, { readonly attributes: readonly OtlpAttribute[]; readonly spans: OtlpSpan[] }>();
  for (const item of parsed) {
    const { service, local, span } = spanOf(item);
    const attributes = [...some('service.name', service), ...some('net.host.ip', local['ipv4'] ?? local['ipv6']), ...some('net.host.port', local['port'])];
    const key = attributes.map((a) => `${a.key}=${String(a.value)}`).join('\n');
    const resource = resources.get(key) ?? { attributes, spans: [] };
    resources.set(key, resource);
    resource.spans.push(span);
  }
  return { resources: [...resources.values()].map((r): OtlpResourceSpans => ({ attributes: r.attributes, scopes: [{ scopeName: '', scopeVersion: '', spans: r.spans }] })) };
}
