import type { SchemaNode } from '#shared/mesh';

/** The last part of a definition's name: io.k8s.api.apps.v1.DeploymentSpec is DeploymentSpec. */
export const structName = (schema: SchemaNode): string => schema['x-pharos-def']?.split('.').at(-1) ?? 'struct';
const packaged = (schema: SchemaNode): string => {
  const parts = schema['x-pharos-def']?.split('.') ?? [];
  return parts.length < 2 ? 'struct' : `${parts.at(-2)}.${parts.at(-1)}`;
};

/** The Go type of a schema as the API server's messages name it. */
export function goType(schema: SchemaNode | undefined): string {
  if (schema === undefined) return 'interface {}';
  if (schema['x-pharos-def'] !== undefined) return packaged(schema);
  if (schema['x-kubernetes-int-or-string'] === true) return 'intstr.IntOrString';
  switch (schema.type) {
    case 'string': return schema.format === 'byte' ? '[]uint8' : 'string';
    case 'integer': return schema.format === 'int64' ? 'int64' : 'int32';
    case 'number': return 'float64';
    case 'boolean': return 'bool';
    case 'array': return `[]${goType(schema.items)}`;
    case 'object': return typeof schema.additionalProperties === 'object' ? `map[string]${goType(schema.additionalProperties)}` : packaged(schema);
    default: return 'interface {}';
  }
}

/** What a JSON value is called in messages. */
export function jsonWord(v: unknown): string {
  if (v === null) return 'null';
  if (Array.isArray(v)) return 'array';
  return typeof v === 'boolean' ? 'bool' : typeof v;
}
