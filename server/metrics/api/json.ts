import type { LabelSpace } from '../promql/eval/label-space.ts';
import type { QueryData } from '../promql/eval/engine.ts';
import { formatJsonFloat } from '../promql/parse/go-text.ts';

/** ms as JSON seconds: three decimals only when there is a fraction (util/jsonutil MarshalTimestamp). */
export function timeJson(ms: number): string {
  const seconds = Math.trunc(ms / 1000);
  const rest = Math.abs(Math.round(ms - seconds * 1000));
  return `${ms < 0 && seconds === 0 ? '-' : ''}${seconds}${rest === 0 ? '' : `.${String(rest).padStart(3, '0')}`}`;
}
const pointJson = (ms: number, v: number): string => `[${timeJson(ms)},"${formatJsonFloat(v)}"]`;

export type DataJson = { readonly text: string; /** The limit cut series off. */ readonly cut: boolean };

/** `data` of a query's answer; at most `seriesMax` series (0: all). */
export function dataJson(data: QueryData, labels: LabelSpace, seriesMax: number): DataJson {
  const parts: string[] = [];
  const cut = (count: number): number => (seriesMax > 0 && count > seriesMax ? seriesMax : count);
  switch (data.type) {
    case 'scalar': return { text: `{"resultType":"scalar","result":${pointJson(data.time, data.value)}}`, cut: false };
    case 'string': return { text: `{"resultType":"string","result":[${timeJson(data.time)},${JSON.stringify(data.value)}]}`, cut: false };
    case 'vector': {
      const { block } = data;
      const count = cut(block.count);
      for (let i = 0; i < count; i++) parts.push(`{"metric":${labels.json(block.refs[i] ?? 0)},"value":${pointJson(data.time, block.values[i] ?? 0)}}`);
      return { text: `{"resultType":"vector","result":[${parts.join(',')}]}`, cut: count < block.count };
    }
    case 'matrix': {
      const { block, steps } = data;
      const order = labels.sorted([...block.refs.keys()], (i) => block.refs[i] ?? 0);
      const count = cut(order.length);
      for (const i of order.slice(0, count)) {
        const points: string[] = [];
        for (let s = 0; s < steps.count; s++) if (block.has[i * steps.count + s] === 1) points.push(pointJson(steps.start + s * steps.step, block.values[i * steps.count + s] ?? 0));
        if (points.length > 0) parts.push(`{"metric":${labels.json(block.refs[i] ?? 0)},"values":[${points.join(',')}]}`);
      }
      return { text: `{"resultType":"matrix","result":[${parts.join(',')}]}`, cut: count < order.length };
    }
    case 'raw': {
      const order = labels.sorted(data.series, (series) => series.ref);
      const count = cut(order.length);
      for (const series of order.slice(0, count)) parts.push(`{"metric":${labels.json(series.ref)},"values":[${Array.from(series.times, (t, i) => pointJson(t, series.values[i] ?? 0)).join(',')}]}`);
      return { text: `{"resultType":"matrix","result":[${parts.join(',')}]}`, cut: count < order.length };
    }
  }
}
