import type { Rollout } from '#web/data';

/** The longest an undo that nobody watched to its end may have taken, ms. */
const LONGEST_MS = 60_000;

/** When undos of this page were at work, by service: what the change log holds of that time was made by them. */
const spans = new Map<string, readonly { readonly id: string; readonly from: number; readonly to: number }[]>();

/** Notes an undo as far as it is known; again once it is live. */
export function noteUndo(service: string, rollout: Pick<Rollout, 'id' | 'startedAt' | 'liveAt'>): void {
  const others = (spans.get(service) ?? []).filter((span) => span.id !== rollout.id);
  spans.set(service, [...others, { id: rollout.id, from: rollout.startedAt, to: rollout.liveAt ?? rollout.startedAt + LONGEST_MS }]);
}

/** Whether a change was made by an undo: to take that back would be to redo. */
export const isOfUndo = (service: string, at: number): boolean => (spans.get(service) ?? []).some((span) => at >= span.from && at <= span.to);
