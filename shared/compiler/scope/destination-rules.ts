import { byAge, fullHost, isVisible, mostSpecificHost, selects } from '#shared/mesh';
import type { DestinationRule, Labels, MeshService, MeshSnapshot, Subset, TrafficPolicy } from '#shared/mesh';
import { perObject } from '../memo.ts';

/** The rules of one namespace for one host, joined. */
export type MergedRule = {
  readonly host: string; readonly namespace: string; readonly exportTo: readonly string[]; readonly policy: TrafficPolicy | undefined; /** The object the policy is of. */ readonly policyFrom: DestinationRule;
  readonly subsets: readonly { readonly subset: Subset; readonly from: DestinationRule; readonly index: number }[]; readonly workloadSelector: Labels | undefined;
};

const hostOf = (rule: DestinationRule): string => fullHost(rule.spec.host, rule.metadata.namespace ?? '');
const exportKey = (rule: DestinationRule): string => JSON.stringify([...(rule.spec.exportTo ?? [])].sort());
const selectorOf = (rule: DestinationRule): Labels | undefined => rule.spec.workloadSelector?.matchLabels;

function merge(rules: readonly [DestinationRule, ...DestinationRule[]]): MergedRule {
  const [first] = rules;
  const subsets: MergedRule['subsets'][number][] = [];
  const names = new Set<string>();
  for (const from of rules) {
    for (const [index, subset] of (from.spec.subsets ?? []).entries()) {
      if (names.has(subset.name)) continue; // the first definition of a name counts
      names.add(subset.name);
      subsets.push({ subset, from, index });
    }
  }
  const policyFrom = rules.find((rule) => rule.spec.trafficPolicy !== undefined) ?? first;
  return { host: hostOf(first), namespace: first.metadata.namespace ?? '', exportTo: first.spec.exportTo ?? [], policy: policyFrom.spec.trafficPolicy, policyFrom, subsets, workloadSelector: selectorOf(first) };
}
const mergedBefore = new Map<string, { readonly rules: readonly DestinationRule[]; readonly merged: MergedRule }>();
/** The same rules give the same object, also in a later snapshot. */
function mergeOnce(key: string, rules: readonly [DestinationRule, ...DestinationRule[]]): MergedRule {
  const known = mergedBefore.get(key);
  if (known !== undefined && known.rules.length === rules.length && known.rules.every((rule, i) => rule === rules[i])) return known.merged;
  const merged = merge(rules);
  if (mergedBefore.size > KEYS_MAX) mergedBefore.clear();
  mergedBefore.set(key, { rules, merged });
  return merged;
}
const KEYS_MAX = 100_000;

type Index = ReadonlyMap<string, ReadonlyMap<string, readonly MergedRule[]>>;
/** Namespace to host to merged rules; those with a workload selector first, then oldest first. */
const indexRules = perObject((all: MeshSnapshot['destinationRules']): Index => {
  const groups = new Map<string, [DestinationRule, ...DestinationRule[]]>();
  for (const rule of byAge.destinationRules(all)) {
    const key = `${rule.metadata.namespace ?? ''}|${hostOf(rule)}|${selectorOf(rule) === undefined ? exportKey(rule) : `selector ${rule.metadata.name}`}`;
    const known = groups.get(key);
    if (known === undefined) groups.set(key, [rule]);
    else known.push(rule);
  }
  const index = new Map<string, Map<string, MergedRule[]>>();
  for (const [key, rules] of groups) {
    const merged = mergeOnce(key, rules);
    const hosts = index.get(merged.namespace) ?? new Map<string, MergedRule[]>();
    index.set(merged.namespace, hosts);
    hosts.set(merged.host, [...(hosts.get(merged.host) ?? []), merged]);
  }
  for (const hosts of index.values()) for (const list of hosts.values()) list.sort((a, b) => Number(a.workloadSelector === undefined) - Number(b.workloadSelector === undefined));
  return index;
});

export type Client = { readonly namespace: string; readonly labels: Labels };

function inNamespace(index: Index, namespace: string, host: string, accept: (rule: MergedRule) => boolean): MergedRule | undefined {
  const hosts = index.get(namespace);
  if (hosts === undefined) return undefined;
  const pattern = hosts.has(host) ? host : mostSpecificHost(hosts.keys(), host);
  return pattern === undefined ? undefined : hosts.get(pattern)?.find(accept);
}

/** The rule for a service as seen by a client: of the client's namespace, of the service's, of the root namespace. */
export function destinationRuleFor(snapshot: MeshSnapshot, service: MeshService, client: Client): MergedRule | undefined {
  const index = indexRules(snapshot.destinationRules);
  if (index.size === 0) return undefined;
  const root = snapshot.mesh.rootNamespace;
  const fits = (rule: MergedRule): boolean => rule.workloadSelector === undefined || (rule.namespace === client.namespace && selects(rule.workloadSelector, client.labels));
  const own = client.namespace === root
    ? inNamespace(index, root, service.host, (rule) => fits(rule) && rule.exportTo.length === 1 && rule.exportTo[0] === '.')
    : inNamespace(index, client.namespace, service.host, fits);
  if (own !== undefined) return own;
  const exported = (rule: MergedRule): boolean => fits(rule) && isVisible(rule.exportTo, rule.namespace, client.namespace);
  return inNamespace(index, service.namespace, service.host, exported) ?? inNamespace(index, root, service.host, exported);
}
/** Whether any rule looks at the labels of the client. */
export const hasWorkloadRules = perObject((all: MeshSnapshot['destinationRules']): boolean => byAge.destinationRules(all).some((rule) => selectorOf(rule) !== undefined));

export type PolicyBlocks = Pick<TrafficPolicy, 'loadBalancer' | 'connectionPool' | 'outlierDetection' | 'tls'>;
const blocks = (policy: PolicyBlocks | undefined): PolicyBlocks => ({
  ...(policy?.loadBalancer === undefined ? {} : { loadBalancer: policy.loadBalancer }), ...(policy?.connectionPool === undefined ? {} : { connectionPool: policy.connectionPool }),
  ...(policy?.outlierDetection === undefined ? {} : { outlierDetection: policy.outlierDetection }), ...(policy?.tls === undefined ? {} : { tls: policy.tls }),
});
const portEntry = (policy: TrafficPolicy | undefined, port: number): PolicyBlocks | undefined => policy?.portLevelSettings?.find((entry) => entry.port?.number === port);

/** The policy of a rule for a port: an entry for the port replaces all four blocks. */
export const portPolicy = (policy: TrafficPolicy | undefined, port: number): PolicyBlocks => blocks(portEntry(policy, port) ?? policy);
/** The policy of a subset: each block it sets overrides the rule's; its entry for the port replaces all four. */
export const subsetPolicy = (base: PolicyBlocks, subset: Subset, port: number): PolicyBlocks => {
  const entry = portEntry(subset.trafficPolicy, port);
  return entry === undefined ? { ...base, ...blocks(subset.trafficPolicy) } : blocks(entry);
};
