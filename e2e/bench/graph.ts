import { gzipSync } from 'node:zlib';
import { bigMesh } from '#shared/fixtures';
import { buildGraph, decodeFrame, diffGraphs, encodeFrame, parseRows, viewOf } from '#shared/graph';
import type { GraphModel, GraphRows, PromRow } from '#shared/graph';
import type { BenchRow } from './bench-row.ts';

const SIZE = { services: 1000, edges: 5000, namespaces: 20 };
const RUNS = 15;
const WARM_UP = 5;
const WINDOW = { from: 1_767_322_985_678, to: 1_767_323_045_678 };

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
const bounds = (values: readonly number[]): readonly [number, number] => [Math.min(...values), Math.max(...values)];
const rows = (body: string): readonly PromRow[] => {
  const parsed = parseRows(JSON.parse(body));
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
};

/** Recorded Prometheus answers as text -> model -> the bytes of the first frame, as the server does it. */
export async function bench(): Promise<readonly BenchRow[]> {
  const mesh = bigMesh(SIZE);
  const bodies = { ...mesh.answers };
  const view = viewOf(mesh.objects);
  const times = { total: [] as number[], parse: [] as number[], build: [] as number[], frame: [] as number[], view: [] as number[], diff: [] as number[], decode: [] as number[] };
  let text = '';
  let last: GraphModel | undefined;
  for (let run = 0; run < RUNS + WARM_UP; run++) {
    const t0 = performance.now();
    const parsed: GraphRows = { requests: rows(bodies.requests), tcp: rows(bodies.tcp), edgeLatency: rows(bodies.edgeLatency), nodeLatency: rows(bodies.nodeLatency) };
    const t1 = performance.now();
    const model = buildGraph(parsed, view, { window: WINDOW, grouping: 'service-version', namespaces: [] });
    const t2 = performance.now();
    text = JSON.stringify(encodeFrame({ type: 'full', revision: 1, at: WINDOW.to, model }));
    const t3 = performance.now();
    viewOf(mesh.objects);
    const t4 = performance.now();
    if (last !== undefined) diffGraphs(last, model);
    const t5 = performance.now();
    decodeFrame(JSON.parse(text));
    const t6 = performance.now();
    last = model;
    if (run < WARM_UP) continue;
    times.parse.push(t1 - t0);
    times.build.push(t2 - t1);
    times.frame.push(t3 - t2);
    times.total.push(t3 - t0);
    times.view.push(t4 - t3);
    times.diff.push(t5 - t4);
    times.decode.push(t6 - t5);
  }
  const size = `${last?.nodes.length ?? 0} nodes, ${last?.edges.length ?? 0} edges, ${SIZE.namespaces} namespaces`;
  const bytes = Object.values(bodies).reduce((sum, body) => sum + body.length, 0);
  return [
    { name: `graph of ${size}: Prometheus answers to first frame`, value: median(times.total), unit: 'ms', must: 250, aim: 80, range: bounds(times.total), note: `${(bytes / 1e6).toFixed(1)} MB of answers with errors, mTLS and p95; Kiali 7.1 s` },
    { name: 'of that: parsing the answers', value: median(times.parse), unit: 'ms' },
    { name: 'of that: building the model', value: median(times.build), unit: 'ms' },
    { name: 'of that: encoding the frame', value: median(times.frame), unit: 'ms' },
    { name: 'first frame, gzip', value: gzipSync(text).length / 1000, unit: 'kB', must: 150, aim: 60, note: `${(text.length / 1000).toFixed(0)} kB of JSON; Kiali 985 kB` },
    { name: 'cluster objects to the view of the graph (only when one changed)', value: median(times.view), unit: 'ms' },
    { name: 'difference of two models of that size', value: median(times.diff), unit: 'ms' },
    { name: 'decoding the frame', value: median(times.decode), unit: 'ms' },
  ];
}
