import { expect, test } from 'vitest';
import { isRecord } from '#shared/base';
import { crdOf, CUSTOM_KINDS, KINDS, openApiDocument, schemaAt } from '../index.ts';

const at = (value: unknown, ...path: readonly string[]): unknown => path.reduce<unknown>((inner, key) => (isRecord(inner) ? inner[key] : undefined), value);
const documentOf = (group: string) => openApiDocument(KINDS.filter((kind) => kind.group === group && kind.version === 'v1'));

test('every reference leads to a schema of the document', () => {
  for (const group of new Set(KINDS.map((kind) => kind.group))) {
    const document = documentOf(group);
    const names = [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map((match) => match[1] ?? '');
    expect(names.filter((name) => !Object.hasOwn(document.components.schemas, name)), group).toEqual([]);
  }
});

test('kubectl finds the patch operation of a kind, its field validation and its media types', () => {
  const builtin = at(documentOf('apps'), 'paths', '/apis/apps/v1/namespaces/{namespace}/deployments/{name}', 'patch');
  expect(at(builtin, 'x-kubernetes-group-version-kind')).toEqual({ group: 'apps', version: 'v1', kind: 'Deployment' });
  expect(JSON.stringify(at(builtin, 'parameters'))).toContain('"fieldValidation"');
  expect(Object.keys(at(builtin, 'requestBody', 'content') ?? {})).toContain('application/strategic-merge-patch+json');
  const custom = at(documentOf('networking.istio.io'), 'paths', '/apis/networking.istio.io/v1/namespaces/{namespace}/virtualservices/{name}', 'patch', 'requestBody', 'content');
  expect(Object.keys(custom ?? {})).not.toContain('application/strategic-merge-patch+json');
});

test('named types are referred to, with the words of the field and its patch keys beside the reference', () => {
  const schemas = documentOf('apps').components.schemas;
  expect(at(schemas, 'io.k8s.api.apps.v1.DeploymentSpec', 'properties', 'strategy')).toEqual({
    'x-kubernetes-patch-strategy': 'retainKeys', default: {}, allOf: [{ $ref: '#/components/schemas/io.k8s.api.apps.v1.DeploymentStrategy' }],
  });
  expect(at(schemas, 'io.k8s.api.core.v1.PodSpec', 'properties', 'containers', 'x-kubernetes-patch-merge-key')).toBe('name');
  expect(JSON.stringify(schemas)).not.toContain('x-pharos-');
});

test('a CRD of ours is a v1 CRD: one storage version, no keyword of our own', () => {
  for (const kind of CUSTOM_KINDS) {
    const crd = crdOf(kind);
    expect(crd.spec.versions.filter((version) => version.storage), kind.kind).toHaveLength(1);
    expect(JSON.stringify(crd)).not.toContain('x-pharos-');
    expect(crdOf(kind)).toBe(crd);
  }
});

test('the schema at a path leads through lists and maps', () => {
  const kind = KINDS.find((one) => one.kind === 'VirtualService') ?? { schema: {} };
  expect(schemaAt(kind, ['spec', 'http', 0, 'match', '[]', 'headers', 'end-user', 'exact'])?.type).toBe('string');
  expect(schemaAt(kind, ['spec', 'http', 'route'])).toBeUndefined();
  expect(schemaAt(kind, ['spec', 'nothing'])).toBeUndefined();
});
