import type { Reading } from '#shared/base';
import type { Reply } from '#shared/api';
import { label, quote } from '#shared/graph';
import type { PromLine } from '#shared/graph';
import { METRIC } from '#shared/telemetry';
import type { StoredChange } from '../changes/change-log.ts';
import type { Frozen } from '../http/bind.ts';
import type { MeshState } from './mesh-state.ts';
import type { Trends } from './trends.ts';
import type { Window } from './window.ts';

type Charts = Frozen<Extract<Reply<'charts'>, { state: 'value' }>['value']>;
type Line = Charts['lines'][number];

/** Points of a chart. */
const POINTS = 120;
const STEP_SECONDS_MIN = 1;
/** Averaging of one point: four scrapes of our own store, two of a usual one. */
const RATE_SECONDS_MIN = 15;

export type ChartTarget = { readonly kind: 'service' | 'workload'; readonly namespace: string; readonly name: string; readonly direction: 'inbound' | 'outbound' };

/** Matchers of one side. The caller's side is taken where it reports; what only the callee saw (plain callers) is added. */
function matchers(target: ChartTarget): string {
  const { kind, namespace, name, direction } = target;
  if (direction === 'outbound') return kind === 'workload' ? `source_workload=${quote(name)},source_workload_namespace=${quote(namespace)}` : `source_canonical_service=${quote(name)},source_workload_namespace=${quote(namespace)}`;
  return kind === 'workload' ? `destination_workload=${quote(name)},destination_workload_namespace=${quote(namespace)}` : `destination_service_name=${quote(name)},destination_service_namespace=${quote(namespace)}`;
}

/** Requests of both reporters, each once: all that callers reported, and what the callee saw of callers that report nothing. */
function rate(target: ChartTarget, seconds: number, more = ''): string {
  const base = matchers(target);
  const source = `sum(rate(${METRIC.requests}{reporter="source",${base}${more}}[${seconds}s]))`;
  if (target.direction === 'outbound') return `${source} or vector(0)`;
  return `(${source} or vector(0)) + (sum(rate(${METRIC.requests}{reporter="destination",source_workload="unknown",${base}${more}}[${seconds}s])) or vector(0))`;
}

function buckets(target: ChartTarget, seconds: number): string {
  const base = matchers(target);
  const source = `rate(${METRIC.duration}_bucket{reporter="source",${base}}[${seconds}s])`;
  return target.direction === 'outbound' ? `sum by (le) (${source})` : `sum by (le) (${source} or rate(${METRIC.duration}_bucket{reporter="destination",source_workload="unknown",${base}}[${seconds}s]))`;
}

const pointsOf = (line: PromLine | undefined, scale = 1): [number, number | null][] => (line?.points ?? []).map(([at, v]) => [at, v === null ? null : Number((v * scale).toPrecision(4))]);

/** Requests by class, error share and quantiles over the window, with the changes that fall into it. */
export async function chartsOf(deps: { readonly state: MeshState; readonly trends: Trends }, target: ChartTarget, window: Window, changes: (from: number, to: number) => readonly StoredChange[]): Promise<Reading<Charts>> {
  const step = Math.max(STEP_SECONDS_MIN, Math.round(window.seconds / POINTS));
  const to = Math.floor((window.to ?? deps.state.clock()) / 1000 / step) * step * 1000;
  const range = { from: to - window.seconds * 1000, to, stepSeconds: step };
  const seconds = Math.max(RATE_SECONDS_MIN, step * 2);
  const quantiles = [0.5, 0.95, 0.99].map((q) => `label_replace(histogram_quantile(${q}, ${buckets(target, seconds)}), "q", ${quote(String(q))}, "", "")`).join(' or ');
  const [all, errors, clientErrors, latency] = await Promise.all([
    deps.trends.range(rate(target, seconds), range), deps.trends.range(rate(target, seconds, ',response_code=~"0|5.*"'), range), deps.trends.range(rate(target, seconds, ',response_code=~"4.."'), range), deps.trends.range(quantiles, range),
  ]);
  if (all.state !== 'value') return all.state === 'stale' ? { state: 'no-data', reason: 'Prometheus does not answer.' } : all;
  const one = (answer: Reading<readonly PromLine[]>): PromLine | undefined => (answer.state === 'value' ? answer.value[0] : undefined);
  const total = pointsOf(one(all));
  const failed = new Map(pointsOf(one(errors)));
  const share = total.map(([at, n]): [number, number | null] => [at, n === null || n === 0 ? null : Number(((failed.get(at) ?? 0) / n).toPrecision(4))]);
  const latencyLine = (q: string): [number, number | null][] => pointsOf(latency.state === 'value' ? latency.value.find((line) => label({ labels: line.labels, value: 0 }, 'q') === q) : undefined);
  const lines: Line[] = [
    { name: 'requests', unit: 'requests/s', points: total }, { name: '5xx and no answer', unit: 'requests/s', points: [...failed] }, { name: '4xx', unit: 'requests/s', points: pointsOf(one(clientErrors)) }, { name: 'errors', unit: 'share', points: share },
    { name: 'p50', unit: 'ms', points: latencyLine('0.5') }, { name: 'p95', unit: 'ms', points: latencyLine('0.95') }, { name: 'p99', unit: 'ms', points: latencyLine('0.99') },
  ];
  return { state: 'value', at: deps.state.clock(), value: { step, lines, changes: changes(range.from, range.to).map(toApi) } };
}

export function toApi(change: StoredChange): Charts['changes'][number] {
  const { id, at, who, kind, group, namespace, name, verb, summary, undoable, resourceVersion } = change;
  return { id, at, who, kind, group, namespace, name, verb, summary, undoable, resourceVersion };
}
