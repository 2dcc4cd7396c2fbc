import { selects } from '#shared/mesh';
import { listed } from '../rule.ts';
import type { Rule } from '../rule.ts';
import { isInMesh } from '../world/in-mesh.ts';

/** IST0116, IST0137: Services over the same pods that disagree about a port; the proxy can hold only one opinion. */
export const deploymentServices: Rule = {
  needs: ['Service', 'Namespace'],
  run: (world, findings) => {
    const services = Map.groupBy(world.services, (service) => service.namespace);
    for (const deployment of world.deployments.filter((one) => isInMesh(world, one))) {
      const ports = (services.get(deployment.namespace) ?? []).filter((service) => service.selector !== undefined && selects(service.selector, deployment.podLabels))
        .flatMap((service) => service.ports.map((port) => ({ service, ...port })));
      for (const [number, same] of Map.groupBy(ports, (port) => port.port)) {
        const protocols = [...new Set(same.map((port) => port.l4))];
        if (protocols.length < 2) continue;
        const names = [...new Set(same.map((port) => port.service.name))].toSorted();
        findings.add('IST0116', deployment.ref, ['metadata', 'name'], `${listed(names)} use port ${number} of these pods as ${listed(protocols)}.`, { related: same.map((port) => port.service.ref), fix: { text: 'Use one protocol for a port number, or another port.' } });
      }
      for (const [target, same] of Map.groupBy(ports, (port) => String(port.targetPort))) {
        const numbers = [...new Set(same.map((port) => port.port))].toSorted((a, b) => a - b);
        if (numbers.length < 2) continue;
        const names = [...new Set(same.map((port) => port.service.name))].toSorted();
        findings.add('IST0137', deployment.ref, ['metadata', 'name'], `${listed(names)} lead to port ${target} of these pods from different ports: ${numbers.join(', ')}.`, { related: same.map((port) => port.service.ref), fix: { text: 'Use one Service port for a target port.' } });
      }
    }
  },
};
