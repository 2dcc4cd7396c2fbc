import type { Infer, Schema } from '../../schema/schema.ts';
import { map, obj, oneOf, present } from '../../schema/schema.ts';
import { AGE, customSchema, istioKind, istioStatus, rule, SECURITY, workloadSelector } from './common.ts';

const mode = obj({ mode: oneOf(['UNSET', 'DISABLE', 'PERMISSIVE', 'STRICT'], 'UNSET: as the level above; DISABLE: plain text; PERMISSIVE: both; STRICT: only mutual TLS. Default of the mesh: PERMISSIVE.') }, 'Whether mutual TLS is asked for.');
export type MutualTlsMode = NonNullable<Infer<typeof mode>['mode']>;
const modes: Schema<{ readonly [port: string]: Infer<typeof mode> }> = map(mode, 'Modes by port of the workload; they go before mtls.', {
  minProperties: 1, 'x-kubernetes-validations': [rule('self.all(key, 0 < int(key) && int(key) <= 65535)', 'port must be between 1-65535')],
});
const spec = obj({ selector: workloadSelector, mtls: mode, portLevelMtls: modes }, 'Which connections workloads accept.', {
  'x-kubernetes-validations': [rule('has(self.portLevelMtls) ? (((has(self.selector) && has(self.selector.matchLabels)) ? self.selector.matchLabels : {}).size() > 0) : true', 'portLevelMtls requires selector')],
});
export type PeerAuthenticationSpec = Infer<typeof spec>;
const schema = customSchema({ spec: present(spec), status: istioStatus }, 'Says whether workloads accept plain text, mutual TLS or both.');
export type PeerAuthentication = Infer<typeof schema>;
export const peerAuthenticationKind = istioKind({
  group: SECURITY, kind: 'PeerAuthentication', plural: 'peerauthentications', shortNames: ['pa'], schema,
  columns: [{ name: 'Mode', type: 'string', jsonPath: '.spec.mtls.mode', description: 'Mutual TLS mode.' }, AGE],
});
