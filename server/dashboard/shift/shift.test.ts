import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bookinfo, reviewsRule, reviewsSubsets, service, workload } from '#shared/fixtures';
import { viewOf } from '#shared/graph';
import type { ServiceView } from '#shared/graph';
import type { KubeObject } from '#shared/mesh';
import { kindOf, checkObject, groupOf } from '#shared/mesh';
import { effectWords, shiftWrites } from './shift-plan.ts';
import { groundOf, shiftState, wholePercent } from './shift-state.ts';
import type { Observed } from './shift-state.ts';

const kind = (name: string, plural: string) => ({ group: 'networking.istio.io', version: 'v1', kind: name, plural, namespaced: true });
const kinds = { virtualService: kind('VirtualService', 'virtualservices'), destinationRule: kind('DestinationRule', 'destinationrules') };
type Config = { readonly vs?: readonly KubeObject[]; readonly dr?: readonly KubeObject[]; readonly extra?: Parameters<typeof viewOf>[0]; readonly name?: string };
function ground(config: Config = {}) {
  const objects = { ...bookinfo(), ...config.extra, VirtualService: config.vs ?? [], DestinationRule: config.dr ?? [] };
  const view = viewOf(objects);
  const found: ServiceView | undefined = view.services.get(`default/${config.name ?? 'reviews'}`);
  if (found === undefined) throw new Error('no such service');
  return groundOf(view, found, { virtualServices: objects.VirtualService, destinationRules: objects.DestinationRule });
}
const spec = (object: KubeObject | undefined): Record<string, unknown> => (object?.['spec'] ?? {}) as Record<string, unknown>;
const vs = (http: readonly unknown[], more: object = {}): KubeObject => ({ apiVersion: 'networking.istio.io/v1', kind: 'VirtualService', metadata: { name: 'reviews', namespace: 'default', resourceVersion: '7' }, spec: { hosts: ['reviews'], http, ...more } });
const to = (subset: string, weight?: number, more: object = {}): object => ({ destination: { host: 'reviews', subset }, ...(weight === undefined ? {} : { weight }), ...more });

test('nothing there: subsets are created first, then the rule', () => {
  const writes = shiftWrites(ground(), kinds, { v1: 50, v2: 0, v3: 50 });
  expect(writes.map((w) => w.text)).toEqual(['Create DestinationRule reviews with subsets v1, v2, v3', 'Create VirtualService reviews: v1 50 %, v2 0 %, v3 50 %']);
  expect(spec(writes[0]?.after)).toEqual({ host: 'reviews', subsets: ['v1', 'v2', 'v3'].map((name) => ({ name, labels: { version: name } })) });
  expect(spec(writes[1]?.after)).toEqual({ hosts: ['reviews'], http: [{ route: [to('v1', 50), to('v3', 50)] }] });
  expect(shiftState(ground(), undefined)).toMatchObject({ possible: true, versions: [{ set: 34 }, { set: 33 }, { set: 33 }], reason: expect.stringContaining('No rule sets weights yet') });
});

test('a missing subset is added to the rule that is there, with nothing else touched', () => {
  const dr = { ...reviewsSubsets(), spec: { host: 'reviews', trafficPolicy: { loadBalancer: { simple: 'RANDOM' } }, subsets: [{ name: 'stable', labels: { version: 'v1' } }, { name: 'v2', labels: { version: 'v2' } }] } };
  const writes = shiftWrites(ground({ dr: [dr] }), kinds, { stable: 90, v2: 0, v3: 10 });
  expect(spec(writes[0]?.after)).toEqual({ host: 'reviews', trafficPolicy: { loadBalancer: { simple: 'RANDOM' } }, subsets: [...dr.spec.subsets, { name: 'v3', labels: { version: 'v3' } }] });
});

test('matches, several rules and headers stay; the catch-all is the rule that moves', () => {
  const jason = { name: 'jason', match: [{ headers: { 'end-user': { exact: 'jason' } } }], route: [to('v2')] };
  const rule = vs([jason, { timeout: '2s', route: [to('v1', 90, { headers: { request: { set: { a: 'b' } } } }), to('v2', 10)] }]);
  const g = ground({ vs: [rule], dr: [reviewsSubsets()] });
  const state = shiftState(g, undefined);
  expect(state).toMatchObject({ possible: true, rule: { index: 1, text: 'every other request' }, otherRules: [{ index: 0, name: 'jason', text: 'end-user = jason' }], virtualService: { resourceVersion: '7' } });
  expect(state.versions.map((v) => v.set)).toEqual([90, 10, 0]);
  const [write, ...rest] = shiftWrites(g, kinds, { v1: 0, v2: 50, v3: 50 });
  expect(rest).toEqual([]);
  expect(spec(write?.after)['http']).toEqual([jason, { timeout: '2s', route: [to('v1', 0, { headers: { request: { set: { a: 'b' } } } }), to('v2', 50), to('v3', 50)] }]);
  expect(write?.after?.metadata.resourceVersion).toBe('7');
  expect(effectWords(g, { v1: 0, v2: 50, v3: 50 }, undefined, '5 min')).toBe('90 % of the requests of this rule go from v1 to v2 and v3. Rule 1 (end-user = jason) is not touched.');
  const observed: Observed = { shares: new Map(), requests: new Map([['reviews-v1', 900], ['reviews-v2', 100]]), errors: new Map() };
  expect(effectWords(g, { v1: 50, v2: 50, v3: 0 }, observed, '5 min')).toMatch(/^Of 1 000 requests in the last 5 min, about 400 would have gone to v2 instead of v1\./);
});

test.each([
  ['TCP only', { name: 'db', extra: { Service: [{ ...service('default', 'db'), spec: { selector: { app: 'reviews' }, ports: [{ name: 'tcp-db', port: 3306 }] } }] } }, /speaks TCP only \(port 3306\)/],
  ['one version', { name: 'details' }, /has one version only/],
  ['a delegate', { vs: [vs([{ delegate: { name: 'team' } }])] }, /delegates its rules/],
  ['tcp routes', { vs: [vs([], { http: undefined, tcp: [{ route: [to('v1')] }] })] }, /tcp routes only/],
  ['a redirect', { vs: [vs([{ redirect: { uri: '/x' } }])] }, /redirects or answers itself/],
  ['another host', { vs: [vs([{ route: [to('v1', 50), { destination: { host: 'ratings' }, weight: 50 }] }])] }, /also sends to another host \(ratings\)/],
  ['no labels to tell apart', { name: 'twins', extra: { Service: [service('default', 'twins')], Deployment: ['a', 'b'].map((n) => workload('default', 'twins', 'v1', { name: n }).deployment), Pod: [] } }, /cannot be told apart/],
] as const)('what cannot be shifted says why: %s', (_, config, reason) => {
  const g = ground(config as Config);
  expect(shiftState(g, undefined)).toMatchObject({ possible: false, reason: expect.stringMatching(reason) });
  expect(() => shiftWrites(g, kinds, { v1: 100 })).toThrow(reason);
});

test('weights that do not fit are refused in words', () => {
  const g = ground({ vs: [reviewsRule({ v1: 100 })], dr: [reviewsSubsets()] });
  for (const [weights, why] of [[{ v1: 50 }, 'add up to 50'], [{ v1: -1, v2: 101 }, 'v1 is -1'], [{ v1: 50.5, v2: 49.5 }, 'v1 is 50.5'], [{ v9: 100 }, 'no version v9'], [{}, 'add up to 0']] as const) expect(() => shiftWrites(g, kinds, weights)).toThrow(why);
  const ghost = ground({ vs: [vs([{ route: [to('v1', 50), to('v4', 50)] }])], dr: [reviewsSubsets()] });
  expect(shiftState(ghost, undefined).versions.find((v) => v.subset === 'v4')).toMatchObject({ workload: '', ready: 0, set: 50 });
  expect(() => shiftWrites(ghost, kinds, { v1: 0, v4: 100 })).toThrow('no workload is behind subset v4');
});

test('whatever weights are asked for, what is written is valid, keeps its order and sums to 100', () => {
  const weights = fc.tuple(fc.nat(100), fc.nat(100)).map(([a, b]) => ({ v1: Math.min(a, b), v2: Math.abs(a - b), v3: 100 - Math.max(a, b) }));
  fc.assert(fc.property(weights, fc.option(weights), fc.boolean(), (wanted, before, subsets) => {
    const writes = shiftWrites(ground({ vs: before === null ? [] : [reviewsRule(before)], dr: subsets ? [reviewsSubsets()] : [] }), kinds, wanted);
    expect(writes.map((w) => w.kind.kind)).toEqual(subsets ? ['VirtualService'] : ['DestinationRule', 'VirtualService']);
    for (const w of writes) {
      const schema = kindOf(groupOf(w.after?.apiVersion ?? '').group, w.kind.kind)?.schema;
      if (schema === undefined || w.after === undefined) throw new Error('no schema');
      expect(checkObject(schema, w.after)).toEqual([]);
    }
    const after = viewOf({ ...bookinfo(), VirtualService: writes.filter((w) => w.kind.kind === 'VirtualService').flatMap((w) => w.after ?? []), DestinationRule: [reviewsSubsets()] });
    const split = after.services.get('default/reviews')?.split ?? new Map<string, number>();
    expect(['v1', 'v2', 'v3'].map((v) => Math.round((split.get(`reviews-${v}`) ?? 0) * 100))).toEqual([wanted.v1, wanted.v2, wanted.v3]);
  }));
  fc.assert(fc.property(fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 6 }).filter((list) => list.some((n) => n > 0)), (list) => [...wholePercent(new Map(list.map((n, i) => [String(i), n]))).values()].reduce((a, b) => a + b, 0) === 100));
});
