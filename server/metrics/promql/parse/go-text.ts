/** A byte of a Go string that is not valid UTF-8 is held as this lone surrogate plus the byte (as Python's surrogateescape). */
const ESCAPE = 0xdc00;
const ESCAPES: ReadonlyMap<string, string> = new Map([['a', '\x07'], ['b', '\b'], ['f', '\f'], ['n', '\n'], ['r', '\r'], ['t', '\t'], ['v', '\v'], ['\\', '\\'], ["'", "'"], ['"', '"']]);

/** The value of a Go string literal in double quotes, single quotes or backticks; undefined when it is none (strutil.Unquote). */
export function unquote(literal: string): string | undefined {
  const quote = literal[0];
  if (literal.length < 2 || quote === undefined || literal.at(-1) !== quote) return undefined;
  const body = literal.slice(1, -1);
  if (quote === '`') return body.includes('`') ? undefined : body;
  if (body.includes('\n')) return undefined;
  if (!body.includes('\\')) return body;
  const bytes: number[] = [];
  for (let i = 0; i < body.length; i++) {
    const c = body[i] ?? '';
    if (c !== '\\') {
      const code = body.codePointAt(i) ?? 0;
      bytes.push(...Buffer.from(String.fromCodePoint(code)));
      if (code > 0xffff) i += 1;
      continue;
    }
    const next = body[i + 1] ?? '';
    const simple = ESCAPES.get(next);
    if (simple !== undefined) {
      if ((next === "'" || next === '"') && next !== quote) return undefined;
      bytes.push(simple.charCodeAt(0));
      i += 1;
      continue;
    }
    const digits = next === 'x' ? 2 : next === 'u' ? 4 : next === 'U' ? 8 : 0;
    const text = digits > 0 ? body.slice(i + 2, i + 2 + digits) : body.slice(i + 1, i + 4);
    if (digits > 0 ? !new RegExp(`^[0-9a-fA-F]{${digits}}$`).test(text) : !/^[0-3][0-7]{2}$/.test(text)) return undefined;
    const code = Number.parseInt(text, digits > 0 ? 16 : 8);
    if (digits === 2 || digits === 0) bytes.push(code);
    else if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return undefined;
    else bytes.push(...Buffer.from(String.fromCodePoint(code)));
    i += digits > 0 ? digits + 1 : 3;
  }
  return decodeBytes(Uint8Array.from(bytes));
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
/** Bytes as text; each byte that is not UTF-8 becomes a lone surrogate. */
function decodeBytes(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length;) {
    const first = bytes[at] ?? 0;
    const size = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    try {
      text += strict.decode(bytes.subarray(at, at + size));
      at += size;
    } catch {
      text += String.fromCharCode(ESCAPE + first); // not UTF-8 here: keep the byte
      at += 1;
    }
  }
  return text;
}

/** Go's %q. */
export function quote(text: string): string {
  let out = '"';
  for (const c of text) {
    const code = c.codePointAt(0) ?? 0;
    if (c === '"' || c === '\\') out += `\\${c}`;
    else if (c === '\n') out += '\\n';
    else if (c === '\t') out += '\\t';
    else if (c === '\r') out += '\\r';
    else if (code >= ESCAPE + 0x80 && code <= ESCAPE + 0xff) out += `\\x${(code - ESCAPE).toString(16)}`;
    else if (code < 0x20 || code === 0x7f) out += `\\x${code.toString(16).padStart(2, '0')}`;
    else out += c;
  }
  return `${out}"`;
}
/** Whether the text is a legal label name in Prometheus 3 (any non-empty UTF-8). */
export const isLabelName = (text: string): boolean => text !== '' && text.isWellFormed();

const UNIT_MS: readonly (readonly [string, number])[] = [['y', 31_536_000_000], ['w', 604_800_000], ['d', 86_400_000], ['h', 3_600_000], ['m', 60_000], ['s', 1000], ['ms', 1]];
const DURATION = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/;
/** Milliseconds of a Prometheus duration ("1h30m", units in falling order, each once); undefined when the text is none. */
export function durationMs(text: string): number | undefined {
  const match = text === '' ? null : DURATION.exec(text);
  if (match === null) return undefined;
  return UNIT_MS.reduce((sum, [, ms], i) => sum + Number(match[i + 1] ?? 0) * ms, 0);
}
/** A duration as Prometheus prints it (model.Duration.String). */
export function durationText(ms: number): string {
  if (ms === 0) return '0s';
  let rest = Math.abs(ms);
  let out = ms < 0 ? '-' : '';
  for (const [unit, size] of UNIT_MS) {
    const exactOnly = unit === 'y' || unit === 'w' || unit === 'd';
    if (exactOnly && rest % size !== 0) continue;
    const count = Math.floor(rest / size);
    if (count > 0) out += `${count}${unit}`;
    rest -= count * size;
  }
  return out;
}

/** Go's strconv.FormatFloat(v, 'f', -1, 64): shortest digits that read back, never an exponent. */
export function formatPlain(v: number): string {
  if (Number.isNaN(v)) return 'NaN';
  if (v === Number.POSITIVE_INFINITY) return '+Inf';
  if (v === Number.NEGATIVE_INFINITY) return '-Inf';
  if (Object.is(v, -0)) return '-0';
  const text = String(v);
  const match = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (match === null) return text;
  const digits = `${match[2] ?? ''}${match[3] ?? ''}`;
  const point = 1 + Number(match[4]);
  const sign = match[1] ?? '';
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  return point >= digits.length ? `${sign}${digits}${'0'.repeat(point - digits.length)}` : `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}
/** A value as Prometheus's HTTP API writes it: 'f', but 'e' below 1e-6 and from 1e21 (util/jsonutil). */
export function formatJsonFloat(v: number): string {
  const size = Math.abs(v);
  if (Number.isInteger(v) && size < 1e15 && v !== 0) return String(v);
  if (size !== 0 && Number.isFinite(v) && (size < 1e-6 || size >= 1e21)) return goExponent(v);
  return formatPlain(v);
}
/** Exponent form with at least two exponent digits. */
const goExponent = (v: number): string => v.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
/** Go's 'g' with shortest digits: exponent form below 1e-4 and from ten to the power `limit`: 6 for strconv.FormatFloat, 21 for %v. */
export function formatG(v: number, limit: 6 | 21): string {
  if (!Number.isFinite(v) || v === 0) return formatPlain(v);
  const exponent = Number(v.toExponential().split('e')[1]);
  return exponent < -4 || exponent >= limit ? goExponent(v) : formatPlain(v);
}
/** The value of an le or quantile label as Prometheus 3 stores it: "1" becomes "1.0", 3600000 becomes "3.6e+06" (labels.FormatOpenMetricsFloat). */
export function formatOpenMetricsFloat(v: number): string {
  const text = v === 0 ? '0' : formatG(v, 6);
  return !Number.isFinite(v) || /[e.]/.test(text) ? text : `${text}.0`;
}
