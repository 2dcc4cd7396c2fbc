import type { Infer, Schema } from '../../schema/schema.ts';
import { bool, def, int, int64, like, list, map, req, str } from '../../schema/schema.ts';
import { atomicList, choice, keyedList, quantities, time } from '../meta.ts';
import { resourceRequirements } from './container.ts';

const CORE = 'io.k8s.api.core.v1';

const waiting = def(`${CORE}.ContainerStateWaiting`, { reason: str('One word, such as CrashLoopBackOff.'), message: str('A sentence for people.') }, 'Not started yet.');
const running = def(`${CORE}.ContainerStateRunning`, { startedAt: time('When it started.') }, 'Running.');
const terminated = def(`${CORE}.ContainerStateTerminated`, {
  exitCode: req(int('Exit code.')), signal: int('Signal that ended it.'), reason: str('One word, such as Completed or Error.'), message: str('The termination message.'),
  startedAt: time('When it started.'), finishedAt: time('When it ended.'), containerID: str('Its id.'),
}, 'Ended.');
const containerState = def(`${CORE}.ContainerState`, { waiting, running, terminated }, 'State of a container: one of the three.');
const volumeMountStatus = def(`${CORE}.VolumeMountStatus`, {
  name: req(str('Volume.')), mountPath: req(str('Path in the container.')), readOnly: bool('Mounted read-only.'), recursiveReadOnly: str('Disabled, IfPossible or Enabled.'),
}, 'A volume as it is mounted.');
const resourceHealth = def(`${CORE}.ResourceHealth`, { resourceID: req(str('Id of the device.')), health: str('Healthy, Unhealthy or Unknown.') }, 'Health of a device.');
const resourceStatus = def(`${CORE}.ResourceStatus`, { name: req(str('Name of the resource.')), resources: keyedList(resourceHealth, 'resourceID', 'Devices.') }, 'Health of a container\'s devices.');
const linuxUser = def(`${CORE}.LinuxContainerUser`, { uid: req(int64('User id.')), gid: req(int64('Group id.')), supplementalGroups: atomicList(int64(), 'More groups.') }, 'Ids of the first process.');
const containerUser = def(`${CORE}.ContainerUser`, { linux: linuxUser }, 'Who the first process runs as.');
const containerStatusNode = def(`${CORE}.ContainerStatus`, {
  name: req(str('Name of the container.')),
  image: req(str('Image it runs.')),
  imageID: req(str('Id of the image.')),
  ready: req(bool('Its readiness probe succeeds.')),
  restartCount: req(int('Times it was restarted.')),
  started: bool('Its startup probe has succeeded.'),
  state: like(containerState, 'Now.'),
  lastState: like(containerState, 'Before the last restart.'),
  containerID: str('Its id.'),
  resources: like(resourceRequirements, 'Resources in force.'),
  allocatedResources: quantities('Resources reserved by the node.'),
  allocatedResourcesStatus: keyedList(resourceStatus, 'name', 'Health of devices.'),
  volumeMounts: keyedList(volumeMountStatus, 'mountPath', 'Volumes as mounted.'),
  user: containerUser,
  stopSignal: str('Signal that asks it to end.'),
}, 'State of one container.');
export interface ContainerStatus extends Infer<typeof containerStatusNode> {}
export const containerStatus: Schema<ContainerStatus> = containerStatusNode;

const podCondition = def(`${CORE}.PodCondition`, {
  type: req(str('PodScheduled, Initialized, ContainersReady, Ready or another.')),
  status: req(str('True, False or Unknown.')),
  observedGeneration: int64('The generation this was judged on.'),
  lastProbeTime: time('When it was last looked at.'),
  lastTransitionTime: time('When status last changed.'),
  reason: str('One word.'),
  message: str('A sentence for people.'),
}, 'One aspect of the pod\'s state.');
const podIP = def(`${CORE}.PodIP`, { ip: req(str('Address.')) }, 'An address of the pod.');
const hostIP = def(`${CORE}.HostIP`, { ip: req(str('Address.')) }, 'An address of the node.');
const claimStatus = def(`${CORE}.PodResourceClaimStatus`, { name: req(str('Name in the pod.')), resourceClaimName: str('The claim.') }, 'The claim made for the pod.');

const podStatusNode = def(`${CORE}.PodStatus`, {
  phase: choice(['Failed', 'Pending', 'Running', 'Succeeded', 'Unknown'], 'Pending, Running, Succeeded, Failed or Unknown.'),
  conditions: keyedList(podCondition, 'type', 'Aspects of the state.'),
  message: str('A sentence for people: why it is so.'),
  reason: str('One word, such as Evicted.'),
  hostIP: str('Address of the node.'),
  hostIPs: list(hostIP, 'Addresses of the node.', { 'x-kubernetes-list-type': 'atomic', 'x-kubernetes-patch-merge-key': 'ip', 'x-kubernetes-patch-strategy': 'merge' }),
  podIP: str('Address of the pod.'),
  podIPs: keyedList(podIP, 'ip', 'Addresses of the pod.'),
  startTime: time('When the node accepted the pod.'),
  containerStatuses: atomicList(containerStatus, 'State of the containers.'),
  initContainerStatuses: atomicList(containerStatus, 'State of the init containers.'),
  ephemeralContainerStatuses: atomicList(containerStatus, 'State of the debugging containers.'),
  qosClass: choice(['BestEffort', 'Burstable', 'Guaranteed'], 'Guaranteed, Burstable or BestEffort.'),
  nominatedNodeName: str('Node on which others are being removed for this pod.'),
  observedGeneration: int64('The generation this status is about.'),
  resize: str('Old: state of a change of resources.'),
  resources: like(resourceRequirements, 'Resources of the pod as a whole, in force.'),
  allocatedResources: quantities('Resources reserved by the node.'),
  resourceClaimStatuses: keyedList(claimStatus, 'name', 'Claims made for the pod.', ['name'], 'merge,retainKeys'),
  extendedResourceClaimStatus: def(`${CORE}.PodExtendedResourceClaimStatus`, { resourceClaimName: req(str('The claim.')), requestMappings: atomicList(map(str()), 'Which request serves which container.') }, 'Claim made for extended resources.'),
}, 'What the node reports about the pod.');
export interface PodStatus extends Infer<typeof podStatusNode> {}
export const podStatus: Schema<PodStatus> = podStatusNode;
