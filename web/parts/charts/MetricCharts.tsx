import type { ReactNode } from 'react';
import { TimeChart } from '#web/charts';
import type { ChartLine, ChartMark } from '#web/charts';
import { useCharts, useScope, useSetScope, windowMs } from '#web/data';
import type { ChartArgs, Charts } from '#web/data';
import { PanelBody } from '#web/kit';
import css from '../parts.module.css';

/** A chart of less than this shows no shape. */
const CHART_WINDOW_MIN_MS = 900_000;

/** Requests, errors and latency of a service or workload, with change marks; a click looks at that moment. */
export function MetricCharts(props: Omit<ChartArgs, 'window'>): ReactNode {
  const scope = useScope();
  const setScope = useSetScope();
  const window = (windowMs(scope.window) ?? 0) < CHART_WINDOW_MIN_MS ? '15m' : scope.window;
  const asked = useCharts({ ...props, window });
  return (
    <PanelBody what="charts" {...asked} skeleton="chart" isEmpty={(charts) => charts.lines.every((line) => line.points.length === 0)} empty={{ title: 'Nothing measured', why: 'No request was seen in this window.' }}>
      {(charts) => <Three charts={charts} onPick={(to) => setScope({ to: Math.round(to) })} />}
    </PanelBody>
  );
}

function Three({ charts, onPick }: { readonly charts: Charts; readonly onPick: (at: number) => void }): ReactNode {
  const marks = charts.changes.map((change): ChartMark => ({ at: change.at, text: `${change.who}: ${change.summary}` }));
  const find = (name: string): ChartLine['points'] => charts.lines.find((line) => line.name === name)?.points ?? [];
  const of = (unit: string): readonly (typeof charts.lines)[number][] => charts.lines.filter((line) => line.unit === unit);
  const weight = (name: string): 'light' | 'normal' | 'strong' => (name === 'p50' ? 'light' : name === 'p99' ? 'strong' : 'normal');
  const bytes = of('bytes/s');
  const times = charts.lines.flatMap((line) => line.points.map(([at]) => at));
  const span = times.length === 0 ? undefined : [Math.min(...times), Math.max(...times)] as const;
  const look = (line: { readonly name: string }): Pick<ChartLine, 'hue' | 'failing'> => (line.name.startsWith('5xx') ? { hue: 4, failing: true } : { hue: line.name.startsWith('4xx') ? 2 : 5 });
  return (
    <div className={css['charts']}>
      {of('requests/s').length === 0 ? null : <TimeChart label="Requests" unit="requests/s" marks={marks} span={span} onPick={onPick} lines={of('requests/s').map((line): ChartLine => ({ name: line.name === 'requests' ? 'all' : line.name, points: line.points, ...look(line) }))} />}
      {of('share').length === 0 ? null : <TimeChart label="Errors" unit="share" marks={marks} span={span} onPick={onPick} lines={of('share').map((line): ChartLine => ({ name: line.name, points: line.points, hue: 4, failing: true }))} />}
      {of('ms').length === 0 ? null : <TimeChart label="Latency" unit="ms" marks={marks} span={span} onPick={onPick} lines={['p50', 'p95', 'p99'].filter((name) => find(name).length > 0).map((name): ChartLine => ({ name, points: find(name), hue: 1, weight: weight(name) }))} />}
      {bytes.length === 0 ? null : <TimeChart label="Bytes" unit="bytes/s" marks={marks} span={span} onPick={onPick} lines={bytes.map((line, i): ChartLine => ({ name: line.name, points: line.points, hue: i === 0 ? 3 : 6 }))} />}
    </div>
  );
}
