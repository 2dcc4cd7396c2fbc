import { isRecord } from '#shared/base';
import type { KindDefinition } from '../schema/kind-definition.ts';
import type { CustomResourceDefinition } from '../kinds/core/custom-resource-definition.ts';
import type { SchemaNode } from '../schema/schema.ts';

/** Keywords that mean something to Pharos only begin so. */
const OWN_KEYWORDS = 'x-pharos-';

/** The schema as a CRD may publish it: without our own keywords. */
export function publishable(node: SchemaNode): SchemaNode {
  const copy = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(copy);
    if (!isRecord(value)) return value;
    return Object.fromEntries(Object.entries(value).filter(([key]) => !key.startsWith(OWN_KEYWORDS)).map(([key, inner]) => [key, copy(inner)]));
  };
  const result: SchemaNode = Object.assign({}, copy(node));
  return result;
}

/** The root of a custom resource's schema; what every object has (apiVersion, kind, metadata) is added by the API server. */
function rootSchema(kind: KindDefinition): SchemaNode {
  const { apiVersion: _a, kind: _k, metadata: _m, ...properties } = kind.schema.properties ?? {};
  return publishable({ ...kind.schema, properties });
}

const made = new Map<string, CustomResourceDefinition>();
/** The CustomResourceDefinition (apiextensions.k8s.io/v1) of a custom kind: versions, columns, subresources, schema. Made once. */
export function crdOf(kind: KindDefinition): CustomResourceDefinition {
  const name = `${kind.plural}.${kind.group}`;
  const known = made.get(name);
  if (known !== undefined) return known;
  const schema = { openAPIV3Schema: rootSchema(kind) };
  const storage = kind.storageVersion ?? kind.version;
  const crd: CustomResourceDefinition = {
    apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name },
    spec: {
      group: kind.group,
      names: {
        plural: kind.plural, singular: kind.singular, kind: kind.kind, listKind: `${kind.kind}List`,
        ...(kind.shortNames.length > 0 ? { shortNames: kind.shortNames } : {}), ...(kind.categories.length > 0 ? { categories: kind.categories } : {}),
      },
      scope: kind.namespaced ? 'Namespaced' : 'Cluster',
      versions: [kind.version, ...(kind.otherVersions ?? [])].map((version) => ({
        name: version, served: true, storage: version === storage, schema,
        ...(kind.subresources.includes('status') ? { subresources: { status: {} } } : {}),
        ...(kind.columns === undefined || kind.columns.length === 0 ? {} : { additionalPrinterColumns: kind.columns }),
      })),
    },
  };
  made.set(name, crd);
  return crd;
}
