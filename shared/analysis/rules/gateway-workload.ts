import { selects } from '#shared/mesh';
import { labelText } from '../rule.ts';
import type { Rule } from '../rule.ts';
import type { PodFacts } from '../world/facts.ts';
import type { World } from '../world/world.ts';

/** Ports through which the Services in front of these pods lead to them: target ports, and the Services' own. */
function openPorts(world: World, pods: readonly PodFacts[]): ReadonlySet<number> {
  const open = new Set<number>();
  for (const service of world.services) {
    if (service.selector === undefined || !pods.some((pod) => pod.namespace === service.namespace && selects(service.selector, pod.labels))) continue;
    for (const port of service.ports.filter((one) => one.l4 === 'TCP')) {
      open.add(port.port);
      if (typeof port.targetPort === 'number') open.add(port.targetPort);
    }
  }
  return open;
}

/** IST0101 (selector, credentialName), IST0162: a Gateway that no pod serves, whose Secret is missing, or whose port no Service leads to. */
export const gatewayWorkload: Rule = {
  needs: ['Pod', 'Service'],
  run: (world, findings) => {
    for (const { object, ref } of world.gateways) {
      const { selector, servers = [] } = object.spec;
      const pods = world.podIndex.chosen(undefined, selector);
      const [first] = pods;
      if (first === undefined) {
        findings.add('IST0101', ref, ['spec', 'selector'], `No pod has the labels ${labelText(selector)}, so nothing listens for this Gateway.`, { fix: { text: 'Use the labels of the gateway pods, for example istio=ingressgateway.' } });
        continue;
      }
      const open = openPorts(world, pods);
      for (const [i, server] of servers.entries()) {
        const credential = server.tls?.credentialName ?? '';
        if (credential !== '' && !world.missing.has('Secret') && !world.secrets.has(`${first.namespace}/${credential}`)) {
          findings.add('IST0101', ref, ['spec', 'servers', i, 'tls', 'credentialName'], `There is no Secret ${credential} in ${first.namespace}, where the gateway pods are. Connections to port ${server.port.number} are refused.`, {
            fix: { text: `Create a Secret of type kubernetes.io/tls named ${credential} in ${first.namespace}.` },
          });
        }
        if (open.has(server.port.number)) continue;
        findings.add('IST0162', ref, ['spec', 'servers', i, 'port', 'number'], `No Service leads to port ${server.port.number} of the gateway pods (${labelText(selector)})${open.size > 0 ? `; they lead to ${[...open].toSorted((a, b) => a - b).join(', ')}` : ''}.`, {
          fix: { text: 'Add the port to the Service, or use one that it has.' },
        });
      }
    }
  },
};
