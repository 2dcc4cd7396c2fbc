import type { Infer, Schema } from '../../schema/schema.ts';
import { bool, def, int64, req, str } from '../../schema/schema.ts';
import { atomicList, choice } from '../meta.ts';

const CORE = 'io.k8s.api.core.v1';

const seLinuxOptions = def(`${CORE}.SELinuxOptions`, {
  level: str('SELinux level.'), role: str('SELinux role.'), type: str('SELinux type.'), user: str('SELinux user.'),
}, 'SELinux labels of the processes.');
const seccompProfile = def(`${CORE}.SeccompProfile`, {
  type: req(choice(['Localhost', 'RuntimeDefault', 'Unconfined'], 'RuntimeDefault, Localhost or Unconfined.')),
  localhostProfile: str('File of the profile on the node, for Localhost.'),
}, 'Which system calls are allowed.');
const appArmorProfile = def(`${CORE}.AppArmorProfile`, {
  type: req(choice(['Localhost', 'RuntimeDefault', 'Unconfined'], 'RuntimeDefault, Localhost or Unconfined.')),
  localhostProfile: str('Name of the loaded profile, for Localhost.'),
}, 'The AppArmor profile.');
const windowsOptions = def(`${CORE}.WindowsSecurityContextOptions`, {
  gmsaCredentialSpec: str('GMSA credential spec.'), gmsaCredentialSpecName: str('Name of the GMSA credential spec.'),
  hostProcess: bool('Run as a host process.'), runAsUserName: str('Windows user.'),
}, 'Settings for Windows containers.');
const capabilities = def(`${CORE}.Capabilities`, {
  add: atomicList(str(), 'Capabilities to add.'),
  drop: atomicList(str(), 'Capabilities to drop; ALL drops every one.'),
}, 'Linux capabilities added and dropped.');

const securityContextNode = def(`${CORE}.SecurityContext`, {
  runAsUser: int64('User id of the process.'),
  runAsGroup: int64('Group id of the process.'),
  runAsNonRoot: bool('Refuse to start as user 0.'),
  privileged: bool('Run with all rights of the host. Default false.'),
  allowPrivilegeEscalation: bool('Whether a process may gain more rights than its parent.'),
  readOnlyRootFilesystem: bool('Mount the root file system read-only.'),
  capabilities,
  seccompProfile,
  appArmorProfile,
  seLinuxOptions,
  windowsOptions,
  procMount: str('How /proc is mounted: Default or Unmasked.'),
}, 'Rights of a container; they go before those of the pod.');
export interface SecurityContext extends Infer<typeof securityContextNode> {}
export const securityContext: Schema<SecurityContext> = securityContextNode;

const sysctl = def(`${CORE}.Sysctl`, { name: req(str('Name of the setting.')), value: req(str('Its value.')) }, 'A kernel setting.');
const podSecurityContextNode = def(`${CORE}.PodSecurityContext`, {
  runAsUser: int64('User id of all containers.'),
  runAsGroup: int64('Group id of all containers.'),
  runAsNonRoot: bool('Refuse to start as user 0.'),
  fsGroup: int64('Group that owns the volumes.'),
  fsGroupChangePolicy: str('When to change owners on volumes: OnRootMismatch or Always.'),
  supplementalGroups: atomicList(int64(), 'More group ids of the processes.'),
  supplementalGroupsPolicy: str('Merge (default) or Strict.'),
  sysctls: atomicList(sysctl, 'Kernel settings of the pod.'),
  seccompProfile,
  appArmorProfile,
  seLinuxOptions,
  seLinuxChangePolicy: str('How volumes get their SELinux label: MountOption or Recursive.'),
  windowsOptions,
}, 'Rights of all containers of the pod.');
export interface PodSecurityContext extends Infer<typeof podSecurityContextNode> {}
export const podSecurityContext: Schema<PodSecurityContext> = podSecurityContextNode;
