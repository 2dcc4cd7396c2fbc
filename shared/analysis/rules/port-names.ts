import type { Rule } from '../rule.ts';

/** Namespaces of the cluster itself; nobody routes to their Services by the mesh. */
const SYSTEM: ReadonlySet<string> = new Set(['kube-system', 'kube-public', 'kube-node-lease']);

/** IST0118, IST0150: the name of a Service port does not say its protocol, so the proxy has to guess from the bytes. */
export const portNames: Rule = {
  run: (world, findings) => {
    for (const { ref, labels, ports, type, namespace } of world.services) {
      if (namespace === world.rootNamespace || SYSTEM.has(namespace) || labels['gateway.istio.io/managed'] !== undefined || (labels['component'] === 'apiserver' && labels['provider'] === 'kubernetes')) continue;
      for (const [i, port] of ports.entries()) {
        const path = ['spec', 'ports', i, 'name'];
        if (type === 'ExternalName' && (port.name === 'tcp' || port.protocol === 'auto')) {
          findings.add('IST0150', ref, path, `Port ${port.port} of an ExternalName Service is named ${port.name === '' ? 'nothing' : port.name}; a TCP port of that kind may take traffic that is not meant for it.`, { fix: { text: 'Name it by its protocol, for example http or tls.' } });
        } else if (port.protocol === 'auto') {
          findings.add('IST0118', ref, path, `The name ${port.name === '' ? 'of port' : `"${port.name}" of port`} ${port.port}${port.name === '' ? ' is empty and' : ''} does not say its protocol, so the proxy guesses it from the first bytes.`, {
            fix: { text: `Begin the name with the protocol: http${port.name === '' ? '' : `-${port.name}`}, grpc, tcp, tls …, or set appProtocol.` },
          });
        }
      }
    }
  },
};
