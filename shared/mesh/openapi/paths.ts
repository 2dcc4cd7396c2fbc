import type { Json } from '#shared/base';
import { gvkOf, refTo } from './components.ts';
import type { OpenApiKind } from './open-api-kind.ts';

type Body = { [key: string]: Json };
const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const query = (name: string, type: string, description: string): Body => ({ name, in: 'query', description, schema: { type, uniqueItems: true } });
const inPath = (name: string, description: string): Body => ({ name, in: 'path', required: true, description, schema: { type: 'string', uniqueItems: true } });
const WRITE: readonly Body[] = [
  query('dryRun', 'string', 'All: do everything but store.'), query('fieldManager', 'string', 'Who writes.'), query('fieldValidation', 'string', 'Ignore, Warn (default) or Strict: what happens with unknown fields.'),
];
const LIST: readonly Body[] = [
  query('labelSelector', 'string', 'Only objects with these labels.'), query('fieldSelector', 'string', 'Only objects with these field values.'), query('limit', 'integer', 'Most objects in one answer.'),
  query('continue', 'string', 'Token of the next page.'), query('resourceVersion', 'string', 'How fresh.'), query('watch', 'boolean', 'Send changes as they come.'),
];
const body = (schema: Json, types: readonly string[]): Body => ({ required: true, content: Object.fromEntries(types.map((type) => [type, { schema }])) });
const answer = (schema: Json): Body => ({ '200': { description: 'OK', content: { 'application/json': { schema } } } });
/** Patches every kind takes; built-in kinds take strategic merge on top. */
const PATCH_TYPES = ['application/json-patch+json', 'application/merge-patch+json'] as const;

/** The addresses of one kind with their operations. */
export function pathsOf(kind: OpenApiKind, name: string, listName: string): Body {
  const isBuiltin = kind.schema['x-pharos-def'] !== undefined;
  const root = kind.group === '' ? `/api/${kind.version}` : `/apis/${kind.group}/${kind.version}`;
  const collection = kind.namespaced ? `${root}/namespaces/{namespace}/${kind.plural}` : `${root}/${kind.plural}`;
  const types = ['application/apply-patch+yaml', ...PATCH_TYPES, ...(isBuiltin ? ['application/strategic-merge-patch+json'] : [])];
  const operation = (action: string, more: Body): Body => ({ 'x-kubernetes-action': action, 'x-kubernetes-group-version-kind': gvkOf(kind), ...more });
  const write = (schema: Json): Body => body(schema, ['application/json', 'application/yaml']);
  const object: Body = {
    parameters: [...(kind.namespaced ? [inPath('namespace', 'Namespace.')] : []), inPath('name', 'Name.')],
    get: operation('get', { responses: answer(refTo(name)) }),
    put: operation('put', { parameters: [...WRITE], requestBody: write(refTo(name)), responses: answer(refTo(name)) }),
    patch: operation('patch', { parameters: [...WRITE, query('force', 'boolean', 'Apply: take fields over from others.')], requestBody: body(refTo(`${META}.Patch`), types), responses: answer(refTo(name)) }),
    delete: operation('delete', { parameters: [...WRITE], responses: answer(refTo(`${META}.Status`)) }),
  };
  const all: Body = {
    ...(kind.namespaced ? { parameters: [inPath('namespace', 'Namespace.')] } : {}),
    get: operation('list', { parameters: [...LIST], responses: answer(refTo(listName)) }),
    post: operation('post', { parameters: [...WRITE], requestBody: write(refTo(name)), responses: answer(refTo(name)) }),
    delete: operation('deletecollection', { parameters: [...LIST], responses: answer(refTo(`${META}.Status`)) }),
  };
  const below = (kind.subresources ?? []).map((subresource): [string, Json] => [`${collection}/{name}/${subresource}`, { parameters: [...(kind.namespaced ? [inPath('namespace', 'Namespace.')] : []), inPath('name', 'Name.')], get: { 'x-kubernetes-action': 'get', responses: answer({ type: 'object' }) } }]);
  const everywhere: [string, Json][] = kind.namespaced ? [[`${root}/${kind.plural}`, { get: operation('list', { parameters: [...LIST], responses: answer(refTo(listName)) }) }]] : [];
  return Object.fromEntries<Json>([[collection, all], [`${collection}/{name}`, object], ...below, ...everywhere]);
}
