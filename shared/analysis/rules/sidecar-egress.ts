import type { Rule } from '../rule.ts';

/** KIA1004, KIA1006: a Sidecar that lets workloads call hosts nobody has, or that chooses workloads in the root namespace. */
export const sidecarEgress: Rule = {
  needs: ['Service', 'ServiceEntry'],
  run: (world, findings) => {
    for (const { object, ref, namespace } of world.sidecars) {
      if (namespace === world.rootNamespace && Object.keys(object.spec.workloadSelector?.labels ?? {}).length > 0) {
        findings.add('KIA1006', ref, ['spec', 'workloadSelector'], `A Sidecar in ${world.rootNamespace} is the default of the whole mesh; with a selector it acts on pods of ${world.rootNamespace} only.`, { fix: { text: 'Take the selector away, or move it to the namespace of the workloads.' } });
      }
      for (const [i, egress] of (object.spec.egress ?? []).entries()) {
        for (const [j, text] of egress.hosts.entries()) {
          const [owner = '', host = ''] = text.split('/');
          if (host === '' || host === '*' || owner === '~' || host.startsWith('*')) continue;
          const seenFrom = owner === '*' || owner === '.' ? namespace : owner;
          if (world.hosts.find(host, seenFrom) === undefined) {
            findings.add('KIA1004', ref, ['spec', 'egress', i, 'hosts', j], `${text}: no Service or ServiceEntry ${host} is known${owner === '*' ? '' : ` in ${seenFrom}`}.`, { fix: { text: 'Correct the host, or take it away.' } });
          }
        }
      }
    }
  },
};
