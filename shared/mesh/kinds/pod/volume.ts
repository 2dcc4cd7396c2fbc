import type { Infer, Schema } from '../../schema/schema.ts';
import { bool, def, int, int64, like, map, req, str } from '../../schema/schema.ts';
import { atomicList, choice, labelSelector, localObjectReference, objectMeta, quantities, quantity, typedLocalObjectReference } from '../meta.ts';
import { fieldSelectors } from './container.ts';

const CORE = 'io.k8s.api.core.v1';

const keyToPath = def(`${CORE}.KeyToPath`, { key: req(str('The key.')), path: req(str('File to write it to.')), mode: int('Permissions of the file.') }, 'A key and the file it becomes.');
const items = atomicList(keyToPath, 'Only these keys, each with its file. Default: all, named as their keys.');
const defaultMode = int('Permissions of the files. Default 0644.');
const downwardApiFile = def(`${CORE}.DownwardAPIVolumeFile`, {
  path: req(str('File to write.')), fieldRef: fieldSelectors.objectFieldSelector, resourceFieldRef: fieldSelectors.resourceFieldSelector, mode: int('Permissions of the file.'),
}, 'A file with a field of the pod.');
const configMapSource = def(`${CORE}.ConfigMapVolumeSource`, { name: str('Name of the ConfigMap.', { default: '' }), items, defaultMode, optional: bool('It may be missing.') }, 'Files from a ConfigMap.');
const secretSource = def(`${CORE}.SecretVolumeSource`, { secretName: str('Name of the Secret.'), items, defaultMode, optional: bool('It may be missing.') }, 'Files from a Secret.');
const emptyDir = def(`${CORE}.EmptyDirVolumeSource`, { medium: str('"" for disk (default) or Memory.'), sizeLimit: like(quantity, 'Largest size.') }, 'A folder that lives as long as the pod.');
const hostPath = def(`${CORE}.HostPathVolumeSource`, {
  path: req(str('Path on the node.')), type: choice(['', 'BlockDevice', 'CharDevice', 'Directory', 'DirectoryOrCreate', 'File', 'FileOrCreate', 'Socket'], 'What must be there: "", Directory, DirectoryOrCreate, File, FileOrCreate, Socket, CharDevice, BlockDevice.'),
}, 'A path of the node.');
const downwardApi = def(`${CORE}.DownwardAPIVolumeSource`, { items: atomicList(downwardApiFile, 'The files.'), defaultMode }, 'Files with fields of the pod.');
const claim = def(`${CORE}.PersistentVolumeClaimVolumeSource`, { claimName: req(str('Name of the claim.')), readOnly: bool('Mount read-only.') }, 'A persistent volume claim.');

const configMapProjection = def(`${CORE}.ConfigMapProjection`, { name: str('Name of the ConfigMap.', { default: '' }), items, optional: bool('It may be missing.') }, 'Files from a ConfigMap.');
const secretProjection = def(`${CORE}.SecretProjection`, { name: str('Name of the Secret.', { default: '' }), items, optional: bool('It may be missing.') }, 'Files from a Secret.');
const downwardApiProjection = def(`${CORE}.DownwardAPIProjection`, { items: atomicList(downwardApiFile, 'The files.') }, 'Files with fields of the pod.');
const tokenProjection = def(`${CORE}.ServiceAccountTokenProjection`, {
  path: req(str('File to write.')), audience: str('Who the token is for. Default: the API server.'), expirationSeconds: int64('Life of the token; it is renewed in time. Default 3600, at least 600.'),
}, 'A token of the pod\'s service account.');
const clusterTrustBundleProjection = def(`${CORE}.ClusterTrustBundleProjection`, {
  path: req(str('File to write.')), name: str('Name of the bundle.'), signerName: str('All bundles of this signer.'), labelSelector, optional: bool('It may be missing.'),
}, 'Root certificates of the cluster.');
const podCertificateProjection = def(`${CORE}.PodCertificateProjection`, {
  signerName: req(str('Who signs.')), keyType: req(str('Kind of the key, such as ED25519 or ECDSAP256.')), credentialBundlePath: str('File for key and certificates together.'),
  keyPath: str('File for the key.'), certificateChainPath: str('File for the certificates.'), maxExpirationSeconds: int('Longest life of the certificate.'),
  userAnnotations: map(str(), 'Extra facts given to the signer.'),
}, 'A certificate of the pod, renewed in time.');
const volumeProjection = def(`${CORE}.VolumeProjection`, {
  configMap: configMapProjection, secret: secretProjection, downwardAPI: downwardApiProjection, serviceAccountToken: tokenProjection, clusterTrustBundle: clusterTrustBundleProjection, podCertificate: podCertificateProjection,
}, 'One source of a projected volume.');
const projected = def(`${CORE}.ProjectedVolumeSource`, { sources: atomicList(volumeProjection, 'The sources.'), defaultMode }, 'Several sources in one folder.');

const csi = def(`${CORE}.CSIVolumeSource`, {
  driver: req(str('Name of the driver.')), readOnly: bool('Mount read-only.'), fsType: str('File system.'), volumeAttributes: map(str(), 'Settings for the driver.'), nodePublishSecretRef: localObjectReference,
}, 'A volume of a CSI driver.');
const nfs = def(`${CORE}.NFSVolumeSource`, { server: req(str('Server.')), path: req(str('Exported path.')), readOnly: bool('Mount read-only.') }, 'An NFS share.');
const iscsi = def(`${CORE}.ISCSIVolumeSource`, {
  targetPortal: req(str('Address of the target.')), iqn: req(str('Name of the target.')), lun: req(int('Unit number.')), portals: atomicList(str(), 'More addresses.'), fsType: str('File system.'),
  readOnly: bool('Mount read-only.'), iscsiInterface: str('Interface name. Default: default.', { default: 'default' }), initiatorName: str('Own name.'), chapAuthDiscovery: bool('CHAP for discovery.'),
  chapAuthSession: bool('CHAP for the session.'), secretRef: localObjectReference,
}, 'An iSCSI disk.');
const disk = { fsType: str('File system.'), partition: int('Partition number.'), readOnly: bool('Mount read-only.') };
const awsDisk = def(`${CORE}.AWSElasticBlockStoreVolumeSource`, { volumeID: req(str('Id of the disk.')), ...disk }, 'An AWS disk.');
const gceDisk = def(`${CORE}.GCEPersistentDiskVolumeSource`, { pdName: req(str('Name of the disk.')), ...disk }, 'A Google Cloud disk.');
const azureDisk = def(`${CORE}.AzureDiskVolumeSource`, {
  diskName: req(str('Name of the disk.')), diskURI: req(str('Address of the disk.')), cachingMode: str('None, ReadOnly or ReadWrite.', { default: 'ReadWrite' }), fsType: str('File system.', { default: 'ext4' }),
  kind: str('Shared, Dedicated or Managed.', { default: 'Shared' }), readOnly: bool('Mount read-only.', { default: false }),
}, 'An Azure disk.');
const azureFile = def(`${CORE}.AzureFileVolumeSource`, { secretName: req(str('Secret with the account.')), shareName: req(str('Name of the share.')), readOnly: bool('Mount read-only.') }, 'An Azure file share.');
const image = def(`${CORE}.ImageVolumeSource`, { reference: str('Image whose files are mounted.'), pullPolicy: str('Always, Never or IfNotPresent.') }, 'The files of an image, read-only.');

const volumeResources = def(`${CORE}.VolumeResourceRequirements`, { requests: quantities('What is asked for, such as storage: 1Gi.'), limits: quantities('At most.') }, 'Size of a claim.');
const dataSourceRef = def(`${CORE}.TypedObjectReference`, { apiGroup: str('API group.'), kind: req(str('Kind.')), name: req(str('Name.')), namespace: str('Namespace.') }, 'What a volume is filled from.');
const claimSpec = def(`${CORE}.PersistentVolumeClaimSpec`, {
  accessModes: atomicList(str(), 'ReadWriteOnce, ReadOnlyMany, ReadWriteMany or ReadWriteOncePod.'), resources: volumeResources, storageClassName: str('Storage class.'), volumeMode: str('Filesystem (default) or Block.'),
  volumeName: str('A volume already chosen.'), selector: labelSelector, dataSource: typedLocalObjectReference, dataSourceRef, volumeAttributesClassName: str('Class of volume attributes.'),
}, 'What storage is wanted.');
const claimTemplate = def(`${CORE}.PersistentVolumeClaimTemplate`, { metadata: objectMeta, spec: req(claimSpec) }, 'The claim that is made for the pod.');
const ephemeral = def(`${CORE}.EphemeralVolumeSource`, { volumeClaimTemplate: claimTemplate }, 'A claim that is made with the pod and goes with it.');

const volumeNode = def(`${CORE}.Volume`, {
  name: req(str('Name, unique in the pod.')),
  configMap: configMapSource, secret: secretSource, emptyDir, projected, downwardAPI: downwardApi, hostPath, persistentVolumeClaim: claim, ephemeral, csi, image, nfs, iscsi,
  awsElasticBlockStore: awsDisk, gcePersistentDisk: gceDisk, azureDisk, azureFile,
}, 'Storage that containers of the pod can mount: exactly one source. Default: emptyDir.');
export interface Volume extends Infer<typeof volumeNode> {}
export const volume: Schema<Volume> = volumeNode;
