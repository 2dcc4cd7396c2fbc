const UNIT_MS: ReadonlyMap<string, number> = new Map([['ns', 1e-6], ['us', 1e-3], ['µs', 1e-3], ['ms', 1], ['s', 1000], ['m', 60_000], ['h', 3_600_000]]);

/** Milliseconds of a Go duration ("1h30m", "100ms", "1.5s"); undefined when the text is none. Go time.ParseDuration. */
export function parseDuration(text: string): number | undefined {
  if (text === '0') return 0;
  const signed = /^([+-])?(.+)$/.exec(text);
  if (signed === null) return undefined;
  const part = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)/y;
  const body = signed[2] ?? '';
  let total = 0;
  while (part.lastIndex < body.length) {
    const match = part.exec(body);
    if (match === null) return undefined;
    total += Number(match[1]) * (UNIT_MS.get(match[2] ?? '') ?? Number.NaN);
  }
  const rounded = Math.round(total * 1e6) / 1e6; // nanoseconds, the unit of the format
  return signed[1] === '-' ? -rounded : rounded;
}

/** A duration in milliseconds as protobuf JSON writes it ("0.250s"). */
export function protoDuration(ms: number): string {
  const seconds = Math.trunc(ms / 1000);
  const nanos = Math.round((ms - seconds * 1000) * 1e6);
  if (nanos === 0) return `${seconds}s`;
  const digits = String(Math.abs(nanos)).padStart(9, '0').replace(/(000){1,2}$/, '');
  return `${ms < 0 && seconds === 0 ? '-' : ''}${seconds}.${digits}s`;
}
