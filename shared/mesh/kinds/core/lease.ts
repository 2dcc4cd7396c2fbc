import type { Infer } from '../../schema/schema.ts';
import { def, int, str } from '../../schema/schema.ts';
import { builtin } from '../builtin.ts';
import { kindSchema, time } from '../meta.ts';

const spec = def('io.k8s.api.coordination.v1.LeaseSpec', {
  holderIdentity: str('Who holds it.'),
  leaseDurationSeconds: int('Seconds after renewTime for which it holds.'),
  acquireTime: time('Since when.'),
  renewTime: time('When last renewed.'),
  leaseTransitions: int('How often it changed hands.'),
  strategy: str('How the next holder is found.'),
  preferredHolder: str('Who should take over.'),
}, 'Who holds a lease and for how long.');
const schema = kindSchema('io.k8s.api.coordination.v1.Lease', { spec }, 'A lock with an end; used to elect leaders and as the heartbeat of nodes.');
export type Lease = Infer<typeof schema>;
export const leaseKind = builtin({ group: 'coordination.k8s.io', kind: 'Lease', schema });
