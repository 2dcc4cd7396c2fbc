import { selects } from '#shared/mesh';
import type { Gateway, GatewayServer } from '#shared/mesh';
import { labelText, listed, named } from '../rule.ts';
import type { Findings, Rule } from '../rule.ts';
import type { Typed, World } from '../world/world.ts';

type One = Typed<Gateway>;
const selectorOf = (gateway: One) => gateway.object.spec.selector ?? {};

/** Whether two Gateways are served by the same pods. */
function sharePods(world: World, a: One, b: One): boolean {
  if (labelText(selectorOf(a)) === labelText(selectorOf(b))) return true;
  const isPart = selects(selectorOf(a), selectorOf(b)) || selects(selectorOf(b), selectorOf(a));
  return isPart && world.podIndex.chosen(undefined, selectorOf(a)).some((pod) => selects(selectorOf(b), pod.labels));
}
const sameHosts = (a: GatewayServer, b: GatewayServer): readonly string[] => ((a.bind ?? '') === (b.bind ?? '') ? a.hosts.filter((host) => b.hosts.includes(host)) : []);

/** IST0145: two Gateways of the same pods take the same host on the same port. */
function checkPorts(a: One, others: readonly One[], findings: Findings): void {
  for (const [i, server] of (a.object.spec.servers ?? []).entries()) {
    const clashing = others.filter((b) => (b.object.spec.servers ?? []).some((other) => other.port.number === server.port.number && sameHosts(server, other).length > 0));
    if (clashing.length === 0) continue;
    findings.add('IST0145', a.ref, ['spec', 'servers', i], `Port ${server.port.number} with ${listed(server.hosts)} is also opened by ${listed(clashing.map(named))} on the same pods (${labelText(selectorOf(a))}).`, {
      related: clashing.map((one) => one.ref), fix: { text: 'Keep the host in one Gateway.' },
    });
  }
}

function sameCertificate(a: GatewayServer['tls'], b: GatewayServer['tls']): boolean {
  const [nameA = '', nameB = ''] = [a?.credentialName, b?.credentialName];
  if (nameA !== '' || nameB !== '') return nameA === nameB;
  return (a?.serverCertificate ?? '') !== '' && a?.serverCertificate === b?.serverCertificate && (a?.privateKey ?? '') !== '' && a?.privateKey === b?.privateKey;
}

/** IST0138: two Gateways with one certificate; browsers reuse a connection of the one for the other. */
function checkCertificates(a: One, others: readonly One[], findings: Findings): void {
  for (const b of others) {
    for (const [i, server] of (a.object.spec.servers ?? []).entries()) {
      const { tls } = server;
      if (tls === undefined || !(b.object.spec.servers ?? []).some((other) => other.tls !== undefined && sameCertificate(tls, other.tls))) continue;
      findings.add('IST0138', a.ref, ['spec', 'servers', i, 'tls'], `${named(b)} uses the same certificate. A browser that reuses its HTTP/2 connection for the other host gets 404.`, {
        related: [b.ref], fix: { text: 'Put the hosts into one Gateway, or use a certificate for each.' },
      });
    }
  }
}

export const gatewayConflicts: Rule = {
  needs: ['Pod'],
  run: (world, findings) => {
    for (const a of world.gateways) {
      const others = world.gateways.filter((b) => b !== a && sharePods(world, a, b));
      checkPorts(a, others, findings);
      checkCertificates(a, world.gateways.filter((b) => b !== a && selects(selectorOf(a), selectorOf(b))), findings);
    }
  },
};
