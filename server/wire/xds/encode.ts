import { isRecord } from '#shared/base';
import { contentType, needPlan } from './descriptor.ts';
import type { Field, FieldType, MessagePlan, Scalar } from './descriptor.ts';
import { parseProtoDuration, parseTimestamp } from './duration.ts';
import { xdsErrors } from './errors.ts';
import { ReverseWriter } from './reverse-writer.ts';

/** Fields that the descriptor does not know, kept as their wire bytes in base64, so that they survive a decode and an encode. */
export const UNKNOWN = '@unknown';
/** Content of an Any whose message the descriptor does not know, in base64. */
export const RAW_BYTES = '@bytes';

const fail = (path: string, problem: string): never => {
  throw xdsErrors.make('XDS_UNENCODABLE', { path, problem });
};
const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;
const wireOf = (type: FieldType): number => {
  if (type.is === 'enum') return WIRE.varint;
  if (type.is !== 'scalar') return WIRE.bytes;
  switch (type.scalar) {
    case 'string': case 'bytes': return WIRE.bytes;
    case 'double': case 'fixed64': case 'sfixed64': return WIRE.fixed64;
    case 'float': case 'fixed32': case 'sfixed32': return WIRE.fixed32;
    default: return WIRE.varint;
  }
};

const NUMBER_NAMES = new Map([['NaN', Number.NaN], ['Infinity', Number.POSITIVE_INFINITY], ['-Infinity', Number.NEGATIVE_INFINITY]]);
function numberOf(v: unknown, path: string): number {
  if (typeof v === 'number') return v;
  if (typeof v === 'string' && v !== '') {
    const n = NUMBER_NAMES.get(v) ?? Number(v);
    if (!Number.isNaN(n) || v === 'NaN') return n;
  }
  return fail(path, `${JSON.stringify(v)} is not a number`);
}
function integer(v: unknown, path: string, min: number, max: number): number {
  const n = numberOf(v, path);
  return Number.isInteger(n) && n >= min && n <= max ? n : fail(path, `${n} is not an integer of ${min} to ${max}`);
}
function bigInteger(v: unknown, path: string): bigint {
  if (typeof v === 'bigint') return v;
  if (typeof v === 'number' && Number.isInteger(v)) return BigInt(v);
  if (typeof v === 'string' && /^-?\d{1,20}$/.test(v)) return BigInt(v);
  return fail(path, `${JSON.stringify(v)} is not a 64-bit integer`);
}
const zigzag = (v: bigint): bigint => (v << 1n) ^ (v >> 63n);

function writeNumber(w: ReverseWriter, scalar: Scalar, v: unknown, path: string): void {
  switch (scalar) {
    case 'double': return w.double(numberOf(v, path));
    case 'float': return w.float(numberOf(v, path));
    case 'uint32': return w.varint(integer(v, path, 0, 0xffff_ffff));
    case 'fixed32': return w.fixed32(integer(v, path, 0, 0xffff_ffff));
    case 'sfixed32': return w.fixed32(integer(v, path, -0x8000_0000, 0x7fff_ffff));
    case 'int32': return w.varint64(BigInt(integer(v, path, -0x8000_0000, 0x7fff_ffff)));
    case 'sint32': return w.varint64(zigzag(BigInt(integer(v, path, -0x8000_0000, 0x7fff_ffff))));
    case 'sint64': return w.varint64(zigzag(bigInteger(v, path)));
    case 'fixed64': case 'sfixed64': return w.fixed64(bigInteger(v, path));
    default: return w.varint64(bigInteger(v, path));
  }
}
function writeScalar(w: ReverseWriter, scalar: Scalar, v: unknown, path: string): void {
  switch (scalar) {
    case 'string': return w.text(typeof v === 'string' ? v : fail(path, `${JSON.stringify(v)} is not a string`));
    case 'bytes': {
      const bytes = v instanceof Uint8Array ? v : Buffer.from(typeof v === 'string' ? v : fail(path, 'not base64'), 'base64');
      w.raw(bytes);
      return w.varint(bytes.length);
    }
    case 'bool': return typeof v === 'boolean' ? w.byte(v ? 1 : 0) : fail(path, `${JSON.stringify(v)} is not true or false`);
    default: return writeNumber(w, scalar, v, path);
  }
}
const isDefault = (v: unknown): boolean => v === '' || v === 0 || v === false || v === '0' || (v instanceof Uint8Array && v.length === 0);

/** Writes what `body` writes as a length-delimited field of that number. */
function nested(w: ReverseWriter, number: number, body: () => void): void {
  const before = w.size;
  body();
  w.varint(w.size - before);
  w.varint((number << 3) | WIRE.bytes);
}

function writeSeconds(w: ReverseWriter, v: { readonly seconds: bigint; readonly nanos: number }): void {
  if (v.nanos !== 0) {
    w.varint64(BigInt(v.nanos));
    w.varint(0x10);
  }
  if (v.seconds !== 0n) {
    w.varint64(v.seconds);
    w.varint(0x08);
  }
}
function writeStruct(w: ReverseWriter, v: unknown, path: string): void {
  if (!isRecord(v)) return fail(path, 'a Struct is an object');
  for (const [key, item] of Object.entries(v).toReversed()) {
    if (item === undefined) continue;
    nested(w, 1, () => {
      nested(w, 2, () => writeValue(w, item, path));
      w.text(key);
      w.varint(0x0a);
    });
  }
}
function writeList(w: ReverseWriter, v: unknown, path: string): void {
  if (!Array.isArray(v)) return fail(path, 'a ListValue is a list');
  for (const item of v.toReversed()) nested(w, 1, () => writeValue(w, item, path));
}
function writeValue(w: ReverseWriter, v: unknown, path: string): void {
  if (v === null) {
    w.byte(0);
    return w.varint(0x08);
  }
  if (typeof v === 'number') {
    w.double(v);
    return w.varint(0x11);
  }
  if (typeof v === 'string') {
    w.text(v);
    return w.varint(0x1a);
  }
  if (typeof v === 'boolean') {
    w.byte(v ? 1 : 0);
    return w.varint(0x20);
  }
  if (Array.isArray(v)) return nested(w, 6, () => writeList(w, v, path));
  nested(w, 5, () => writeStruct(w, v, path));
}

/** An Any that is encoded already: resources are encoded once and sent to many. */
function writeWireAny(w: ReverseWriter, url: string, bytes: Uint8Array): void {
  nested(w, 2, () => w.raw(bytes));
  w.text(url);
  w.varint(0x0a);
}
function writeAny(w: ReverseWriter, v: unknown, path: string): void {
  if (isRecord(v) && typeof v['type_url'] === 'string' && v['value'] instanceof Uint8Array) return writeWireAny(w, v['type_url'], v['value']);
  if (!isRecord(v) || typeof v['@type'] !== 'string') return fail(path, 'an Any needs "@type"');
  const url = v['@type'];
  nested(w, 2, () => writeContent(w, url, v, path));
  w.text(url);
  w.varint(0x0a);
}
/** The bytes of an Any's message. */
export function writeContent(w: ReverseWriter, url: string, v: Record<string, unknown>, path: string): void {
  const raw = v[RAW_BYTES];
  if (typeof raw === 'string') return w.raw(Buffer.from(raw, 'base64'));
  const name = url.slice(url.lastIndexOf('/') + 1);
  const type = contentType(name);
  if (type === undefined) return fail(path, `${name} is not a known message`);
  if (type.is === 'message') writeMessage(w, needPlan(name), v, `${path}(${name})`);
  else writeBody(w, type, v['value'] ?? {}, path);
}

/** A route table has a virtual host for each service, and a change makes one of them anew: bytes of the others are kept. Resources are never changed in place. */
const KEPT = 'envoy.config.route.v3.VirtualHost';
const keptBytes = new WeakMap<object, Buffer>();
function writeKept(w: ReverseWriter, v: unknown, path: string): void {
  if (typeof v !== 'object' || v === null) return fail(path, `${KEPT} is an object`);
  const known = keptBytes.get(v);
  if (known !== undefined) return w.raw(known);
  const before = w.size;
  writeMessage(w, needPlan(KEPT), v, path);
  keptBytes.set(v, w.last(w.size - before));
}
/** The inside of one message-typed value, without tag and length. */
function writeBody(w: ReverseWriter, type: FieldType, v: unknown, path: string): void {
  if (type.is === 'message') return type.name === KEPT ? writeKept(w, v, path) : writeMessage(w, needPlan(type.name), v, path);
  if (type.is === 'wrapper') {
    if (isDefault(v)) return;
    writeScalar(w, type.scalar, v, path);
    return w.varint(8 | wireOf({ is: 'scalar', scalar: type.scalar }));
  }
  if (type.is !== 'special') return;
  switch (type.special) {
    case 'any': return writeAny(w, v, path);
    case 'duration': return writeSeconds(w, (typeof v === 'string' ? parseProtoDuration(v) : undefined) ?? fail(path, `${JSON.stringify(v)} is not a duration like "1.5s"`));
    case 'timestamp': return writeSeconds(w, (typeof v === 'string' ? parseTimestamp(v) : undefined) ?? fail(path, `${JSON.stringify(v)} is not a time`));
    case 'struct': return writeStruct(w, v, path);
    case 'value': return writeValue(w, v, path);
    case 'list': return writeList(w, v, path);
    case 'empty': return undefined;
  }
}

/** One value of a field without its tag. */
function writeOne(w: ReverseWriter, type: FieldType, v: unknown, path: string): void {
  if (type.is === 'scalar') return writeScalar(w, type.scalar, v, path);
  if (type.is === 'enum') {
    const number = typeof v === 'string' ? type.enum.byName.get(v) : integer(v, path, -0x8000_0000, 0x7fff_ffff);
    return w.varint64(BigInt(number ?? fail(path, `${JSON.stringify(v)} is not a value of this enum`)));
  }
  const before = w.size;
  writeBody(w, type, v, path);
  w.varint(w.size - before);
}

function writeRepeated(w: ReverseWriter, field: Field, v: unknown, path: string): void {
  if (!Array.isArray(v)) return fail(path, 'a list is needed');
  if (v.length === 0) return;
  const before = w.size;
  for (let i = v.length - 1; i >= 0; i--) {
    writeOne(w, field.type, v[i], `${path}[${i}]`);
    if (!field.packed) w.varint((field.number << 3) | wireOf(field.type));
  }
  if (!field.packed) return;
  w.varint(w.size - before);
  w.varint((field.number << 3) | WIRE.bytes);
}
function writeMap(w: ReverseWriter, field: Field, key: Scalar, v: unknown, path: string): void {
  if (!isRecord(v)) return fail(path, 'an object is needed');
  for (const [name, item] of Object.entries(v).toReversed()) {
    if (item === undefined) continue;
    nested(w, field.number, () => {
      writeOne(w, field.type, item, `${path}[${name}]`);
      w.varint(0x10 | wireOf(field.type));
      writeScalar(w, key, key === 'bool' ? name === 'true' : name, path);
      w.varint(0x08 | wireOf({ is: 'scalar', scalar: key }));
    });
  }
}
const isDefaultOf = (field: Field, v: unknown): boolean =>
  field.type.is === 'scalar' ? isDefault(v) : field.type.is === 'enum' && (v === 0 || (typeof v === 'string' && field.type.enum.byName.get(v) === 0));

function writeField(w: ReverseWriter, field: Field, v: unknown, path: string): void {
  if (field.mapKey !== undefined) return writeMap(w, field, field.mapKey, v, path);
  if (field.repeated) return writeRepeated(w, field, v, path);
  if (!field.explicit && isDefaultOf(field, v)) return;
  writeOne(w, field.type, v, path);
  w.varint((field.number << 3) | wireOf(field.type));
}

/** Fields in the order of their numbers, whatever the order of the object's keys: equal resources have equal bytes. */
export function writeMessage(w: ReverseWriter, plan: MessagePlan, v: unknown, path: string): void {
  if (!isRecord(v)) return fail(path, `${plan.name} is an object`);
  const fields: Field[] = [];
  for (const key of Object.keys(v)) {
    if (v[key] === undefined) continue;
    const field = plan.byName.get(key);
    if (field !== undefined) fields.push(field);
    else if (key === UNKNOWN && typeof v[key] === 'string') w.raw(Buffer.from(v[key], 'base64'));
    else if (key !== '@type') fail(path, `${plan.name} has no field ${key}`);
  }
  if (fields.length > 1) fields.sort((a, b) => b.number - a.number);
  for (const field of fields) {
    const item = v[field.name];
    const isNull = item === null && !(field.type.is === 'special' && field.type.special === 'value');
    if (!isNull) writeField(w, field, item, `${path}.${field.name}`);
  }
}

const shared = new ReverseWriter();
/** Protobuf bytes of a message given in JSON form. */
export function encodeMessage(name: string, v: unknown): Buffer {
  shared.reset();
  writeMessage(shared, needPlan(name), v, name.slice(name.lastIndexOf('.') + 1));
  return shared.finish();
}
export function encodeContent(url: string, v: Record<string, unknown>): Buffer {
  shared.reset();
  writeContent(shared, url, v, 'Any');
  return shared.finish();
}
