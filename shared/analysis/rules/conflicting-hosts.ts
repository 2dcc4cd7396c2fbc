import { fullHost, hostsMatch } from '#shared/mesh';
import type { VirtualService } from '#shared/mesh';
import { listed, named } from '../rule.ts';
import type { Rule } from '../rule.ts';
import type { Typed } from '../world/world.ts';

const EVERYWHERE = '*';
/** Namespaces that see a VirtualService. */
const scopesOf = (rule: Typed<VirtualService>): readonly string[] => {
  const { exportTo = [] } = rule.object.spec;
  return exportTo.length === 0 || exportTo.includes(EVERYWHERE) ? [EVERYWHERE] : [...new Set(exportTo.map((entry) => (entry === '.' ? rule.namespace : entry)))];
};
const isForSidecars = ({ object }: Typed<VirtualService>): boolean => (object.spec.gateways ?? []).length === 0 || (object.spec.gateways ?? []).includes('mesh');

/** IST0109: two VirtualServices claim one host for the sidecars of the same namespaces; only the oldest acts. */
export const conflictingHosts: Rule = {
  run: (world, findings) => {
    const byHost = new Map<string, Typed<VirtualService>[]>();
    for (const rule of world.virtualServices.filter(isForSidecars)) {
      for (const scope of scopesOf(rule)) {
        for (const host of new Set((rule.object.spec.hosts ?? []).map((one) => fullHost(one, rule.namespace)))) {
          const key = `${scope}/${host}`;
          byHost.set(key, [...(byHost.get(key) ?? []), rule]);
        }
      }
    }
    const shared = [...byHost].filter(([key]) => key.startsWith(`${EVERYWHERE}/`)).map(([key, rules]) => ({ host: key.slice(2), rules }));
    const reported = new Set<Typed<VirtualService>>();
    for (const [key, own] of byHost) {
      const slash = key.indexOf('/');
      const host = key.slice(slash + 1);
      const isPrivate = key.slice(0, slash) !== EVERYWHERE;
      const rules = [...new Set([...own, ...(isPrivate ? shared.filter((one) => hostsMatch(host, one.host)).flatMap((one) => one.rules) : [])])];
      if (rules.length < 2) continue;
      for (const rule of rules) {
        if (reported.has(rule)) continue;
        reported.add(rule);
        const others = rules.filter((one) => one !== rule);
        const i = (rule.object.spec.hosts ?? []).findIndex((one) => hostsMatch(fullHost(one, rule.namespace), host));
        findings.add('IST0109', rule.ref, ['spec', 'hosts', Math.max(i, 0)], `${host} is also claimed by ${listed(others.map(named))}. For sidecars only the oldest of them acts.`, {
          related: others.map((one) => one.ref), fix: { text: 'Merge the rules into one VirtualService, or limit each by exportTo.' },
        });
      }
    }
  },
};
