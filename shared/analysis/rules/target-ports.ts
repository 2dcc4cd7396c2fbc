import type { Rule } from '../rule.ts';

/** KIA0701: a Service leads to a port by a name that none of its pods has. A number need not be declared by the pods, so it says nothing (Kiali warns there too). */
export const targetPorts: Rule = {
  needs: ['Pod'],
  run: (world, findings) => {
    for (const service of world.services) {
      if (service.selector === undefined || service.type === 'ExternalName') continue;
      if (service.ports.every((port) => typeof port.targetPort === 'number')) continue;
      const declared = world.podIndex.chosen(service.namespace, service.selector).filter((pod) => !pod.isFinished).flatMap((pod) => pod.containerPorts);
      if (declared.length === 0) continue;
      for (const [i, port] of service.ports.entries()) {
        const target = port.targetPort;
        if (typeof target === 'number' || declared.some((one) => one.name === target)) continue;
        findings.add('KIA0701', service.ref, ['spec', 'ports', i, 'targetPort'], `No pod of ${service.name} has a port named ${target}; they have ${[...new Set(declared.map((one) => (one.name === '' ? String(one.port) : `${one.port} (${one.name})`)))].join(', ')}.`, {
          fix: { text: 'Set targetPort to a port of the containers.' },
        });
      }
    }
  },
};
