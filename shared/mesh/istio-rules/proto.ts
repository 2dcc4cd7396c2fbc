import { isRecord, parseDuration } from '#shared/base';
import { fieldText } from '../check/issue.ts';
import type { FieldPath } from '../check/issue.ts';
import type { Schema, SchemaNode } from '../schema/schema.ts';

/** A message as it comes out of JSON: every field may be missing, whatever the schema requires. */
export type Loose<T> = T extends readonly (infer U)[] ? readonly Loose<U>[] : T extends object ? { readonly [K in keyof T]?: Loose<T[K]> } : T extends null ? never : T;
export type ProtoError = { readonly path: FieldPath; readonly message: string };
export type Proto<T> = { readonly value: Loose<T> } | ProtoError;

/** Reads JSON as a protobuf message, as istiod does before it validates: unknown fields, wrong types and unknown enum words are refused; null is the same as missing. */
export function readProto<T>(schema: Schema<T>, name: string, json: unknown): Proto<T> {
  const value = json === undefined || json === null ? {} : withoutNulls(json);
  const error = firstError(schema, value, [], name);
  if (error !== undefined) return { ...error, message: `cannot parse proto message: ${error.message}` };
  return isLoose<T>(value) ? { value } : { path: [], message: 'cannot parse proto message: json: cannot unmarshal into Go value' };
}
/** firstError has looked at every field; only the root is left to see. */
const isLoose = <T>(value: unknown): value is Loose<T> => isRecord(value);

/** Nulls are unset fields; in a list they stay and are refused. */
function withoutNulls(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(withoutNulls);
  if (!isRecord(json)) return json;
  return Object.fromEntries(Object.entries(json).filter(([, value]) => value !== null).map(([key, value]) => [key, withoutNulls(value)]));
}

const jsonWord = (value: unknown): string => (Array.isArray(value) ? 'array' : value === null ? 'null' : isRecord(value) ? 'object' : typeof value === 'boolean' ? 'bool' : typeof value);
const wrong = (path: FieldPath, value: unknown, type: string): ProtoError => ({ path, message: `json: cannot unmarshal ${jsonWord(value)}${typeof value === 'number' ? ` ${value}` : ''} into Go value of type ${type}` });

function firstError(node: SchemaNode, value: unknown, path: FieldPath, message: string): ProtoError | undefined {
  if (node['x-kubernetes-preserve-unknown-fields'] === true && node.properties === undefined) return isRecord(value) ? undefined : wrong(path, value, 'map[string]json.RawMessage');
  switch (node.type) {
    case 'object': return objectError(node, value, path, message);
    case 'array': return listError(node, value, path, message);
    case 'integer': return integerError(node, value, path);
    case 'number': return typeof value === 'number' || (typeof value === 'string' && value !== '' && !Number.isNaN(Number(value))) ? undefined : wrong(path, value, 'float64');
    case 'boolean': return typeof value === 'boolean' ? undefined : wrong(path, value, 'bool');
    case 'string': return stringError(node, value, path);
    default: return undefined;
  }
}

function objectError(node: SchemaNode, value: unknown, path: FieldPath, message: string): ProtoError | undefined {
  if (!isRecord(value)) return wrong(path, value, 'map[string]json.RawMessage');
  const properties = node.properties ?? {};
  const values = typeof node.additionalProperties === 'object' ? node.additionalProperties : undefined;
  for (const [key, inner] of Object.entries(value)) {
    const place = [...path, key];
    const child = Object.hasOwn(properties, key) ? properties[key] : values;
    if (child === undefined) return { path: place, message: `unknown field ${JSON.stringify(key)} in ${path.length === 0 ? message : fieldText(path)}` };
    const error = firstError(child, inner, place, message);
    if (error !== undefined) return error;
  }
  return undefined;
}

function listError(node: SchemaNode, value: unknown, path: FieldPath, message: string): ProtoError | undefined {
  if (!Array.isArray(value)) return wrong(path, value, '[]json.RawMessage');
  for (const [i, item] of value.entries()) {
    if (item === null) return { path: [...path, i], message: `${fieldText([...path, i])} may not be null` };
    const error = firstError(node.items ?? {}, item, [...path, i], message);
    if (error !== undefined) return error;
  }
  return undefined;
}

function integerError(node: SchemaNode, value: unknown, path: FieldPath): ProtoError | undefined {
  const isUnsigned = node.minimum !== undefined && node.minimum >= 0 && node.format !== 'int32';
  const type = isUnsigned ? (node.maximum === undefined ? 'uint64' : 'uint32') : (node.format ?? 'int32');
  const number = typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isInteger(number)) return wrong(path, value, type);
  const bits = type.endsWith('64') ? 64 : 32;
  const [low, high] = isUnsigned ? [0, 2 ** bits - 1] : [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1];
  return number < low || number > high ? wrong(path, value, type) : undefined;
}

function stringError(node: SchemaNode, value: unknown, path: FieldPath): ProtoError | undefined {
  if (node.enum !== undefined) {
    if (node.enum.includes(typeof value === 'string' ? value : null) || Number.isInteger(value)) return undefined;
    return { path, message: `unknown value ${JSON.stringify(JSON.stringify(value))} for enum ${fieldText(path)}` };
  }
  if (typeof value !== 'string') return wrong(path, value, 'string');
  if (node['x-pharos-duration'] === true && parseDuration(value) === undefined) return { path, message: `bad Duration: time: invalid duration ${JSON.stringify(value)}` };
  return undefined;
}
