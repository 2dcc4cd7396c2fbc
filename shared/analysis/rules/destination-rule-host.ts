import { isWildcard, selects } from '#shared/mesh';
import type { DestinationRule } from '#shared/mesh';
import type { Findings, Rule } from '../rule.ts';
import { labelText } from '../rule.ts';
import type { HostFacts } from '../world/hosts.ts';
import type { Typed, World } from '../world/world.ts';

/** IST0174, IST0173, KIA0209: a DestinationRule for a host that is not there; a subset that no pod belongs to, or that does not narrow anything. */
export const destinationRuleHost: Rule = {
  needs: ['Service', 'ServiceEntry', 'Pod'],
  run: (world, findings) => {
    for (const rule of world.destinationRules) {
      const { object, ref, namespace } = rule;
      const { host } = object.spec;
      const found = world.hosts.find(host, namespace);
      if (found !== undefined) checkSubsets(world, rule, found, findings);
      else if (!isWildcard(host) || !world.hosts.hasAny(host, namespace)) {
        const near = world.hosts.alike(host, namespace);
        findings.add('IST0174', ref, ['spec', 'host'], `The host ${host} is not a Service or ServiceEntry that ${namespace} can see, so the rule acts on nothing.`, {
          fix: near === undefined ? { text: `A short name means a Service in ${namespace}; write the full name for another namespace.` } : { text: `Use ${near}.`, edits: [{ object: ref, path: ['spec', 'host'], value: near }] },
        });
      }
    }
  },
};

/** Labels that Istio adds to endpoints itself, from the node. */
const isTopology = (label: string): boolean => label.startsWith('topology.') || label.startsWith('failure-domain.') || label === 'kubernetes.io/hostname';

function checkSubsets(world: World, { object, ref }: Typed<DestinationRule>, host: HostFacts, findings: Findings): void {
  const pods = world.podIndex.chosen(host.namespace, host.selector).filter((pod) => !pod.isFinished);
  for (const [i, subset] of (object.spec.subsets ?? []).entries()) {
    const path = ['spec', 'subsets', i];
    const labels = Object.fromEntries(Object.entries(subset.labels ?? {}).filter(([label]) => !isTopology(label)));
    if (Object.keys(subset.labels ?? {}).length === 0) {
      findings.add('KIA0209', ref, path, `The subset ${subset.name} has no labels, so it is the same as the whole of ${object.spec.host}.`, { fix: { text: 'Give it labels, such as version.' } });
    } else if (host.isService && host.selector !== undefined && !pods.some((pod) => selects(labels, pod.labels))) {
      const versions = [...new Set(pods.map((pod) => pod.labels['version']).filter((version) => version !== undefined))];
      findings.add('IST0173', ref, [...path, 'labels'], `No pod of ${object.spec.host} has ${labelText(subset.labels)}, so requests for the subset ${subset.name} are answered with 503.${versions.length > 0 ? ` Its pods have version ${versions.join(', ')}.` : ''}`, {
        related: [host.ref], fix: { text: 'Change the labels of the subset, or start pods that have them.' },
      });
    }
  }
}
