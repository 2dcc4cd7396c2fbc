import type { Infer, Schema } from '../../schema/schema.ts';
import { bool, def, int, like, req, str } from '../../schema/schema.ts';
import { atomicList, choice, keyedList, quantities, quantity } from '../meta.ts';
import { lifecycle, probe } from './probe.ts';
import { securityContext } from './security.ts';

const CORE = 'io.k8s.api.core.v1';
const ATOMIC = { 'x-kubernetes-map-type': 'atomic' } as const;

const configMapKeySelector = def(`${CORE}.ConfigMapKeySelector`, {
  name: str('Name of the ConfigMap.', { default: '' }), key: req(str('Key in it.')), optional: bool('The ConfigMap or key may be missing.'),
}, 'One key of a ConfigMap.', ATOMIC);
const secretKeySelector = def(`${CORE}.SecretKeySelector`, {
  name: str('Name of the Secret.', { default: '' }), key: req(str('Key in it.')), optional: bool('The Secret or key may be missing.'),
}, 'One key of a Secret.', ATOMIC);
const objectFieldSelector = def(`${CORE}.ObjectFieldSelector`, {
  fieldPath: req(str('Path in the pod, such as metadata.name or status.podIP.')), apiVersion: str('Version the path is written in. Default v1.'),
}, 'A field of the pod itself.', ATOMIC);
const resourceFieldSelector = def(`${CORE}.ResourceFieldSelector`, {
  resource: req(str('Such as limits.cpu or requests.memory.')), containerName: str('Container; needed in volumes.'), divisor: like(quantity, 'Unit of the result. Default 1.'),
}, 'A resource request or limit of a container.', ATOMIC);
const fileKeySelector = def(`${CORE}.FileKeySelector`, {
  volumeName: req(str('Volume that holds the file.')), path: req(str('Path in the volume.')), key: req(str('Key in the file.')), optional: bool('The file or key may be missing.', { default: false }),
}, 'A key of a file in a volume.', ATOMIC);
export const fieldSelectors = { objectFieldSelector, resourceFieldSelector };

const envVarSource = def(`${CORE}.EnvVarSource`, {
  fieldRef: objectFieldSelector, resourceFieldRef: resourceFieldSelector, configMapKeyRef: configMapKeySelector, secretKeyRef: secretKeySelector, fileKeyRef: fileKeySelector,
}, 'Where a variable\'s value comes from: exactly one of them.');
const envVar = def(`${CORE}.EnvVar`, {
  name: req(str('Name of the variable.')),
  value: str('Its value; $(OTHER) is replaced by variables named before. Default "".'),
  valueFrom: envVarSource,
}, 'An environment variable.');
const configMapEnvSource = def(`${CORE}.ConfigMapEnvSource`, { name: str('Name of the ConfigMap.', { default: '' }), optional: bool('It may be missing.') }, 'All keys of a ConfigMap.');
const secretEnvSource = def(`${CORE}.SecretEnvSource`, { name: str('Name of the Secret.', { default: '' }), optional: bool('It may be missing.') }, 'All keys of a Secret.');
const envFromSource = def(`${CORE}.EnvFromSource`, { prefix: str('Put before every name.'), configMapRef: configMapEnvSource, secretRef: secretEnvSource }, 'Many variables at once.');

const containerPort = def(`${CORE}.ContainerPort`, {
  containerPort: req(int('Port inside the pod, 1 to 65535.')),
  name: str('Name that Services and probes can use; at most 15 characters.'),
  protocol: choice(['SCTP', 'TCP', 'UDP'], 'TCP (default), UDP or SCTP.', { default: 'TCP' }),
  hostPort: int('Port on the node that leads here.'),
  hostIP: str('Address of the node to bind hostPort on.'),
}, 'A port the container listens on.');
const volumeMount = def(`${CORE}.VolumeMount`, {
  name: req(str('Name of the volume in the pod.')),
  mountPath: req(str('Where it appears in the container.')),
  subPath: str('Only this path of the volume.'),
  subPathExpr: str('As subPath, with $(VARIABLE) replaced.'),
  readOnly: bool('Mount read-only. Default false.'),
  recursiveReadOnly: str('Disabled, IfPossible or Enabled: also for mounts below.'),
  mountPropagation: choice(['Bidirectional', 'HostToContainer', 'None'], 'None (default), HostToContainer or Bidirectional.'),
}, 'A volume as the container sees it.');
const volumeDevice = def(`${CORE}.VolumeDevice`, { name: req(str('Name of the volume claim.')), devicePath: req(str('Device path in the container.')) }, 'A raw block device.');
const resourceClaim = def(`${CORE}.ResourceClaim`, { name: req(str('Name of a claim in pod.spec.resourceClaims.')), request: str('One request of the claim.') }, 'A claim the container uses.');
export const resourceRequirements = def(`${CORE}.ResourceRequirements`, {
  requests: quantities('What is reserved, such as cpu: 100m.'),
  limits: quantities('What may be used at most.'),
  claims: keyedList(resourceClaim, 'name', 'Claims this container uses.'),
}, 'CPU, memory and other resources, reserved and at most.');
const resizePolicy = def(`${CORE}.ContainerResizePolicy`, {
  resourceName: req(str('Resource, such as cpu.')), restartPolicy: req(str('NotRequired (default) or RestartContainer.')),
}, 'Whether a change of a resource restarts the container.');
const restartExitCodes = def(`${CORE}.ContainerRestartRuleOnExitCodes`, { operator: req(str('In or NotIn.')), values: atomicList(int(), 'Exit codes.') }, 'Exit codes a rule looks at.');
const restartRule = def(`${CORE}.ContainerRestartRule`, { action: req(str('What to do; Restart.')), exitCodes: restartExitCodes }, 'What to do after a certain exit.');

const containerFields = {
  name: req(str('Name, unique in the pod; cannot be changed.')),
  image: str('Image of the container.'),
  imagePullPolicy: choice(['Always', 'IfNotPresent', 'Never'], 'Always, Never or IfNotPresent. Default: Always for the tag latest, else IfNotPresent.'),
  command: atomicList(str(), 'Program, in place of the image\'s entry point; not run by a shell.'),
  args: atomicList(str(), 'Arguments, in place of the image\'s.'),
  workingDir: str('Folder the program starts in.'),
  env: keyedList(envVar, 'name', 'Environment variables.'),
  envFrom: atomicList(envFromSource, 'Environment variables from whole ConfigMaps and Secrets; env goes before.'),
  ports: keyedList(containerPort, 'containerPort', 'Ports it listens on; for information, an unlisted port works too.', ['containerPort', 'protocol']),
  resources: like(resourceRequirements, 'CPU and memory, reserved and at most.'),
  resizePolicy: atomicList(resizePolicy, 'What a change of resources does.'),
  volumeMounts: keyedList(volumeMount, 'mountPath', 'Volumes the container sees.'),
  volumeDevices: keyedList(volumeDevice, 'devicePath', 'Block devices the container sees.'),
  livenessProbe: like(probe, 'When it fails, the container is restarted.'),
  readinessProbe: like(probe, 'While it fails, no Service sends requests here.'),
  startupProbe: like(probe, 'Until it has succeeded, the other probes wait.'),
  lifecycle: like(lifecycle, 'Actions after the start and before the end.'),
  securityContext: like(securityContext, 'User, capabilities and other rights.'),
  restartPolicy: str('Always on an init container makes it a sidecar: started in order, running as long as the pod.'),
  restartPolicyRules: atomicList(restartRule, 'What to do by exit code, before restartPolicy.'),
  terminationMessagePath: str('File whose end becomes the termination message. Default /dev/termination-log.'),
  terminationMessagePolicy: choice(['FallbackToLogsOnError', 'File'], 'File (default) or FallbackToLogsOnError.'),
  stdin: bool('Keep standard input open. Default false.'),
  stdinOnce: bool('Close standard input after the first client left.'),
  tty: bool('Give it a terminal; needs stdin.'),
};
const containerNode = def(`${CORE}.Container`, containerFields, 'A container of a pod: one program with its settings.');
export interface Container extends Infer<typeof containerNode> {}
export const container: Schema<Container> = containerNode;
export const ephemeralContainer = def(`${CORE}.EphemeralContainer`, {
  ...containerFields,
  targetContainerName: str('Container whose processes it shares.'),
}, 'A container added to a running pod for debugging.');
