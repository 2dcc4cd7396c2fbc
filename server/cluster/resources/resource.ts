import type { PrinterColumn, SchemaNode } from '#shared/mesh';
import { tidyMeta } from '../object/object.ts';
import type { KObject } from '../object/object.ts';
import type { SelectableFields } from '../selectors/selection.ts';
import type { FieldError } from '../status/status-error.ts';

/** Paths of a scale subresource as a CRD names them (`.spec.replicas`). */
export type ScalePaths = { readonly specReplicasPath: string; readonly statusReplicasPath: string; readonly labelSelectorPath: string | undefined };
export type ResourceVersion = {
  readonly name: string;
  readonly schema: SchemaNode;
  readonly hasStatus: boolean;
  readonly scale: ScalePaths | undefined;
  /** Columns of a custom kind; built-in kinds print by their own table. */
  readonly columns: readonly PrinterColumn[] | undefined;
  /** Sent as a Warning header with every answer. */
  readonly deprecation: string | undefined;
};

/** What a strategy may ask of the server: other objects, allocators, the clock. */
export type StrategyContext = {
  now(): Date;
  /** The object of another kind, for admission that looks around. */
  find(collection: string, namespace: string, name: string): KObject | undefined;
  readonly isDryRun: boolean;
  /** Adds a Warning header to the answer. */
  warn(text: string): void;
  readonly user: string;
  allocateIp(wanted: string | undefined): { readonly ip: string } | { readonly error: FieldError };
  allocatePort(wanted: number | undefined): { readonly port: number } | { readonly error: FieldError };
};

/** The rules of one kind. All parts are optional; what is left out is the ordinary case. */
export type Strategy = {
  /** Objects count their spec's changes in metadata.generation. */
  readonly hasGeneration?: boolean;
  /** What counts as a change of the spec, when it is more or less than everything but metadata and status. */
  specOf?(object: KObject): unknown;
  /** Finalizers need no domain with a slash (kinds of the CRD server). */
  readonly hasOwnFinalizers?: boolean;
  /** A status in a new object is kept. */
  readonly keepsStatus?: boolean;
  /** PUT to a missing object creates it. */
  readonly createsOnUpdate?: boolean;
  /** PUT without a resourceVersion is refused. */
  readonly needsVersion?: boolean;
  /** A delete answers with the object instead of a Status. */
  readonly answersWithObject?: boolean;
  /** Loads what checking needs, before the first check. */
  ready?(): Promise<void>;
  nameErrors?(name: string, isPrefix: boolean): readonly string[];
  /** Fills what the kind leaves open. Called on every write, after decoding. */
  setDefaults?(object: KObject): void;
  prepareCreate?(object: KObject, context: StrategyContext): void;
  prepareUpdate?(object: KObject, old: KObject, context: StrategyContext): void;
  /** What a new status brings about in the rest of the object. */
  prepareStatus?(object: KObject): void;
  /** Rules for a new object; also run on update unless `validateUpdate` takes over. */
  validate?(object: KObject, context: StrategyContext): readonly FieldError[];
  validateUpdate?(object: KObject, old: KObject, context: StrategyContext): readonly FieldError[];
  validateStatus?(object: KObject, old: KObject): readonly FieldError[];
  warnings?(object: KObject, old: KObject | undefined): readonly string[];
  readonly fields?: SelectableFields;
  /** Marks an object that never goes at once. */
  beforeDelete?(object: KObject, now: string): KObject;
  /** Seconds of grace for a delete that asked for `wanted`; undefined: the kind knows no grace and goes at once. */
  grace?(object: KObject, wanted: number | undefined): number | undefined;
};

export type Resource = {
  readonly group: string;
  readonly kind: string;
  readonly listKind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  /** Where objects are kept: group/plural. */
  readonly collection: string;
  readonly storageVersion: string;
  readonly versions: readonly ResourceVersion[];
  readonly verbs: readonly string[];
  readonly isCustom: boolean;
  readonly strategy: Strategy;
  /** How objects are turned from and to the form they are stored in, for a resource that is a second view of another. */
  readonly stored?: { from(object: KObject): KObject; to(object: KObject): KObject };
};
/** A resource asked for in one of its versions. */
export type View = { readonly resource: Resource; readonly version: ResourceVersion; readonly apiVersion: string };

export const groupVersion = (group: string, version: string): string => (group === '' ? version : `${group}/${version}`);
export const viewOf = (resource: Resource, version: ResourceVersion): View => ({ resource, version, apiVersion: groupVersion(resource.group, version.name) });
/** The kind as messages about wrong objects name it: a second view speaks of the stored kind. */
export const kindNameOf = ({ resource }: View): { readonly group: string; readonly kind: string } => ({ group: resource.stored === undefined ? resource.group : '', kind: resource.kind });
/** A stored object as the view shows it. */
export function fromStored(view: View, object: KObject): KObject {
  const seen = view.resource.stored?.from(object) ?? object;
  return seen.apiVersion === view.apiVersion ? seen : { ...seen, apiVersion: view.apiVersion };
}
/** An object of the view as it is stored. */
export function toStored(view: View, object: KObject): KObject {
  const { stored, group, storageVersion } = view.resource;
  const kept = stored === undefined ? { ...object, apiVersion: groupVersion(group, storageVersion) } : stored.to(object);
  return { ...kept, metadata: tidyMeta(kept.metadata) };
}
export const ALL_VERBS: readonly string[] = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
