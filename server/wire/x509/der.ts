import { x509Errors } from './errors.ts';

/** ASN.1 tags used in certificates (ITU-T X.690). */
export const TAG = { boolean: 0x01, integer: 0x02, bitString: 0x03, octetString: 0x04, null: 0x05, oid: 0x06, utf8: 0x0c, printable: 0x13, utcTime: 0x17, generalizedTime: 0x18, sequence: 0x30, set: 0x31 } as const;

/** One element: tag, length, content. */
export function element(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  const length = body.length < 0x80 ? [body.length] : body.length < 0x100 ? [0x81, body.length] : body.length < 0x1_0000 ? [0x82, body.length >> 8, body.length & 0xff] : [0x83, body.length >> 16, (body.length >> 8) & 0xff, body.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}
export const sequence = (...content: readonly Uint8Array[]): Buffer => element(TAG.sequence, ...content);
export const octets = (content: Uint8Array): Buffer => element(TAG.octetString, content);
export const bits = (content: Uint8Array, unused = 0): Buffer => element(TAG.bitString, Buffer.from([unused]), content);
export const utf8 = (text: string): Buffer => element(TAG.utf8, Buffer.from(text, 'utf8'));
export const yes = (): Buffer => element(TAG.boolean, Buffer.from([0xff]));
/** A positive INTEGER of these big-endian bytes. */
export function positive(bytes: Uint8Array): Buffer {
  const first = bytes.findIndex((byte) => byte !== 0);
  const lean = first < 0 ? Buffer.from([0]) : bytes.subarray(first);
  return element(TAG.integer, (lean[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), lean]) : lean);
}
export function oid(dotted: string): Buffer {
  const [a = 0, b = 0, ...rest] = dotted.split('.').map(Number);
  const parts = [a * 40 + b, ...rest].flatMap((part) => {
    const septets = [part & 0x7f];
    for (let high = Math.floor(part / 128); high > 0; high = Math.floor(high / 128)) septets.unshift((high & 0x7f) | 0x80);
    return septets;
  });
  return element(TAG.oid, Buffer.from(parts));
}
/** UTCTime until 2049, GeneralizedTime after (RFC 5280 §4.1.2.5). */
export function time(at: Date): Buffer {
  const text = at.toISOString().replaceAll(/[-:T]/g, '').slice(0, 14);
  return at.getUTCFullYear() < 2050 ? element(TAG.utcTime, Buffer.from(`${text.slice(2)}Z`)) : element(TAG.generalizedTime, Buffer.from(`${text}Z`));
}

export type DerElement = { readonly tag: number; /** Content alone. */ readonly body: Buffer; /** Tag, length and content. */ readonly whole: Buffer };

/** The elements in a row; throws X509_DER for lengths that do not fit or are indefinite. */
export function elements(bytes: Buffer): readonly DerElement[] {
  const found: DerElement[] = [];
  let at = 0;
  while (at < bytes.length) {
    const tag = bytes[at] ?? 0;
    const first = bytes[at + 1];
    if (first === undefined || (tag & 0x1f) === 0x1f) throw x509Errors.make('X509_DER', { problem: 'an element has no length' });
    const count = first < 0x80 ? 0 : first & 0x7f;
    if (first === 0x80 || count > 4) throw x509Errors.make('X509_DER', { problem: 'an element has an indefinite or huge length' });
    const from = at + 2 + count;
    let size = first < 0x80 ? first : 0;
    for (let i = 0; i < count; i++) size = size * 256 + (bytes[at + 2 + i] ?? 0);
    if (from + size > bytes.length) throw x509Errors.make('X509_DER', { problem: 'an element runs over the end' });
    found.push({ tag, body: bytes.subarray(from, from + size), whole: bytes.subarray(at, from + size) });
    at = from + size;
  }
  return found;
}
/** The children of one element with that tag. */
export function children(node: DerElement | undefined, tag: number): readonly DerElement[] {
  if (node === undefined || node.tag !== tag) throw x509Errors.make('X509_DER', { problem: `an element with tag ${tag} is missing` });
  return elements(node.body);
}
export function oidText(body: Buffer): string {
  const parts: number[] = [];
  let part = 0;
  for (const byte of body) {
    part = part * 128 + (byte & 0x7f);
    if (byte >= 0x80) continue;
    parts.push(part);
    part = 0;
  }
  const [first = 0, ...rest] = parts;
  const a = Math.min(2, Math.floor(first / 40));
  return [a, first - a * 40, ...rest].join('.');
}

/** The bytes of the first PEM block of that label. */
export function pemBytes(pem: string, label: string): Buffer {
  const match = new RegExp(`-----BEGIN ${label}-----([A-Za-z0-9+/=\\s]+)-----END ${label}-----`).exec(pem);
  if (match === null) throw x509Errors.make('X509_PEM', { label });
  return Buffer.from(match[1] ?? '', 'base64');
}
export const pemText = (der: Uint8Array, label: string): string =>
  `-----BEGIN ${label}-----\n${Buffer.from(der).toString('base64').replaceAll(/(.{64})(?=.)/g, '$1\n')}\n-----END ${label}-----\n`;
