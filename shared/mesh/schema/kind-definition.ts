import type { SchemaNode } from './schema.ts';

/** A printed column: a JSONPath of the object, as additionalPrinterColumns of a CRD. */
export type PrinterColumn = { readonly name: string; readonly type: string; readonly jsonPath: string; readonly priority?: number; readonly format?: string; readonly description?: string };

/** Everything the product knows of one kind in one version. The one place a kind is described. */
export type KindDefinition = {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  /** Schema of the whole object: apiVersion, kind, metadata, spec, status and so on. */
  readonly schema: SchemaNode;
  readonly subresources: readonly ('status' | 'scale')[];
  /** Columns for custom resources; built-in kinds print by the table rules of server/cluster. */
  readonly columns?: readonly PrinterColumn[];
  /** Other served versions of the same schema (Istio kinds: v1alpha3, v1beta1). */
  readonly otherVersions?: readonly string[];
  /** The version in which custom resources are stored. Default: `version`. */
  readonly storageVersion?: string;
};
