import type { DestinationRuleShape, HttpRuleShape, VirtualServiceShape } from './read-objects.ts';
import { nsOf } from './read-objects.ts';

/** The full host of a short name as Istio reads it in an object of `namespace`: no dot means a service of that namespace. */
export function fullHost(host: string, namespace: string, domain = 'cluster.local'): string {
  if (!host.includes('.') && host !== '*') return `${host}.${namespace}.svc.${domain}`;
  return host;
}
/** A host as a service of this cluster: `reviews` or `reviews.default.svc.cluster.local`. `reviews.default` is no service's name to Istio (a host with a dot is taken whole). */
export function serviceOfHost(host: string, namespace: string): { readonly namespace: string; readonly name: string } | undefined {
  const parts = fullHost(host, namespace).split('.');
  const [name, ns, svc] = parts;
  if (name === undefined || ns === undefined || name === '*' || svc !== 'svc' || parts.length < 4) return undefined;
  return { namespace: ns, name };
}

const oldestFirst = (a: { metadata: { creationTimestamp?: string | null | undefined; name: string } }, b: typeof a): number =>
  (a.metadata.creationTimestamp ?? '').localeCompare(b.metadata.creationTimestamp ?? '') || a.metadata.name.localeCompare(b.metadata.name);
const isForMesh = (vs: VirtualServiceShape): boolean => {
  const gateways = vs.spec?.gateways ?? [];
  return gateways.length === 0 || gateways.includes('mesh');
};

/** The VirtualServices that sidecars use for a service: its host is named and `mesh` is among the gateways. The oldest wins in Istio. */
export function virtualServicesOf(service: { readonly namespace: string; readonly name: string }, all: readonly VirtualServiceShape[]): readonly VirtualServiceShape[] {
  return all.filter((vs) => isForMesh(vs) && (vs.spec?.hosts ?? []).some((host) => {
    const found = serviceOfHost(host, nsOf(vs));
    return found !== undefined && found.name === service.name && found.namespace === service.namespace;
  })).toSorted((a, b) => Number(nsOf(b) === service.namespace) - Number(nsOf(a) === service.namespace) || oldestFirst(a, b));
}

/** DestinationRules of a service, those of its own namespace first, then the oldest. */
export function destinationRulesOf(service: { readonly namespace: string; readonly name: string }, all: readonly DestinationRuleShape[]): readonly DestinationRuleShape[] {
  return all.filter((rule) => {
    const found = serviceOfHost(rule.spec?.host ?? '', nsOf(rule));
    return found !== undefined && found.name === service.name && found.namespace === service.namespace;
  }).toSorted((a, b) => Number(nsOf(b) === service.namespace) - Number(nsOf(a) === service.namespace) || oldestFirst(a, b));
}

/** True when the rule takes every request that came this far. */
export const isCatchAll = (rule: HttpRuleShape): boolean => (rule.match ?? []).length === 0 || (rule.match ?? []).some((m) => Object.keys(m).every((key) => key === 'name' || key === 'statPrefix'));

/** The rule whose weights a person means by "the split": the catch-all; without one, the first rule that splits; without that, the last. */
export function splitRule(vs: VirtualServiceShape): { readonly index: number; readonly rule: HttpRuleShape } | undefined {
  const rules = vs.spec?.http ?? [];
  const pick = (test: (rule: HttpRuleShape) => boolean): number => rules.findIndex((rule) => (rule.route ?? []).length > 0 && test(rule));
  const index = [isCatchAll, (rule: HttpRuleShape): boolean => (rule.route ?? []).length > 1].map(pick).find((i) => i >= 0) ?? rules.findLastIndex((rule) => (rule.route ?? []).length > 0);
  const rule = rules[index];
  return rule === undefined ? undefined : { index, rule };
}

/** Shares of the destinations of a rule, 0..1. One destination takes all; several with weights are relative to their sum (Istio: weights need not add up to 100). */
export function sharesOf(rule: HttpRuleShape): readonly { readonly host: string; readonly subset: string | undefined; readonly share: number }[] {
  const entries = (rule.route ?? []).flatMap((entry) => (entry.destination === undefined ? [] : [{ host: entry.destination.host, subset: entry.destination.subset, weight: entry.weight ?? 0 }]));
  if (entries.length === 1) return entries.map(({ host, subset }) => ({ host, subset, share: 1 }));
  const total = entries.reduce((sum, entry) => sum + entry.weight, 0);
  return entries.map(({ host, subset, weight }) => ({ host, subset, share: total === 0 ? 0 : weight / total }));
}

/** What a rule's match says, in words: "end-user = jason", "path starts with /api". */
export function matchWords(rule: HttpRuleShape): string {
  if (isCatchAll(rule)) return 'every other request';
  return (rule.match ?? []).map((m) => Object.entries(m).filter(([key]) => key !== 'name').map(([key, v]) => partWords(key, v)).join(' and ')).join(', or ');
}
const isObject = (v: unknown): v is Record<string, unknown> => typeof v === 'object' && v !== null && !Array.isArray(v);
function stringMatch(v: unknown): string {
  if (!isObject(v)) return String(v);
  if (typeof v['exact'] === 'string') return `= ${v['exact']}`;
  if (typeof v['prefix'] === 'string') return `starts with ${v['prefix']}`;
  if (typeof v['regex'] === 'string') return `matches ${v['regex']}`;
  return 'is present';
}
function partWords(key: string, v: unknown): string {
  if ((key === 'headers' || key === 'withoutHeaders' || key === 'queryParams') && isObject(v)) {
    return Object.entries(v).map(([name, match]) => `${key === 'queryParams' ? `query ${name}` : name}${key === 'withoutHeaders' ? ' not' : ''} ${stringMatch(match)}`).join(' and ');
  }
  if (key === 'uri') return `path ${stringMatch(v)}`;
  if (isObject(v) && ('exact' in v || 'prefix' in v || 'regex' in v)) return `${key} ${stringMatch(v)}`;
  return `${key} ${typeof v === 'object' ? JSON.stringify(v) : String(v)}`;
}
