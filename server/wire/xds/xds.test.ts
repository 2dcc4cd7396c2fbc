import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { existsSync } from 'node:fs';
import protobuf from 'protobufjs';
import { beforeAll, expect, test } from 'vitest';
import { adsService, csrService, decodeAny, decodeMessage, decodeResource, encodeAny, encodeMessage, encodeResource } from './index.ts';
import { messageNames, needPlan } from './descriptor.ts';
import type { Field, FieldType, Scalar } from './descriptor.ts';
import { parseProtoDuration, durationText } from './duration.ts';

const modules = fileURLToPath(new URL('../../../node_modules/', import.meta.url));
const json = (v: unknown): unknown => JSON.parse(JSON.stringify(v));

/** Values of every field kind for random messages, to a small depth. */
const int = (min: number, max: number): fc.Arbitrary<unknown> => fc.integer({ min, max });
const big = (min: bigint, max: bigint): fc.Arbitrary<unknown> => fc.bigInt({ min, max }).map(String);
const scalarOf = (scalar: Scalar): fc.Arbitrary<unknown> => {
  switch (scalar) {
    case 'string': return fc.string({ unit: 'grapheme', maxLength: 8 });
    case 'bytes': return fc.uint8Array({ maxLength: 8 }).map((bytes) => Buffer.from(bytes).toString('base64'));
    case 'bool': return fc.boolean();
    case 'double': return fc.double({ noNaN: true, noDefaultInfinity: true }).map((v) => v + 0);
    case 'float': return fc.integer({ min: -1000, max: 1000 }).map((v) => v / 8);
    case 'uint32': case 'fixed32': return int(0, 0xffff_ffff);
    case 'int32': case 'sint32': case 'sfixed32': return int(-0x8000_0000, 0x7fff_ffff);
    case 'uint64': case 'fixed64': return big(0n, (1n << 64n) - 1n);
    default: return big(-(1n << 63n), (1n << 63n) - 1n);
  }
};
const struct = fc.dictionary(fc.string({ maxLength: 5 }).filter((key) => key !== '__proto__'), fc.oneof(fc.string(), fc.boolean(), fc.constant(null), fc.integer(), fc.array(fc.integer(), { maxLength: 2 }), fc.dictionary(fc.constantFrom('a', 'b'), fc.boolean())), { maxKeys: 3 });
const duration = fc.tuple(fc.integer({ min: 0, max: 1000 }), fc.constantFrom(0, 1, 250_000_000, 1_500_000)).map(([seconds, nanos]) => durationText({ seconds: BigInt(seconds), nanos }));
function valueOf(type: FieldType, depth: number): fc.Arbitrary<unknown> | undefined {
  if (type.is === 'scalar' || type.is === 'wrapper') return scalarOf(type.scalar);
  if (type.is === 'enum') return fc.constantFrom(...type.enum.byNumber.values());
  if (type.is === 'message') return depth === 0 ? undefined : messageOf(type.name, depth - 1);
  switch (type.special) {
    case 'duration': return duration;
    case 'struct': return struct;
    case 'any': return struct.map((value) => ({ '@type': 'type.googleapis.com/google.protobuf.Struct', value }));
    case 'empty': return fc.constant({});
    case 'timestamp': return fc.constant('2026-11-25T04:11:29.250Z');
    default: return undefined;
  }
}
function fieldOf(field: Field, depth: number): fc.Arbitrary<unknown> | undefined {
  const one = valueOf(field.type, depth);
  if (one === undefined) return undefined;
  if (field.mapKey === 'string') return fc.dictionary(fc.constantFrom('a', 'b.c', ''), one, { minKeys: 1, maxKeys: 2 });
  if (field.mapKey !== undefined) return undefined;
  if (field.repeated) return fc.array(one, { minLength: 1, maxLength: 3 });
  // The default of a field without presence is not written, so it does not come back.
  return field.explicit ? one : one.filter((v) => !((field.type.is === 'scalar' && (v === '' || v === 0 || v === false || v === '0')) || (field.type.is === 'enum' && field.type.enum.byName.get(String(v)) === 0)));
}
function messageOf(name: string, depth: number): fc.Arbitrary<unknown> {
  const fields = [...needPlan(name).byName.values()].flatMap((field) => {
    const arbitrary = fieldOf(field, depth);
    return arbitrary === undefined ? [] : [{ name: field.name, explicit: field.explicit, arbitrary }];
  });
  return fc.subarray(fields, { maxLength: Math.min(4, fields.length) }).chain((chosen) => fc.record(Object.fromEntries(chosen.filter((field, i) => !field.explicit || chosen.findIndex((other) => other.explicit) === i).map((field) => [field.name, field.arbitrary]))));
}
const anyMessage = fc.constantFrom(...messageNames()).chain((name) => messageOf(name, 2).map((value) => ({ name, value })));

test('what is written is read back, for random messages of every kind', () => {
  fc.assert(fc.property(anyMessage, ({ name, value }) => {
    const bytes = encodeMessage(name, value);
    expect(json(decodeMessage(name, bytes))).toEqual(json(value));
    expect(encodeMessage(name, decodeMessage(name, bytes))).toEqual(bytes);
  }), { numRuns: 1500 });
});

let root: protobuf.Root;
beforeAll(() => {
  const descriptor: { nested: { google: { nested: { protobuf: { nested: { [name: string]: unknown } } } } } } = createRequire(import.meta.url)('protobufjs/google/protobuf/descriptor.json');
  protobuf.common('descriptor', descriptor.nested.google.nested.protobuf.nested);
  root = new protobuf.Root();
  const dirs = [...['envoy-api', 'xds', 'googleapis', 'protoc-gen-validate'].map((dir) => `${modules}@grpc/grpc-js-xds/deps/${dir}`), fileURLToPath(new URL('../protos', import.meta.url))];
  root.resolvePath = (_origin, target) => dirs.map((dir) => join(dir, target)).find((path) => existsSync(path)) ?? target;
  root.loadSync(['envoy/config/route/v3/route.proto', 'envoy/config/cluster/v3/cluster.proto', 'envoy/config/endpoint/v3/endpoint.proto', 'envoy/service/discovery/v3/discovery.proto'], { keepCase: true });
});

test('protobufjs reads and re-writes our bytes without a loss', () => {
  const names = messageNames().filter((name) => /^envoy\.(config\.(route|cluster|endpoint|core)|service)\./.test(name) && root.lookup(name) instanceof protobuf.Type);
  expect(names.length).toBeGreaterThan(150);
  fc.assert(fc.property(fc.constantFrom(...names).chain((name) => messageOf(name, 2).map((value) => ({ name, value }))), ({ name, value }) => {
    const type = root.lookupType(name);
    const again = type.encode(type.decode(encodeMessage(name, value))).finish();
    expect(json(decodeMessage(name, again))).toEqual(json(value));
  }), { numRuns: 500 });
});

test('presence, Anys and unknown content', () => {
  const route = { '@type': 'type.googleapis.com/envoy.config.route.v3.RouteConfiguration', name: '9080', virtual_hosts: [{ name: 'a', domains: ['*'], routes: [{ match: { prefix: '' }, typed_per_filter_config: { 'envoy.filters.http.fault': { '@type': 'type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault', delay: { fixed_delay: '7s', percentage: { numerator: 100 } } } } }] }] };
  expect(json(decodeAny(route['@type'], encodeAny(route)))).toEqual(route);
  const odd = { '@type': 'type.googleapis.com/example.Unheard', '@bytes': 'CAE=' };
  const filter = { name: 'x', typed_config: odd };
  expect(json(decodeMessage('envoy.config.listener.v3.Filter', encodeMessage('envoy.config.listener.v3.Filter', filter)))).toEqual(filter);
  const later = Buffer.concat([encodeMessage('envoy.config.route.v3.RouteMatch', { prefix: '/' }), Buffer.from([0xfa, 0x3f, 0x01, 0x41])]); // a field 1023 of a later version
  const decoded = decodeMessage('envoy.config.route.v3.RouteMatch', later);
  expect(encodeMessage('envoy.config.route.v3.RouteMatch', decoded)).toEqual(later);
  const cluster = decodeResource('cluster', encodeResource('cluster', { name: 'c', type: 'EDS', connect_timeout: '0.250s' }));
  expect([cluster.name, cluster.type, cluster.connect_timeout]).toEqual(['c', 'EDS', '0.250s']);
});

test('an error names the place', () => {
  expect(() => encodeMessage('envoy.config.cluster.v3.Cluster', { name: 'c', load_assignment: { endpoints: [{ lb_endpoint: [] }] } })).toThrow('Cluster.load_assignment.endpoints[0]: envoy.config.endpoint.v3.LocalityLbEndpoints has no field lb_endpoint');
  expect(() => encodeMessage('envoy.config.cluster.v3.Cluster', { type: 'EDZ' })).toThrow('Cluster.type: "EDZ" is not a value of this enum');
  expect(() => encodeMessage('envoy.config.cluster.v3.Cluster', { connect_timeout: '10' })).toThrow('Cluster.connect_timeout: "10" is not a duration');
});

test('random bytes give a message or XDS_MALFORMED, never another error', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
    try {
      decodeMessage('envoy.config.listener.v3.Listener', bytes);
    } catch (error) {
      expect(error).toMatchObject({ code: 'XDS_MALFORMED' });
    }
  }), { numRuns: 3000 });
  let deep = Buffer.alloc(0);
  for (let i = 0; i < 200; i++) deep = Buffer.concat([Buffer.from([0x0a, ...varint(deep.length)]), deep]); // match_rules nested for ever
  expect(() => decodeMessage('envoy.config.core.v3.Metadata', deep)).toThrow(/malformed/);
});
const varint = (v: number): readonly number[] => (v < 128 ? [v] : [(v & 127) | 128, ...varint(v >> 7)]);

test('the envelopes of ADS and CSR', () => {
  const resource = { type_url: 'type.googleapis.com/envoy.config.cluster.v3.Cluster', value: encodeMessage('envoy.config.cluster.v3.Cluster', { name: 'c' }) };
  const sotw = adsService.StreamAggregatedResources;
  const request = { type_url: 't', version_info: '1', response_nonce: 'n', resource_names: ['a', 'b'], node: { id: 'sidecar~1.1.1.1~a.b~b.svc', metadata: { NAMESPACE: 'b', LABELS: { app: 'a' } } }, error_detail: { code: 13, message: 'no' } };
  expect(json(sotw.requestDeserialize(sotw.requestSerialize(request)))).toMatchObject(request);
  const response = sotw.responseDeserialize(sotw.responseSerialize({ type_url: 't', version_info: '2', nonce: 'm', resources: [resource] }));
  expect(response).toMatchObject({ type_url: 't', version_info: '2', nonce: 'm' });
  expect(decodeAny(resource.type_url, response.resources?.[0]?.value ?? Buffer.alloc(0))).toMatchObject({ name: 'c' });
  const delta = adsService.DeltaAggregatedResources;
  const answer = delta.responseDeserialize(delta.responseSerialize({ type_url: 't', nonce: 'm', resources: [{ name: 'c', version: '7', resource }], removed_resources: ['d'] }));
  expect(answer).toMatchObject({ removed_resources: ['d'], resources: [{ name: 'c', version: '7' }] });
  expect(json(delta.requestDeserialize(delta.requestSerialize({ type_url: 't', resource_names_subscribe: ['*'], initial_resource_versions: { c: '7' } })))).toMatchObject({ resource_names_subscribe: ['*'], initial_resource_versions: { c: '7' } });
  const csr = csrService.CreateCertificate;
  expect(csr.requestDeserialize(csr.requestSerialize({ csr: 'pem', validity_duration: 86_400 }))).toEqual({ csr: 'pem', validity_duration: 86_400 });
  expect(csr.responseDeserialize(csr.responseSerialize({ cert_chain: ['a', 'b'] }))).toEqual({ cert_chain: ['a', 'b'] });
});

test('durations', () => {
  for (const text of ['0s', '1.500s', '-2s', '0.000001s', '9223372035s', '1.000000001s']) expect(durationText(parseProtoDuration(text) ?? { seconds: -1n, nanos: 0 })).toBe(text);
  expect(parseProtoDuration('1m')).toBeUndefined();
});
