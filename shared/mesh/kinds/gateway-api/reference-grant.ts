import type { Infer } from '../../schema/schema.ts';
import { list, obj, req } from '../../schema/schema.ts';
import { customSchema } from '../istio/common.ts';
import { AGE, ATOMIC, gatewayApiKind, group, kind, name, namespace } from './common.ts';

const from = obj({ group: req(group('API group.')), kind: req(kind('Kind.')), namespace: req(namespace('Namespace.')) }, 'Who may refer.');
const to = obj({ group: req(group('API group.')), kind: req(kind('Kind.')), name: name('Name. Default: all.') }, 'What may be referred to.');
const schema = customSchema({
  spec: req(obj({
    from: req(list(from, 'Who may refer.', { minItems: 1, maxItems: 16, ...ATOMIC })),
    to: req(list(to, 'What of this namespace may be referred to.', { minItems: 1, maxItems: 16, ...ATOMIC })),
  }, 'Who may refer to what.')),
}, 'Allows objects of other namespaces to refer to objects here.');
export type ReferenceGrant = Infer<typeof schema>;
export const referenceGrantKind = gatewayApiKind({ kind: 'ReferenceGrant', plural: 'referencegrants', shortNames: ['refgrant'], subresources: [], storageVersion: 'v1beta1', schema, columns: [AGE] });
