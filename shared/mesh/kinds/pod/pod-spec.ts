import type { Infer, Schema } from '../../schema/schema.ts';
import { bool, def, int, int64, like, map, req, str } from '../../schema/schema.ts';
import { atomicList, choice, keyedList, localObjectReference, objectMeta, quantities } from '../meta.ts';
import { affinity, toleration, topologySpreadConstraint } from './affinity.ts';
import { container, ephemeralContainer, resourceRequirements } from './container.ts';
import { podSecurityContext } from './security.ts';
import { volume } from './volume.ts';

const CORE = 'io.k8s.api.core.v1';

const hostAlias = def(`${CORE}.HostAlias`, { ip: req(str('Address.')), hostnames: atomicList(str(), 'Names for it.') }, 'A line of the pod\'s hosts file.');
const dnsOption = def(`${CORE}.PodDNSConfigOption`, { name: str('Name of the option.'), value: str('Its value.') }, 'A resolver option.');
const dnsConfig = def(`${CORE}.PodDNSConfig`, {
  nameservers: atomicList(str(), 'Name servers.'), searches: atomicList(str(), 'Search domains.'), options: atomicList(dnsOption, 'Resolver options.'),
}, 'Resolver settings, added to those of dnsPolicy.');
const readinessGate = def(`${CORE}.PodReadinessGate`, { conditionType: req(str('Type of a condition of the pod.')) }, 'A condition that must be True for the pod to be ready.');
const schedulingGate = def(`${CORE}.PodSchedulingGate`, { name: req(str('Name of the gate.')) }, 'The pod waits unscheduled until all gates are removed.');
const podOs = def(`${CORE}.PodOS`, { name: req(str('linux or windows.')) }, 'Operating system of the containers.');
const podResourceClaim = def(`${CORE}.PodResourceClaim`, {
  name: req(str('Name in the pod.')), resourceClaimName: str('An existing claim.'), resourceClaimTemplateName: str('Template of a claim made for the pod.'),
}, 'A resource claim the containers can use.');
const workloadRef = def(`${CORE}.WorkloadReference`, { name: req(str('Name of the workload.')), podGroup: req(str('Group in it.')), podGroupReplicaKey: str('Replica of the group.') }, 'The workload the pod belongs to, for scheduling.');

const podSpecNode = def(`${CORE}.PodSpec`, {
  containers: req(keyedList(container, 'name', 'The containers; at least one.')),
  initContainers: keyedList(container, 'name', 'Run one after the other before the containers; those with restartPolicy Always stay as sidecars.'),
  ephemeralContainers: keyedList(ephemeralContainer, 'name', 'Containers added for debugging; only by the subresource.'),
  volumes: keyedList(volume, 'name', 'Storage the containers can mount.', ['name'], 'merge,retainKeys'),
  serviceAccountName: str('Service account the pod runs as. Default: default.'),
  serviceAccount: str('Old name of serviceAccountName.'),
  automountServiceAccountToken: bool('Whether a token is mounted. Default true.'),
  restartPolicy: choice(['Always', 'Never', 'OnFailure'], 'Always (default), OnFailure or Never.'),
  terminationGracePeriodSeconds: int64('Seconds between the request to end and the kill. Default 30.'),
  activeDeadlineSeconds: int64('Longest life of the pod.'),
  nodeName: str('Node the pod runs on; set by the scheduler.'),
  nodeSelector: map(str(), 'Labels the node must have.', { 'x-kubernetes-map-type': 'atomic' }),
  affinity: like(affinity, 'Where the pod may, should or should not run.'),
  tolerations: atomicList(toleration, 'Taints the pod puts up with.'),
  topologySpreadConstraints: keyedList(topologySpreadConstraint, 'topologyKey', 'How pods are spread over areas.', ['topologyKey', 'whenUnsatisfiable']),
  schedulerName: str('Scheduler that places the pod. Default: default-scheduler.'),
  schedulingGates: keyedList(schedulingGate, 'name', 'Gates that hold the pod back from scheduling.'),
  workloadRef,
  priorityClassName: str('Name of the priority class.'),
  priority: int('Priority; the higher, the sooner scheduled.'),
  preemptionPolicy: choice(['Never', 'PreemptLowerPriority'], 'PreemptLowerPriority (default) or Never.'),
  securityContext: like(podSecurityContext, 'User, groups and other rights of all containers.'),
  imagePullSecrets: keyedList(localObjectReference, 'name', 'Secrets for pulling images.'),
  hostNetwork: bool('Use the node\'s network. Default false.'),
  hostPID: bool('See the node\'s processes. Default false.'),
  hostIPC: bool('Share the node\'s IPC. Default false.'),
  hostUsers: bool('Use the node\'s user ids. Default true.'),
  hostname: str('Host name of the pod. Default: the pod\'s name.'),
  hostnameOverride: str('Host name as it is, whatever DNS says.'),
  subdomain: str('Name of the headless Service for the pod\'s DNS name.'),
  setHostnameAsFQDN: bool('Use the full name as host name. Default false.'),
  hostAliases: keyedList(hostAlias, 'ip', 'Lines added to the hosts file.'),
  dnsPolicy: choice(['ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None'], 'ClusterFirst (default), ClusterFirstWithHostNet, Default or None.'),
  dnsConfig,
  shareProcessNamespace: bool('All containers see each other\'s processes. Default false.'),
  enableServiceLinks: bool('Give variables for every Service of the namespace. Default true.'),
  readinessGates: atomicList(readinessGate, 'Conditions that must be True besides the probes.'),
  runtimeClassName: str('Class of the container runtime.'),
  overhead: quantities('What the runtime itself needs.'),
  os: podOs,
  resources: like(resourceRequirements, 'Resources of the pod as a whole.'),
  resourceClaims: keyedList(podResourceClaim, 'name', 'Claims of devices.', ['name'], 'merge,retainKeys'),
}, 'What the pod is made of and how it runs.');
export interface PodSpec extends Infer<typeof podSpecNode> {}
export const podSpec: Schema<PodSpec> = podSpecNode;

export const podTemplateSpec = def(`${CORE}.PodTemplateSpec`, {
  metadata: like(objectMeta, 'Labels and annotations of the pods.'),
  spec: like(podSpec, 'What the pods are made of.'),
}, 'The pods that are made from this.');
export type PodTemplateSpec = Infer<typeof podTemplateSpec>;
