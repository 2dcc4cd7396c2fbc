import { isRecord, parseQuantity } from '#shared/base';
import type { SchemaNode } from '#shared/mesh';
import { canonicalQuantity } from '../kinds/quantity.ts';
import { setOwn } from '../object/object.ts';
import type { Obj } from '../object/object.ts';
import { goType, jsonWord, structName } from './go-names.ts';
import { ALWAYS_OBJECT, isDropped, NULL_WHEN_ABSENT } from './zero-values.ts';

/** A value that cannot be read into the type; the text is Go's. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
}
export type Decoded = { readonly value: Obj; readonly unknown: readonly string[] };

/** Where the walk is: the struct that owns the field, the JSON path for type errors, the path with indexes for unknown fields. */
type Place = { readonly owner: string; readonly path: string; readonly indexed: string };
const below = (place: Place, owner: string, field: string): Place => ({ owner, path: place.path === '' ? field : `${place.path}.${field}`, indexed: place.indexed === '' ? field : `${place.indexed}.${field}` });

/** Reads JSON into a built-in kind as a typed server does: unknown fields are left out and named, nulls are dropped, wrong types throw. */
export function decodeTyped(schema: SchemaNode, v: unknown): Decoded {
  const unknown: string[] = [];
  const root = structName(schema);
  const walk = new Walk(unknown);
  const value = walk.object(schema, v, { owner: root, path: '', indexed: '' }, root);
  return { value, unknown };
}

class Walk {
  readonly #unknown: string[];
  constructor(unknown: string[]) {
    this.#unknown = unknown;
  }

  #mismatch(v: unknown, schema: SchemaNode, place: Place): DecodeError {
    const text = typeof v === 'number' && schema.type === 'integer' ? `number ${String(v)}` : jsonWord(v);
    const type = goType(schema);
    return new DecodeError(place.path === '' ? `json: cannot unmarshal ${text} into Go value of type ${type}` : `json: cannot unmarshal ${text} into Go struct field ${place.owner}.${place.path} of type ${type}`);
  }

  object(schema: SchemaNode, v: unknown, place: Place, name: string): Obj {
    if (!isRecord(v)) throw this.#mismatch(v, schema, place);
    const made: Obj = {};
    const properties = schema.properties ?? {};
    for (const [field, inner] of Object.entries(v)) {
      const child = Object.hasOwn(properties, field) ? properties[field] : undefined;
      const inside = below(place, name, field);
      if (child === undefined) this.#unknown.push(inside.indexed);
      else if (inner !== null) {
        const decoded = this.#value(child, inner, inside);
        if (!isDropped(name, field, decoded, schema.required?.includes(field) === true) && !isEmptyMap(child, decoded)) setOwn(made, field, decoded);
      }
    }
    for (const field of NULL_WHEN_ABSENT.get(name) ?? []) made[field] ??= null;
    for (const field of ALWAYS_OBJECT.get(name) ?? []) made[field] ??= {};
    return made;
  }

  #value(schema: SchemaNode, v: unknown, place: Place): unknown {
    if (schema['x-kubernetes-preserve-unknown-fields'] === true && schema.properties === undefined) return schema.type === 'object' && !isRecord(v) ? this.#refuse(schema, v, place) : v;
    if (schema['x-kubernetes-int-or-string'] === true) return this.#intOrString(schema, v, place);
    switch (schema.type) {
      case 'object': return typeof schema.additionalProperties === 'object' ? this.#map(schema, schema.additionalProperties, v, place) : this.object(schema, v, place, structName(schema));
      case 'array': return this.#list(schema, v, place);
      case 'string': return this.#string(schema, v, place);
      case 'integer': return typeof v === 'number' && Number.isInteger(v) && inRange(schema, v) ? v : this.#refuse(schema, v, place);
      case 'number': return typeof v === 'number' ? v : this.#refuse(schema, v, place);
      case 'boolean': return typeof v === 'boolean' ? v : this.#refuse(schema, v, place);
      default: return v;
    }
  }

  #refuse(schema: SchemaNode, v: unknown, place: Place): never {
    throw this.#mismatch(v, schema, place);
  }

  #map(schema: SchemaNode, values: SchemaNode, v: unknown, place: Place): Obj {
    if (!isRecord(v)) throw this.#mismatch(v, schema, place);
    const made: Obj = {};
    for (const [key, inner] of Object.entries(v)) {
      const inside: Place = { owner: place.owner, path: place.path, indexed: `${place.indexed}.${key}` };
      // A null in a map becomes the zero value: "" for texts, nothing for the rest.
      const decoded = inner === null ? (values.type === 'string' ? '' : {}) : this.#value(values, inner, inside);
      setOwn(made, key, decoded);
    }
    return made;
  }

  #list(schema: SchemaNode, v: unknown, place: Place): unknown[] {
    if (!Array.isArray(v)) throw this.#mismatch(v, schema, place);
    const items = schema.items ?? {};
    return v.map((item: unknown, i) => {
      const inside: Place = { owner: place.owner, path: place.path, indexed: `${place.indexed}[${i}]` };
      if (item !== null) return this.#value(items, item, inside);
      return items.type === 'string' ? '' : items.type === 'object' ? {} : null;
    });
  }

  #string(schema: SchemaNode, v: unknown, place: Place): string {
    if (typeof v !== 'string') throw this.#mismatch(v, schema, place);
    if (schema.format === 'date-time') return normalTime(v, place.path.endsWith('Time') && isMicro(place));
    if (schema.format === 'byte') return normalBase64(v);
    return v;
  }

  #intOrString(schema: SchemaNode, v: unknown, place: Place): unknown {
    if (schema['x-pharos-def']?.endsWith('.Quantity') === true) {
      const text = typeof v === 'number' ? String(v) : v;
      if (typeof text !== 'string') throw new DecodeError("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
      if (parseQuantity(text) === undefined) throw new DecodeError("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
      return canonicalQuantity(text);
    }
    if (typeof v === 'string' || (typeof v === 'number' && Number.isInteger(v))) return v;
    throw this.#mismatch(v, schema, place);
  }
}

const isEmptyMap = (schema: SchemaNode, v: unknown): boolean => typeof schema.additionalProperties === 'object' && isRecord(v) && Object.keys(v).length === 0;

function inRange(schema: SchemaNode, v: number): boolean {
  return schema.format === 'int64' || (v >= -2_147_483_648 && v <= 2_147_483_647);
}

/** Fields of type MicroTime: events and leases count microseconds. */
const MICRO: ReadonlySet<string> = new Set(['eventTime', 'spec.acquireTime', 'spec.renewTime', 'series.lastObservedTime']);
const isMicro = (place: Place): boolean => MICRO.has(place.path);
const TIME = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)$/;

/** RFC 3339 in UTC: seconds for Time, six digits for MicroTime. */
function normalTime(text: string, isMicroTime: boolean): string {
  const match = TIME.exec(text);
  const time = match === null ? Number.NaN : Date.parse(`${text.slice(0, 19)}${match[8] ?? 'Z'}`);
  if (match === null || Number.isNaN(time)) {
    const layout = isMicroTime ? '2006-01-02T15:04:05.000000Z07:00' : '2006-01-02T15:04:05Z07:00';
    throw new DecodeError(`parsing time ${JSON.stringify(text)} as ${JSON.stringify(layout)}: cannot parse ${JSON.stringify(text)} as "2006"`);
  }
  const seconds = new Date(time).toISOString().slice(0, 19);
  return isMicroTime ? `${seconds}.${(match[7] ?? '').slice(0, 6).padEnd(6, '0')}Z` : `${seconds}Z`;
}

/** Standard base64, checked as Go does: the offset of the first byte that cannot be. */
function normalBase64(text: string): string {
  const clean = text.replaceAll(/[\r\n]/g, '');
  const bad = /[^A-Za-z0-9+/=]/.exec(clean);
  if (bad !== null) throw new DecodeError(`illegal base64 data at input byte ${bad.index}`);
  if (clean.length % 4 !== 0) throw new DecodeError(`illegal base64 data at input byte ${clean.length - (clean.length % 4)}`);
  const pad = clean.indexOf('=');
  if (pad >= 0 && (pad < clean.length - 2 || !/^={1,2}$/.test(clean.slice(pad)))) throw new DecodeError(`illegal base64 data at input byte ${pad}`);
  return clean;
}
