import type { Rule } from '../rule.ts';
import { destinationsOf } from './destinations.ts';

/** IST0101 (host, host:port), IST0112: a VirtualService sends to a host that is not there, to a port it has not, or does not say to which of several ports. */
export const destinationHost: Rule = {
  needs: ['Service', 'ServiceEntry'],
  run: (world, findings) => {
    for (const { object, ref, namespace } of world.virtualServices) {
      for (const { destination, path, isMirror } of destinationsOf(object)) {
        const what = isMirror ? 'mirror host' : 'host';
        const found = world.hosts.find(destination.host, namespace);
        if (found === undefined) {
          const near = world.hosts.alike(destination.host, namespace);
          findings.add('IST0101', ref, [...path, 'host'], `The ${what} ${destination.host} is not a Service or ServiceEntry that ${namespace} can see. Requests for it are answered with 503.`, {
            fix: near === undefined ? { text: `Create the Service, or name another host. A short name means a Service in ${namespace}.` } : { text: `Send to ${near} instead.`, edits: [{ object: ref, path: [...path, 'host'], value: near }] },
          });
          continue;
        }
        const port = destination.port?.number;
        if (port !== undefined && !found.ports.includes(port)) {
          findings.add('IST0101', ref, [...path, 'port', 'number'], `The ${what} ${destination.host} has no port ${port}; it has ${found.ports.join(', ') || 'none'}.`, {
            related: [found.ref], ...(found.ports.length === 1 ? { fix: { text: `Use port ${found.ports[0]}.`, edits: [{ object: ref, path: [...path, 'port', 'number'], value: found.ports[0] }] } } : {}),
          });
        }
        if (port === undefined && found.ports.length > 1) {
          findings.add('IST0112', ref, [...path, 'port'], `${destination.host} has the ports ${found.ports.join(', ')}, and the destination does not say which.`, { related: [found.ref], fix: { text: 'Add port.number to the destination.' } });
        }
      }
    }
  },
};
