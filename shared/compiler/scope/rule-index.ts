import { hostCovers, isWildcard } from '#shared/mesh';
import type { MeshService } from '#shared/mesh';
import type { RoutingRule } from './routing-rules.ts';

/** Which rule owns a service's host: the first that names it exactly, else the one with the longest wildcard that covers it. */
export type RuleIndex = {
  readonly ofService: ReadonlyMap<string, RoutingRule>;
  /** Exact hosts of rules that are no service, with the rule that claims them first. */
  readonly otherHosts: ReadonlyMap<string, RoutingRule>;
};

/** `rules` in the order of their claim. */
export function indexRules(rules: readonly RoutingRule[], services: readonly MeshService[]): RuleIndex {
  const known = new Set(services.map((service) => service.host));
  const ofService = new Map<string, RoutingRule>();
  const otherHosts = new Map<string, RoutingRule>();
  const wildcards: { readonly host: string; readonly rule: RoutingRule }[] = [];
  for (const rule of rules) {
    for (const host of rule.hosts) {
      if (isWildcard(host)) wildcards.push({ host, rule });
      else if (!known.has(host)) claim(otherHosts, host, rule);
      else claim(ofService, host, rule);
    }
  }
  if (wildcards.length === 0) return { ofService, otherHosts };
  wildcards.sort((a, b) => b.host.length - a.host.length);
  for (const { host } of services) {
    if (ofService.has(host)) continue;
    const found = wildcards.find((entry) => hostCovers(entry.host, host));
    if (found !== undefined) ofService.set(host, found.rule);
  }
  for (const { host, rule } of wildcards) if (!services.some((service) => hostCovers(host, service.host))) claim(otherHosts, host, rule);
  return { ofService, otherHosts };
}
function claim(map: Map<string, RoutingRule>, host: string, rule: RoutingRule): void {
  if (!map.has(host)) map.set(host, rule);
}
