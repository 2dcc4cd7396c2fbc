import type { SchemaNode } from '#shared/mesh';
import type { YamlPlace } from './yaml-place.ts';

export type Suggestion = { readonly label: string; readonly insert: string; readonly type: string; readonly text: string; readonly required: boolean };

/** The schema of the field at a path ("[]" enters a list); undefined where the kind knows nothing of it. */
export function nodeAt(schema: SchemaNode, path: readonly string[]): SchemaNode | undefined {
  let node: SchemaNode | undefined = schema;
  for (const step of path) {
    if (node === undefined) return undefined;
    if (step === '[]') node = node.items;
    else if (node.properties !== undefined && Object.hasOwn(node.properties, step)) node = node.properties[step];
    else node = typeof node.additionalProperties === 'object' ? node.additionalProperties : undefined;
  }
  return node;
}

/** "object", "list of string", "integer or string": the type in words. */
export function typeWords(node: SchemaNode): string {
  if (node['x-kubernetes-int-or-string'] === true) return 'integer or string';
  if (node.enum !== undefined) return 'one of a few words';
  if (node.type === 'array') return `list of ${node.items === undefined ? 'anything' : typeWords(node.items)}`;
  if (node.type === 'object' && typeof node.additionalProperties === 'object') return `map of ${typeWords(node.additionalProperties)}`;
  return node.type ?? 'anything';
}

/** What follows a key when it is chosen: the next level for objects, a dash for lists, a space for values. */
function insertOf(name: string, node: SchemaNode, indent: number): string {
  const pad = ' '.repeat(indent + 2);
  if (node.type === 'array') return `${name}:\n${pad}- `;
  if (node.type === 'object') return `${name}:\n${pad}`;
  return `${name}: `;
}

/** What can stand at a place: keys that the mapping lacks (required ones first), or the words of an enum. */
export function suggest(schema: SchemaNode, place: YamlPlace, indent: number): readonly Suggestion[] {
  const node = nodeAt(schema, place.path);
  if (node === undefined) return [];
  if (place.what === 'value') {
    const words = node.enum?.map(String) ?? (node.type === 'boolean' ? ['true', 'false'] : []);
    return words.map((word) => ({ label: word, insert: word, type: typeWords(node), text: '', required: false }));
  }
  const required = new Set(node.required);
  return Object.entries(node.properties ?? {})
    .filter(([name]) => !place.siblings.has(name) && !(place.path.length === 0 && name === 'status'))
    .map(([name, child]) => ({ label: name, insert: insertOf(name, child, indent), type: typeWords(child), text: child.description ?? '', required: required.has(name) }))
    .toSorted((a, b) => Number(b.required) - Number(a.required) || (a.label < b.label ? -1 : 1));
}
