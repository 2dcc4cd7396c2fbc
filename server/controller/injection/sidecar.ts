import { parse } from 'yaml';
import { isRecord } from '#shared/base';
import { workloadNameOfPod } from '#shared/mesh';
import type { Container, MeshConfig, Pod, Volume } from '#shared/mesh';

export const PROXY = 'istio-proxy';
const IMAGE = 'pharos/proxyv2';
const TAG = 'dev';
const USER_ID = 1337;
/** How long after its start a proxy may need for its first configuration, and how often it is asked. */
const STARTUP_PROBE = { httpGet: { path: '/healthz/ready', port: 15_021 }, failureThreshold: 600, periodSeconds: 1, timeoutSeconds: 3 };
const RESOURCES = { requests: { cpu: '100m', memory: '128Mi' }, limits: { cpu: '2', memory: '1Gi' } };

export type SidecarInput = { readonly pod: Pod; readonly namespace: string; readonly mesh: MeshConfig; readonly probers: Readonly<Record<string, object>>; readonly labels: Readonly<Record<string, string>>; readonly clusterId: string; readonly extraEnv: Readonly<Record<string, string>> };
type Env = NonNullable<Container['env']>[number];
const NO_ANNOTATIONS: Readonly<Record<string, string>> = {};
export const annotationsOf = (pod: Pod): Readonly<Record<string, string>> => pod.metadata.annotations ?? NO_ANNOTATIONS;

/** Any one of the four annotations replaces the whole block. */
export function resourcesOf(annotations: Readonly<Record<string, string>>): NonNullable<Container['resources']> {
  const at = (name: string): string | undefined => annotations[`sidecar.istio.io/${name}`];
  const [cpu, memory, cpuLimit, memoryLimit] = [at('proxyCPU'), at('proxyMemory'), at('proxyCPULimit'), at('proxyMemoryLimit')];
  if (cpu === undefined && memory === undefined && cpuLimit === undefined && memoryLimit === undefined) return RESOURCES;
  const block = (c: string | undefined, m: string | undefined): Readonly<Record<string, string>> | undefined => (c === undefined && m === undefined ? undefined : { ...(c === undefined ? {} : { cpu: c }), ...(m === undefined ? {} : { memory: m }) });
  const [requests, limits] = [block(cpu, memory), block(cpuLimit, memoryLimit)];
  return { ...(requests === undefined ? {} : { requests }), ...(limits === undefined ? {} : { limits }) };
}

/** The workload behind a pod that is being made, and the API path of its owner. */
export function ownerOf(pod: Pod, namespace: string): { readonly workload: string; readonly owner: string } {
  const controller = pod.metadata.ownerReferences?.find((reference) => reference.controller === true);
  const name = pod.metadata.name === '' ? (pod.metadata.generateName ?? '').replace(/-$/, '') : pod.metadata.name;
  const workload = workloadNameOfPod(name, controller, pod.metadata.labels ?? {});
  if (controller === undefined) return { workload, owner: `kubernetes://apis/v1/namespaces/${namespace}/pods/${name}` };
  const deployed = controller.kind === 'ReplicaSet' && workload !== controller.name;
  const kind = (deployed ? 'Deployment' : controller.kind).toLowerCase();
  return { workload, owner: `kubernetes://apis/${controller.apiVersion}/namespaces/${namespace}/${kind}s/${workload}` };
}

/** The mesh's proxy settings with the pod's own over them; what is the mesh's default is left out, as istiod does. */
export function proxyConfigOf(mesh: MeshConfig, annotations: Readonly<Record<string, string>>): Readonly<Record<string, unknown>> {
  const own: unknown = parse(annotations['proxy.istio.io/config'] ?? '') ?? {};
  const { otlpEndpoint, raw } = mesh.defaultConfig;
  const tracing = { ...(isRecord(raw['tracing']) ? raw['tracing'] : {}), ...(otlpEndpoint === undefined || !mesh.enableTracing ? {} : { otlp: { address: otlpEndpoint } }) };
  return { ...raw, ...(Object.keys(tracing).length === 0 ? {} : { tracing }), ...(isRecord(own) ? own : {}) };
}
const podPorts = (containers: readonly Container[]): string => JSON.stringify(containers.flatMap((container) => (container.ports ?? []).map((port) => ({
  ...(port.name === undefined ? {} : { name: port.name }), containerPort: port.containerPort, ...(port.protocol === undefined ? {} : { protocol: port.protocol }),
}))));
const value = (name: string, text: string): Env => ({ name, value: text });
const field = (name: string, fieldPath: string): Env => ({ name, valueFrom: { fieldRef: { fieldPath } } });

function envOf(input: SidecarInput): readonly Env[] {
  const { pod, namespace, mesh, probers, labels, clusterId } = input;
  const annotations = annotationsOf(pod);
  const apps = pod.spec.containers.filter((container) => container.name !== PROXY);
  const { workload, owner } = ownerOf(pod, namespace);
  const scrape = annotations['prometheus.io/scrape'] ?? annotations['prometheus.io.scrape'];
  const merge = annotations['prometheus.istio.io/merge-metrics'] !== 'false';
  return [
    value('PILOT_CERT_PROVIDER', 'istiod'), value('CA_ADDR', mesh.defaultConfig.discoveryAddress), field('POD_NAME', 'metadata.name'), field('POD_NAMESPACE', 'metadata.namespace'), field('INSTANCE_IP', 'status.podIP'),
    field('SERVICE_ACCOUNT', 'spec.serviceAccountName'), field('HOST_IP', 'status.hostIP'), value('PROXY_CONFIG', `${JSON.stringify(proxyConfigOf(mesh, annotations))}\n`), value('ISTIO_META_POD_PORTS', podPorts(pod.spec.containers)),
    value('ISTIO_META_APP_CONTAINERS', apps.map((container) => container.name).join(',')), value('ISTIO_META_CLUSTER_ID', clusterId), field('ISTIO_META_NODE_NAME', 'spec.nodeName'),
    value('ISTIO_META_INTERCEPTION_MODE', annotations['sidecar.istio.io/interceptionMode'] ?? 'REDIRECT'), value('ISTIO_META_WORKLOAD_NAME', workload), value('ISTIO_META_OWNER', owner), value('ISTIO_META_MESH_ID', mesh.trustDomain),
    value('TRUST_DOMAIN', mesh.trustDomain), value('ISTIO_METAJSON_LABELS', JSON.stringify(labels)),
    ...(Object.keys(probers).length === 0 ? [] : [value('ISTIO_KUBE_APP_PROBERS', JSON.stringify(probers))]),
    ...(scrape !== undefined && merge ? [value('ISTIO_PROMETHEUS_ANNOTATIONS', JSON.stringify({ scrape, path: annotations['prometheus.io/path'] ?? '', port: annotations['prometheus.io/port'] ?? '' }))] : []),
    ...Object.entries(input.extraEnv).map(([name, text]) => value(name, text)),
  ];
}

/** What the proxy reads: the token it shows to istiod, the root certificate, labels and annotations of its pod. */
export const VOLUMES: readonly Volume[] = [
  { name: 'istio-podinfo', downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }, { path: 'annotations', fieldRef: { fieldPath: 'metadata.annotations' } }] } },
  { name: 'istio-token', projected: { sources: [{ serviceAccountToken: { audience: 'istio-ca', expirationSeconds: 43_200, path: 'istio-token' } }] } },
  { name: 'istiod-ca-cert', configMap: { name: 'istio-ca-root-cert' } },
];
const MOUNTS: NonNullable<Container['volumeMounts']> = [
  { name: 'istiod-ca-cert', mountPath: '/var/run/secrets/istio' }, { name: 'istio-token', mountPath: '/var/run/secrets/tokens' }, { name: 'istio-podinfo', mountPath: '/etc/istio/pod' },
];
/** JSON of an annotation that was checked before; a list of objects with a name. */
export function listAnnotation(text: string | undefined): readonly Record<string, unknown>[] {
  const parsed: unknown = text === undefined ? [] : JSON.parse(text);
  return (Array.isArray(parsed) ? parsed : isRecord(parsed) ? Object.entries(parsed).map(([name, v]) => ({ name, ...(isRecord(v) ? v : {}) })) : []).filter(isRecord);
}
const imageOf = (annotations: Readonly<Record<string, string>>): string => annotations['sidecar.istio.io/proxyImage'] ?? `${IMAGE}:${TAG}${annotations['sidecar.istio.io/proxyImageType'] === undefined || annotations['sidecar.istio.io/proxyImageType'] === 'default' ? '' : `-${annotations['sidecar.istio.io/proxyImageType']}`}`;

/** Rights of the proxy; transparent interception and ports below 1024 need more. A gateway runs with what its own pod says. */
function securityOf(annotations: Readonly<Record<string, string>>, type: 'sidecar' | 'router'): NonNullable<Container['securityContext']> {
  if (type === 'router') return { runAsGroup: USER_ID, runAsUser: USER_ID };
  const add = [...(annotations['sidecar.istio.io/interceptionMode'] === 'TPROXY' ? ['NET_ADMIN'] : []), ...(annotations['sidecar.istio.io/capNetBindService'] === 'true' ? ['NET_BIND_SERVICE'] : [])];
  const user = add.length > 0 ? { runAsNonRoot: false, runAsUser: 0 } : { runAsNonRoot: true, runAsUser: USER_ID };
  return { allowPrivilegeEscalation: false, capabilities: { ...(add.length > 0 ? { add } : {}), drop: ['ALL'] }, privileged: false, readOnlyRootFilesystem: true, runAsGroup: USER_ID, ...user };
}
/** The proxy's container: a sidecar of the applications, or (type router) a gateway's only one. */
export function proxyContainer(input: SidecarInput, type: 'sidecar' | 'router', native: boolean): Container {
  const annotations = annotationsOf(input.pod);
  const level = (name: string, fallback: string): string => annotations[`sidecar.istio.io/${name}`] ?? fallback;
  const number = (name: string, fallback: number): number => Number(annotations[`readiness.status.sidecar.istio.io/${name}`] ?? fallback);
  const mounts = listAnnotation(annotations['sidecar.istio.io/userVolumeMount']).flatMap((mount) => (typeof mount['name'] === 'string' && typeof mount['mountPath'] === 'string' ? [{ ...mount, name: mount['name'], mountPath: mount['mountPath'] }] : []));
  return {
    name: PROXY, image: imageOf(annotations), ...(native ? { restartPolicy: 'Always' } : {}),
    args: ['proxy', type, '--domain', '$(POD_NAMESPACE).svc.cluster.local', `--proxyLogLevel=${level('logLevel', 'warning')}`, `--proxyComponentLogLevel=${level('componentLogLevel', 'misc:error')}`, `--log_output_level=${level('agentLogLevel', 'default:info')}`],
    ports: [{ containerPort: 15_090, name: 'http-envoy-prom', protocol: 'TCP' }], env: envOf(input), resources: type === 'router' ? {} : resourcesOf(annotations),
    ...(type === 'router' ? {} : { startupProbe: STARTUP_PROBE }),
    readinessProbe: { httpGet: { path: '/healthz/ready', port: 15_021 }, failureThreshold: number('failureThreshold', 4), periodSeconds: number('periodSeconds', 15), timeoutSeconds: 3, ...(annotations['readiness.status.sidecar.istio.io/initialDelaySeconds'] === undefined ? {} : { initialDelaySeconds: number('initialDelaySeconds', 1) }) },
    securityContext: securityOf(annotations, type),
    volumeMounts: [...MOUNTS, ...mounts],
  };
}
