import { parseError } from '../promql/parse/ast.ts';
import type { QueryResult } from '../promql/eval/engine.ts';
import { printQuery } from '../promql/parse/print.ts';
import type { ApiContext, Handler } from './context.ts';
import { dataJson } from './json.ts';
import { durationParameter, invalid, limitParameter, requiredTime, timeParameter } from './parameters.ts';
import { ApiError, success } from './reply.ts';
import type { Reply } from './reply.ts';

const seconds = (ms: number): string => (ms / 1000).toFixed(9).replace(/0+$/, '').replace(/\.$/, '');

function answer(params: URLSearchParams, result: QueryResult, startedAt: number): Reply {
  const limit = limitParameter(params);
  const { text, cut } = dataJson(result.data, result.labels, limit);
  const total = seconds(performance.now() - startedAt);
  const stats = (params.get('stats') ?? '') === '' ? '' : `,"stats":{"timings":{"evalTotalTime":${total},"resultSortTime":0,"queryPreparationTime":0,"innerEvalTime":${total},"execQueueTime":0,"execTotalTime":${total}},"samples":{"totalQueryableSamples":${result.peakSamples},"peakSamples":${result.peakSamples}}}`;
  return success(`${text.slice(0, -1)}${stats}}`, { warnings: cut ? [...result.warnings, 'results truncated due to limit'] : result.warnings, infos: result.infos });
}
function runOptions(params: URLSearchParams, signal: AbortSignal): { signal: AbortSignal; timeoutMs?: number; lookbackMs?: number } {
  const timeoutMs = durationParameter(params, 'timeout');
  const lookbackMs = durationParameter(params, 'lookback_delta');
  return { signal, ...(timeoutMs === undefined ? {} : { timeoutMs }), ...(lookbackMs === undefined || lookbackMs <= 0 ? {} : { lookbackMs }) };
}
function queryText(params: URLSearchParams): string {
  return params.get('query') ?? '';
}

const instant = ({ engine, gate, now, limits }: ApiContext): Handler => async (params, signal) => {
  const query = queryText(params);
  const time = timeParameter(params, 'time') ?? now();
  limitParameter(params);
  const options = runOptions(params, signal);
  engine.parse(query);
  const startedAt = performance.now();
  return gate.run(options.timeoutMs ?? limits.queryMsMax, async () => answer(params, await engine.instant(query, time, options), startedAt));
};

const range = ({ engine, gate, limits }: ApiContext): Handler => async (params, signal) => {
  const query = queryText(params);
  const start = requiredTime(params, 'start');
  const end = requiredTime(params, 'end');
  if (end < start) throw invalid('end', 'end timestamp must not be before start time');
  const step = durationParameter(params, 'step');
  if (step === undefined) throw invalid('step', 'cannot parse "" to a valid duration');
  if (step <= 0) throw invalid('step', 'zero or negative query resolution step widths are not accepted. Try a positive integer');
  if ((end - start) / step > limits.pointsMax) throw new ApiError('bad_data', 'exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)');
  limitParameter(params);
  const options = runOptions(params, signal);
  const steps = { start, step, count: Math.floor((end - start) / step) + 1 };
  engine.parse(query, steps);
  const startedAt = performance.now();
  return gate.run(options.timeoutMs ?? limits.queryMsMax, async () => answer(params, await engine.range(query, steps, options), startedAt));
};

export const queryRoutes = (context: ApiContext): Readonly<Record<string, Handler>> => ({
  query: instant(context),
  query_range: range(context),
  query_exemplars: (params) => {
    context.engine.parse(queryText(params));
    return success('[]');
  },
  format_query: (params) => {
    const query = queryText(params);
    if (query === '') throw parseError(query, 0, 'no expression found in input');
    return success(JSON.stringify(printQuery(context.engine.parse(query))));
  },
});
