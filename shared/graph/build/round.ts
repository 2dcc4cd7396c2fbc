/** Significant digits of a rate: a request more or less in the window shows up to some hundred requests per second. Never absolute rounding, which hides rare calls. */
const RATE_DIGITS = 4;
const SHARE_DECIMALS = 1e4;

const POWERS = Array.from({ length: 23 }, (_, i) => 10 ** i);

/** `x` with so many significant digits, as toPrecision gives it but without going through text (powers of ten up to 10^22 are exact). */
export function significant(x: number, digits: number): number {
  const places = digits - 1 - Math.floor(Math.log10(x));
  const power = POWERS[Math.abs(places)];
  if (power === undefined) return Number(x.toPrecision(digits));
  return places >= 0 ? Math.round(x * power) / power : Math.round(x / power) * power;
}

export const roundRate = (rate: number): number => (rate > 0 ? significant(rate, RATE_DIGITS) : 0);
export const roundShare = (share: number): number => (share >= 1 ? 1 : share > 0 ? Math.min(0.9999, Math.max(0.0001, Math.round(share * SHARE_DECIMALS) / SHARE_DECIMALS)) : 0);
export const roundMs = (ms: number): number => (ms > 0 ? significant(ms, 3) : 0);
