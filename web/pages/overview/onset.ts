import type { Change, Overview } from '#web/data';

/** When the errors began, and the change nearest before. */
export type Onset = { readonly at: number; readonly beginsAt: string | undefined; readonly after: Change | undefined };

/** An error count that stays above this share of its peak belongs to the outbreak. */
const PART_OF_PEAK = 0.2;
/** A change explains an onset when it lies at most this far before it. */
const NEAR_MS = 10 * 60_000;
/** Clocks of the cluster and of the store may differ by this much. */
const SLACK_MS = 2_000;
/** Points that count as now, at least. */
const NOW_POINTS_MIN = 3;

/**
 * Reads the onset of the errors of this window from their trend, which reaches further back. Undefined when there are none, or when they were there
 * from the beginning of the trend. `at` is the first point that shows them: they began in the step before it.
 */
export function onsetOf(overview: Overview): Onset | undefined {
  const { errors, changes, window } = overview;
  if (errors.state !== 'value' || errors.value.count === 0) return undefined;
  const { trend } = errors.value;
  const { from: first, stepMs } = overview.trend;
  const timeOf = (i: number): number => first + i * stepMs;
  // an older outbreak that is over did not begin what is seen now
  const now = Math.max(0, Math.min(trend.length - NOW_POINTS_MIN, Math.ceil((window.from - first) / stepMs)));
  const peak = Math.max(0, ...trend.slice(now));
  if (peak === 0 || trend.length < NOW_POINTS_MIN) return undefined;
  const failing = (i: number): boolean => (trend[i] ?? 0) >= peak * PART_OF_PEAK;
  let from = trend.length - 1;
  while (from >= 0 && !failing(from)) from -= 1;
  while (from > 0 && failing(from - 1)) from -= 1;
  if (from <= 0) return undefined;
  const at = timeOf(from);
  const list = changes.state === 'value' ? changes.value : [];
  const after = list.filter((change) => change.at <= at + SLACK_MS && at - change.at <= NEAR_MS + stepMs).toSorted((a, b) => b.at - a.at)[0];
  return { at, beginsAt: errors.value.beginsAt, after };
}
