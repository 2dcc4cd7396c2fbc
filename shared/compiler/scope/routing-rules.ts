import { byAge, fullHost, isVisible } from '#shared/mesh';
import type { HTTPMatchRequest, MeshSnapshot, VirtualService } from '#shared/mesh';
import { perObject } from '../memo.ts';
import { originOf } from '../provenance.ts';
import { mergeDelegate } from './delegates.ts';
import type { HttpRule } from './http-rule.ts';

/** A VirtualService ready to be compiled. */
export type RoutingRule = {
  readonly object: VirtualService; readonly name: string; readonly namespace: string; readonly hosts: readonly string[];
  /** "mesh" or "namespace/name". */
  readonly gateways: readonly string[]; readonly exportTo: readonly string[]; readonly http: readonly HttpRule[];
  /** Whether a match looks at the caller's labels or namespace, so that routes differ between callers. */
  readonly usesSource: boolean;
};

export const MESH_GATEWAY = 'mesh';
const gatewayName = (name: string, namespace: string): string => (name === MESH_GATEWAY || name.includes('/') ? name : `${namespace}/${name}`);

const NO_MATCH: readonly HTTPMatchRequest[] = [];
function ownRules(object: VirtualService): readonly HttpRule[] {
  const { namespace = '' } = object.metadata;
  return (object.spec.http ?? []).map((route, i) => ({ route, match: withGateways(route.match ?? NO_MATCH, namespace), source: originOf(object, `spec.http[${i}]`), namespace }));
}
const withGateways = (matches: readonly HTTPMatchRequest[], namespace: string): readonly HTTPMatchRequest[] =>
  matches.some((match) => match.gateways !== undefined) ? matches.map((match) => (match.gateways === undefined ? match : { ...match, gateways: match.gateways.map((name) => gatewayName(name, namespace)) })) : matches;

function ruleOf(object: VirtualService, http: readonly HttpRule[]): RoutingRule {
  const { name, namespace = '' } = object.metadata;
  const gateways = object.spec.gateways === undefined || object.spec.gateways.length === 0 ? [MESH_GATEWAY] : object.spec.gateways.map((gateway) => gatewayName(gateway, namespace));
  return {
    object, name, namespace, hosts: (object.spec.hosts ?? []).map((host) => fullHost(host, namespace)), gateways, exportTo: object.spec.exportTo ?? [], http,
    usesSource: http.some((rule) => rule.match.some((match) => match.sourceLabels !== undefined || match.sourceNamespace !== undefined)),
  };
}
const plainRule = perObject((object: VirtualService): RoutingRule => ruleOf(object, ownRules(object)));
const hasDelegate = (object: VirtualService): boolean => (object.spec.http ?? []).some((route) => route.delegate !== undefined);

function followDelegates(object: VirtualService, all: ReadonlyMap<string, VirtualService>): RoutingRule {
  const { namespace = '' } = object.metadata;
  const http = ownRules(object).flatMap((rule): readonly HttpRule[] => {
    const target = rule.route.delegate;
    if (target === undefined) return [rule];
    const delegate = all.get(`${target.namespace ?? namespace}/${target.name ?? ''}`);
    if (delegate === undefined || (delegate.spec.hosts ?? []).length > 0 || !isVisible(delegate.spec.exportTo, delegate.metadata.namespace ?? '', namespace)) return [];
    return mergeDelegate(rule, ownRules(delegate));
  });
  return ruleOf(object, http);
}

/** All rules that have hosts, oldest first. */
export const routingRules = perObject((all: MeshSnapshot['virtualServices']): readonly RoutingRule[] =>
  byAge.virtualServices(all).flatMap((object) => ((object.spec.hosts ?? []).length === 0 ? [] : [hasDelegate(object) ? followDelegates(object, all) : plainRule(object)])));

const rank = (rule: RoutingRule, namespace: string): number => {
  const everyone = rule.exportTo.length === 0 || rule.exportTo.includes('*');
  return everyone ? 2 : rule.namespace === namespace && rule.exportTo.includes('.') ? 0 : 1;
};
const meshRulesByMap = new WeakMap<object, Map<string, readonly RoutingRule[]>>();
/** The rules for sidecars of a namespace in the order of their claim on a host: private ones, those exported to the namespace, public ones; each oldest first. */
export function meshRules(all: MeshSnapshot['virtualServices'], namespace: string): readonly RoutingRule[] {
  const known = meshRulesByMap.get(all) ?? new Map<string, readonly RoutingRule[]>();
  meshRulesByMap.set(all, known);
  const found = known.get(namespace);
  if (found !== undefined) return found;
  const rules = routingRules(all).filter((rule) => rule.gateways.includes(MESH_GATEWAY) && isVisible(rule.exportTo, rule.namespace, namespace));
  const sorted = rules.map((rule, i) => ({ rule, i, rank: rank(rule, namespace) })).sort((a, b) => a.rank - b.rank || a.i - b.i).map((entry) => entry.rule);
  known.set(namespace, sorted);
  return sorted;
}
