import { isRecord } from '#shared/base';
import { checkObject, groupOf, kindOf, validateIstio } from '#shared/mesh';
import type { KubeObject } from '#shared/mesh';
import { KubeError } from '#server/lib';
import { YamlText, parsePath } from './yaml-text.ts';
import type { Marker, Path } from './yaml-text.ts';

/** What the analysis would find about an object if it were applied. */
export type Preview = (object: KubeObject) => readonly { readonly level: Marker['level']; readonly code: string; readonly message: string; readonly fields: Path }[];
export type CheckedText = { readonly text: YamlText; readonly object: KubeObject | undefined; readonly markers: readonly Marker[] };
/** Markers shown at most; a text that is wrong everywhere needs no more. */
const MARKERS_MAX = 100;

/** Missing and unknown fields are marked on the key, wrong values on the value. */
const ON_KEY = new Set(['unknown', 'required']);

/** What can be said of a text without the cluster: YAML, the shape every object has, the schema of its kind, what istiod would refuse. */
export function checkText(source: string, preview: Preview = () => []): CheckedText {
  const text = new YamlText(source);
  if (text.value === undefined) return { text, object: undefined, markers: text.problems.slice(0, MARKERS_MAX) };
  const markers: Marker[] = [];
  const object = objectOf(text, markers);
  if (object === undefined) return { text, object: undefined, markers };
  const kind = kindOf(groupOf(object.apiVersion).group, object.kind);
  if (kind === undefined) markers.push(text.at(['kind'], 'warning', `The console has no schema of ${object.apiVersion} ${object.kind}; only the cluster can check it.`, 'schema'));
  else for (const issue of checkObject(kind.schema, object)) markers.push(text.at(issue.path, 'error', issue.message, 'schema', ON_KEY.has(issue.code)));
  // what istiod's webhook would say; a field that the schema already complains about needs no second voice
  const told = new Set(markers.map((marker) => marker.path));
  for (const issue of validateIstio(object).issues) {
    const marker = text.at(issue.path, issue.level, issue.message, 'analysis');
    if (!told.has(marker.path)) markers.push(marker);
  }
  // a text that the cluster would refuse is not yet worth thinking about
  if (!markers.some((marker) => marker.level === 'error')) for (const f of preview(object)) markers.push(text.at(f.fields, f.level, `${f.code} ${f.message}`, 'analysis'));
  return { text, object, markers: markers.slice(0, MARKERS_MAX) };
}

function objectOf(text: YamlText, markers: Marker[]): KubeObject | undefined {
  const { value } = text;
  if (!isRecord(value)) {
    markers.push(text.at([], 'error', 'A Kubernetes object is a map with apiVersion, kind and metadata.', 'schema'));
    return undefined;
  }
  const { apiVersion, kind, metadata } = value;
  const need = (path: Path, message: string): void => void markers.push(text.at(path, 'error', message, 'schema', true));
  if (typeof apiVersion !== 'string' || apiVersion === '') need(['apiVersion'], 'apiVersion is missing (for example networking.istio.io/v1).');
  if (typeof kind !== 'string' || kind === '') need(['kind'], 'kind is missing (for example VirtualService).');
  if (!isRecord(metadata) || typeof metadata['name'] !== 'string' || metadata['name'] === '') need(['metadata', 'name'], 'metadata.name is missing.');
  if (typeof apiVersion !== 'string' || typeof kind !== 'string' || !isRecord(metadata) || typeof metadata['name'] !== 'string' || markers.length > 0) return undefined;
  return { ...value, apiVersion, kind, metadata: { ...metadata, name: metadata['name'] } };
}

/** What the API server said of a text, at the lines it speaks of: details.causes, else the fields its message names. */
export function serverMarkers(text: YamlText, error: KubeError): readonly Marker[] {
  const causes: readonly unknown[] = isRecord(error.details) && Array.isArray(error.details['causes']) ? error.details['causes'] : [];
  const markers = causes.flatMap((cause): Marker[] => {
    if (!isRecord(cause) || typeof cause['message'] !== 'string') return [];
    const field = typeof cause['field'] === 'string' && cause['field'] !== '<nil>' ? cause['field'] : '';
    return [text.at(parsePath(field), 'error', cause['message'], 'server')];
  });
  if (markers.length > 0) return markers;
  // strict decoding error: unknown field "spec.http[0].rout", unknown field "spec.x"
  const unknown = [...error.message.matchAll(/unknown field "([^"]+)"/g)].map((match) => text.at(parsePath(match[1] ?? ''), 'error', `unknown field "${match[1] ?? ''}"`, 'server', true));
  if (unknown.length > 0) return unknown;
  const named = /\b((?:spec|metadata)(?:\.[\w-]+|\[\d+\])+)/.exec(error.message)?.[1];
  return [text.at(named === undefined ? ['spec'] : parsePath(named), 'error', error.message, 'server', named === undefined)];
}
