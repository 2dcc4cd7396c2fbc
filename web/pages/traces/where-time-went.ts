import type { TraceSpan } from '#web/waterfall';
import { buildTree, criticalPath, criticalShares, describeSpan } from '#web/waterfall';

/** Shares below this are not worth a sentence. */
const SHARE_MIN = 0.1;
const SENTENCES_MAX = 3;
const ms = (us: number): string => (us >= 1_000_000 ? `${(us / 1_000_000).toFixed(1)} s` : us >= 10_000 ? `${Math.round(us / 1000)} ms` : `${(us / 1000).toFixed(1)} ms`);

/** Where the time of the critical path was spent, biggest first, in plain sentences. */
export function whereTimeWent(spans: readonly TraceSpan[]): readonly string[] {
  const root = buildTree(spans).roots.toSorted((a, b) => b.span.duration - a.span.duration)[0];
  if (root === undefined || root.span.duration <= 0) return [];
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  const total = root.span.duration;
  return criticalShares(criticalPath(root)).filter(({ time }) => time / total >= SHARE_MIN).slice(0, SENTENCES_MAX).flatMap(({ spanId, time }) => {
    const span = byId.get(spanId);
    if (span === undefined) return [];
    const { who, what } = describeSpan(span);
    const share = `${Math.round((time / total) * 100)} % (${ms(time)})`;
    const where = span.kind === 'client' ? `in ${who} between sending ${what.replace(/^→ /, 'to ')} and its answer, outside the other side's own span` : `in ${who} itself, ${what}`;
    return [`${share} ${where}.`];
  });
}
