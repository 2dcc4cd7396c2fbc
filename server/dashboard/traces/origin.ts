import { isRecord } from '#shared/base';
import { matchWords, shapes } from '#shared/graph';
import type { AccessRecord } from '#shared/telemetry';
import type { ConfigDump, DumpRoute } from '../proxies/config-dump.ts';
import type { Kubernetes } from '../sources/kubernetes/kubernetes.ts';
import type { ProxySpan } from './hop-parts.ts';

export type HopObject = { readonly group: string; readonly kind: string; readonly namespace: string; readonly name: string; readonly path: string; readonly text: string };

const hostOf = (authority: string): string => authority.replace(/:\d+$/, '');

/** The route of a sidecar that a hop took: by the name in the access log, the host, the cluster, and the fault that acted. */
export function routeOf(dump: ConfigDump, hop: ProxySpan, record: AccessRecord | undefined): DumpRoute | undefined {
  const url = String(hop.span.tags['http.url'] ?? '');
  const authority = record?.authority ?? (URL.canParse(url) ? new URL(url).host : '');
  const names = record === undefined || record.routeName === '-' ? undefined : record.routeName;
  const score = (route: DumpRoute): number => {
    const host = route.domains.includes(authority) || route.domains.includes(hostOf(authority)) ? 4 : route.domains.includes('*') ? 1 : hop.service !== undefined && route.host.startsWith(`${hop.service.host}:`) ? 3 : -100;
    const name = names === undefined ? 0 : route.name === names ? 4 : -100;
    const cluster = hop.cluster === '' ? 0 : route.clusters.includes(hop.cluster) ? 3 : hop.flags.includes('FI') ? 0 : -100;
    const fault = hop.flags.includes('FI') ? (route.faults.includes('abort') ? 8 : -4) : hop.flags.includes('DI') ? (route.faults.includes('delay') ? 8 : -4) : route.faults.length > 0 ? -1 : 0;
    return host + name + cluster + fault + (route.match.includes(' = ') ? 0 : 0.5);
  };
  let best: { readonly route: DumpRoute; readonly score: number } | undefined;
  for (const route of dump.routes) {
    const s = score(route);
    if (s > 0 && s > (best?.score ?? 0)) best = { route, score: s };
  }
  return best?.route;
}

/** The part of a rule that decided: the fault, the time limit, the destination; else the rule. */
function detail(hop: ProxySpan, rule: shapes.HttpRuleShape | undefined): { readonly suffix: string; readonly words: string } {
  const fault = isRecord(rule?.fault) ? rule.fault : {};
  if (hop.flags.includes('FI')) return { suffix: '.fault.abort', words: `fault abort${isRecord(fault['abort']) && fault['abort']['httpStatus'] !== undefined ? ` with ${String(fault['abort']['httpStatus'])}` : ''}${percentOf(fault['abort'])}` };
  if (hop.flags.includes('DI')) return { suffix: '.fault.delay', words: `fault delay${isRecord(fault['delay']) && fault['delay']['fixedDelay'] !== undefined ? ` of ${String(fault['delay']['fixedDelay'])}` : ''}${percentOf(fault['delay'])}` };
  if (hop.flags.includes('UT') && rule?.timeout !== undefined) return { suffix: '.timeout', words: `timeout ${rule.timeout}` };
  const index = (rule?.route ?? []).findIndex((entry) => hop.service !== undefined && (entry.destination?.subset ?? '') === hop.service.subset);
  if (index >= 0) return { suffix: `.route[${index}]`, words: `sends to ${hop.service?.subset === '' ? (hop.service?.name ?? '') : `subset ${hop.service?.subset ?? ''}`}` };
  return { suffix: '', words: 'routes' };
}
function percentOf(part: unknown): string {
  return isRecord(part) && isRecord(part['percentage']) && part['percentage']['value'] !== undefined ? ` for ${String(part['percentage']['value'])} % of its requests` : '';
}

/** The object and field behind a route, in words: "rule 1 (end-user = jason): fault abort with 500 for 100 % of its requests". */
export function objectOf(kubernetes: Kubernetes, route: DumpRoute, hop: ProxySpan): HopObject | undefined {
  const origin = route.object;
  if (origin === undefined) return undefined;
  const cached = kubernetes.cached(origin.group, origin.kind, origin.namespace, origin.name);
  const [vs] = cached === undefined ? [] : shapes.shaped(shapes.virtualServiceShape, [cached]);
  const rules = vs?.spec?.http ?? [];
  const named = /^spec\.http\[(\d+)\]/.exec(origin.path);
  const index = named === null ? guessRule(rules, route, hop) : Number(named[1]);
  const rule = rules[index];
  const { suffix, words } = detail(hop, rule);
  const path = named?.[0] ?? (index >= 0 ? `spec.http[${index}]` : '');
  return { group: origin.group, kind: origin.kind, namespace: origin.namespace, name: origin.name, path: path === '' ? origin.path : `${path}${suffix}`, text: rule === undefined ? words : `rule ${index + 1} (${matchWords(rule)}): ${words}` };
}

/** A real istiod names the object alone: the rule is the one whose name, fault and destination fit the route. */
function guessRule(rules: readonly shapes.HttpRuleShape[], route: DumpRoute, hop: ProxySpan): number {
  const fits = (rule: shapes.HttpRuleShape): boolean => {
    if (rule.name !== undefined && !(route.name === rule.name || route.name.startsWith(`${rule.name}.`))) return false;
    if ((route.faults.length > 0) !== (rule.fault !== undefined)) return false;
    return hop.service === undefined || (rule.route ?? []).length === 0 || (rule.route ?? []).some((entry) => (entry.destination?.subset ?? '') === hop.service?.subset);
  };
  return rules.findIndex(fits);
}
