import { canonicalName, canonicalRevision } from '#shared/mesh';
import type { Container, MeshConfig, Pod, Volume } from '#shared/mesh';
import { annotationProblem } from './annotations.ts';
import { decideInjection } from './decide.ts';
import { rewriteProbes, STATUS_PORT } from './probes.ts';
import { annotationsOf, listAnnotation, ownerOf, PROXY, proxyContainer, VOLUMES } from './sidecar.ts';
import type { SidecarInput } from './sidecar.ts';

const LABEL_LENGTH_MAX = 63;
export const REVISION = 'default';
export type JsonPatch = readonly { readonly op: 'add'; readonly path: string; readonly value: unknown }[];
export type Injection = { readonly outcome: 'injected'; readonly pod: Pod; readonly patch: JsonPatch } | { readonly outcome: 'skipped'; readonly reason: string } | { readonly outcome: 'refused'; readonly problem: string };
export type InjectOptions = { readonly mesh: MeshConfig; readonly clusterId: string; readonly extraEnv?: Readonly<Record<string, string>> };

type Texts = Readonly<Record<string, string>>;
type Template = 'sidecar' | 'gateway';
const templateOf = (annotations: Texts): Template => ((annotations['inject.istio.io/templates'] ?? '').split(',').some((name) => name.trim() === 'gateway') ? 'gateway' : 'sidecar');

function labelsFor(pod: Pod, namespace: string, template: Template): Texts {
  const own = pod.metadata.labels ?? {};
  const { workload } = ownerOf(pod, namespace);
  return {
    ...own, ...(template === 'gateway' ? {} : { 'security.istio.io/tlsMode': own['security.istio.io/tlsMode'] ?? 'istio' }),
    'service.istio.io/canonical-name': canonicalName(own, workload).slice(0, LABEL_LENGTH_MAX), 'service.istio.io/canonical-revision': canonicalRevision(own) ?? 'latest',
  };
}

/** prometheus.io/*: the sidecar serves its own metrics and, merged in, those of the application. */
function scrapeAnnotations(annotations: Texts): Texts {
  if (annotations['prometheus.istio.io/merge-metrics'] === 'false' || annotations['prometheus.io/scrape'] === 'false') return {};
  return { 'prometheus.io/scrape': 'true', 'prometheus.io/port': String(STATUS_PORT), 'prometheus.io/path': '/stats/prometheus' };
}
type Added = { readonly initContainers: readonly Container[]; readonly containers: readonly Container[]; readonly volumes: readonly Volume[] };
const namesOf = (list: readonly { readonly name: string }[]): readonly string[] | null => (list.length === 0 ? null : list.map((item) => item.name));
function annotationsFor(pod: Pod, added: Added, template: Template): Texts {
  const own = annotationsOf(pod);
  const app = pod.spec.containers.find((container) => container.name !== PROXY);
  const status = { initContainers: namesOf(added.initContainers), containers: namesOf(added.containers), volumes: namesOf(added.volumes), imagePullSecrets: null, revision: REVISION };
  return {
    ...own, 'istio.io/rev': REVISION, ...(app === undefined || template === 'gateway' ? {} : { 'kubectl.kubernetes.io/default-container': own['kubectl.kubernetes.io/default-container'] ?? app.name, 'kubectl.kubernetes.io/default-logs-container': own['kubectl.kubernetes.io/default-logs-container'] ?? app.name }),
    ...scrapeAnnotations(own), 'sidecar.istio.io/status': JSON.stringify(status),
  };
}

/** A container named istio-proxy that the user wrote: its fields go before the template's; lists of named things are joined. */
function withOverride(made: Container, own: Container | undefined): Container {
  if (own === undefined) return made;
  const joined = <T extends { readonly name: string }>(a: readonly T[] | undefined, b: readonly T[] | undefined): readonly T[] => [...(a ?? []).filter((item) => !(b ?? []).some((other) => other.name === item.name)), ...(b ?? [])];
  const { image, env, volumeMounts, ports, resources, ...rest } = own;
  const merged = { ...(made.resources?.requests === undefined && resources?.requests === undefined ? {} : { requests: { ...made.resources?.requests, ...resources?.requests } }), ...(made.resources?.limits === undefined && resources?.limits === undefined ? {} : { limits: { ...made.resources?.limits, ...resources?.limits } }) };
  return { ...made, ...rest, resources: merged, ...(image === undefined || image === 'auto' ? {} : { image }), env: joined(made.env, env), volumeMounts: joined(made.volumeMounts, volumeMounts), ports: [...(made.ports ?? []), ...(ports ?? [])] };
}

function assemble(pod: Pod, input: SidecarInput, template: Template, containers: readonly Container[]): { readonly spec: Pod['spec']; readonly added: Added } {
  const annotations = annotationsOf(pod);
  const native = template === 'sidecar' && annotations['sidecar.istio.io/nativeSidecar'] !== 'false';
  const userVolumes = listAnnotation(annotations['sidecar.istio.io/userVolume']).flatMap((volume): readonly Volume[] => (typeof volume['name'] === 'string' ? [{ ...volume, name: volume['name'] }] : []));
  const volumes = [...VOLUMES, ...userVolumes];
  const override = containers.find((container) => container.name === PROXY);
  const proxy = withOverride(proxyContainer(input, template === 'gateway' ? 'router' : 'sidecar', native), override);
  const others = containers.filter((container) => container.name !== PROXY);
  const known = new Set((pod.spec.volumes ?? []).map((volume) => volume.name));
  const spec: Pod['spec'] = {
    ...pod.spec, volumes: [...(pod.spec.volumes ?? []), ...volumes.filter((volume) => !known.has(volume.name))],
    ...(native ? { initContainers: [proxy, ...(pod.spec.initContainers ?? [])], containers: others } : { containers: [...others, proxy] }),
  };
  return { spec, added: { initContainers: native ? [proxy] : [], containers: native ? [] : [proxy], volumes } };
}

/** What becomes of a pod that is being created: a sidecar is added, or it is left alone, or refused with the reason. */
export function injectPod(pod: Pod, namespace: string, options: InjectOptions): Injection {
  const decision = decideInjection(pod, namespace);
  if (!decision.inject) return { outcome: 'skipped', reason: decision.reason };
  const annotations = annotationsOf(pod);
  const problem = annotationProblem(annotations);
  if (problem !== undefined) return { outcome: 'refused', problem };
  const template = templateOf(annotations);
  const labels = labelsFor(pod, namespace, template);
  const rewrites = template === 'sidecar' && annotations['sidecar.istio.io/rewriteAppHTTPProbers'] !== 'false';
  const { containers, probers } = rewrites ? rewriteProbes(pod.spec.containers) : { containers: pod.spec.containers, probers: {} };
  const input: SidecarInput = { pod, namespace, mesh: options.mesh, probers, labels, clusterId: options.clusterId, extraEnv: options.extraEnv ?? {} };
  const { spec, added } = assemble(pod, input, template, containers);
  const next = annotationsFor(pod, added, template);
  const patch: JsonPatch = [
    { op: 'add', path: '/metadata/labels', value: labels }, { op: 'add', path: '/metadata/annotations', value: next },
    ...(spec.initContainers === pod.spec.initContainers ? [] : [{ op: 'add' as const, path: '/spec/initContainers', value: spec.initContainers }]),
    { op: 'add', path: '/spec/containers', value: spec.containers }, { op: 'add', path: '/spec/volumes', value: spec.volumes },
  ];
  return { outcome: 'injected', pod: { ...pod, metadata: { ...pod.metadata, labels, annotations: next }, spec }, patch };
}
