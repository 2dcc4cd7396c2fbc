import { hostsMatch } from '#shared/mesh';
import type { Gateway } from '#shared/mesh';
import { listed, named } from '../rule.ts';
import type { Rule } from '../rule.ts';
import { typedKey } from '../world/world.ts';
import type { Typed, World } from '../world/world.ts';

/** The "namespace/name" a VirtualService means by the name of a gateway. */
export const gatewayKey = (name: string, namespace: string): string => (name.includes('/') ? name : `${namespace}/${name}`);

/** Hosts of a gateway's servers that VirtualServices of a namespace may use. */
export function hostsFor(gateway: Typed<Gateway>, namespace: string): readonly string[] {
  return (gateway.object.spec.servers ?? []).flatMap((server) => server.hosts.flatMap((text) => {
    const slash = text.indexOf('/');
    if (slash < 0) return [text];
    const owner = text.slice(0, slash) === '.' ? gateway.namespace : text.slice(0, slash);
    return owner === '*' || owner === namespace ? [text.slice(slash + 1)] : [];
  }));
}

function kubernetesHosts(world: World, key: string): readonly string[] | undefined {
  const gateway = world.kubernetesGateways.find((one) => typedKey(one) === key);
  return gateway?.object.spec.listeners.map((listener) => ((listener.hostname ?? '') === '' ? '*' : (listener.hostname ?? '')));
}

/** IST0101 (gateway), IST0132: a VirtualService names a Gateway that is not there, or that takes none of its hosts. */
export const virtualServiceGateway: Rule = {
  needs: ['Gateway'],
  run: (world, findings) => {
    const byKey = new Map(world.gateways.map((gateway) => [typedKey(gateway), gateway]));
    for (const { object, ref, namespace } of world.virtualServices) {
      for (const [i, name] of (object.spec.gateways ?? []).entries()) {
        if (name === 'mesh') continue;
        const key = gatewayKey(name, namespace);
        const gateway = byKey.get(key);
        const hosts = gateway === undefined ? kubernetesHosts(world, key) : hostsFor(gateway, namespace);
        const path = ['spec', 'gateways', i];
        if (hosts === undefined) {
          const elsewhere = world.gateways.find((one) => one.name === name);
          findings.add('IST0101', ref, path, `There is no Gateway ${key}, so the rules act nowhere for it.`, {
            fix: elsewhere === undefined ? { text: 'Create the Gateway, or name another one.' } : { text: `Name it ${named(elsewhere)}.`, edits: [{ object: ref, path, value: named(elsewhere) }] },
          });
        } else if (!(object.spec.hosts ?? []).some((host) => hosts.some((one) => hostsMatch(one, host)))) {
          findings.add('IST0132', ref, path, `The Gateway ${key} takes ${listed(hosts) || 'no host for this namespace'}; none of ${listed(object.spec.hosts ?? [])} fits.`, {
            related: gateway === undefined ? [] : [gateway.ref], fix: { text: 'Add the host to a server of the Gateway, or change the hosts here.' },
          });
        }
      }
    }
  },
};
