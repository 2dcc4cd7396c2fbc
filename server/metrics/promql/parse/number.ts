import { durationMs } from './go-text.ts';

/** The value of a number or duration literal with an optional sign; a duration counts as seconds. Undefined when the text is none. */
export function literalValue(text: string): number | undefined {
  const sign = text[0] === '-' ? -1 : 1;
  const body = /^[+-]/.test(text) ? text.slice(1) : text;
  const lower = body.toLowerCase();
  if (lower === 'inf') return sign * Number.POSITIVE_INFINITY;
  if (lower === 'nan') return Number.NaN;
  if (/^0x[0-9a-f]+$/.test(lower)) return sign * Number(lower);
  const plain = body.replaceAll('_', '');
  if (/^0[0-7]+$/.test(plain)) return sign * Number.parseInt(plain, 8); // Go's ParseInt with base 0
  if (/^(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(plain)) return sign * Number(plain);
  const ms = durationMs(body);
  return ms === undefined ? undefined : (sign * ms) / 1000;
}
