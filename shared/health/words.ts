/** A share as a person reads it: two significant digits, "0 %" only for an exact zero, never "100 %" for less than all. */
export function percent(share: number): string {
  const p = share * 100;
  if (p <= 0) return '0 %';
  if (p >= 99.5 && p < 100) return `${(Math.floor(p * 100) / 100).toFixed(2).replace(/\.?0+$/, '')} %`;
  if (p >= 10) return `${Math.round(p)} %`;
  if (p >= 0.1) return `${p.toFixed(1).replace(/\.0$/, '')} %`;
  return `${p.toPrecision(1)} %`;
}

/** A whole number with spaces between thousands ("3 061"). */
export function count(n: number): string {
  const text = String(Math.round(n));
  return text.length <= 3 ? text : text.replace(/\B(?=(\d{3})+(?!\d))/g, ' ');
}

/** "1 request", "612 requests". */
export const requests = (n: number): string => (Math.round(n) === 1 ? '1 request' : `${count(n)} requests`);
