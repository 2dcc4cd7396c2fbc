/** Where a value is: keys of objects and maps, indexes of lists. */
export type FieldPath = readonly (string | number)[];
export type IssueCode = 'unknown' | 'type' | 'required' | 'enum' | 'pattern' | 'length' | 'range' | 'size' | 'format' | 'oneof' | 'duplicate' | 'cel' | 'blocked' | 'metadata';
/** details.causes[].reason of a Status. */
export type IssueReason = 'FieldValueInvalid' | 'FieldValueRequired' | 'FieldValueNotSupported' | 'FieldValueDuplicate' | 'FieldValueForbidden' | 'FieldValueTypeInvalid' | 'FieldValueTooLong' | 'FieldValueTooMany';

/** What is wrong with a value, in the words of the Kubernetes API server. */
export type SchemaIssue = {
  readonly code: IssueCode;
  /** The value it is about (for a missing field: where it should be). */
  readonly path: FieldPath;
  /** The path as the API server writes it; `<nil>` for errors it cannot place. */
  readonly field: string;
  readonly reason: IssueReason;
  /** Without the field: `Invalid value: 0: spec.port in body should be greater than or equal to 1`. */
  readonly message: string;
};

/** A place on the way down; rendered only when something is wrong there. */
export type At = { readonly parent: At | undefined; readonly key: string | number; readonly isMapKey: boolean } | undefined;
export const below = (parent: At, key: string | number, isMapKey = false): At => ({ parent, key, isMapKey });

export function pathOf(at: At): FieldPath {
  const path: (string | number)[] = [];
  for (let place = at; place !== undefined; place = place.parent) path.push(place.key);
  return path.toReversed();
}

/** `spec.ports[0].name`; keys of maps are dotted by the schema validator and bracketed by everything else. */
export function fieldOf(at: At, mapKeys: 'dotted' | 'bracketed' = 'dotted'): string {
  const places: NonNullable<At>[] = [];
  for (let place = at; place !== undefined; place = place.parent) places.push(place);
  return places.toReversed().map((place, i) => {
    if (typeof place.key === 'number' || (place.isMapKey && mapKeys === 'bracketed')) return `[${place.key}]`;
    return i === 0 ? place.key : `.${place.key}`;
  }).join('');
}

/** The path of an issue as text, for messages of our own: `spec.http[0].route`. */
export const fieldText = (path: FieldPath): string => path.map((key, i) => (typeof key === 'number' ? `[${key}]` : i === 0 ? key : `.${key}`)).join('');

/** A value as field errors print it: texts quoted, numbers plain, the rest as JSON. */
export const shown = (value: unknown): string => (value === undefined || value === null ? 'null' : JSON.stringify(value));
/** The name of a value's JSON type, as the schema validator says it. */
export function typeName(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}
