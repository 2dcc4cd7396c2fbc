import type { Json } from '#shared/base';
import type { FieldPath, ObjectRef } from '#shared/mesh';

export type FindingLevel = 'error' | 'warning' | 'info';
/** One change that would settle a finding: the value at a path of an object is set, or taken away. */
export type Edit = { readonly object: ObjectRef; readonly path: FieldPath; readonly value: Json | undefined };
/** What to do about a finding; with edits where a program can do it. */
export type Fix = { readonly text: string; readonly edits?: readonly Edit[] };
export type Finding = {
  readonly level: FindingLevel;
  /** IST0101, KIA0301 … */
  readonly code: string;
  /** Istio's or our name of the code: ReferencedResourceNotFound. */
  readonly name: string;
  readonly object: ObjectRef;
  /** The field it is about; the object as a whole when empty. */
  readonly path: FieldPath;
  /** A plain sentence. */
  readonly message: string;
  /** Other objects that have part in it. */
  readonly related: readonly ObjectRef[];
  readonly fix?: Fix;
};
