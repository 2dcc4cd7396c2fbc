// Reads docs/limits.md, so that the document can be held against the code.

export type LimitRow = { readonly file: string; readonly name: string; readonly text: string };

/** The rows "| `file` `NAME` | value | …" of a document. */
export const limitRows = (document: string): readonly LimitRow[] =>
  [...document.matchAll(/^\| `(\S+\.tsx?)` `(\w+)` \| ([^|]+) \|/gm)].map(([, file = '', name = '', text = '']) => ({ file, name, text: text.trim() }));

const BYTES: ReadonlyMap<string, number> = new Map([['B', 1], ['KiB', 1024], ['MiB', 1024 ** 2], ['GiB', 1024 ** 3]]);
const MS: ReadonlyMap<string, number> = new Map([['ms', 1], ['s', 1000], ['min', 60_000], ['h', 3_600_000], ['d', 86_400_000]]);

/** A value as the document writes it ("3 MiB", "2 min", "10 000", "30 %"), in the unit that the constant's name says. */
export function numberOf(text: string, name: string): number {
  const match = /^(\d[\d .]*?) ?(B|KiB|MiB|GiB|ms|s|min|h|d|%)?$/.exec(text);
  if (match === null) return Number.NaN;
  const [, digits = '', unit = ''] = match;
  const figure = Number(digits.replaceAll(' ', ''));
  if (unit === '%') return figure / 100;
  const bytes = BYTES.get(unit);
  if (bytes !== undefined) return (figure * bytes) / (/_KB_/.test(name) ? 1024 : 1);
  const ms = MS.get(unit);
  return ms === undefined ? figure : (figure * ms) / (/SECONDS|Seconds/.test(name) ? 1000 : 1);
}

/** The value of a constant or of a field of a table of limits, where it is written as a product, a sum or a power of numbers. */
export function valueInCode(source: string, name: string): number | undefined {
  const match = new RegExp(`^(?:export )?const ${name}\\b[^=\\n]*= *([-\\d_.* +]+?)n? *(?:;|$)`, 'm').exec(source) ?? new RegExp(`^ +${name}: ([\\d_.* ]+),`, 'm').exec(source);
  const text = match?.[1]?.replaceAll('_', '').trim();
  if (text === undefined || !/^\d[\d.]*( (\*\*?|\+) \d[\d.]*)*$/.test(text)) return undefined;
  return text.split(' + ').reduce((sum, term) => sum + term.split(' * ').reduce((product, factor) => product * power(factor), 1), 0);
}
const power = (text: string): number => text.split(' ** ').map(Number).reduce((base, exponent) => base ** exponent);
