import { isRecord } from '#shared/base';
import type { Json } from '#shared/base';
import { definitionOf } from '../schema/schema.ts';
import type { SchemaNode } from '../schema/schema.ts';
import { API_VERSION, KIND, listMeta, objectMeta } from '../kinds/meta.ts';
import type { OpenApiKind } from './open-api-kind.ts';

type Body = { [key: string]: Json };
const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';
export const refTo = (name: string): { readonly $ref: string } => ({ $ref: `#/components/schemas/${name}` });
/** Keywords a reference keeps beside itself; all others belong to the definition. */
const FIELD_KEYWORDS = ['x-kubernetes-patch-strategy', 'x-kubernetes-patch-merge-key'] as const;
/** Types that Go holds by value, so that documents give them the default {}. */
const BY_VALUE = /(Spec|Status|Strategy|ObjectMeta|ListMeta|PolicyRule|RoleRef|Reference)$/;

/** Definition name of a custom kind: the group turned round, as io.istio.networking.v1.VirtualService. */
const customName = (kind: OpenApiKind): string => `${kind.group.split('.').toReversed().join('.')}.${kind.version}.${kind.kind}`;

/** The named schemas of a document; a definition is taken in when something refers to it. */
export class Components {
  readonly #schemas = new Map<string, Json>();

  addKind(kind: OpenApiKind): string {
    const name = kind.schema['x-pharos-def'] ?? customName(kind);
    const properties = { apiVersion: API_VERSION, kind: KIND, metadata: objectMeta, ...kind.schema.properties };
    const body = this.#body(kind.schema['x-pharos-def'] === undefined ? { ...kind.schema, properties } : kind.schema);
    this.#schemas.set(name, { ...body, 'x-kubernetes-group-version-kind': [gvkOf(kind)] });
    return name;
  }

  addList(kind: OpenApiKind, name: string): string {
    const listKind = `${kind.kind}List`;
    const properties: Body = {
      apiVersion: this.#body(API_VERSION), kind: this.#body(KIND), metadata: this.#field(listMeta),
      items: { type: 'array', description: `List of ${kind.plural}.`, items: { allOf: [refTo(name)], default: {} } },
    };
    this.#schemas.set(`${name}List`, { type: 'object', description: `A list of ${kind.plural}.`, required: ['items'], properties, 'x-kubernetes-group-version-kind': [gvkOf({ ...kind, kind: listKind })] });
    return `${name}List`;
  }

  /** What every document refers to besides its kinds. */
  addShared(): void {
    this.#schemas.set(`${META}.Patch`, { type: 'object', description: 'A patch of the kind its media type says.' });
    this.#schemas.set(`${META}.Status`, { type: 'object', description: 'The outcome of a call.', properties: { status: { type: 'string' }, message: { type: 'string' }, reason: { type: 'string' }, code: { type: 'integer', format: 'int32' } } });
  }

  schemas(): Body {
    return Object.fromEntries([...this.#schemas].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** A schema in the place of a field: a reference where it has a name of its own. */
  #field(node: SchemaNode): Body {
    const name = node['x-pharos-def'];
    if (name === undefined) return this.#body(node);
    this.#define(name);
    const kept: Body = {};
    for (const keyword of FIELD_KEYWORDS) if (node[keyword] !== undefined) kept[keyword] = node[keyword];
    if (node.description !== undefined && node.description !== definitionOf(name)?.description) kept['description'] = node.description;
    if (BY_VALUE.test(name)) kept['default'] = {};
    return Object.keys(kept).length === 0 ? refTo(name) : { ...kept, allOf: [refTo(name)] };
  }

  #define(name: string): void {
    const node = definitionOf(name);
    if (node === undefined || this.#schemas.has(name)) return;
    this.#schemas.set(name, {}); // ends the walk in definitions that contain themselves
    this.#schemas.set(name, name.endsWith('.Quantity') || name.endsWith('.IntOrString') ? numberOrText(node) : this.#body(node));
  }

  #body(node: SchemaNode): Body {
    const body: Body = {};
    for (const [keyword, value] of Object.entries(node)) if (!keyword.startsWith('x-pharos-')) body[keyword] = this.#keyword(keyword, value);
    return body;
  }

  #keyword(keyword: string, value: unknown): Json {
    if (keyword === 'properties' && isRecord(value)) return Object.fromEntries(Object.entries(value).filter(isSchemaEntry).map(([name, child]) => [name, this.#field(child)]));
    if ((keyword === 'items' || keyword === 'additionalProperties' || keyword === 'not') && isSchema(value)) return this.#field(value);
    if ((keyword === 'oneOf' || keyword === 'anyOf' || keyword === 'allOf') && Array.isArray(value)) return value.filter(isSchema).map((child) => this.#body(child));
    return plain(value);
  }
}

const isSchema = (value: unknown): value is SchemaNode => isRecord(value);
const isSchemaEntry = (entry: [string, unknown]): entry is [string, SchemaNode] => isSchema(entry[1]);
/** A keyword's value that is JSON already. */
function plain(value: unknown): Json {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  if (Array.isArray(value)) return value.map(plain);
  return isRecord(value) ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)])) : null;
}
/** Quantity and IntOrString as the API publishes them. */
const numberOrText = (node: SchemaNode): Body => ({ ...(node.description === undefined ? {} : { description: node.description }), oneOf: [{ type: 'string' }, { type: node['x-pharos-def']?.endsWith('.Quantity') === true ? 'number' : 'integer' }] });
export const gvkOf = (kind: Pick<OpenApiKind, 'group' | 'version' | 'kind'>): Body => ({ group: kind.group, kind: kind.kind, version: kind.version });
