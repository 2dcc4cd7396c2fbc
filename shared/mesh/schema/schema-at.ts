import type { KindDefinition } from './kind-definition.ts';
import type { SchemaNode } from './schema.ts';

/** The schema of the value at a path of an object of a kind (a number or "[]" enters a list); undefined where the schema knows nothing. */
export function schemaAt(kind: Pick<KindDefinition, 'schema'>, path: readonly (string | number)[]): SchemaNode | undefined {
  let node: SchemaNode | undefined = kind.schema;
  for (const step of path) {
    if (node === undefined) return undefined;
    if (typeof step === 'number' || step === '[]') node = node.items;
    else if (node.properties !== undefined && Object.hasOwn(node.properties, step)) node = node.properties[step];
    else node = typeof node.additionalProperties === 'object' ? node.additionalProperties : undefined;
  }
  return node;
}
