import type { KindDefinition } from '../schema/kind-definition.ts';
import type { SchemaNode } from '../schema/schema.ts';

/** A kind as a document describes it: one of ours, or one of a CRD somebody made. */
export type OpenApiKind = Pick<KindDefinition, 'group' | 'version' | 'kind' | 'plural' | 'namespaced'> & { readonly schema: SchemaNode; readonly subresources?: KindDefinition['subresources'] };
