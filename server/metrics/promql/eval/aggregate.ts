import type { Aggregation } from '../parse/ast.ts';
import { formatPlain, isLabelName, quote } from '../parse/go-text.ts';
import { isInfinite, quantile } from '../functions/over-time.ts';
import { NAME_ID } from '../../store/symbols.ts';
import { Block } from './block.ts';
import type { Sink } from './block.ts';
import type { EvalHost } from './eval-host.ts';
import type { QueryContext, Steps } from './query-context.ts';
import { QueryError } from './query-error.ts';

/** Finds the group of a series: the labels named by `by`, or all but those named by `without` and the name. */
function grouper(node: Aggregation, context: QueryContext): (ref: number) => number {
  const { labels } = context;
  if (!node.without) {
    const ids = labels.ids(node.grouping);
    return (ref) => labels.keep(ref, ids);
  }
  const ids = [...new Set([...labels.ids(node.grouping), NAME_ID])].sort((a, b) => a - b);
  return (ref) => labels.without(ref, ids);
}

/** Groups in order of appearance; each has a row of `steps` numbers in every column asked for. */
class Groups {
  readonly refs: number[] = [];
  readonly drops: boolean[] = [];
  readonly #steps: number;
  readonly #indexOf = new Map<number, number>();
  readonly columns: Float64Array[];
  constructor(steps: number, columns: number) {
    this.#steps = steps;
    this.columns = Array.from({ length: columns }, () => new Float64Array(steps * 8));
  }
  /** Where the group's rows begin. */
  at(ref: number, dropName: boolean): number {
    let index = this.#indexOf.get(ref);
    if (index === undefined) {
      index = this.refs.length;
      this.#indexOf.set(ref, index);
      this.refs.push(ref);
      this.drops.push(dropName);
      if ((index + 1) * this.#steps > (this.columns[0]?.length ?? 0)) {
        for (const [i, column] of this.columns.entries()) {
          const grown = new Float64Array(column.length * 2);
          grown.set(column);
          this.columns[i] = grown;
        }
      }
    }
    return index * this.#steps;
  }
}

/** Adds one value to a group at one step; `c` are the group's columns: 0 count, 1 value, 2 and 3 helpers. */
type Step = (c: readonly Float64Array[], at: number, v: number) => void;
const [COUNT, VALUE, REST, EXTRA] = [0, 1, 2, 3];
const get = (c: readonly Float64Array[], column: number, at: number): number => c[column]?.[at] ?? 0;
function put(c: readonly Float64Array[], column: number, at: number, v: number): void {
  const row = c[column];
  if (row !== undefined) row[at] = v;
}
/** value += v with the error kept in rest (Neumaier). */
function addKahan(c: readonly Float64Array[], at: number, v: number): void {
  const sum = get(c, VALUE, at);
  const t = sum + v;
  if (isInfinite(t)) put(c, REST, at, 0);
  else put(c, REST, at, get(c, REST, at) + (Math.abs(sum) >= Math.abs(v) ? sum - t + v : v - t + sum));
  put(c, VALUE, at, t);
}
const STEPS: Readonly<Record<'sum' | 'avg' | 'count' | 'group' | 'min' | 'max' | 'stdvar' | 'stddev', Step>> = {
  sum: (c, at, v) => {
    put(c, COUNT, at, 1);
    addKahan(c, at, v);
  },
  avg: (c, at, v) => {
    const count = get(c, COUNT, at) + 1;
    put(c, COUNT, at, count);
    if (count === 1) return put(c, VALUE, at, v);
    if (get(c, EXTRA, at) === 0) {
      const [sum, rest] = [get(c, VALUE, at), get(c, REST, at)];
      addKahan(c, at, v);
      if (!isInfinite(get(c, VALUE, at))) return;
      put(c, EXTRA, at, 1); // the sum overflows: go on with a running mean
      put(c, VALUE, at, sum / (count - 1));
      put(c, REST, at, rest / (count - 1));
    }
    const share = (count - 1) / count;
    put(c, VALUE, at, get(c, VALUE, at) * share);
    put(c, REST, at, get(c, REST, at) * share);
    addKahan(c, at, v / count);
  },
  count: (c, at) => put(c, COUNT, at, get(c, COUNT, at) + 1),
  group: (c, at) => put(c, COUNT, at, 1),
  min: (c, at, v) => extreme(c, at, v, -1),
  max: (c, at, v) => extreme(c, at, v, 1),
  stdvar: deviation,
  stddev: deviation,
};
function extreme(c: readonly Float64Array[], at: number, v: number, sign: 1 | -1): void {
  const best = get(c, VALUE, at);
  if (get(c, COUNT, at) === 0 || v * sign > best * sign || Number.isNaN(best)) put(c, VALUE, at, v);
  put(c, COUNT, at, 1);
}
/** Welford: value is the sum of squared differences, rest the mean. */
function deviation(c: readonly Float64Array[], at: number, v: number): void {
  const count = get(c, COUNT, at) + 1;
  put(c, COUNT, at, count);
  if (count === 1) {
    put(c, REST, at, v);
    put(c, VALUE, at, Number.isFinite(v) ? 0 : Number.NaN);
    return;
  }
  const delta = v - get(c, REST, at);
  put(c, REST, at, get(c, REST, at) + delta / count);
  put(c, VALUE, at, get(c, VALUE, at) + delta * (v - get(c, REST, at)));
}
/** A group's result at one step. */
function result(op: keyof typeof STEPS, c: readonly Float64Array[], at: number): number {
  switch (op) {
    case 'sum': return isInfinite(get(c, VALUE, at)) ? get(c, VALUE, at) : get(c, VALUE, at) + get(c, REST, at);
    case 'avg': {
      const count = get(c, EXTRA, at) === 0 ? get(c, COUNT, at) : 1;
      return get(c, VALUE, at) / count + get(c, REST, at) / count;
    }
    case 'count': return get(c, COUNT, at);
    case 'group': return 1;
    case 'min':
    case 'max': return get(c, VALUE, at);
    case 'stdvar': return get(c, VALUE, at) / get(c, COUNT, at);
    case 'stddev': return Math.sqrt(get(c, VALUE, at) / get(c, COUNT, at));
  }
}

/** Aggregations of plain numbers: one pass, nothing kept but the groups. */
async function simple(ev: EvalHost, node: Aggregation, op: keyof typeof STEPS, steps: Steps, sink: Sink): Promise<void> {
  const groupOf = grouper(node, ev.context);
  const groups = new Groups(steps.count, op === 'count' || op === 'group' ? 1 : op === 'min' || op === 'max' ? 2 : op === 'avg' ? 4 : 3);
  const step = STEPS[op];
  await ev.rows(node.expr, steps, (ref, dropName, values, has) => {
    const base = groups.at(groupOf(ref), dropName);
    for (let s = 0; s < steps.count; s++) if (has[s] === 1) step(groups.columns, base + s, values[s] ?? 0);
  });
  const values = new Float64Array(steps.count);
  const has = new Uint8Array(steps.count);
  for (const [i, ref] of groups.refs.entries()) {
    const base = i * steps.count;
    for (let s = 0; s < steps.count; s++) {
      has[s] = get(groups.columns, COUNT, base + s) > 0 ? 1 : 0;
      if (has[s] === 1) values[s] = result(op, groups.columns, base + s);
    }
    sink(ref, groups.drops[i] ?? false, values, has);
  }
}

/** The rows of each group in a block. */
function byGroup(block: Block, groupOf: (ref: number) => number): ReadonlyMap<number, number[]> {
  const groups = new Map<number, number[]>();
  for (const [i, ref] of block.refs.entries()) {
    const key = groupOf(ref);
    const rows = groups.get(key);
    if (rows === undefined) groups.set(key, [i]);
    else rows.push(i);
  }
  return groups;
}

/** topk and bottomk keep the k best series of each group at each step; limitk any k. An instant result is in order of value. */
async function selecting(ev: EvalHost, node: Aggregation, steps: Steps, sink: Sink): Promise<void> {
  const ks = await ev.parameter(node, steps);
  for (const k of ks) if (Number.isNaN(k)) throw new QueryError('execution', 'Parameter value is NaN');
  const block = new Block(steps.count, ev.context);
  await ev.rows(node.expr, steps, block.sink);
  const sign = node.op === 'topk' ? -1 : 1;
  const kept = new Uint8Array(block.count * steps.count);
  const order: number[] = [];
  const value = (row: number, s: number): number => block.values[row * steps.count + s] ?? 0;
  for (const rows of byGroup(block, grouper(node, ev.context)).values()) {
    for (let s = 0; s < steps.count; s++) {
      const k = Math.trunc(ks[s] ?? 0);
      if (k < 1) continue;
      const there = rows.filter((row) => block.has[row * steps.count + s] === 1);
      if (node.op !== 'limitk') {
        there.sort((a, b) => {
          const [x, y] = [value(a, s), value(b, s)];
          if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(x)) - Number(Number.isNaN(y));
          return (x - y) * sign;
        });
      }
      for (const row of there.slice(0, k)) {
        kept[row * steps.count + s] = 1;
        if (steps.count === 1) order.push(row);
      }
    }
  }
  const rows = steps.count === 1 ? order : [...block.refs.keys()];
  for (const row of rows) {
    const from = row * steps.count;
    const has = kept.subarray(from, from + steps.count);
    if (has.includes(1)) sink(block.refs[row] ?? 0, block.drops[row] ?? false, block.values.subarray(from, from + steps.count), has);
  }
}

async function quantiles(ev: EvalHost, node: Aggregation, steps: Steps, sink: Sink): Promise<void> {
  const qs = await ev.parameter(node, steps);
  const block = new Block(steps.count, ev.context);
  await ev.rows(node.expr, steps, block.sink);
  if (block.count > 0) for (const q of qs) if (!(q >= 0 && q <= 1)) ev.warnQuantile(q, node.param ?? node);
  const values = new Float64Array(steps.count);
  const has = new Uint8Array(steps.count);
  for (const [ref, rows] of byGroup(block, grouper(node, ev.context))) {
    for (let s = 0; s < steps.count; s++) {
      const there = rows.map((row) => row * steps.count + s).filter((at) => block.has[at] === 1);
      has[s] = there.length > 0 ? 1 : 0;
      if (there.length > 0) values[s] = quantile(qs[s] ?? Number.NaN, Float64Array.from(there, (at) => block.values[at] ?? 0));
    }
    sink(ref, block.drops[rows[0] ?? 0] ?? false, values, has);
  }
}

/** count_values: how many series of a group have each value; the value becomes a label. */
async function countValues(ev: EvalHost, node: Aggregation, steps: Steps, sink: Sink): Promise<void> {
  const { labels } = ev.context;
  const label = ev.string(node.param ?? node);
  if (!isLabelName(label)) throw new QueryError('execution', `invalid label name ${quote(label)}`);
  const labelId = labels.id(label);
  // `by` a label of this name keeps the group's other labels; the value overwrites it either way.
  const groupOf = grouper(node, ev.context);
  const groups = new Groups(steps.count, 1);
  await ev.rows(node.expr, steps, (ref, dropName, values, has) => {
    const group = groupOf(ref);
    for (let s = 0; s < steps.count; s++) {
      if (has[s] === 0) continue;
      const base = groups.at(labels.with(group, labelId, labels.id(formatPlain(values[s] ?? 0))), dropName);
      put(groups.columns, COUNT, base + s, get(groups.columns, COUNT, base + s) + 1);
    }
  });
  for (const [i, ref] of groups.refs.entries()) {
    const values = (groups.columns[COUNT] ?? new Float64Array()).subarray(i * steps.count, (i + 1) * steps.count);
    sink(ref, groups.drops[i] ?? false, values, Uint8Array.from(values, (v) => (v > 0 ? 1 : 0)));
  }
}

export async function evaluateAggregation(ev: EvalHost, node: Aggregation, steps: Steps, sink: Sink): Promise<void> {
  switch (node.op) {
    case 'topk':
    case 'bottomk':
    case 'limitk': return selecting(ev, node, steps, sink);
    case 'quantile': return quantiles(ev, node, steps, sink);
    case 'count_values': return countValues(ev, node, steps, sink);
    case 'limit_ratio': {
      for (const ratio of await ev.parameter(node, steps)) if (Number.isNaN(ratio)) throw new QueryError('execution', 'Ratio value is NaN');
      throw new QueryError('execution', 'limit_ratio is not supported');
    }
    default: return simple(ev, node, node.op, steps, sink);
  }
}
