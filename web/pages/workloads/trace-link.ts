import { links } from '#web/data';

/** A trace ends some time after the line of its first sidecar was written, ms. */
const AFTER_MS = 60_000;

type Line = { readonly namespace: string; readonly workload: string; readonly requestId: string; readonly at: number | undefined };

/**
 * The search that finds the trace of one request in the log of a workload. A line that the search would not reach (`reachMs` back from the moment that
 * is looked at, `to`, or from now) takes its own moment along.
 */
export function traceOfLine({ namespace, workload, requestId, at }: Line, looked: { readonly to: number | undefined; readonly now: number }, reachMs: number): string {
  const search = links.traces({ tags: `guid:x-request-id=${requestId}`, source: `wl:${namespace}/${workload}` });
  const reached = at === undefined || (at > (looked.to ?? looked.now) - reachMs + AFTER_MS && (looked.to === undefined || at < looked.to));
  return reached ? search : `${search}&to=${at + AFTER_MS}`;
}
