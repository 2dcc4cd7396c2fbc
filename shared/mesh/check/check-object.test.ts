import fc from 'fast-check';
import { expect, test } from 'vitest';
import { applyDefaults, checkObject, fits, kindOf, prune, unknownFields } from '../index.ts';
import type { CelEvaluator, SchemaNode } from '../index.ts';
import { hasFormat, isCidr, isIpv6 } from './formats.ts';

const lamp: SchemaNode = {
  type: 'object',
  properties: {
    spec: {
      type: 'object', required: ['size'],
      properties: {
        size: { type: 'integer', format: 'int32', minimum: 1, maximum: 10 },
        colour: { type: 'string', enum: ['red', 'green'] },
        code: { type: 'string', pattern: '^[a-z]+$', minLength: 2, maxLength: 4 },
        tags: { type: 'array', maxItems: 2, 'x-kubernetes-list-type': 'set', items: { type: 'string' } },
        parts: { type: 'array', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'], items: { type: 'object', required: ['name'], properties: { name: { type: 'string' }, n: { type: 'integer', default: 1 } } } },
        port: { 'x-kubernetes-int-or-string': true },
        either: { type: 'object', properties: { a: { type: 'string' }, b: { type: 'string' } }, oneOf: [{ required: ['a'] }, { required: ['b'] }] },
        byName: { type: 'object', additionalProperties: { type: 'integer', maximum: 3 } },
        free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        maybe: { type: 'string', nullable: true },
      },
      'x-kubernetes-validations': [{ rule: 'self.size > 2', message: 'size is too small' }],
    },
  },
};
const withSpec = (spec: unknown): unknown => ({ apiVersion: 'a/v1', kind: 'Lamp', metadata: { name: 'x' }, spec });
const said = (spec: unknown, cel?: CelEvaluator): readonly string[] => checkObject(lamp, withSpec(spec), cel === undefined ? {} : { cel }).map((issue) => `${issue.field}: ${issue.message}`);

test.each([
  [{ size: 'x' }, 'spec.size: Invalid value: "string": spec.size in body must be of type integer: "string"'],
  [{ size: 11 }, 'spec.size: Invalid value: 11: spec.size in body should be less than or equal to 10'],
  [{}, 'spec.size: Required value'],
  [{ size: 1, colour: 'blue' }, 'spec.colour: Unsupported value: "blue": supported values: "red", "green"'],
  [{ size: 1, code: 'A1' }, "spec.code: Invalid value: \"A1\": spec.code in body should match '^[a-z]+$'"],
  [{ size: 1, code: 'abcde' }, 'spec.code: Too long: may not be more than 4 bytes'],
  [{ size: 1, tags: ['a', 'a'] }, 'spec.tags[1]: Duplicate value: "a"'],
  [{ size: 1, tags: ['a', 'b', 'c'] }, 'spec.tags: Too many: 3: must have at most 2 items'],
  [{ size: 1, parts: [{ name: 'p', n: 1 }, { n: 2, name: 'p' }] }, 'spec.parts[1]: Duplicate value: {"name":"p"}'],
  [{ size: 1, port: 1.5 }, 'spec.port: Invalid value: "number": spec.port in body must be of type integer,string: "number"'],
  [{ size: 1, either: { a: 'x', b: 'y' } }, '<nil>: Invalid value: "": "spec.either" must validate one and only one schema (oneOf). Found 2 valid alternatives'],
  [{ size: 1, byName: { k: 9 } }, 'spec.byName.k: Invalid value: 9: spec.byName.k in body should be less than or equal to 3'],
  [{ size: 1, gone: true }, 'spec.gone: unknown field "spec.gone"'],
])('%j is refused in the words of the API server', (spec, message) => {
  expect(said(spec)).toEqual([message]);
});

test('an issue names its place for the editor even where the API server names none', () => {
  const [issue] = checkObject(lamp, withSpec({ size: 1, either: { a: 'x', b: 'y' } }));
  expect(issue).toMatchObject({ code: 'oneof', path: ['spec', 'either'], field: '<nil>' });
});

test('rules wait until the object fits its schema', () => {
  const cel: CelEvaluator = ({ self }) => ({ value: JSON.stringify(self).includes('"size":3') });
  expect(said({ size: 3 }, cel)).toEqual([]);
  expect(said({ size: 2 }, cel)).toEqual(['spec: Invalid value: size is too small']);
  expect(said({ size: 'x' }, cel).at(-1)).toContain('some validation rules were not checked');
  expect(said({ size: 2 }, () => ({ error: 'no such key: size' }))).toEqual(['spec: Invalid value: "object": no such key: size evaluating rule: size is too small']);
});

test('an update may keep what was wrong before, and no more', () => {
  const old = withSpec({ size: 1, colour: 'blue', parts: [{ name: 'p', n: 'many' }] });
  const messages = (now: unknown): readonly string[] => checkObject(lamp, now, { old }).map((issue) => issue.field);
  expect(messages(withSpec({ size: 2, colour: 'blue', parts: [{ name: 'q', n: 1 }, { name: 'p', n: 'many' }] }))).toEqual([]);
  expect(messages(withSpec({ size: 2, colour: 'pink', parts: [{ name: 'p', n: 'few' }] }))).toEqual(['spec.colour', 'spec.parts[0].n']);
});

test('pruning takes what the schema does not know and nothing else', () => {
  const object = { apiVersion: 'a/v1', kind: 'Lamp', metadata: { name: 'x', odd: 1 }, top: 1, spec: { size: 1, gone: 1, free: { any: { thing: 1 } }, parts: [{ name: 'p', extra: 1 }] } };
  expect(unknownFields(lamp, object).map((issue) => issue.field)).toEqual(['top', 'spec.gone', 'spec.parts[0].extra']);
  expect(prune(lamp, object)).toEqual({ apiVersion: 'a/v1', kind: 'Lamp', metadata: { name: 'x', odd: 1 }, spec: { size: 1, free: { any: { thing: 1 } }, parts: [{ name: 'p' }] } });
  expect(object.top).toBe(1);
});

test('defaults go into objects that are there; bad nulls go away', () => {
  expect(applyDefaults(lamp, withSpec({ size: 1, colour: null, maybe: null, parts: [{ name: 'p' }, { name: 'q', n: null }] }))).toEqual(withSpec({ size: 1, maybe: null, parts: [{ name: 'p', n: 1 }, { name: 'q', n: 1 }] }));
});

test('whatever JSON comes, checking ends with issues and pruning leaves nothing unknown', () => {
  fc.assert(fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
    const object = withSpec(value);
    for (const issue of checkObject(lamp, object)) expect(issue.message).not.toBe('');
    expect(unknownFields(lamp, prune(lamp, object))).toEqual([]);
    expect(prune(lamp, prune(lamp, object))).toEqual(prune(lamp, object));
  }));
});

test('a reader can ask whether an object has the shape of its kind', () => {
  const schema = kindOf('networking.istio.io', 'VirtualService')?.schema ?? {};
  const object = { apiVersion: 'networking.istio.io/v1', kind: 'VirtualService', metadata: { name: 'a' }, spec: { hosts: ['a'], http: [{ route: [{ destination: { host: 'a' } }] }] } };
  expect(fits(schema, object)).toBe(true);
  expect(fits(schema, { ...object, spec: { hosts: 'a' } })).toBe(false);
});

test('formats', () => {
  expect(['::1', '2001:db8::1.2.3.4', '1:2:3:4:5:6:7:8'].every(isIpv6)).toBe(true);
  expect([':::', '1:2', '1::2::3', '1:2:3:4:5:6:7:8:9', 'g::'].some(isIpv6)).toBe(false);
  expect([isCidr('10.0.0.0/8'), isCidr('::/0'), isCidr('10.0.0.0/33'), isCidr('10.0.0.0')]).toEqual([true, true, false, false]);
  expect([hasFormat('date-time', '2024-02-01T10:00:00.5Z'), hasFormat('date-time', 'yesterday'), hasFormat('duration', '1h30m'), hasFormat('made-up', 'x')]).toEqual([true, false, true, true]);
});
