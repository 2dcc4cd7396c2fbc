import type { Infer } from '../../schema/schema.ts';
import { bool, def, int, int64, list, req, str } from '../../schema/schema.ts';
import { builtin } from '../builtin.ts';
import { atomicList, choice, keyedList, kindSchema, quantities, setList, time } from '../meta.ts';

const CORE = 'io.k8s.api.core.v1';
const taint = def(`${CORE}.Taint`, { key: req(str('Key.')), effect: req(choice(['NoExecute', 'NoSchedule', 'PreferNoSchedule'], 'NoSchedule, PreferNoSchedule or NoExecute.')), value: str('Value.'), timeAdded: time('Since when.') }, 'Keeps pods away that do not tolerate it.');
const configMapNodeSource = def(`${CORE}.ConfigMapNodeConfigSource`, {
  namespace: req(str('Namespace.')), name: req(str('Name.')), kubeletConfigKey: req(str('Key.')), uid: str('UID.'), resourceVersion: str('Version.'),
}, 'A ConfigMap with kubelet settings.');
const configSource = def(`${CORE}.NodeConfigSource`, { configMap: configMapNodeSource }, 'Old: where the kubelet gets its settings.');
const spec = def(`${CORE}.NodeSpec`, {
  unschedulable: bool('No new pods (kubectl cordon).'),
  taints: atomicList(taint, 'Keep pods away that do not tolerate them.'),
  podCIDR: str('Addresses of its pods.'),
  podCIDRs: setList(str(), 'Addresses of its pods, by family.'),
  providerID: str('Id at the cloud provider.'),
  configSource,
  externalID: str('No longer used.'),
}, 'Settings of a node.');
const nodeCondition = def(`${CORE}.NodeCondition`, {
  type: req(str('Ready, MemoryPressure, DiskPressure, PIDPressure or NetworkUnavailable.')), status: req(str('True, False or Unknown.')), lastHeartbeatTime: time('When last reported.'),
  lastTransitionTime: time('When status last changed.'), reason: str('One word.'), message: str('A sentence for people.'),
}, 'One aspect of a node\'s state.');
const address = def(`${CORE}.NodeAddress`, { type: req(str('InternalIP, ExternalIP, Hostname …')), address: req(str('The address.')) }, 'An address of a node.');
const daemonEndpoint = def(`${CORE}.DaemonEndpoint`, { Port: req(int('Port.')) }, 'A port of a node program.');
const daemonEndpoints = def(`${CORE}.NodeDaemonEndpoints`, { kubeletEndpoint: daemonEndpoint }, 'Ports of node programs.');
const swap = def(`${CORE}.NodeSwapStatus`, { capacity: int64('Bytes.') }, 'Swap of a node.');
const nodeInfo = def(`${CORE}.NodeSystemInfo`, {
  machineID: req(str('Machine id.')), systemUUID: req(str('System id.')), bootID: req(str('Boot id.')), kernelVersion: req(str('Kernel.')), osImage: req(str('Operating system.')),
  containerRuntimeVersion: req(str('Container runtime.')), kubeletVersion: req(str('Version shown by kubectl get nodes.')), kubeProxyVersion: req(str('No longer used.')),
  operatingSystem: req(str('Such as linux.')), architecture: req(str('Such as amd64.')), swap,
}, 'What a node is.');
const image = def(`${CORE}.ContainerImage`, { names: atomicList(str(), 'Names.'), sizeBytes: int64('Bytes.') }, 'An image on a node.');
const attachedVolume = def(`${CORE}.AttachedVolume`, { name: req(str('Volume.')), devicePath: req(str('Device.')) }, 'An attached volume.');
const runtimeFeatures = def(`${CORE}.NodeRuntimeHandlerFeatures`, { recursiveReadOnlyMounts: bool('Can mount read-only recursively.'), userNamespaces: bool('Can use user namespaces.') }, 'What a runtime can do.');
const runtimeHandler = def(`${CORE}.NodeRuntimeHandler`, { name: str('Name; empty is the default.', { default: '' }), features: runtimeFeatures }, 'A container runtime of a node.');
const nodeFeatures = def(`${CORE}.NodeFeatures`, { supplementalGroupsPolicy: bool('Knows supplementalGroupsPolicy.') }, 'What a node can do.');
const configStatus = def(`${CORE}.NodeConfigStatus`, { active: configSource, assigned: configSource, lastKnownGood: configSource, error: str('What went wrong.') }, 'Old: state of the kubelet settings.');
const status = def(`${CORE}.NodeStatus`, {
  conditions: keyedList(nodeCondition, 'type', 'Aspects of the state.'),
  addresses: list(address, 'Addresses.', { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['type'], 'x-kubernetes-patch-merge-key': 'type', 'x-kubernetes-patch-strategy': 'merge' }),
  capacity: quantities('What the machine has.'),
  allocatable: quantities('What pods may use.'),
  nodeInfo,
  daemonEndpoints,
  images: atomicList(image, 'Images on the node.'),
  phase: str('No longer used.'),
  volumesAttached: atomicList(attachedVolume, 'Attached volumes.'),
  volumesInUse: atomicList(str(), 'Volumes in use.'),
  runtimeHandlers: atomicList(runtimeHandler, 'Container runtimes.'),
  features: nodeFeatures,
  declaredFeatures: atomicList(str(), 'Features the node declares.'),
  config: configStatus,
}, 'State of a node.');
const schema = kindSchema(`${CORE}.Node`, { spec, status }, 'A machine that runs pods.');
export type Node = Infer<typeof schema>;
export const nodeKind = builtin({ kind: 'Node', shortNames: ['no'], namespaced: false, schema, subresources: ['status'] });
