/** Functions of one value; `args` are the scalar arguments after the vector, at the step. Undefined: nothing here. */
export type MathFunction = (v: number, args: readonly number[]) => number | undefined;

const DAY_MS = 86_400_000;
/** A date part of seconds since 1970, UTC; NaN for what is no date. */
const date = (part: (d: Date) => number): MathFunction => (seconds) => {
  const d = new Date(Math.trunc(seconds) * 1000);
  return Number.isNaN(d.getTime()) ? Number.NaN : part(d);
};

export const DATE_FUNCTIONS: ReadonlyMap<string, MathFunction> = new Map([
  ['minute', date((d) => d.getUTCMinutes())],
  ['hour', date((d) => d.getUTCHours())],
  ['day_of_week', date((d) => d.getUTCDay())],
  ['day_of_month', date((d) => d.getUTCDate())],
  ['day_of_year', date((d) => Math.floor((d.getTime() - Date.UTC(d.getUTCFullYear(), 0, 1)) / DAY_MS) + 1)],
  ['days_in_month', date((d) => new Date(Date.UTC(d.getUTCFullYear(), d.getUTCMonth() + 1, 0)).getUTCDate())],
  ['month', date((d) => d.getUTCMonth() + 1)],
  ['year', date((d) => d.getUTCFullYear())],
]);

/** Nearest multiple, halves up: floor(v·(1/n) + 0.5)/(1/n) (promql/functions.go funcRound). */
const round: MathFunction = (v, [nearest = 1]) => {
  const inverse = 1 / nearest;
  return Math.floor(v * inverse + 0.5) / inverse;
};
const atLeast = (v: number, min: number): number => (Number.isNaN(v) || Number.isNaN(min) ? Number.NaN : Math.max(v, min));
const atMost = (v: number, max: number): number => (Number.isNaN(v) || Number.isNaN(max) ? Number.NaN : Math.min(v, max));

const one = (f: (v: number) => number): MathFunction => (v) => f(v);

export const MATH_FUNCTIONS: ReadonlyMap<string, MathFunction> = new Map<string, MathFunction>([
  ['abs', one(Math.abs)], ['ceil', one(Math.ceil)], ['floor', one(Math.floor)], ['exp', one(Math.exp)], ['sqrt', one(Math.sqrt)], ['ln', one(Math.log)], ['log2', one(Math.log2)], ['log10', one(Math.log10)],
  ['sin', one(Math.sin)], ['cos', one(Math.cos)], ['tan', one(Math.tan)], ['asin', one(Math.asin)], ['acos', one(Math.acos)], ['atan', one(Math.atan)],
  ['sinh', one(Math.sinh)], ['cosh', one(Math.cosh)], ['tanh', one(Math.tanh)], ['asinh', one(Math.asinh)], ['acosh', one(Math.acosh)], ['atanh', one(Math.atanh)],
  ['deg', (v) => (v * 180) / Math.PI], ['rad', (v) => (v * Math.PI) / 180], ['sgn', (v) => (v < 0 ? -1 : v > 0 ? 1 : v)],
  ['round', round],
  ['clamp', (v, [min = Number.NaN, max = Number.NaN]) => (max < min ? undefined : atLeast(atMost(v, max), min))],
  ['clamp_min', (v, [min = Number.NaN]) => atLeast(v, min)],
  ['clamp_max', (v, [max = Number.NaN]) => atMost(v, max)],
  ...DATE_FUNCTIONS,
]);
