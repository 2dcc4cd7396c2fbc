import { isRecord, parseDuration } from '#shared/base';
import type { FractionalPercent, HeaderMatcher } from '#shared/xds';
import type { Condition, Dice } from '../match/conditions.ts';
import { compileHeader, shareOf } from '../match/conditions.ts';
import { ConfigProblem } from '../problem.ts';
import type { RequestView } from '../request.ts';
import { pathOnly } from '../request.ts';

/** What the fault filter (envoy.filters.http.fault) does to a share of the requests. */
export type CompiledFault = {
  readonly delay: { readonly ms: number; readonly share: number } | undefined;
  readonly abort: { readonly status: number; readonly grpcStatus: number | undefined; readonly share: number } | undefined;
  readonly cluster: string;
  readonly conditions: readonly Condition[];
};
export const FAULT_FILTER = 'envoy.filters.http.fault';

const isPercent = (v: unknown): v is FractionalPercent => isRecord(v) && (v['denominator'] === undefined || v['denominator'] === 'HUNDRED' || v['denominator'] === 'TEN_THOUSAND' || v['denominator'] === 'MILLION');
const isHeaderMatcher = (v: unknown): v is HeaderMatcher => isRecord(v) && typeof v['name'] === 'string';
function percentOf(v: unknown, field: string): number {
  if (v === undefined) return 0;
  if (!isPercent(v)) throw new ConfigProblem(field, 'not a fractional percent');
  return shareOf(v);
}

/** Compiles the filter's message; undefined when it does nothing. */
export function compileFault(config: unknown, field: string): CompiledFault | undefined {
  if (!isRecord(config)) throw new ConfigProblem(field, 'not a fault message');
  const { delay, abort } = config;
  if (delay === undefined && abort === undefined) return undefined;
  let compiledDelay: CompiledFault['delay'];
  if (isRecord(delay) && delay['fixed_delay'] !== undefined) {
    const ms = parseDuration(String(delay['fixed_delay']));
    if (ms === undefined || ms <= 0) throw new ConfigProblem(`${field}.delay.fixed_delay`, 'a delay has to be longer than 0s');
    compiledDelay = { ms, share: percentOf(delay['percentage'], `${field}.delay.percentage`) };
  }
  let compiledAbort: CompiledFault['abort'];
  if (isRecord(abort)) {
    const status = abort['http_status'];
    const grpcStatus = typeof abort['grpc_status'] === 'number' ? abort['grpc_status'] : undefined;
    if (grpcStatus === undefined && (typeof status !== 'number' || status < 200 || status >= 600)) throw new ConfigProblem(`${field}.abort.http_status`, 'value must be inside range [200, 600)');
    compiledAbort = { status: typeof status === 'number' ? status : 200, grpcStatus, share: percentOf(abort['percentage'], `${field}.abort.percentage`) };
  }
  const headers = Array.isArray(config['headers']) ? config['headers'] : [];
  return {
    delay: compiledDelay, abort: compiledAbort, cluster: typeof config['upstream_cluster'] === 'string' ? config['upstream_cluster'] : '',
    conditions: headers.map((matcher, i) => {
      if (!isHeaderMatcher(matcher)) throw new ConfigProblem(`${field}.headers[${i}]`, 'not a header matcher');
      return compileHeader(matcher, `${field}.headers[${i}]`);
    }),
  };
}

/** Whether the fault looks at this request at all: the cluster and the headers it names. */
export function faultApplies(fault: CompiledFault, request: RequestView, cluster: string, dice: Dice): boolean {
  if (fault.cluster !== '' && fault.cluster !== cluster) return false;
  return fault.conditions.length === 0 || fault.conditions.every((condition) => condition.test(request, pathOnly(request.path), dice));
}

/** Whether a share hits this request. A share of 1 always does, one of 0 never. */
export const hits = (share: number, dice: Dice): boolean => share > 0 && dice() < share;
