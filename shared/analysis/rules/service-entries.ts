import { isRecord } from '#shared/base';
import { listed, named } from '../rule.ts';
import type { Rule } from '../rule.ts';

/** Addresses istiod gave the entry itself. */
const givenAddresses = (status: unknown): readonly unknown[] => (isRecord(status) && Array.isArray(status['addresses']) ? status['addresses'] : []);

/** IST0134, IST0177: a TCP port that needs an address, and ServiceEntries that disagree about a port. */
export const serviceEntries: Rule = {
  run: (world, findings) => {
    const claims = new Map<string, { readonly entry: (typeof world.serviceEntries)[number]; readonly protocol: string; readonly path: readonly (string | number)[] }[]>();
    for (const entry of world.serviceEntries) {
      const { addresses = [], ports = [], hosts, exportTo = [] } = entry.object.spec;
      const hasAddress = addresses.length > 0 || givenAddresses(entry.object.status).length > 0;
      for (const [i, port] of ports.entries()) {
        const protocol = (port.protocol ?? '').toUpperCase();
        const path = ['spec', 'ports', i];
        if (!hasAddress && (protocol === '' || protocol === 'TCP')) {
          findings.add('IST0134', entry.ref, path, `Port ${port.number} is ${protocol === '' ? 'of an unnamed protocol' : 'plain TCP'} and the entry has no address, so connections to it can only be told by their port: it takes every one, whatever the host.`, { fix: { text: 'Add addresses, or name the protocol (HTTP, TLS …).' } });
        }
        for (const host of hosts) {
          const key = `${exportTo.length === 0 || exportTo.includes('*') ? '*' : entry.namespace}|${host}|${port.number}`;
          claims.set(key, [...(claims.get(key) ?? []), { entry, protocol, path: [...path, 'protocol'] }]);
        }
      }
    }
    for (const [key, same] of claims) {
      const protocols = [...new Set(same.map((one) => one.protocol))].toSorted();
      if (protocols.length < 2) continue;
      const [, host = '', port = ''] = key.split('|');
      for (const { entry, path } of same) {
        const others = same.filter((one) => one.entry !== entry).map((one) => one.entry);
        findings.add('IST0177', entry.ref, path, `${listed(others.map(named))} gives ${host}:${port} another protocol (${protocols.map((one) => (one === '' ? 'none' : one)).join(', ')}); the oldest wins.`, { related: others.map((one) => one.ref), fix: { text: 'Give them the same protocol.' } });
      }
    }
  },
};
