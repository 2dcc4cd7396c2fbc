import type { ValueType } from './ast.ts';

/** What a function takes and gives. `variadic`: how many of the last arguments may be left out (n > 0), or be repeated without end (-1). */
export type Signature = { readonly args: readonly ValueType[]; readonly variadic: number; readonly returns: ValueType; readonly experimental: boolean };

const sig = (returns: ValueType, args: readonly ValueType[], variadic = 0, experimental = false): Signature => ({ args, variadic, returns, experimental });
const V: ValueType = 'vector';
const M: ValueType = 'matrix';
const S: ValueType = 'scalar';
const T: ValueType = 'string';
const each = (names: string, signature: Signature): readonly (readonly [string, Signature])[] => names.split(' ').map((name) => [name, signature]);

/** Every function of Prometheus 3 (promql/parser/functions.go). */
export const FUNCTIONS: ReadonlyMap<string, Signature> = new Map([
  ...each('abs absent acos acosh asin asinh atan atanh ceil cos cosh deg exp floor histogram_avg histogram_count histogram_stddev histogram_stdvar histogram_sum ln log10 log2 rad sgn sin sinh sort sort_desc sqrt tan tanh timestamp', sig(V, [V])),
  ...each('absent_over_time avg_over_time changes count_over_time delta deriv idelta increase irate last_over_time max_over_time min_over_time present_over_time rate resets stddev_over_time stdvar_over_time sum_over_time', sig(V, [M])),
  ...each('first_over_time mad_over_time ts_of_first_over_time ts_of_last_over_time ts_of_max_over_time ts_of_min_over_time', sig(V, [M], 0, true)),
  ...each('day_of_month day_of_week day_of_year days_in_month hour minute month year', sig(V, [V], 1)),
  ...each('clamp_max clamp_min', sig(V, [V, S])),
  ...each('pi time', sig(S, [])),
  ...each('end range start step', sig(S, [], 0, true)),
  ['clamp', sig(V, [V, S, S])],
  ['double_exponential_smoothing', sig(V, [M, S, S], 0, true)],
  ['histogram_fraction', sig(V, [S, S, V])],
  ['histogram_quantile', sig(V, [S, V])],
  ['histogram_quantiles', sig(V, [V, T, S], -1, true)],
  ['info', sig(V, [V, V], 1, true)],
  ['label_join', sig(V, [V, T, T, T], -1)],
  ['label_replace', sig(V, [V, T, T, T, T])],
  ['predict_linear', sig(V, [M, S])],
  ['quantile_over_time', sig(V, [S, M])],
  ['round', sig(V, [V, S], 1)],
  ['scalar', sig(S, [V])],
  ['sort_by_label', sig(V, [V, T], -1, true)],
  ['sort_by_label_desc', sig(V, [V, T], -1, true)],
  ['start_timestamp', sig(V, [V], 0, true)],
  ['vector', sig(V, [S])],
]);
