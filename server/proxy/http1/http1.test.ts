import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BodyReader, FRAMING } from './body.ts';
import { HEADERS_MAX, parseRequestHead, parseResponseHead, readTarget } from './head.ts';

const request = (...lines: readonly string[]): ReturnType<typeof parseRequestHead> => parseRequestHead(['GET /a?b HTTP/1.1', 'Host: h', ...lines].join('\r\n'));
const details = (head: ReturnType<typeof parseRequestHead> | ReturnType<typeof parseResponseHead>): string => ('details' in head ? head.details : 'ok');

test('a head is read to its parts; hop-by-hop fields and what Connection names are gone', () => {
  const head = request('X-A:  one\t', 'x-a: two', 'Connection: keep-alive, X-Hop', 'X-Hop: 1', 'Keep-Alive: timeout=5', 'TE: gzip, trailers', 'Content-Length: 3', 'User-Agent: u');
  if ('details' in head) throw new Error(head.details);
  expect(head.headers).toEqual(['x-a', 'one', 'x-a', 'two', 'te', 'trailers', 'content-length', '3', 'user-agent', 'u']);
  expect([head.method, head.target, head.host, head.contentLength, head.keepAliveSeconds, head.close]).toEqual(['GET', '/a?b', 'h', 3, 5, false]);
});

// Every family of the smuggling corpus that a head can hold: none may have two readings, so all are refused.
test.each([
  ['length and coding', ['Content-Length: 3', 'Transfer-Encoding: chunked']], ['two lengths', ['Content-Length: 3', 'Content-Length: 4']], ['signed length', ['Content-Length: +3']], ['empty length', ['Content-Length:']], ['list of lengths', ['Content-Length: 3, 3']],
  ['hex length', ['Content-Length: 0x3']], ['huge length', ['Content-Length: 99999999999999999999']], ['coding twice', ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked']], ['unknown coding', ['Transfer-Encoding: gzip']], ['coding list', ['Transfer-Encoding: chunked, identity']],
  ['quoted coding', ['Transfer-Encoding: "chunked"']], ['coding with VT', ['Transfer-Encoding: \vchunked']], ['space before colon', ['X : 1']], ['tab before colon', ['X\t: 1']], ['no colon', ['X']], ['empty name', [': 1']], ['folded line', ['X: 1', ' 2']], ['NUL', ['X: a\0']],
  ['bare LF', ['X: a\nY: b']], ['bare CR', ['X: a\rb']], ['DEL', ['X: \x7f']], ['two hosts', ['Host: x']], ['Connection names host', ['Connection: host']], ['Connection names content-length', ['Connection: content-length']], ['high byte in name', ['X\xe9: 1']],
])('refused: %s', (_, lines) => {
  expect(details(request(...lines))).not.toBe('ok');
});

test.each(['GET  /a HTTP/1.1', 'GET /a  HTTP/1.1', 'GET /a HTTP/1.10', 'GET /a HTTP/2.0', 'GET /a http/1.1', 'GET /a', 'G@T /a HTTP/1.1', 'get /a HTTP/1.1', ' GET /a HTTP/1.1', 'GET /\xc3\xbc HTTP/1.1', 'GET\t/a HTTP/1.1', ''])('refused request line: %j', (line) => {
  expect(details(parseRequestHead(`${line}\r\nhost: a`))).not.toBe('ok');
});

test('limits: 100 fields pass, 101 do not', () => {
  const lines = (n: number): readonly string[] => Array.from({ length: n - 1 }, (_, i) => `x-${i}: 1`);
  expect([details(request(...lines(HEADERS_MAX))), details(request(...lines(HEADERS_MAX + 1)))]).toEqual(['ok', 'http1.too_many_headers']);
});

test('targets: origin, absolute, asterisk, authority; fragments and userinfo are refused', () => {
  const target = (line: string, host = 'Host: h'): unknown => {
    const head = parseRequestHead(`${line} HTTP/1.1${host === '' ? '' : `\r\n${host}`}`);
    return 'details' in head ? head.details : readTarget(head);
  };
  expect(target('GET /x?y')).toEqual({ path: '/x?y', authority: 'h', scheme: '' });
  expect(target('GET http://a:81?y')).toEqual({ path: '/?y', authority: 'a:81', scheme: 'http' });
  expect(target('OPTIONS *')).toEqual({ path: '*', authority: 'h', scheme: '' });
  expect(target('CONNECT a:80')).toEqual({ path: '', authority: 'a:80', scheme: 'http' });
  for (const [line, host] of [['GET /x', ''], ['GET /x#f', 'Host: h'], ['GET http://u@a/', 'Host: h'], ['GET x', 'Host: h'], ['GET *', 'Host: h'], ['CONNECT /x', 'Host: h'], ['GET /x', 'Host: a/b'], ['GET //', 'Host: a,b']] as const) {
    expect(JSON.stringify(target(line, host)), line).toMatch(/http1|missing|normal/);
  }
});

test('responses: 204 and 1xx with a body, two lengths, unknown codings and bad codes are refused', () => {
  const of = (line: string, ...lines: readonly string[]): string => details(parseResponseHead([line, ...lines].join('\r\n')));
  expect([of('HTTP/1.1 200 OK', 'content-length: 1'), of('HTTP/1.1 200'), of('HTTP/1.0 200 OK'), of('HTTP/1.1 304 x', 'content-length: 9')]).toEqual(['ok', 'ok', 'ok', 'ok']);
  for (const bad of [of('HTTP/1.1 204 x', 'content-length: 1'), of('HTTP/1.1 103 x', 'transfer-encoding: chunked'), of('HTTP/1.1 200 OK', 'content-length: 1', 'content-length: 2'), of('HTTP/1.1 200 OK', 'transfer-encoding: gzip'), of('HTTP/1.1 20 OK'), of('HTTP/1.1 2000 OK'), of('HTTP/2 200 OK'), of('hello'), of('HTTP/1.1 099 x')]) expect(bad).not.toBe('ok');
});

/** Reads `bytes` in pieces cut at `cuts`; the body, and how many bytes were taken, or undefined when they are no body. */
function readBody(framing: 1 | 2, length: number, bytes: Buffer, cuts: readonly number[]): { body: string; taken: number; done: boolean } | undefined {
  const reader = new BodyReader();
  reader.start(framing, length);
  let body = '';
  let taken = 0;
  const sink = { onBody: (data: Buffer): void => void (body += data.toString('latin1')) };
  const edges = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  for (const [i, from] of [0, ...edges].entries()) {
    const piece = bytes.subarray(from, [...edges, bytes.length][i]);
    const end = reader.read(piece, 0, sink);
    if (end < 0) return undefined;
    taken += end;
    if (reader.done) break;
  }
  return { body, taken, done: reader.done };
}
const chunked = (parts: readonly string[], extension = ''): string => `${parts.map((part) => `${part.length.toString(16)}${extension}\r\n${part}\r\n`).join('')}0\r\n\r\n`;

test('a chunked body reads the same however it is cut, and leaves what follows', () => {
  fc.assert(fc.property(fc.array(fc.string({ minLength: 1, maxLength: 40, unit: 'binary-ascii' }), { maxLength: 6 }), fc.array(fc.nat({ max: 500 }), { maxLength: 8 }), fc.constantFrom('', ';a=b', ';x'), (parts, cuts, extension) => {
    const message = chunked(parts, extension);
    expect(readBody(FRAMING.chunked, 0, Buffer.from(`${message}GET /next`, 'latin1'), cuts)).toEqual({ body: parts.join(''), taken: message.length, done: true });
  }));
});

test('a body of known length reads the same however it is cut', () => {
  fc.assert(fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), fc.nat({ max: 200 }), fc.array(fc.nat({ max: 200 }), { maxLength: 5 }), (bytes, n, cuts) => {
    const length = 1 + (n % bytes.length);
    const found = readBody(FRAMING.length, length, Buffer.from(bytes), cuts);
    expect(found).toEqual({ body: Buffer.from(bytes).toString('latin1', 0, length), taken: length, done: true });
  }));
});

test.each([
  ['no digits', 'zz\r\n'], ['leading blank', ' 3\r\nabc\r\n'], ['0x', '0x3\r\nabc\r\n'], ['trailing blank', '3 \r\nabc\r\n'], ['sign', '-1\r\n'], ['bare LF after size', '3\nabc\n'], ['too much data', '3\r\nabcd\r\n'], ['bare LF after data', '3\r\nabc\n'],
  ['empty size', '\r\n'], ['LF in extension', '3;a\nb\r\nabc\r\n'], ['too many digits', '11111111111111\r\n'], ['folded trailer', '0\r\n x: 1\r\n\r\n'], ['NUL in trailer', '0\r\nx: a\x00\r\n\r\n'], ['nameless trailer', '0\r\n:\r\n\r\n'],
  ['endless extension', `3;${'a'.repeat(2000)}\r\n`], ['endless trailer', `0\r\nx: ${'a'.repeat(20_000)}\r\n\r\n`],
])('refused chunk bytes: %s', (_, bytes) => {
  expect(readBody(FRAMING.chunked, 0, Buffer.from(bytes, 'latin1'), [])).toBeUndefined();
});

test('trailers are read and dropped', () => {
  expect(readBody(FRAMING.chunked, 0, Buffer.from('3\r\nabc\r\n0\r\nx-t: 1\r\ny: 2\r\n\r\nREST'), [])).toEqual({ body: 'abc', taken: 27, done: true });
});
