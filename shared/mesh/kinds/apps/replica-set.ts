import type { Infer } from '../../schema/schema.ts';
import { def, int, int64, like, present, req, str } from '../../schema/schema.ts';
import { builtin } from '../builtin.ts';
import { keyedList, kindSchema, labelSelector, time } from '../meta.ts';
import { podTemplateSpec } from '../pod/pod-spec.ts';

const APPS = 'io.k8s.api.apps.v1';
const spec = def(`${APPS}.ReplicaSetSpec`, {
  replicas: int('Wanted number of pods. Default 1.'),
  selector: req(like(labelSelector, 'Labels of its pods; must fit the template. Cannot be changed.')),
  template: like(podTemplateSpec, 'The pods it makes.'),
  minReadySeconds: int('Seconds a pod must be ready to count as available. Default 0.'),
}, 'What the ReplicaSet wants.');
const replicaSetCondition = def(`${APPS}.ReplicaSetCondition`, {
  type: req(str('ReplicaFailure.')), status: req(str('True, False or Unknown.')), lastTransitionTime: time('When status last changed.'), reason: str('One word.'), message: str('A sentence for people.'),
}, 'One aspect of the state.');
const status = def(`${APPS}.ReplicaSetStatus`, {
  replicas: req(int('Pods there are.')),
  fullyLabeledReplicas: int('Pods with all labels of the template.'),
  readyReplicas: int('Ready pods.'),
  availableReplicas: int('Available pods.'),
  terminatingReplicas: int('Pods that are ending.'),
  observedGeneration: int64('The generation this status is about.'),
  conditions: keyedList(replicaSetCondition, 'type', 'Aspects of the state.'),
}, 'What the controller reports.');
const schema = kindSchema(`${APPS}.ReplicaSet`, {
  spec: present(like(spec, 'What the ReplicaSet wants.')), status: like(status, 'What the controller reports.'),
}, 'Keeps a number of equal pods running; usually made by a Deployment.');
export type ReplicaSet = Infer<typeof schema>;
export const replicaSetKind = builtin({ group: 'apps', kind: 'ReplicaSet', shortNames: ['rs'], categories: ['all'], schema, subresources: ['status', 'scale'] });
