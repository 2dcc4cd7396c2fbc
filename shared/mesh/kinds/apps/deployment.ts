import type { Infer } from '../../schema/schema.ts';
import { bool, def, int, int64, like, present, req, str } from '../../schema/schema.ts';
import { builtin } from '../builtin.ts';
import { choice, keyedList, kindSchema, labelSelector, numberOrText, time } from '../meta.ts';
import { podTemplateSpec } from '../pod/pod-spec.ts';

const APPS = 'io.k8s.api.apps.v1';
const rollingUpdate = def(`${APPS}.RollingUpdateDeployment`, {
  maxSurge: numberOrText('Pods above replicas during a rollout: a number or a percentage. Default 25%.'),
  maxUnavailable: numberOrText('Pods that may be missing during a rollout: a number or a percentage. Default 25%.'),
}, 'Pace of a rolling update.');
const strategy = def(`${APPS}.DeploymentStrategy`, { type: choice(['Recreate', 'RollingUpdate'], 'RollingUpdate (default) or Recreate.'), rollingUpdate }, 'How pods are replaced.');
const spec = def(`${APPS}.DeploymentSpec`, {
  replicas: int('Wanted number of pods. Default 1.'),
  selector: req(like(labelSelector, 'Labels of its pods; must fit the template. Cannot be changed.')),
  template: req(like(podTemplateSpec, 'The pods it makes.')),
  strategy: like(strategy, 'How pods are replaced.', { 'x-kubernetes-patch-strategy': 'retainKeys' }),
  minReadySeconds: int('Seconds a pod must be ready to count as available. Default 0.'),
  revisionHistoryLimit: int('Old ReplicaSets that are kept for going back. Default 10.'),
  progressDeadlineSeconds: int('Seconds without progress after which a rollout has failed. Default 600.'),
  paused: bool('No rollout while true.'),
}, 'What the Deployment wants.');
const deploymentCondition = def(`${APPS}.DeploymentCondition`, {
  type: req(str('Available, Progressing or ReplicaFailure.')), status: req(str('True, False or Unknown.')), lastUpdateTime: time('When last written.'),
  lastTransitionTime: time('When status last changed.'), reason: str('One word.'), message: str('A sentence for people.'),
}, 'One aspect of the state.');
const status = def(`${APPS}.DeploymentStatus`, {
  observedGeneration: int64('The generation this status is about.'),
  replicas: int('Pods there are.'),
  updatedReplicas: int('Pods of the newest template.'),
  readyReplicas: int('Ready pods.'),
  availableReplicas: int('Available pods.'),
  unavailableReplicas: int('Pods still missing.'),
  terminatingReplicas: int('Pods that are ending.'),
  collisionCount: int('Collisions of the template hash.'),
  conditions: keyedList(deploymentCondition, 'type', 'Aspects of the state.'),
}, 'What the controller reports.');
const schema = kindSchema(`${APPS}.Deployment`, {
  spec: present(like(spec, 'What the Deployment wants.')), status: like(status, 'What the controller reports.'),
}, 'Keeps a number of equal pods running and replaces them in an orderly way when the template changes.');
export type Deployment = Infer<typeof schema>;
export const deploymentKind = builtin({ group: 'apps', kind: 'Deployment', shortNames: ['deploy'], categories: ['all'], schema, subresources: ['status', 'scale'] });
