import { fullHost, hostsMatch, isWildcard, selects } from '#shared/mesh';
import type { FieldPath } from '#shared/mesh';
import { named } from '../rule.ts';
import type { Findings, Rule } from '../rule.ts';
import { modeOf } from '../world/mtls-mode.ts';
import type { ModeFound } from '../world/mtls-mode.ts';
import type { World } from '../world/world.ts';

type OneRule = World['destinationRules'][number];

/** Namespace of the Service a rule's host means; undefined when it means several or none of the cluster. */
function namespaceOfHost(host: string, namespace: string): string | undefined {
  const full = fullHost(host, namespace);
  const match = /^(?:[^.]+|\*)\.([^.]+)\.svc\.cluster\.local$/.exec(full);
  return match?.[1];
}

/** KIA0207, KIA0208, KIA0505, KIA0506: a DestinationRule sends plain text where only mutual TLS is taken, or mutual TLS where it is switched off. */
export const mutualTls: Rule = {
  run: (world, findings) => {
    const mesh = modeOf(world, world.rootNamespace);
    for (const rule of world.destinationRules) {
      const { host, trafficPolicy: policy } = rule.object.spec;
      const namespace = namespaceOfHost(host, rule.namespace);
      const isMeshWide = namespace === undefined && isWildcard(host) && hostsMatch(host, 'a.a.svc.cluster.local');
      const own = namespace === undefined ? undefined : modeOf(world, namespace);
      const effective = own ?? (namespace !== undefined || isMeshWide ? mesh : undefined);
      if (effective === undefined || hasExceptions(world, rule)) continue;
      const tls: readonly (readonly [FieldPath, string | undefined])[] = [[['spec', 'trafficPolicy', 'tls', 'mode'], policy?.tls?.mode],
        ...(policy?.portLevelSettings ?? []).map((port, i) => [['spec', 'trafficPolicy', 'portLevelSettings', i, 'tls', 'mode'], port.tls?.mode] as const)];
      for (const [path, mode] of tls) report(rule, path, mode, effective, own !== undefined, findings);
    }
  },
};

/** Workloads of the host with a mode of their own: then the wider mode says little. */
function hasExceptions(world: World, rule: OneRule): boolean {
  const found = world.hosts.find(rule.object.spec.host, rule.namespace);
  if (found?.selector === undefined || found.namespace === world.rootNamespace) return false; // a selector in the root namespace acts on nothing
  return world.peerAuthentications.some((peer) => peer.namespace === found.namespace && Object.keys(peer.object.spec?.selector?.matchLabels ?? {}).length > 0 && selects(peer.object.spec?.selector?.matchLabels, found.selector));
}

function report(rule: OneRule, path: FieldPath, mode: string | undefined, { mode: wanted, from }: ModeFound, isOwn: boolean, findings: Findings): void {
  const { host } = rule.object.spec;
  if (mode === 'DISABLE' && wanted === 'STRICT') {
    findings.add(isOwn ? 'KIA0207' : 'KIA0208', rule.ref, path, `This sends plain text to ${host}, but ${named(from)} takes mutual TLS only. Requests fail with 503.`, {
      related: [from.ref], fix: { text: 'Use ISTIO_MUTUAL, or take the tls block away: then the proxies decide.', edits: [{ object: rule.ref, path, value: 'ISTIO_MUTUAL' }] },
    });
  }
  if (mode === 'ISTIO_MUTUAL' && wanted === 'DISABLE') {
    findings.add(isOwn ? 'KIA0505' : 'KIA0506', rule.ref, path, `This sends mutual TLS to ${host}, but ${named(from)} switches it off. Requests fail with 503.`, {
      related: [from.ref], fix: { text: 'Use DISABLE, or take the tls block away: then the proxies decide.', edits: [{ object: rule.ref, path, value: 'DISABLE' }] },
    });
  }
}
