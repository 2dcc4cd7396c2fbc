import type { Infer, Schema } from '../../schema/schema.ts';
import { def, int, int64, like, req, str } from '../../schema/schema.ts';
import { atomicList, choice, labelSelector } from '../meta.ts';

const CORE = 'io.k8s.api.core.v1';
const ATOMIC = { 'x-kubernetes-map-type': 'atomic' } as const;

const nodeSelectorRequirement = def(`${CORE}.NodeSelectorRequirement`, {
  key: req(str('Label key.')), operator: req(str('In, NotIn, Exists, DoesNotExist, Gt or Lt.')), values: atomicList(str(), 'Values to compare with.'),
}, 'One condition on a node.');
const nodeSelectorTerm = def(`${CORE}.NodeSelectorTerm`, {
  matchExpressions: atomicList(nodeSelectorRequirement, 'Conditions on labels.'), matchFields: atomicList(nodeSelectorRequirement, 'Conditions on fields; metadata.name only.'),
}, 'Conditions that must all hold.', ATOMIC);
export const nodeSelector = def(`${CORE}.NodeSelector`, { nodeSelectorTerms: req(atomicList(nodeSelectorTerm, 'One of them must hold.')) }, 'Which nodes will do.', ATOMIC);
const preferredSchedulingTerm = def(`${CORE}.PreferredSchedulingTerm`, { weight: req(int('1 to 100.')), preference: req(like(nodeSelectorTerm, 'The wish.')) }, 'A wish with a weight.');
const nodeAffinity = def(`${CORE}.NodeAffinity`, {
  requiredDuringSchedulingIgnoredDuringExecution: like(nodeSelector, 'Nodes that will do.'),
  preferredDuringSchedulingIgnoredDuringExecution: atomicList(preferredSchedulingTerm, 'Nodes that are better.'),
}, 'Which nodes the pod may or should run on.');

const podAffinityTerm = def(`${CORE}.PodAffinityTerm`, {
  topologyKey: req(str('Node label that says what "near" means.')),
  labelSelector: like(labelSelector, 'The pods meant.'),
  namespaces: atomicList(str(), 'Namespaces of those pods. Default: the pod\'s own.'),
  namespaceSelector: like(labelSelector, 'Namespaces by label.'),
  matchLabelKeys: atomicList(str(), 'Label keys whose value must be as on this pod.'),
  mismatchLabelKeys: atomicList(str(), 'Label keys whose value must differ from this pod\'s.'),
}, 'Other pods, and the area in which they count.');
const weightedPodAffinityTerm = def(`${CORE}.WeightedPodAffinityTerm`, { weight: req(int('1 to 100.')), podAffinityTerm: req(like(podAffinityTerm, 'The wish.')) }, 'A wish with a weight.');
const podAffinityFields = {
  requiredDuringSchedulingIgnoredDuringExecution: atomicList(podAffinityTerm, 'What must hold.'),
  preferredDuringSchedulingIgnoredDuringExecution: atomicList(weightedPodAffinityTerm, 'What should hold.'),
};
const podAffinity = def(`${CORE}.PodAffinity`, podAffinityFields, 'Run near these pods.');
const podAntiAffinity = def(`${CORE}.PodAntiAffinity`, podAffinityFields, 'Run away from these pods.');
const affinityNode = def(`${CORE}.Affinity`, { nodeAffinity, podAffinity, podAntiAffinity }, 'Where the pod may, should or should not run.');
export interface Affinity extends Infer<typeof affinityNode> {}
export const affinity: Schema<Affinity> = affinityNode;

export const toleration = def(`${CORE}.Toleration`, {
  key: str('Taint key; empty with Exists tolerates all.'),
  operator: str('Exists or Equal (default).'),
  value: str('Taint value, for Equal.'),
  effect: choice(['NoExecute', 'NoSchedule', 'PreferNoSchedule'], 'NoSchedule, PreferNoSchedule or NoExecute; empty is all.'),
  tolerationSeconds: int64('How long to stay after a NoExecute taint. Default: for ever.'),
}, 'A taint the pod puts up with.');
export const topologySpreadConstraint = def(`${CORE}.TopologySpreadConstraint`, {
  maxSkew: req(int('Largest difference between areas.')),
  topologyKey: req(str('Node label that names the area.')),
  whenUnsatisfiable: req(choice(['DoNotSchedule', 'ScheduleAnyway'], 'DoNotSchedule or ScheduleAnyway.')),
  labelSelector: like(labelSelector, 'The pods that are counted.'),
  minDomains: int('Least number of areas.'),
  matchLabelKeys: atomicList(str(), 'Label keys taken from this pod.'),
  nodeAffinityPolicy: choice(['Honor', 'Ignore'], 'Honor or Ignore.'),
  nodeTaintsPolicy: choice(['Honor', 'Ignore'], 'Honor or Ignore.'),
}, 'How pods are spread over areas.');
