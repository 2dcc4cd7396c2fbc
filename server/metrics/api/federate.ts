import { SampleBuffer } from '../store/chain.ts';
import { LabelSpace } from '../promql/eval/label-space.ts';
import { formatJsonFloat } from '../promql/parse/go-text.ts';
import type { ApiContext } from './context.ts';
import { matchParameters } from './parameters.ts';
import type { Reply } from './reply.ts';

const escape = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');

/** /federate: the newest sample of each series within the lookback, with its time (web/federate.go). */
export function federate({ store, limits, now }: ApiContext, params: URLSearchParams): Reply {
  const selectors = matchParameters(params, true);
  const time = now();
  const labels = new LabelSpace(store);
  const refs = labels.sorted([...new Set(selectors.flatMap((matchers) => [...store.select(matchers, time - limits.lookbackMs, time)]))], (ref) => ref);
  const buffer = new SampleBuffer();
  const lines: string[] = [];
  let family = '';
  for (const ref of refs) {
    buffer.n = 0;
    store.readNewest(ref, time - limits.lookbackMs, time, buffer);
    if (buffer.n === 0 || buffer.stale[0] === 1) continue;
    const name = store.metricName(ref);
    if (name !== family) lines.push(`# TYPE ${name} untyped`);
    family = name;
    const rest = labels.entries(ref).filter(([key]) => key !== '__name__').map(([key, value]) => `${key}="${escape(value)}"`).join(',');
    lines.push(`${name}${rest === '' ? '' : `{${rest}}`} ${formatJsonFloat(buffer.values[0] ?? 0)} ${buffer.times[0] ?? 0}`);
  }
  return { status: 200, type: 'text/plain; version=0.0.4; charset=utf-8', body: lines.map((line) => `${line}\n`).join('') };
}
