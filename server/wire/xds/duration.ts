/** Seconds and nanoseconds of google.protobuf.Duration and Timestamp. */
export type Seconds = { readonly seconds: bigint; readonly nanos: number };

const DURATION = /^(-?)(\d{1,12})(?:\.(\d{1,9}))?s$/;
/** "-1.5s" → parts; undefined for another form. */
export function parseProtoDuration(text: string): Seconds | undefined {
  const match = DURATION.exec(text);
  if (match === null) return undefined;
  const negative = match[1] === '-';
  const seconds = BigInt(match[2] ?? '0');
  const nanos = Number((match[3] ?? '').padEnd(9, '0'));
  return { seconds: negative ? -seconds : seconds, nanos: negative ? -nanos : nanos };
}

/** The fraction with 3, 6 or 9 digits, as protobuf's JSON writes it. */
function fraction(nanos: number): string {
  if (nanos === 0) return '';
  const digits = String(Math.abs(nanos)).padStart(9, '0');
  return `.${digits.endsWith('000000') ? digits.slice(0, 3) : digits.endsWith('000') ? digits.slice(0, 6) : digits}`;
}
export const durationText = ({ seconds, nanos }: Seconds): string =>
  `${seconds < 0n || nanos < 0 ? '-' : ''}${seconds < 0n ? -seconds : seconds}${fraction(nanos)}s`;

const RFC3339 = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/;
export function parseTimestamp(text: string): Seconds | undefined {
  const match = RFC3339.exec(text);
  const ms = match === null ? Number.NaN : Date.parse(`${match[1]}${match[3]}`);
  return Number.isNaN(ms) ? undefined : { seconds: BigInt(ms / 1000), nanos: Number((match?.[2] ?? '').padEnd(9, '0')) };
}
/** The last second of the year 9999, the end of protobuf's range. */
const SECONDS_MAX = 253_402_300_799n;
const SECONDS_MIN = -62_135_596_800n;
export function timestampText({ seconds, nanos }: Seconds): string {
  const within = seconds > SECONDS_MAX ? SECONDS_MAX : seconds < SECONDS_MIN ? SECONDS_MIN : seconds;
  return `${new Date(Number(within) * 1000).toISOString().slice(0, 19)}${fraction(nanos)}Z`;
}
