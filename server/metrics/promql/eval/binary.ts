import type { Binary, BinaryOp, Matching } from '../parse/ast.ts';
import { COMPARISONS } from '../parse/ast.ts';
import { typeOf } from '../parse/check.ts';
import { NAME_ID } from '../../store/symbols.ts';
import { Block } from './block.ts';
import type { Sink } from './block.ts';
import type { EvalHost } from './eval-host.ts';
import type { LabelSpace } from './label-space.ts';
import type { QueryContext, Steps } from './query-context.ts';
import { QueryError } from './query-error.ts';

/** The number an operator gives; comparisons give 1 or 0. */
export function operate(op: BinaryOp, a: number, b: number): number {
  switch (op) {
    case '+': return a + b;
    case '-': return a - b;
    case '*': return a * b;
    case '/': return a / b;
    case '%': return a % b;
    case '^': return power(a, b);
    case 'atan2': return Math.atan2(a, b);
    case '==': return Number(a === b);
    case '!=': return Number(a !== b);
    case '<': return Number(a < b);
    case '>': return Number(a > b);
    case '<=': return Number(a <= b);
    case '>=': return Number(a >= b);
    default: return Number.NaN;
  }
}
/** Go's math.Pow: unlike JavaScript, one to any power is one. */
const power = (a: number, b: number): number => (a === 1 || (a === -1 && Math.abs(b) === Number.POSITIVE_INFINITY) ? 1 : a ** b);

/** A vector with a scalar on one side. */
async function withScalar(ev: EvalHost, node: Binary, steps: Steps, sink: Sink): Promise<void> {
  const scalarLeft = typeOf(node.lhs) === 'scalar';
  const scalars = await ev.scalar(scalarLeft ? node.lhs : node.rhs, steps);
  const comparison = COMPARISONS.has(node.op);
  const out = new Float64Array(steps.count);
  const hasOut = new Uint8Array(steps.count);
  await ev.rows(scalarLeft ? node.rhs : node.lhs, steps, (ref, dropName, values, has) => {
    let any = false;
    for (let s = 0; s < steps.count; s++) {
      hasOut[s] = 0;
      if (has[s] === 0) continue;
      const v = values[s] ?? 0;
      const result = scalarLeft ? operate(node.op, scalars[s] ?? 0, v) : operate(node.op, v, scalars[s] ?? 0);
      if (comparison && !node.bool && result === 0) continue;
      out[s] = comparison && !node.bool ? v : result;
      hasOut[s] = 1;
      any = true;
    }
    if (any) sink(ref, dropName || !comparison || node.bool, out, hasOut);
  });
}

/** The labels by which the two sides are matched. */
function signatures(matching: Matching, labels: LabelSpace): (ref: number) => number {
  const ids = labels.ids(matching.labels);
  if (matching.on) return (ref) => labels.keep(ref, ids);
  const ignored = [...new Set([...ids, NAME_ID])].sort((a, b) => a - b);
  return (ref) => labels.without(ref, ignored);
}

/** `and`, `or`, `unless`: by signature, at each step; the left side's labels and values stay. */
async function setOperation(ev: EvalHost, node: Binary, matching: Matching, steps: Steps, sink: Sink): Promise<void> {
  const { labels } = ev.context;
  const signature = signatures(matching, labels);
  const n = steps.count;
  const left = new Block(n, ev.context);
  const right = new Block(n, ev.context);
  await ev.rows(node.lhs, steps, left.sink);
  if (node.op === 'and' && left.count === 0) return;
  await ev.rows(node.rhs, steps, right.sink);
  /** Which signatures a side has at each step. */
  const presence = (block: Block): ReadonlyMap<number, Uint8Array> => {
    const map = new Map<number, Uint8Array>();
    for (const [i, ref] of block.refs.entries()) {
      const key = signature(ref);
      const steps = map.get(key) ?? new Uint8Array(n);
      map.set(key, steps);
      for (let s = 0; s < n; s++) if (block.has[i * n + s] === 1) steps[s] = 1;
    }
    return map;
  };
  const keep = (block: Block, i: number, other: ReadonlyMap<number, Uint8Array>, wanted: 0 | 1): void => {
    const found = other.get(signature(block.refs[i] ?? 0));
    const has = new Uint8Array(n);
    let any = false;
    for (let s = 0; s < n; s++) {
      if (block.has[i * n + s] === 1 && (found?.[s] ?? 0) === wanted) {
        has[s] = 1;
        any = true;
      }
    }
    if (any) sink(block.refs[i] ?? 0, block.drops[i] ?? false, block.values.subarray(i * n, (i + 1) * n), has);
  };
  if (node.op === 'or') {
    left.emit(sink);
    const lefts = presence(left);
    for (let i = 0; i < right.count; i++) keep(right, i, lefts, 0);
    return;
  }
  const rights = presence(right);
  for (let i = 0; i < left.count; i++) keep(left, i, rights, node.op === 'and' ? 1 : 0);
}

/** The labels of a result of `many op one`. */
function resultLabels(node: Binary, matching: Matching, labels: LabelSpace): (many: number, one: number) => number {
  const arithmetic = !COMPARISONS.has(node.op);
  const on = labels.ids(matching.labels);
  const include = matching.include.map((name) => labels.id(name));
  const known = new Map<number, Map<number, number>>();
  return (many, one) => {
    let inner = known.get(many);
    if (inner === undefined) known.set(many, (inner = new Map()));
    const cached = inner.get(one);
    if (cached !== undefined) return cached;
    let ref = arithmetic ? labels.dropName(many) : many;
    if (matching.card === 'one-to-one') ref = matching.on ? labels.keep(ref, on) : labels.without(ref, on);
    for (const id of include) ref = labels.with(ref, id, labels.get(one, id));
    inner.set(one, ref);
    return ref;
  };
}

const duplicate = (side: string, context: QueryContext, group: number, a: number, b: number): QueryError =>
  new QueryError('execution', `found duplicate series for the match group ${context.labels.toText(group)} on the ${side} hand-side of the operation: [${[a, b].map((ref) => context.labels.toText(ref)).toSorted().toReversed().join(', ')}];many-to-many matching not allowed: matching labels must be unique on one side`);

type Sides = { readonly many: Block; readonly one: Block; readonly swapped: boolean };

/** Arithmetic and comparisons between two vectors. */
async function vectors(ev: EvalHost, node: Binary, matching: Matching, steps: Steps, sink: Sink): Promise<void> {
  const n = steps.count;
  const left = new Block(n, ev.context);
  const right = new Block(n, ev.context);
  await ev.rows(node.lhs, steps, left.sink);
  if (left.count === 0 && node.fill === undefined) return;
  await ev.rows(node.rhs, steps, right.sink);
  if (right.count === 0 && node.fill === undefined) return;
  const swapped = matching.card === 'one-to-many';
  combine(ev.context, node, matching, { many: swapped ? right : left, one: swapped ? left : right, swapped }, n, sink);
}

function combine(context: QueryContext, node: Binary, matching: Matching, sides: Sides, n: number, sink: Sink): void {
  const { many, one, swapped } = sides;
  const signature = signatures(matching, context.labels);
  const labelsOf = resultLabels(node, matching, context.labels);
  const ones = new Map<number, number[]>();
  for (const [i, ref] of one.refs.entries()) {
    const key = signature(ref);
    const rows = ones.get(key);
    if (rows === undefined) ones.set(key, [i]);
    else {
      checkUnique(context, one, rows, i, key, n, swapped ? 'left' : 'right');
      rows.push(i);
    }
  }
  const comparison = COMPARISONS.has(node.op);
  const filters = comparison && !node.bool;
  const out = new Block(n, context);
  const places = new Map<number, number>();
  const claims = new Map<number, Uint8Array>();
  const oneToOne = matching.card === 'one-to-one';
  /** Each group (one to one) or each result (many to one) may be given a value once a step, even one that a comparison then filters out. */
  const claim = (key: number, s: number): void => {
    const claimed = claims.get(key) ?? new Uint8Array(n);
    claims.set(key, claimed);
    if (claimed[s] === 1) throw new QueryError('execution', `multiple matches for labels: ${oneToOne ? 'many-to-one matching must be explicit (group_left/group_right)' : 'grouping labels must ensure unique matches'}`);
    claimed[s] = 1;
  };
  for (const [i, ref] of many.refs.entries()) {
    const key = signature(ref);
    for (const row of ones.get(key) ?? []) {
      const outRef = labelsOf(ref, one.refs[row] ?? 0);
      for (let s = 0; s < n; s++) {
        if (many.has[i * n + s] === 0 || one.has[row * n + s] === 0) continue;
        claim(oneToOne ? key : outRef, s);
        const [a, b] = swapped ? [one.values[row * n + s] ?? 0, many.values[i * n + s] ?? 0] : [many.values[i * n + s] ?? 0, one.values[row * n + s] ?? 0];
        const result = operate(node.op, a, b);
        if (filters && result === 0) continue;
        const at = places.get(outRef) ?? out.add(outRef, node.bool || (comparison && (many.drops[i] ?? false)));
        places.set(outRef, at);
        out.has[at + s] = 1;
        out.values[at + s] = filters ? a : result;
      }
    }
  }
  out.emit(sink);
}
/** Two series of the "one" side in one group may not have values at the same step. */
function checkUnique(context: QueryContext, block: Block, rows: readonly number[], i: number, key: number, n: number, side: string): void {
  for (const row of rows) {
    for (let s = 0; s < n; s++) {
      if (block.has[row * n + s] === 1 && block.has[i * n + s] === 1) throw duplicate(side, context, key, block.refs[row] ?? 0, block.refs[i] ?? 0);
    }
  }
}

export async function evaluateBinary(ev: EvalHost, node: Binary, steps: Steps, sink: Sink): Promise<void> {
  const { matching } = node;
  if (matching === undefined || typeOf(node.lhs) === 'scalar' || typeOf(node.rhs) === 'scalar') return withScalar(ev, node, steps, sink);
  if (node.op === 'and' || node.op === 'or' || node.op === 'unless') return setOperation(ev, node, matching, steps, sink);
  return vectors(ev, node, matching, steps, sink);
}
