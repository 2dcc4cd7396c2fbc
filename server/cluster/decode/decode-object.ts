import { isRecord } from '#shared/base';
import { applyDefaults, definitionOf, groupOf, prune, unknownFields } from '#shared/mesh';
import type { SchemaNode } from '#shared/mesh';
import { asKObject } from '../object/object.ts';
import type { KObject, Obj } from '../object/object.ts';
import type { Registry } from '../resources/registry.ts';
import type { View } from '../resources/resource.ts';
import { invalidValue } from '../status/field-errors.ts';
import { badRequest, invalid } from '../status/status-error.ts';
import type { StatusError } from '../status/status-error.ts';
import { decodeTyped, DecodeError } from './decode-typed.ts';
import { unrecognized } from './read-body.ts';
import type { Body } from './read-body.ts';

/** An object as it came in: the known part, and what a strict client wants to hear about. */
export type Incoming = { readonly object: KObject; readonly strict: readonly string[] };

const OBJECT_META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';
const SCHEME = 'k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30';
const text = (v: unknown): string => (typeof v === 'string' ? v : '');
/** The internal package of a group as messages name it. */
const packageOf = (group: string): string => (group === '' ? 'core' : (group.split('.')[0] ?? group));

const cannotHandle = (kind: string, version: string, view: View, why: string): StatusError => badRequest(`${kind} in version "${version}" cannot be handled as a ${view.resource.kind}: ${why}`);

/** Reads an object of the view's kind out of a body. Unknown fields are left out and named in `strict`. */
export function decodeObject(registry: Registry, view: View, body: Body, bytes: Buffer): Incoming {
  if (!isRecord(body.value)) throw unrecognized(view.resource.kind, 'not an object', bytes);
  if (view.resource.isCustom) checkCustomType(view, body.value, bytes);
  else checkBuiltinType(registry, view, body.value);
  const decoded = decodeValue(view, body.value);
  const doubled = body.duplicates.map((one) => (body.form === 'yaml' ? `yaml: unmarshal errors:\n  ${one}` : one));
  return { object: decoded.object, strict: [...doubled, ...decoded.strict] };
}

/** The same for a value that is not a body: the result of a patch or of a webhook. */
export function decodeValue(view: View, v: Record<string, unknown>): Incoming {
  const { kind } = view.resource;
  const { kind: _kind, apiVersion: _apiVersion, ...rest } = v;
  const named: Obj = { kind, apiVersion: view.apiVersion, ...rest };
  try {
    const { value, unknown } = view.resource.isCustom ? decodeCustom(view.version.schema, named) : decodeTyped(view.version.schema, named);
    const object = asKObject(value);
    if (object === undefined) throw new DecodeError('metadata is not what every object has');
    return { object, strict: unknown.map((path) => `unknown field "${path}"`) };
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw cannotHandle(kind, view.version.name, view, error.message);
  }
}

function checkBuiltinType(registry: Registry, view: View, v: Record<string, unknown>): void {
  const kind = text(v['kind']) || view.resource.kind;
  const apiVersion = text(v['apiVersion']) || view.apiVersion;
  if (kind === view.resource.kind && apiVersion === view.apiVersion) return;
  const { group, version } = groupOf(apiVersion);
  const isKnown = registry.byKind(group, kind)?.versions.some((known) => known.name === version) === true;
  if (!isKnown) throw cannotHandle(kind, version, view, `no kind "${kind}" is registered for version "${apiVersion}" in scheme "${SCHEME}"`);
  throw cannotHandle(kind, version, view, `converting (${version}.${kind}) to (${packageOf(view.resource.group)}.${view.resource.kind}): unknown conversion`);
}

function checkCustomType(view: View, v: Record<string, unknown>, bytes: Buffer): void {
  const kind = text(v['kind']);
  if (kind === '') throw unrecognized(view.resource.kind, `Object 'Kind' is missing in '${bytes.toString('utf8')}'`, bytes);
  const apiVersion = text(v['apiVersion']);
  if (apiVersion !== view.apiVersion) throw badRequest(`the API version in the data (${apiVersion}) does not match the expected API version (${view.apiVersion})`);
  if (kind !== view.resource.kind) throw invalid({ group: view.resource.group, kind }, text(isRecord(v['metadata']) ? v['metadata']['name'] : ''), [invalidValue('kind', kind, `must be ${view.resource.kind}`)]);
}

/** Custom objects: metadata is typed, the rest is pruned by the schema of the CRD. */
function decodeCustom(schema: SchemaNode, v: Obj): { readonly value: Obj; readonly unknown: readonly string[] } {
  const meta = definitionOf(OBJECT_META);
  const { metadata, ...rest } = v;
  const decoded = meta === undefined || metadata === undefined || metadata === null ? { value: {}, unknown: [] } : decodeTyped(meta, metadata);
  const unknown = [...decoded.unknown.map((path) => `metadata.${path}`), ...unknownFields(schema, rest).map((issue) => issue.field)];
  const value = applyDefaults(schema, prune(schema, rest));
  return { value: { kind: rest['kind'], apiVersion: rest['apiVersion'], metadata: decoded.value, ...value }, unknown };
}
