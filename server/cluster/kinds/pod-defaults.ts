// Defaults of a pod's spec, also inside templates (Kubernetes core/v1 defaults).
import { isRecord } from '#shared/base';
import type { Obj } from '../object/object.ts';
import { child, childIf, fill, fillText, items } from './defaulting.ts';

/** Permissions of files in projected volumes: 0644. */
const FILE_MODE = 420;
const TOKEN_SECONDS = 3600;

/** Tag of an image name; "latest" when there is neither tag nor digest. */
function tagOf(image: string): string {
  const [name = '', digest] = image.split('@');
  const tag = /:([^/:]+)$/.exec(name)?.[1];
  return tag ?? (digest === undefined ? 'latest' : '');
}

function defaultHandler(handler: Obj | undefined): void {
  const http = childIf(handler, 'httpGet');
  if (http !== undefined) {
    fillText(http, 'path', '/');
    fillText(http, 'scheme', 'HTTP');
  }
  const grpc = childIf(handler, 'grpc');
  if (grpc !== undefined) fill(grpc, 'service', '');
}

function defaultProbe(probe: Obj | undefined): void {
  if (probe === undefined) return;
  defaultHandler(probe);
  fill(probe, 'timeoutSeconds', 1);
  fill(probe, 'periodSeconds', 10);
  fill(probe, 'successThreshold', 1);
  fill(probe, 'failureThreshold', 3);
}

function defaultContainer(container: Obj, hostNetwork: boolean): void {
  const image = container['image'];
  fillText(container, 'imagePullPolicy', typeof image === 'string' && tagOf(image) !== 'latest' ? 'IfNotPresent' : 'Always');
  fillText(container, 'terminationMessagePath', '/dev/termination-log');
  fillText(container, 'terminationMessagePolicy', 'File');
  const resources = child(container, 'resources');
  const limits = childIf(resources, 'limits');
  if (limits !== undefined) {
    const requests = child(resources, 'requests');
    for (const [name, v] of Object.entries(limits)) fill(requests, name, v);
  }
  for (const port of items(container, 'ports')) {
    fillText(port, 'protocol', 'TCP');
    if (hostNetwork) fill(port, 'hostPort', port['containerPort']);
  }
  for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe']) defaultProbe(childIf(container, probe));
  const lifecycle = childIf(container, 'lifecycle');
  for (const hook of ['postStart', 'preStop']) defaultHandler(childIf(lifecycle, hook));
  for (const env of items(container, 'env')) {
    const ref = childIf(childIf(env, 'valueFrom'), 'fieldRef');
    if (ref !== undefined) fillText(ref, 'apiVersion', 'v1');
    const resource = childIf(childIf(env, 'valueFrom'), 'resourceFieldRef');
    if (resource !== undefined) fill(resource, 'divisor', '0');
  }
}

function defaultDownward(list: readonly Obj[]): void {
  for (const item of list) {
    const ref = childIf(item, 'fieldRef');
    if (ref !== undefined) fillText(ref, 'apiVersion', 'v1');
    const resource = childIf(item, 'resourceFieldRef');
    if (resource !== undefined) fill(resource, 'divisor', '0');
  }
}

function defaultVolume(volume: Obj): void {
  if (Object.keys(volume).every((field) => field === 'name')) volume['emptyDir'] = {};
  for (const type of ['configMap', 'secret', 'downwardAPI', 'projected']) {
    const source = childIf(volume, type);
    if (source !== undefined) fill(source, 'defaultMode', FILE_MODE);
  }
  defaultDownward(items(childIf(volume, 'downwardAPI'), 'items'));
  const projected = childIf(volume, 'projected');
  for (const source of items(projected, 'sources')) {
    const token = childIf(source, 'serviceAccountToken');
    if (token !== undefined) fill(token, 'expirationSeconds', TOKEN_SECONDS);
    defaultDownward(items(childIf(source, 'downwardAPI'), 'items'));
  }
  const host = childIf(volume, 'hostPath');
  if (host !== undefined) fill(host, 'type', '');
  const claim = childIf(childIf(childIf(volume, 'ephemeral'), 'volumeClaimTemplate'), 'spec');
  if (claim !== undefined) fillText(claim, 'volumeMode', 'Filesystem');
}

/** Fills what a pod's spec leaves open; what belongs to a pod alone and not to templates is in the pod strategy. */
export function defaultPodSpec(spec: Obj): void {
  fillText(spec, 'restartPolicy', 'Always');
  fillText(spec, 'dnsPolicy', 'ClusterFirst');
  fillText(spec, 'schedulerName', 'default-scheduler');
  fill(spec, 'terminationGracePeriodSeconds', 30);
  child(spec, 'securityContext');
  const hostNetwork = spec['hostNetwork'] === true;
  for (const list of ['containers', 'initContainers', 'ephemeralContainers']) for (const container of items(spec, list)) defaultContainer(container, hostNetwork);
  for (const volume of items(spec, 'volumes')) defaultVolume(volume);
  mirrorServiceAccount(spec);
}

/** The old name of serviceAccountName is kept in step with it. */
function mirrorServiceAccount(spec: Obj): void {
  const name = spec['serviceAccountName'] ?? spec['serviceAccount'];
  if (typeof name !== 'string' || name === '') return;
  spec['serviceAccountName'] = name;
  spec['serviceAccount'] = name;
}

/** The template of a workload: labels of nothing but what is given, spec with defaults. */
export function defaultTemplate(owner: Obj | undefined): void {
  const template = childIf(owner, 'template');
  if (template === undefined) return;
  if (!isRecord(template['metadata'])) template['metadata'] = {};
  defaultPodSpec(child(template, 'spec'));
}
