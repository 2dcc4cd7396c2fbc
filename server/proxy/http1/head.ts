import { headerName, isToken, NAME } from './names.ts';

/** Why a message is refused. `status` is the answer to a request; for a response it is 502. */
export type HeadError = { readonly status: number; readonly details: string; readonly body: string };
const refuse = (status: number, details: string, body = ''): HeadError => ({ status, details, body });

export const HEAD_ERROR = {
  codec: refuse(400, 'http1.codec_error', 'Bad Request'),
  lengthAndChunked: refuse(400, 'http1.content_length_and_chunked_not_allowed', 'Bad Request'),
  transferEncoding: refuse(501, 'http1.invalid_transfer_encoding', 'Not Implemented'),
  tooLarge: refuse(431, 'http1.headers_too_large', 'Request Header Fields Too Large'),
  tooMany: refuse(431, 'http1.too_many_headers', 'Request Header Fields Too Large'),
  connection: refuse(400, 'http1.connection_header_rejected', 'Bad Request'),
  url: refuse(400, 'http1.invalid_url', 'Bad Request'),
  hostMissing: refuse(400, 'missing_host_header'),
  version: refuse(426, 'low_version', 'Upgrade Required'),
  fragment: refuse(400, 'path_normalization_failed'),
  characters: refuse(400, 'http1.invalid_characters', 'Bad Request'),
} as const;

/** Envoy's limits of a head (proxy reference §1.2, §1.11); responses of HTTP/1 may be larger. */
export const REQUEST_HEAD_BYTES_MAX = 60 * 1024;
export const RESPONSE_HEAD_BYTES_MAX = 80 * 1024;
export const HEADERS_MAX = 100;

/** Control bytes, and CR or LF outside a CRLF pair. */
const ILLEGAL = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)|(?<!\r)\n/;
const HOST = /^[A-Za-z0-9\-._~!$&'()*+;=:[\]%]*$/;
/** Headers that `Connection` may not name: taking them away would change what the request means. */
const PROTECTED: ReadonlySet<string> = new Set(['host', 'content-length', 'transfer-encoding', 'cookie', 'authorization', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-forwarded-client-cert', 'x-envoy-peer-metadata', 'x-envoy-peer-metadata-id']);

/** What both kinds of head share. `headers` is flat: name, value, …; hop-by-hop fields are taken out while reading. */
export class Fields {
  readonly headers: string[] = [];
  contentLength = -1;
  chunked = false;
  close = false;
  keepAlive = false;
  upgrade = '';
  expectContinue = false;
  host: string | undefined = undefined;
  hosts = 0;
  requestId = '';
  userAgent = '';
  /** Seconds of the peer's `Keep-Alive: timeout=N`; -1 when it gave none. */
  keepAliveSeconds = -1;
  hasXEnvoy = false;
  hasForwarded = false;
  connectionNames: string[] | undefined = undefined;
  upgradeInConnection = false;
  bytes = 0;
}
export class RequestHead extends Fields {
  method = '';
  target = '';
  minor = 1;
}
export class ResponseHead extends Fields {
  status = 0;
  minor = 1;
}

function readConnection(fields: Fields, value: string): HeadError | undefined {
  for (const word of value.split(',')) {
    const token = word.trim().toLowerCase();
    if (token === 'close') fields.close = true;
    else if (token === 'keep-alive') fields.keepAlive = true;
    else if (token === 'upgrade') fields.upgradeInConnection = true;
    else if (token !== '' && token !== 'te') {
      if (PROTECTED.has(token) || !isToken(token)) return HEAD_ERROR.connection;
      (fields.connectionNames ??= []).push(token);
    }
  }
  return undefined;
}

/** Acts on a field that the codec knows; true when the field stays in the list. */
function readKnown(fields: Fields, id: number, value: string): boolean | HeadError {
  switch (id) {
    case NAME.contentLength:
      if (!/^\d{1,15}$/.test(value) || (fields.contentLength >= 0 && fields.contentLength !== Number(value))) return HEAD_ERROR.codec;
      if (fields.contentLength >= 0) return false;
      fields.contentLength = Number(value);
      return true;
    case NAME.transferEncoding:
      if (fields.chunked) return HEAD_ERROR.transferEncoding;
      if (value.toLowerCase() !== 'chunked') return HEAD_ERROR.transferEncoding;
      fields.chunked = true;
      return false;
    case NAME.host:
      fields.host = value;
      fields.hosts++;
      return false;
    case NAME.connection: return readConnection(fields, value) ?? false;
    case NAME.expect:
      if (value.toLowerCase() === '100-continue') fields.expectContinue = true;
      return true;
    case NAME.upgrade:
      fields.upgrade = value;
      return false;
    case NAME.te: return /(?:^|,)\s*trailers\s*(?:$|[,;])/i.test(value);
    case NAME.keepAlive: {
      const seconds = /(?:^|[,\s])timeout=(\d{1,9})/i.exec(value)?.[1];
      if (seconds !== undefined) fields.keepAliveSeconds = Number(seconds);
      return false;
    }
    case NAME.proxyConnection: return readConnection(fields, value) ?? false;
    case NAME.xEnvoy:
      fields.hasXEnvoy = true;
      return true;
    case NAME.forwarded:
      fields.hasForwarded = true;
      return true;
    case NAME.xRequestId:
      if (fields.requestId === '') fields.requestId = value;
      return true;
    case NAME.userAgent:
      if (fields.userAgent === '') fields.userAgent = value;
      return true;
    default: return true;
  }
}

function readFields(text: string, from: number, end: number, fields: Fields): HeadError | undefined {
  const { headers } = fields;
  let pos = from;
  let count = 0;
  while (pos < end) {
    let eol = text.indexOf('\r\n', pos);
    if (eol < 0 || eol > end) eol = end;
    const colon = text.indexOf(':', pos);
    if (colon <= pos || colon >= eol) return HEAD_ERROR.codec;
    const known = headerName(text.slice(pos, colon));
    if (known === undefined) return HEAD_ERROR.codec; // also a folded line: it begins with a space
    if (++count > HEADERS_MAX) return HEAD_ERROR.tooMany;
    let a = colon + 1;
    let b = eol;
    while (a < b && isBlank(text.charCodeAt(a))) a++;
    while (b > a && isBlank(text.charCodeAt(b - 1))) b--;
    const value = text.slice(a, b);
    if (known.id === NAME.other) headers.push(known.name, value);
    else {
      const kept = readKnown(fields, known.id, value);
      if (kept === true) headers.push(known.name, known.id === NAME.te ? 'trailers' : value);
      else if (kept !== false) return kept;
    }
    pos = eol + 2;
  }
  if (fields.chunked && fields.contentLength >= 0) return HEAD_ERROR.lengthAndChunked;
  if (fields.connectionNames !== undefined) dropNamed(headers, fields.connectionNames);
  return undefined;
}

const isBlank = (c: number): boolean => c === 32 || c === 9;

function dropNamed(headers: string[], names: readonly string[]): void {
  for (let i = headers.length - 2; i >= 0; i -= 2) if (names.includes(headers[i] ?? '')) headers.splice(i, 2);
}

/** The methods Envoy's parser knows; any other one is refused. */
const METHODS: ReadonlySet<string> = new Set([
  'GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE', 'CONNECT', 'ACL', 'BIND', 'CHECKOUT', 'COPY', 'LINK', 'LOCK', 'MERGE', 'MKACTIVITY', 'MKCALENDAR', 'MKCOL', 'MOVE', 'MSEARCH', 'M-SEARCH', 'NOTIFY', 'PROPFIND', 'PROPPATCH', 'PURGE',
  'REBIND', 'REPORT', 'SEARCH', 'SOURCE', 'SUBSCRIBE', 'UNBIND', 'UNLINK', 'UNLOCK', 'UNSUBSCRIBE',
]);
/** What is wrong with bytes that a head may not hold; undefined when nothing is. */
export function illegalBytes(text: string): HeadError | undefined {
  const found = ILLEGAL.exec(text);
  if (found === null) return undefined;
  return found[0] === '\r' || found[0] === '\n' ? HEAD_ERROR.codec : HEAD_ERROR.characters;
}
/** Visible ASCII: what a request target may be made of (raw UTF-8 is refused, as Envoy does). */
const TARGET = /^[\x21-\x7e]+$/;

/** Parses a request head; `text` is the head without its last CRLF CRLF, one character a byte. */
export function parseRequestHead(text: string): RequestHead | HeadError {
  if (ILLEGAL.test(text)) return illegalBytes(text) ?? HEAD_ERROR.codec;
  const head = new RequestHead();
  head.bytes = text.length + 4;
  let eol = text.indexOf('\r\n');
  if (eol < 0) eol = text.length;
  const first = text.indexOf(' ');
  const last = text.lastIndexOf(' ', eol);
  if (first <= 0 || last <= first + 1 || first > eol) return HEAD_ERROR.codec;
  head.method = text.slice(0, first);
  head.target = text.slice(first + 1, last);
  if (!METHODS.has(head.method) || !TARGET.test(head.target) || eol - last !== 9 || !text.startsWith('HTTP/1.', last + 1)) return HEAD_ERROR.codec;
  const minor = text.charCodeAt(last + 8);
  if (minor !== 49 && minor !== 48) return minor > 49 && minor < 58 ? HEAD_ERROR.version : HEAD_ERROR.codec;
  head.minor = minor - 48;
  const error = readFields(text, eol + 2, text.length, head);
  if (error !== undefined) return error;
  if (head.hosts > 1 || (head.host !== undefined && !HOST.test(head.host))) return head.hosts > 1 ? HEAD_ERROR.codec : HEAD_ERROR.url;
  if (head.chunked && head.minor === 0) return HEAD_ERROR.codec;
  if (!head.upgradeInConnection) head.upgrade = '';
  return head;
}

/** Parses a response head. 204, 1xx and 304 carry no body; a length or coding on 1xx and 204 is refused (RFC 9112 §6.1, §6.2). */
export function parseResponseHead(text: string): ResponseHead | HeadError {
  if (ILLEGAL.test(text)) return HEAD_ERROR.codec;
  const head = new ResponseHead();
  head.bytes = text.length + 4;
  let eol = text.indexOf('\r\n');
  if (eol < 0) eol = text.length;
  if (!text.startsWith('HTTP/1.') || text.charCodeAt(8) !== 32 || eol < 12 || (eol > 12 && text.charCodeAt(12) !== 32)) return HEAD_ERROR.codec;
  const minor = text.charCodeAt(7);
  if (minor !== 49 && minor !== 48) return HEAD_ERROR.codec;
  head.minor = minor - 48;
  const code = text.slice(9, 12);
  if (!/^[1-9]\d\d$/.test(code)) return HEAD_ERROR.codec;
  head.status = Number(code);
  const error = readFields(text, eol + 2, text.length, head);
  if (error !== undefined) return error;
  if ((head.status < 200 || head.status === 204) && (head.contentLength > 0 || head.chunked)) return HEAD_ERROR.codec;
  if (head.chunked && head.minor === 0) return HEAD_ERROR.codec;
  return head;
}

export type Target = { readonly path: string; readonly authority: string; readonly scheme: string };
const ABSOLUTE = /^(https?):\/\/([^/?]*)(.*)$/i;

/** The target of a request: origin-form, absolute-form (its authority replaces Host), `*` for OPTIONS, or host:port for CONNECT (RFC 9112 §3.2). */
export function readTarget(head: RequestHead): Target | HeadError {
  const { target, method } = head;
  if (target.includes('#')) return HEAD_ERROR.fragment;
  if (method === 'CONNECT') return /^[^/?@]+:\d{1,5}$/.test(target) && HOST.test(target) ? { path: '', authority: target, scheme: 'http' } : HEAD_ERROR.url;
  if (target.charCodeAt(0) === 47) {
    if (head.host === undefined || (head.host === '' && head.minor === 1)) return HEAD_ERROR.hostMissing;
    return { path: target, authority: head.host, scheme: '' };
  }
  if (target === '*' && method === 'OPTIONS') return head.host === undefined ? HEAD_ERROR.hostMissing : { path: '*', authority: head.host, scheme: '' };
  const absolute = ABSOLUTE.exec(target);
  const authority = absolute?.[2] ?? '';
  if (absolute === null || authority === '' || !HOST.test(authority)) return HEAD_ERROR.url;
  const rest = absolute[3] ?? '';
  return { path: rest.startsWith('/') ? rest : `/${rest}`, authority, scheme: (absolute[1] ?? 'http').toLowerCase() };
}
