import { readFileSync } from 'node:fs';
import { isRecord } from '#shared/base';
import { xdsErrors } from './errors.ts';

const SCALARS = ['double', 'float', 'int32', 'uint32', 'sint32', 'fixed32', 'sfixed32', 'int64', 'uint64', 'sint64', 'fixed64', 'sfixed64', 'bool', 'string', 'bytes'] as const;
export type Scalar = (typeof SCALARS)[number];
/** Google's messages with a JSON form of their own. */
export type Special = 'any' | 'duration' | 'timestamp' | 'struct' | 'value' | 'list' | 'empty';
/** What a field holds; `wrapper` is google.protobuf.UInt32Value and its like, bare values in JSON. */
export type FieldType =
  | { readonly is: 'scalar'; readonly scalar: Scalar }
  | { readonly is: 'enum'; readonly enum: EnumPlan }
  | { readonly is: 'message'; readonly name: string }
  | { readonly is: 'special'; readonly special: Special }
  | { readonly is: 'wrapper'; readonly scalar: Scalar };
export type Field = {
  readonly number: number; readonly name: string; readonly type: FieldType; readonly repeated: boolean; readonly packed: boolean;
  /** Written also when it has its default value: member of a oneof, or optional. */
  readonly explicit: boolean;
  readonly mapKey: Scalar | undefined;
};
export type MessagePlan = { readonly name: string; readonly byName: ReadonlyMap<string, Field>; readonly byNumber: ReadonlyMap<number, Field> };
export type EnumPlan = { readonly byName: ReadonlyMap<string, number>; readonly byNumber: ReadonlyMap<number, string> };

const SPECIAL = new Map<string, FieldType>([
  ...(['Any', 'Duration', 'Timestamp', 'Struct', 'Value', 'Empty'] as const).map((name): [string, FieldType] => [`google.protobuf.${name}`, { is: 'special', special: specialOf(name) }]),
  ['google.protobuf.ListValue', { is: 'special', special: 'list' }],
  ...([['DoubleValue', 'double'], ['FloatValue', 'float'], ['Int64Value', 'int64'], ['UInt64Value', 'uint64'], ['Int32Value', 'int32'], ['UInt32Value', 'uint32'], ['BoolValue', 'bool'], ['StringValue', 'string'], ['BytesValue', 'bytes']] as const)
    .map(([name, scalar]): [string, FieldType] => [`google.protobuf.${name}`, { is: 'wrapper', scalar }]),
]);
function specialOf(name: 'Any' | 'Duration' | 'Timestamp' | 'Struct' | 'Value' | 'Empty'): Special {
  const names = { Any: 'any', Duration: 'duration', Timestamp: 'timestamp', Struct: 'struct', Value: 'value', Empty: 'empty' } as const;
  return names[name];
}
const isScalar = (name: string): name is Scalar => SCALARS.some((scalar) => scalar === name);

type Raw = { readonly messages: ReadonlyMap<string, readonly string[]>; readonly enums: ReadonlyMap<string, readonly string[]> };
let raw: Raw | undefined;
const plans = new Map<string, MessagePlan>();
const enumPlans = new Map<string, EnumPlan>();

const section = (v: unknown): ReadonlyMap<string, readonly string[]> =>
  new Map(isRecord(v) ? Object.entries(v).map(([name, lines]) => [name, Array.isArray(lines) ? lines.map(String) : []]) : []);

/** Read once, at the first use: a sidecar that never gets a message of some kind never builds its plan. */
function descriptor(): Raw {
  if (raw !== undefined) return raw;
  const json: unknown = JSON.parse(readFileSync(new URL('../generated/descriptor.json', import.meta.url), 'utf8'));
  raw = { messages: section(isRecord(json) ? json['messages'] : undefined), enums: section(isRecord(json) ? json['enums'] : undefined) };
  return raw;
}

function enumPlan(name: string): EnumPlan {
  const known = enumPlans.get(name);
  if (known !== undefined) return known;
  const pairs = (descriptor().enums.get(name) ?? []).map((line): [number, string] => [Number(line.slice(0, line.indexOf(' '))), line.slice(line.indexOf(' ') + 1)]);
  if (pairs.length === 0) throw xdsErrors.make('XDS_DESCRIPTOR', { message: name });
  const byNumber = new Map<number, string>();
  for (const [number, value] of pairs) if (!byNumber.has(number)) byNumber.set(number, value); // aliases: the first name is the canonical one
  const plan = { byNumber, byName: new Map(pairs.map(([number, value]) => [value, number])) };
  enumPlans.set(name, plan);
  return plan;
}

function fieldType(text: string): FieldType {
  if (text.startsWith('%')) return { is: 'enum', enum: enumPlan(text.slice(1)) };
  if (text.startsWith('.')) return SPECIAL.get(text.slice(1)) ?? { is: 'message', name: text.slice(1) };
  if (isScalar(text)) return { is: 'scalar', scalar: text };
  throw xdsErrors.make('XDS_DESCRIPTOR', { message: text });
}

function fieldOf(line: string): Field {
  const [number = '', name = '', type = '', ...flags] = line.split(' ');
  const mapKey = flags.find((flag) => flag.startsWith('m:'))?.slice(2);
  return {
    number: Number(number), name, type: fieldType(type), repeated: flags.includes('r'), packed: flags.includes('p'), explicit: flags.includes('x'),
    mapKey: mapKey !== undefined && isScalar(mapKey) ? mapKey : undefined,
  };
}

/** The plan of a message by its full name; undefined when the descriptor does not hold it. */
export function messagePlan(name: string): MessagePlan | undefined {
  const known = plans.get(name);
  if (known !== undefined) return known;
  const lines = descriptor().messages.get(name);
  if (lines === undefined) return undefined;
  const fields = lines.map(fieldOf);
  const plan = { name, byName: new Map(fields.map((field) => [field.name, field])), byNumber: new Map(fields.map((field) => [field.number, field])) };
  plans.set(name, plan);
  return plan;
}

export function needPlan(name: string): MessagePlan {
  const plan = messagePlan(name);
  if (plan === undefined) throw xdsErrors.make('XDS_DESCRIPTOR', { message: name });
  return plan;
}

/** How an Any's content is read and written: a message of the descriptor, one of Google's own, or undefined. */
export const contentType = (name: string): FieldType | undefined => SPECIAL.get(name) ?? (messagePlan(name) === undefined ? undefined : { is: 'message', name });
/** Names of all messages, for tests. */
export const messageNames = (): readonly string[] => [...descriptor().messages.keys()];
