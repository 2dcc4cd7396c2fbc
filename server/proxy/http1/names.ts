/** Header names that the codec itself has to act on. */
export const NAME = { other: 0, contentLength: 1, transferEncoding: 2, host: 3, connection: 4, expect: 5, upgrade: 6, te: 7, keepAlive: 8, proxyConnection: 9, xEnvoy: 10, xRequestId: 11, forwarded: 12, trailer: 13, userAgent: 14 } as const;
export type NameId = (typeof NAME)[keyof typeof NAME];
export type KnownName = { readonly name: string; readonly id: NameId };

const IDS: ReadonlyMap<string, NameId> = new Map<string, NameId>([
  ['content-length', NAME.contentLength], ['transfer-encoding', NAME.transferEncoding], ['host', NAME.host], ['connection', NAME.connection], ['expect', NAME.expect], ['upgrade', NAME.upgrade],
  ['te', NAME.te], ['keep-alive', NAME.keepAlive], ['proxy-connection', NAME.proxyConnection], ['x-request-id', NAME.xRequestId], ['x-forwarded-for', NAME.forwarded], ['x-forwarded-proto', NAME.forwarded],
  ['x-forwarded-client-cert', NAME.forwarded], ['trailer', NAME.trailer], ['user-agent', NAME.userAgent],
]);
/** RFC 9110 §5.6.2: a field name is a token. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** Spellings remembered, so that a name seen before costs one look-up. Names are the client's, so the map is bounded. */
const SPELLINGS_MAX = 2000;
/** Longest name that is remembered, characters. */
const NAME_CHARS_MAX = 64;
const spellings = new Map<string, KnownName>();

/** The name in lower case with its number; undefined when it is no token (RFC 9112 §5.1: also a space before the colon). */
export function headerName(raw: string): KnownName | undefined {
  const found = spellings.get(raw);
  if (found !== undefined) return found;
  if (!TOKEN.test(raw)) return undefined;
  const name = raw.toLowerCase();
  const known: KnownName = { name, id: IDS.get(name) ?? (name.startsWith('x-envoy-') ? NAME.xEnvoy : NAME.other) };
  if (spellings.size < SPELLINGS_MAX && raw.length <= NAME_CHARS_MAX) spellings.set(Buffer.from(raw, 'latin1').toString('latin1'), known); // a copy: a slice would keep the whole head alive
  return known;
}

export const isToken = (text: string): boolean => TOKEN.test(text);
