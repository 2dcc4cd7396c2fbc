import { isRecord } from '#shared/base';
import { recordsAt, textAt } from '../object/object.ts';
import type { KObject, Obj } from '../object/object.ts';
import { child, items } from '../kinds/defaulting.ts';
import type { AdmissionRequest, Core } from '../rest/core.ts';
import { forbidden } from '../status/status-error.ts';

const TOKEN_DIR = '/var/run/secrets/kubernetes.io/serviceaccount';
/** As the real server asks for: an hour and seven seconds, so that such tokens are told from others. */
const TOKEN_SECONDS = 3607;
const FILE_MODE = 420;
const PODS = { group: '', plural: 'pods' };

/** Gives a new pod its service account, the account's token as a projected volume, and its pull secrets. */
export function addServiceAccount(core: Pick<Core, 'store' | 'randomName'>, request: AdmissionRequest, pod: KObject): void {
  if (pod.metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined) return;
  const spec = child(pod, 'spec');
  const name = textAt(spec, 'serviceAccountName') || 'default';
  spec['serviceAccountName'] = name;
  spec['serviceAccount'] = name;
  const account = core.store.collection('/serviceaccounts').get(request.namespace, name)?.object;
  if (account === undefined) throw forbidden(PODS, pod.metadata.name, `error looking up service account ${request.namespace}/${name}: serviceaccount "${name}" not found`);
  const automount = spec['automountServiceAccountToken'] ?? account['automountServiceAccountToken'];
  if (automount !== false) mountToken(core, spec);
  const pull = recordsAt(account, 'imagePullSecrets');
  if (pull.length > 0 && items(spec, 'imagePullSecrets').length === 0) spec['imagePullSecrets'] = structuredClone(pull);
}

function mountToken(core: Pick<Core, 'randomName'>, spec: Obj): void {
  const containers = [...items(spec, 'containers'), ...items(spec, 'initContainers')];
  const bare = containers.filter((container) => !items(container, 'volumeMounts').some((mount) => mount['mountPath'] === TOKEN_DIR));
  if (bare.length === 0) return;
  const volumes = items(spec, 'volumes');
  const known = volumes.find((volume) => String(volume['name']).startsWith('kube-api-access-') && isRecord(volume['projected']));
  const name = known === undefined ? `kube-api-access-${core.randomName(5)}` : String(known['name']);
  for (const container of bare) container['volumeMounts'] = [...items(container, 'volumeMounts'), { name, readOnly: true, mountPath: TOKEN_DIR }];
  if (known !== undefined) return;
  const sources = [
    { serviceAccountToken: { expirationSeconds: TOKEN_SECONDS, path: 'token' } },
    { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
    { downwardAPI: { items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }] } },
  ];
  spec['volumes'] = [...volumes, { name, projected: { sources, defaultMode: FILE_MODE } }];
}
