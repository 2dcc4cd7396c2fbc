import type { Change, Overview } from '#web/data';

/** When the errors began, and the change nearest before. */
export type Onset = { readonly at: number; readonly beginsAt: string | undefined; readonly after: Change | undefined };

/** An error count that stays above this share of its peak belongs to the outbreak. */
const PART_OF_PEAK = 0.2;
/** A change explains an onset when it lies at most this far before it. */
const NEAR_MS = 10 * 60_000;
/** How much later than the change the trend may show it (width of a step is added). */
const SLACK_MS = 2_000;

/** Reads the onset from the trend of errors. Undefined when there are none, or when they were there from the beginning of the window. */
export function onsetOf(overview: Overview): Onset | undefined {
  const { errors, changes, window } = overview;
  if (errors.state !== 'value' || errors.value.count === 0) return undefined;
  const { trend } = errors.value;
  const peak = Math.max(0, ...trend);
  if (peak === 0 || trend.length < 3) return undefined;
  let from = trend.length - 1;
  while (from >= 0 && (trend[from] ?? 0) < peak * PART_OF_PEAK) from -= 1;
  while (from > 0 && (trend[from - 1] ?? 0) >= peak * PART_OF_PEAK) from -= 1;
  if (from <= 0) return undefined;
  const step = (window.to - window.from) / (trend.length - 1);
  const at = window.from + from * step;
  const list = changes.state === 'value' ? changes.value : [];
  const after = list.filter((change) => change.at <= at + step + SLACK_MS && at - change.at <= NEAR_MS).toSorted((a, b) => b.at - a.at)[0];
  return { at, beginsAt: errors.value.beginsAt, after };
}
