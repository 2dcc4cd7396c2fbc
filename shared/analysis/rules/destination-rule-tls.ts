import type { DestinationRule, FieldPath } from '#shared/mesh';
import type { Rule } from '../rule.ts';

type Tls = NonNullable<NonNullable<DestinationRule['spec']['trafficPolicy']>['tls']>;
/** TLS that does not check who answers. */
function isBlind(tls: Tls | undefined, hasSelector: boolean): tls is Tls {
  if (tls === undefined || (tls.mode !== 'SIMPLE' && tls.mode !== 'MUTUAL')) return false;
  const isFromSecret = (tls.credentialName ?? '') !== '' && hasSelector;
  return (tls.caCertificates ?? '') === '' && !isFromSecret;
}

/** IST0128, IST0129: TLS towards a host without root certificates, so the server is not checked against roots of your choice. */
export const destinationRuleTls: Rule = {
  run: (world, findings) => {
    for (const { object, ref } of world.destinationRules) {
      const { trafficPolicy: policy, host, workloadSelector } = object.spec;
      const hasSelector = workloadSelector !== undefined;
      const fixAt = (path: FieldPath) => ({ fix: { text: `Set caCertificates at ${path.at(-1)}.` } });
      const path: FieldPath = ['spec', 'trafficPolicy', 'tls'];
      if (isBlind(policy?.tls, hasSelector)) findings.add('IST0128', ref, path, `TLS mode ${policy.tls.mode} has no caCertificates, so the identity of ${host} is not checked against roots of your own.`, fixAt(path));
      for (const [i, port] of (policy?.portLevelSettings ?? []).entries()) {
        if (!isBlind(port.tls, hasSelector)) continue;
        const place: FieldPath = ['spec', 'trafficPolicy', 'portLevelSettings', i, 'tls'];
        findings.add('IST0129', ref, place, `TLS mode ${port.tls.mode} for port ${port.port?.number ?? 0} has no caCertificates, so the identity of ${host} is not checked against roots of your own.`, fixAt(place));
      }
    }
  },
};
