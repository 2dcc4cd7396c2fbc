import { LabelSpace } from '../promql/eval/label-space.ts';
import type { Matcher } from '../promql/parse/ast.ts';
import { quote } from '../promql/parse/go-text.ts';
import type { ApiContext, Handler } from './context.ts';
import { limitParameter, matchParameters, timeParameter } from './parameters.ts';
import { ApiError, success } from './reply.ts';
import type { Reply } from './reply.ts';

const CUT = { warnings: ['results truncated due to limit'] };

function window(params: URLSearchParams): { readonly from: number; readonly to: number } {
  return { from: (timeParameter(params, 'start') ?? Number.NEGATIVE_INFINITY) - 1, to: timeParameter(params, 'end') ?? Number.POSITIVE_INFINITY };
}
function selected({ store }: ApiContext, params: URLSearchParams, selectors: readonly (readonly Matcher[])[]): ReadonlySet<number> {
  const { from, to } = window(params);
  return new Set(selectors.flatMap((matchers) => [...store.select(matchers, from, to)]));
}
function list(items: Iterable<string>, limit: number): Reply {
  const sorted = [...items].sort();
  const cut = limit > 0 && sorted.length > limit;
  return success(JSON.stringify(cut ? sorted.slice(0, limit) : sorted), cut ? CUT : {});
}
/** A label's name as it stands in a path; `U__` begins the escaped form of a name that is not plain (prometheus/common escaping). */
function unescapeName(name: string): string {
  if (!name.startsWith('U__')) return name;
  return name.slice(3).replaceAll(/__|_([0-9a-fA-F]{1,6})_/g, (_, hex: string | undefined) => (hex === undefined ? '_' : String.fromCodePoint(Number.parseInt(hex, 16))));
}

const series = (context: ApiContext): Handler => (params) => {
  const limit = limitParameter(params);
  const labels = new LabelSpace(context.store);
  const refs = labels.sorted([...selected(context, params, matchParameters(params, true))], (ref) => ref);
  const cut = limit > 0 && refs.length > limit;
  return success(`[${(cut ? refs.slice(0, limit) : refs).map((ref) => labels.json(ref)).join(',')}]`, cut ? CUT : {});
};

const labelNames = (context: ApiContext): Handler => (params) => {
  const limit = limitParameter(params);
  const selectors = matchParameters(params, false);
  const { store } = context;
  if (selectors.length === 0) return list([...store.postings.names()].map((id) => store.symbols.text(id)), limit);
  const names = new Set<number>();
  for (const ref of selected(context, params, selectors)) for (let i = store.labels.starts[ref] ?? 0; i < (store.labels.starts[ref + 1] ?? 0); i += 2) names.add(store.labels.arena[i] ?? 0);
  return list([...names].map((id) => store.symbols.text(id)), limit);
};

/** `/label/<name>/values`. */
export const labelValues = (context: ApiContext, rawName: string): Handler => (params) => {
  const name = unescapeName(rawName);
  if (name === '' || !name.isWellFormed()) throw new ApiError('bad_data', `invalid label name: ${quote(name)}`);
  const limit = limitParameter(params);
  const selectors = matchParameters(params, false);
  const { store } = context;
  const nameId = store.symbols.find(name);
  if (selectors.length === 0) return list([...(store.postings.values(nameId)?.keys() ?? [])].map((id) => store.symbols.text(id)), limit);
  const values = new Set<number>();
  for (const ref of selected(context, params, selectors)) values.add(store.labelValue(ref, nameId));
  values.delete(0);
  return list([...values].map((id) => store.symbols.text(id)), limit);
};

export const seriesRoutes = (context: ApiContext): Readonly<Record<string, Handler>> => ({ series: series(context), labels: labelNames(context) });
