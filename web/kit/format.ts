/** Numbers as the console prints them: three significant digits, a thin space between thousands, "0" only when zero was measured, "–" when nothing was. */
export const NOTHING = '–';
const THIN = '\u202f';
const SPACE = '\u00a0';

const PREFIXES: readonly (readonly [number, string])[] = [[1e9, 'G'], [1e6, 'M'], [1e3, 'k']];

function threeDigits(v: number): string {
  const size = Math.abs(v);
  if (size === 0) return '0';
  if (size < 0.001) return '<0.001';
  const decimals = Math.max(0, 2 - Math.floor(Math.log10(size)));
  const text = v.toFixed(Math.min(3, decimals));
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

/** 10.2, 1.37k, 0.02, 0. */
export function figure(v: number | undefined): string {
  if (v === undefined || Number.isNaN(v)) return NOTHING;
  for (const [size, prefix] of PREFIXES) if (Math.abs(v) >= size * 0.9995) return `${threeDigits(v / size)}${prefix}`;
  return threeDigits(v);
}

/** A whole count: 3 061. */
export function count(v: number | undefined): string {
  if (v === undefined || Number.isNaN(v)) return NOTHING;
  return String(Math.round(v)).replace(/\B(?=(\d{3})+$)/g, THIN);
}

/** A rate always with one decimal below 100 (so that columns stand still): 10.2, 4.1, 0.02, 0. */
export function rate(v: number | undefined): string {
  if (v === undefined || Number.isNaN(v)) return NOTHING;
  if (v === 0) return '0';
  if (v < 0.1) return threeDigits(v);
  return v < 99.95 ? v.toFixed(1) : figure(v);
}

/** A share 0..1 as per cent: never rounds up to 100 % or down to 0 %. */
export function percent(v: number | undefined): string {
  if (v === undefined || Number.isNaN(v)) return NOTHING;
  return `${percentNumber(v)}${SPACE}%`;
}

export function percentNumber(v: number): string {
  const p = v * 100;
  if (p === 0 || p === 100) return String(p);
  if (p > 99.9) return p > 99.99 ? '>99.99' : p.toFixed(2);
  if (p < 0.01) return '<0.01';
  return threeDigits(p);
}

/** Milliseconds as the eye wants them: 0.4 ms, 38 ms, 412 ms, 1.9 s, 2 min. */
export function duration(ms: number | undefined): string {
  if (ms === undefined || Number.isNaN(ms)) return NOTHING;
  if (ms >= 120_000) return `${threeDigits(ms / 60_000)}${SPACE}min`;
  if (ms >= 1000) return `${threeDigits(ms / 1000)}${SPACE}s`;
  if (ms > 0 && ms < 1) return ms < 0.01 ? `<0.01${SPACE}ms` : `${Number(ms.toPrecision(2))}${SPACE}ms`;
  return `${ms < 10 ? Number(ms.toFixed(1)) : Math.round(ms)}${SPACE}ms`;
}

export function bytes(v: number | undefined): string {
  if (v === undefined || Number.isNaN(v)) return NOTHING;
  for (const [size, unit] of [[2 ** 30, 'GiB'], [2 ** 20, 'MiB'], [2 ** 10, 'KiB']] as const) if (v >= size) return `${threeDigits(v / size)}${SPACE}${unit}`;
  return `${threeDigits(v)}${SPACE}B`;
}

const two = (n: number): string => String(n).padStart(2, '0');

/** 15:31:52 in the viewer's time zone; with the day when it is not today's. */
export function clock(at: number, now: number = at, withSeconds = true): string {
  const date = new Date(at);
  const time = `${two(date.getHours())}:${two(date.getMinutes())}${withSeconds ? `:${two(date.getSeconds())}` : ''}`;
  return Math.abs(now - at) < 20 * 3_600_000 ? time : `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${time}`;
}

/** "30 s", "4 min", "3 h", "12 d". */
export function span(ms: number): string {
  const s = Math.max(0, Math.round(ms / 1000));
  if (s < 90) return `${s}${SPACE}s`;
  if (s < 5400) return `${Math.round(s / 60)}${SPACE}min`;
  if (s < 129_600) return `${Math.round(s / 3600)}${SPACE}h`;
  return `${Math.round(s / 86_400)}${SPACE}d`;
}

export const ago = (at: number, now: number): string => (now - at < 1500 ? 'now' : `${span(now - at)} ago`);

/** Names are cut in the middle, since the ends tell them apart. */
export function middle(name: string, charsMax: number): string {
  if (name.length <= charsMax) return name;
  const head = Math.ceil((charsMax - 1) / 2);
  return `${name.slice(0, head)}…${name.slice(name.length - (charsMax - 1 - head))}`;
}

/** "1 warning", "2 warnings". */
export const plural = (n: number, word: string, many = `${word}s`): string => `${count(n)} ${n === 1 ? word : many}`;
