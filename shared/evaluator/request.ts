/** Headers as a flat list: name, value, name, value, …; names in lower case, in the order of the wire, repeated names kept. */
export type HeaderList = readonly string[];

/**
 * A request as the evaluator sees it. Text is as on the wire: one character a byte (see `wireText`).
 * `path` has the query; `authority` is the Host or :authority.
 */
export type RequestView = {
  readonly method: string;
  readonly path: string;
  readonly authority: string;
  readonly scheme: string;
  readonly headers: HeaderList;
};

/** The first value of a header; undefined when it is not there. */
export function headerOf(headers: HeaderList, name: string): string | undefined {
  for (let i = 0; i < headers.length; i += 2) if (headers[i] === name) return headers[i + 1];
  return undefined;
}

/** The path without query and fragment. */
export function pathOnly(path: string): string {
  const query = path.indexOf('?');
  return query < 0 ? path : path.slice(0, query);
}

/** Text of a configuration as it stands on the wire: UTF-8 bytes, one character each. ASCII stays as it is. */
export function wireText(text: string): string {
  let ascii = true;
  for (let i = 0; i < text.length && ascii; i++) ascii = text.charCodeAt(i) < 0x80;
  if (ascii) return text;
  return encodeURIComponent(text.toWellFormed()).replaceAll(/%([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
/** The bytes of a base64 text, one character each (protobuf JSON writes `bytes` so). */
export function base64Bytes(text: string): string {
  let out = '';
  let bits = 0;
  let held = 0;
  for (const c of text) {
    const v = BASE64.indexOf(c === '-' ? '+' : c === '_' ? '/' : c);
    if (v < 0) continue;
    held = ((held << 6) | v) & 0xffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out += String.fromCharCode((held >> bits) & 0xff);
    }
  }
  return out;
}
