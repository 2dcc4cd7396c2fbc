import { createHash } from 'node:crypto';
import { openApiDocument } from '#shared/mesh';
import type { OpenApiKind } from '#shared/mesh';
import { groupsOf } from '../discovery/discovery.ts';
import type { Registry } from '../resources/registry.ts';
import type { View } from '../resources/resource.ts';

type Document = { readonly text: string; readonly hash: string };

/** OpenAPI v3 documents, made when first asked for and forgotten when what is served changes. */
export class OpenApiDocuments {
  readonly #registry: Registry;
  readonly #documents = new Map<string, Document>();
  /** Hash of what a document is made from, so that the index needs no document. */
  readonly #schemaHashes = new WeakMap<object, string>();
  constructor(registry: Registry) {
    this.#registry = registry;
    registry.onChange(() => this.#documents.clear());
  }

  /** The index at /openapi/v3. */
  index(): object {
    const paths = groupsOf(this.#registry).flatMap((group) => group.versions.map((version): [string, object] => {
      const path = pathOf(group.name, version);
      return [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${this.hash(group.name, version)}` }];
    }));
    return { paths: Object.fromEntries(paths) };
  }

  /** Changes exactly when the document would. */
  hash(group: string, version: string): string {
    const hash = createHash('sha256');
    for (const view of this.#registry.viewsOf(group, version)) hash.update(`${view.resource.plural}\n${view.resource.kind}\n${view.version.hasStatus}\n${view.version.scale !== undefined}\n${this.#schemaHash(view)}\n`);
    return hash.digest('hex').slice(0, 64).toUpperCase();
  }

  document(group: string, version: string): Document | undefined {
    const key = pathOf(group, version);
    const known = this.#documents.get(key);
    if (known !== undefined) return known;
    if (!groupsOf(this.#registry).some((one) => one.name === group && one.versions.includes(version))) return undefined;
    const made: Document = { text: JSON.stringify(openApiDocument(this.#registry.viewsOf(group, version).map(kindOf))), hash: this.hash(group, version) };
    this.#documents.set(key, made);
    return made;
  }

  #schemaHash(view: View): string {
    const { schema } = view.version;
    const known = this.#schemaHashes.get(schema);
    if (known !== undefined) return known;
    // Built-in schemas change with the program alone; those of CRDs with their text.
    const made = view.resource.isCustom ? createHash('sha256').update(JSON.stringify(schema)).digest('hex') : BUILTIN_HASH;
    this.#schemaHashes.set(schema, made);
    return made;
  }
}
/** Raised when the schemas of built-in kinds change. */
const BUILTIN_HASH = '1';
const pathOf = (group: string, version: string): string => (group === '' ? `api/${version}` : `apis/${group}/${version}`);
const kindOf = ({ resource, version }: View): OpenApiKind => ({
  group: resource.group, version: version.name, kind: resource.kind, plural: resource.plural, namespaced: resource.namespaced, schema: version.schema,
  subresources: [...(version.hasStatus ? ['status' as const] : []), ...(version.scale !== undefined ? ['scale' as const] : [])],
});
