import { readFileSync } from 'node:fs';
import { isRecord } from '#shared/base';
import { setOwn } from '../object/object.ts';
import type { Obj } from '../object/object.ts';
import { ProtobufError, wireFields } from './wire-reader.ts';

type Field = { readonly label: '-' | 'r' | 'm'; readonly name: string; readonly type: string };
type Messages = ReadonlyMap<string, ReadonlyMap<number, Field>>;
let messages: Messages | undefined;

/** Field tables of all messages, read by the first protobuf body. */
function tables(): Messages {
  messages ??= readTables();
  return messages;
}
function readTables(): Messages {
  const v: unknown = JSON.parse(readFileSync(new URL('generated/messages.json', import.meta.url), 'utf8'));
  const made = new Map<string, ReadonlyMap<number, Field>>();
  for (const [message, fields] of Object.entries(isRecord(v) ? v : {})) {
    const table = new Map<number, Field>();
    for (const [id, text] of Object.entries(isRecord(fields) ? fields : {})) {
      const [label, name = '', type = ''] = String(text).split(' ');
      table.set(Number(id), { label: label === 'r' || label === 'm' ? label : '-', name, type });
    }
    made.set(message, table);
  }
  return made;
}
export const hasMessage = (name: string): boolean => tables().has(name);

/** Messages that are part of their parent in JSON (Go embeds them). */
const INLINED: ReadonlySet<string> = new Set([
  'Volume.volumeSource', 'PersistentVolumeSpec.persistentVolumeSource', 'Probe.handler', 'EphemeralContainer.ephemeralContainerCommon', 'RuleWithOperations.rule', 'NamedRuleWithOperations.ruleWithOperations',
  ...['ConfigMapEnvSource', 'ConfigMapKeySelector', 'ConfigMapProjection', 'ConfigMapVolumeSource', 'SecretEnvSource', 'SecretKeySelector', 'SecretProjection'].map((name) => `${name}.localObjectReference`),
]);
/** Fields whose JSON name is another one. */
const RENAMED: ReadonlyMap<string, string> = new Map([
  ['BoundObjectReference.uID', 'uid'], ['JSONSchemaProps.schema', '$schema'], ['JSONSchemaProps.ref', '$ref'], ['IngressClassParametersReference.aPIGroup', 'apiGroup'],
  ...['PreserveUnknownFields', 'EmbeddedResource', 'IntOrString', 'ListMapKeys', 'ListType', 'MapType', 'Validations'].map((name): [string, string] => [`JSONSchemaProps.xKubernetes${name}`, `x-kubernetes${name.replaceAll(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`]),
]);
/** Nesting of messages that is read at most. */
const DEPTH_MAX = 100;
const MICROS = 1000;

const signed = (v: bigint): number => Number(BigInt.asIntN(64, v));
const utf8 = new TextDecoder('utf-8', { fatal: true });
function text(v: bigint | Buffer): string {
  if (typeof v === 'bigint') throw new ProtobufError('proto: wrong wireType for a text');
  try {
    return utf8.decode(v);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new ProtobufError('proto: a text is not valid UTF-8');
  }
}
const bytesOf = (v: bigint | Buffer): Buffer => {
  if (typeof v === 'bigint') throw new ProtobufError('proto: wrong wireType for a message');
  return v;
};

/** A message as JSON, by its field table. Unknown fields are skipped, as protobuf has it. */
export function decodeMessage(name: string, bytes: Buffer, depth = 0): Obj {
  if (depth > DEPTH_MAX) throw new ProtobufError('exceeded max depth');
  const table = tables().get(name);
  const short = name.split('.').at(-1) ?? '';
  const made: Obj = {};
  for (const { id, value } of wireFields(bytes)) {
    const field = table?.get(id);
    if (field === undefined) continue;
    const key = `${short}.${field.name}`;
    const json = RENAMED.get(key) ?? field.name;
    if (field.label === 'm') addEntry(made, json, field.type, { bytes: bytesOf(value), depth });
    else if (INLINED.has(key)) Object.assign(made, decodeMessage(field.type, bytesOf(value), depth + 1));
    else {
      const decoded = decodeValue(field.type, value, depth);
      if (field.label === 'r') setOwn(made, json, [...listOf(made[json]), decoded]);
      else if (decoded !== undefined) setOwn(made, json, decoded);
    }
  }
  return made;
}
const listOf = (v: unknown): readonly unknown[] => (Array.isArray(v) ? v : []);

function addEntry(made: Obj, json: string, type: string, entry: { readonly bytes: Buffer; readonly depth: number }): void {
  let key = '';
  let v: unknown = type === 's' || type === 'b' ? '' : {};
  for (const field of wireFields(entry.bytes)) {
    if (field.id === 1) key = text(field.value);
    else if (field.id === 2) v = decodeValue(type, field.value, entry.depth);
  }
  const known = made[json];
  const map: Obj = isRecord(known) ? known : {};
  setOwn(map, key, v);
  made[json] = map;
}

function decodeValue(type: string, value: bigint | Buffer, depth: number): unknown {
  switch (type) {
    case 's': return text(value);
    case 'b': return bytesOf(value).toString('base64');
    case 'i': return typeof value === 'bigint' ? signed(value) : 0;
    case 't': return value !== 0n;
    case 'd': return typeof value === 'bigint' ? 0 : value.length === 8 ? value.readDoubleLE() : value.readFloatLE();
    default: return decodeSpecial(type, bytesOf(value), depth);
  }
}

/** Messages with a JSON form of their own. */
function decodeSpecial(type: string, bytes: Buffer, depth: number): unknown {
  const inner = (): Obj => decodeMessage(type, bytes, depth + 1);
  switch (type.split('.').at(-1)) {
    case 'Time': return timeText(inner(), false);
    case 'MicroTime': return timeText(inner(), true);
    case 'Quantity': return inner()['string'] ?? '0';
    case 'IntOrString': {
      const { type: kind, intVal, strVal } = inner();
      return kind === 1 ? (strVal ?? '') : (intVal ?? 0);
    }
    case 'FieldsV1': case 'RawExtension': case 'JSON': return rawJson(inner());
    case 'ExtraValue': case 'Verbs': case 'OptionalNames': return inner()['items'] ?? [];
    case 'JSONSchemaPropsOrArray': {
      const { schema, jSONSchemas } = inner();
      return schema ?? jSONSchemas;
    }
    case 'JSONSchemaPropsOrBool': {
      const { allows, schema } = inner();
      return schema ?? allows ?? false;
    }
    default: return inner();
  }
}

/** Seconds and nanoseconds as RFC 3339; an empty message is no time. */
function timeText(time: Obj, isMicro: boolean): string | undefined {
  const { seconds, nanos } = time;
  if (typeof seconds !== 'number') return undefined;
  const base = new Date(seconds * 1000).toISOString().slice(0, 19);
  return isMicro ? `${base}.${String(Math.floor((typeof nanos === 'number' ? nanos : 0) / MICROS)).padStart(6, '0')}Z` : `${base}Z`;
}

function rawJson(message: Obj): unknown {
  const raw = Object.values(message)[0];
  if (typeof raw !== 'string' || raw === '') return undefined;
  try {
    return JSON.parse(Buffer.from(raw, 'base64').toString('utf8'));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new ProtobufError('proto: a JSON value is broken');
  }
}
