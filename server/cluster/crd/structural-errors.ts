import { RE2JS } from 're2js';
import { errorText, isRecord } from '#shared/base';
import { at, recordAt, textAt } from '../object/object.ts';
import { forbiddenField, invalidValue, notSupported, required } from '../status/field-errors.ts';
import type { FieldError } from '../status/status-error.ts';

const TYPES = ['array', 'boolean', 'integer', 'number', 'object', 'string'];
const LIST_TYPES = ['atomic', 'set', 'map'];
/** Keywords of JSON Schema that a structural schema cannot have. */
const FORBIDDEN: ReadonlyMap<string, string> = new Map([
  ['$ref', '$ref is not supported'], ['definitions', 'definitions is not supported'], ['dependencies', 'dependencies is not supported'], ['patternProperties', 'patternProperties is not supported'], ['additionalItems', 'additionalItems is not supported'], ['$schema', '$schema is not supported'], ['id', 'id is not supported'],
]);
type Schema = Record<string, unknown>;

/** What keeps a schema from being structural, and keywords that are wrong. */
export function structuralErrors(root: Schema, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (textAt(root, 'type') === '') errors.push(required(`${path}.type`, 'must not be empty at the root'));
  else if (root['type'] !== 'object') errors.push(invalidValue(`${path}.type`, root['type'], 'must be object at the root'));
  walk(root, path, errors, { isRoot: true, isInLogic: false });
  return errors;
}
type Place = { readonly isRoot: boolean; readonly isInLogic: boolean };

function walk(schema: Schema, path: string, errors: FieldError[], place: Place): void {
  const before = errors.length;
  keywordErrors(schema, path, errors);
  if (errors.length === before && !place.isRoot && !place.isInLogic) typeErrors(schema, path, errors);
  listErrors(schema, path, errors);
  for (const [name, child] of Object.entries(recordAt(schema, 'properties') ?? {})) if (isRecord(child)) walk(child, `${path}.properties[${name}]`, errors, { ...place, isRoot: false });
  const items = schema['items'];
  if (isRecord(items)) walk(items, `${path}.items`, errors, { ...place, isRoot: false });
  const others = schema['additionalProperties'];
  if (isRecord(others)) {
    if (recordAt(schema, 'properties') !== undefined && !place.isInLogic) errors.push(forbiddenField(`${path}.additionalProperties`, 'additionalProperties and properties are mutual exclusive'));
    walk(others, `${path}.additionalProperties`, errors, { ...place, isRoot: false });
  }
  for (const logic of ['allOf', 'anyOf', 'oneOf']) {
    const list = schema[logic];
    if (Array.isArray(list)) for (const [i, child] of list.entries()) if (isRecord(child)) walk(child, `${path}.${logic}[${i}]`, errors, { isRoot: false, isInLogic: true });
  }
  if (isRecord(schema['not'])) walk(schema['not'], `${path}.not`, errors, { isRoot: false, isInLogic: true });
}

function keywordErrors(schema: Schema, path: string, errors: FieldError[]): void {
  for (const [keyword, why] of FORBIDDEN) if (schema[keyword] !== undefined && schema[keyword] !== '') errors.push(forbiddenField(`${path}.${keyword}`, why));
  if (schema['uniqueItems'] === true) errors.push(forbiddenField(`${path}.uniqueItems`, 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic'));
  if (Array.isArray(schema['items'])) errors.push(forbiddenField(`${path}.items`, 'items must be a schema object and not an array'));
  const type = textAt(schema, 'type');
  if (type !== '' && !TYPES.includes(type)) errors.push(notSupported(`${path}.type`, type, TYPES));
  const pattern = textAt(schema, 'pattern');
  const wrong = pattern === '' ? undefined : patternError(pattern);
  if (wrong !== undefined) errors.push(invalidValue(`${path}.pattern`, pattern, `must be a valid regular expression, but isn't: ${wrong}`));
}

/** A pattern must be RE2: what a backtracking engine alone can do could be used to stop the server. */
function patternError(pattern: string): string | undefined {
  try {
    RE2JS.compile(pattern);
    return undefined;
  } catch (error) {
    return errorText(error).replace(/^error parsing regexp: /, '').replace(/^/, 'error parsing regexp: ');
  }
}

function typeErrors(schema: Schema, path: string, errors: FieldError[]): void {
  if (textAt(schema, 'type') !== '' || schema['x-kubernetes-int-or-string'] === true || schema['x-kubernetes-preserve-unknown-fields'] === true) return;
  errors.push(required(`${path}.type`, 'must not be empty for specified object fields'));
}

function listErrors(schema: Schema, path: string, errors: FieldError[]): void {
  const listType = schema['x-kubernetes-list-type'];
  const keys = Array.isArray(schema['x-kubernetes-list-map-keys']) ? schema['x-kubernetes-list-map-keys'].map(String) : [];
  if (listType === undefined) return;
  if (!LIST_TYPES.includes(String(listType))) return void errors.push(notSupported(`${path}.x-kubernetes-list-type`, listType, LIST_TYPES));
  if (textAt(schema, 'type') !== 'array') errors.push(invalidValue(`${path}.type`, textAt(schema, 'type'), 'must be array if x-kubernetes-list-type is specified'));
  if (listType === 'map') {
    if (keys.length === 0) errors.push(required(`${path}.x-kubernetes-list-map-keys`, 'must not be empty if x-kubernetes-list-type is map'));
    const needed = at(schema, 'items', 'required');
    for (const key of keys) {
      const property = recordAt(schema, 'items', 'properties', key);
      if (property === undefined) errors.push(invalidValue(`${path}.x-kubernetes-list-map-keys`, key, 'entries must all be names of item properties'));
      else if (property['default'] === undefined && !(Array.isArray(needed) && needed.includes(key))) errors.push(required(`${path}.items.properties[${key}].default`, 'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property'));
    }
  }
  const items = recordAt(schema, 'items');
  if (listType !== 'set' || items === undefined) return;
  if (textAt(items, 'type') === 'object' && items['x-kubernetes-map-type'] !== 'atomic') errors.push(invalidValue(`${path}.items.x-kubernetes-map-type`, items['x-kubernetes-map-type'] ?? null, 'must be atomic as item of a list with x-kubernetes-list-type=set'));
  if (textAt(items, 'type') === 'array' && items['x-kubernetes-list-type'] !== 'atomic') errors.push(invalidValue(`${path}.items.x-kubernetes-list-type`, items['x-kubernetes-list-type'] ?? null, 'must be atomic as item of a list with x-kubernetes-list-type=set'));
}
