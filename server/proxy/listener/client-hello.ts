/** What the first bytes of a connection say. `more` = not enough bytes yet. */
export type Sniffed =
  | { readonly kind: 'more' }
  | { readonly kind: 'tls'; readonly serverName: string; readonly applicationProtocols: readonly string[] }
  | { readonly kind: 'plain'; readonly applicationProtocols: readonly string[] };

/** Longest ClientHello that is read (proxy reference §1.16). */
export const HELLO_BYTES_MAX = 16 * 1024;
const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
const EXTENSION = { serverName: 0, alpn: 16 } as const;

/** Reads SNI and ALPN from a ClientHello (RFC 8446 §4.1.2, RFC 6066 §3, RFC 7301 §3.1); undefined when it is none. */
function readHello(body: Buffer): { serverName: string; applicationProtocols: string[] } | undefined {
  try {
    let at = 4 + 2 + 32; // header, version, random
    at += 1 + body.readUInt8(at);
    at += 2 + body.readUInt16BE(at);
    at += 1 + body.readUInt8(at);
    const out = { serverName: '', applicationProtocols: [] as string[] };
    if (at + 2 > body.length) return out;
    const end = at + 2 + body.readUInt16BE(at);
    for (at += 2; at + 4 <= end; ) {
      const type = body.readUInt16BE(at);
      const length = body.readUInt16BE(at + 2);
      const data = body.subarray(at + 4, at + 4 + length);
      if (type === EXTENSION.serverName && length > 5 && data.readUInt8(2) === 0) out.serverName = data.toString('latin1', 5, 5 + data.readUInt16BE(3));
      if (type === EXTENSION.alpn) for (let i = 2; i < length; i += 1 + data.readUInt8(i)) out.applicationProtocols.push(data.toString('latin1', i + 1, i + 1 + data.readUInt8(i)));
      at += 4 + length;
    }
    return out;
  } catch (error) {
    if (error instanceof RangeError) return undefined; // lengths that lead out of the message
    throw error;
  }
}

const METHOD = /^[A-Z]{3,20} /;
const H2_PREFACE = 'PRI * HTTP/2.0';

function sniffPlain(data: Buffer): Sniffed {
  const text = data.toString('latin1', 0, Math.min(data.length, 8192));
  if (text.startsWith(H2_PREFACE.slice(0, Math.min(text.length, H2_PREFACE.length)))) return text.length < H2_PREFACE.length ? { kind: 'more' } : { kind: 'plain', applicationProtocols: ['h2c'] };
  if (!METHOD.test(text)) return text.length < 20 && /^[A-Z]*$/.test(text) ? { kind: 'more' } : { kind: 'plain', applicationProtocols: [] };
  const line = text.indexOf('\n');
  if (line < 0) return text.length < 8192 ? { kind: 'more' } : { kind: 'plain', applicationProtocols: [] };
  if (/ HTTP\/1\.1\r?$/.test(text.slice(0, line))) return { kind: 'plain', applicationProtocols: ['http/1.1'] };
  return { kind: 'plain', applicationProtocols: / HTTP\/1\.0\r?$/.test(text.slice(0, line)) ? ['http/1.0'] : [] };
}

/** TLS inspector and HTTP inspector in one: what kind of connection begins with these bytes. */
export function sniff(data: Buffer): Sniffed {
  if (data.length === 0) return { kind: 'more' };
  if (data[0] !== HANDSHAKE) return sniffPlain(data);
  if (data.length < 6) return { kind: 'more' };
  if (data[1] !== 3 || data[5] !== CLIENT_HELLO) return { kind: 'plain', applicationProtocols: [] };
  const parts: Buffer[] = [];
  let wanted = -1;
  let have = 0;
  for (let at = 0; at + 5 <= data.length; ) { // the hello may be cut into several records
    const length = data.readUInt16BE(at + 3);
    const piece = data.subarray(at + 5, Math.min(data.length, at + 5 + length));
    parts.push(piece);
    have += piece.length;
    if (wanted < 0 && have >= 4) wanted = 4 + Buffer.concat(parts).readUIntBE(1, 3);
    at += 5 + length;
  }
  if (wanted > HELLO_BYTES_MAX) return { kind: 'plain', applicationProtocols: [] };
  if (wanted < 0 || have < wanted) return data.length > HELLO_BYTES_MAX ? { kind: 'plain', applicationProtocols: [] } : { kind: 'more' };
  const hello = readHello(Buffer.concat(parts).subarray(0, wanted));
  return hello === undefined ? { kind: 'plain', applicationProtocols: [] } : { kind: 'tls', ...hello };
}
