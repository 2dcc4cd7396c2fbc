import type { Infer } from '../../schema/schema.ts';
import { def, req, str } from '../../schema/schema.ts';
import { builtin } from '../builtin.ts';
import { atomicList, choice, keyedList, kindSchema, time } from '../meta.ts';

const CORE = 'io.k8s.api.core.v1';
const namespaceCondition = def(`${CORE}.NamespaceCondition`, {
  type: req(str('What it is about.')), status: req(str('True, False or Unknown.')), lastTransitionTime: time('When status last changed.'), reason: str('One word.'), message: str('A sentence for people.'),
}, 'One aspect of the namespace\'s deletion.');
const spec = def(`${CORE}.NamespaceSpec`, { finalizers: atomicList(str(), 'The namespace goes when this list is empty; kept by the server.') }, 'Settings of a namespace.');
const status = def(`${CORE}.NamespaceStatus`, { phase: choice(['Active', 'Terminating'], 'Active or Terminating.'), conditions: keyedList(namespaceCondition, 'type', 'What still stands in the way of deletion.') }, 'State of a namespace.');
const schema = kindSchema(`${CORE}.Namespace`, { spec, status }, 'A room for names: objects of different namespaces may have the same name.');
export type Namespace = Infer<typeof schema>;
export const namespaceKind = builtin({ kind: 'Namespace', shortNames: ['ns'], namespaced: false, schema, subresources: ['status'] });
