import type { KindDefinition } from '../schema/kind-definition.ts';
import type { SchemaNode } from '../schema/schema.ts';

type BuiltinOptions = {
  readonly kind: string;
  readonly schema: SchemaNode;
  /** Default: core ("") in v1. */
  readonly group?: string;
  readonly version?: string;
  /** Default: the kind in small letters with an s. */
  readonly plural?: string;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  /** Default: true. */
  readonly namespaced?: boolean;
  readonly subresources?: KindDefinition['subresources'];
};

/** The definition of a built-in kind. */
export function builtin(options: BuiltinOptions): KindDefinition {
  const singular = options.kind.toLowerCase();
  return {
    group: options.group ?? '', version: options.version ?? 'v1', kind: options.kind, plural: options.plural ?? `${singular}s`, singular,
    shortNames: options.shortNames ?? [], categories: options.categories ?? [], namespaced: options.namespaced ?? true, schema: options.schema, subresources: options.subresources ?? [],
  };
}
