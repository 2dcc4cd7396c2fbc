import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bookinfo, requestLabels } from '#shared/fixtures';
import { buildGraph, describeEdge, describeNode, findIn, NO_ROWS, parseFind, stateChanges, viewOf } from '../index.ts';

const place = (app: string, version = 'v1') => ({ namespace: 'default', workload: `${app}-${version}`, app, version });
const call = (from: string, to: string, rate: number, code = '200', version = 'v1', policy?: string) => (['source', 'destination'] as const).map((reporter) => ({ labels: requestLabels({ source: place(from), destination: place(to, version), service: { namespace: 'default', name: to }, reporter, code, ...(policy === undefined || reporter === 'source' ? {} : { policy }) }), value: rate }));
const modelOf = (errors: number) => buildGraph({ ...NO_ROWS, requests: [...call('productpage', 'details', 10, '200', 'v1', 'none'), ...call('productpage', 'reviews', 9 - errors, '200', 'v2'), ...(errors > 0 ? call('productpage', 'reviews', errors, '503', 'v2') : [])] }, viewOf(bookinfo({ v2: 100 })), { window: { from: 0, to: 60_000 }, grouping: 'service-version', namespaces: [] });
const model = modelOf(1);
const find = (text: string) => {
  const parsed = parseFind(text);
  if (!parsed.ok || parsed.value === undefined) throw new Error(JSON.stringify(parsed));
  const found = findIn(model, parsed.value);
  return { nodes: [...found.nodes].map((key) => key.replace(/^\w+:default\//, '')), edges: [...found.edges].map((key) => key.replaceAll(/\w+:default\//g, '').replace(/:http$/, '')) };
};

test('find speaks of nodes and edges alike', () => {
  expect(find('status = failing').edges).toEqual(['reviews>reviews-v2', 'productpage-v1>reviews']);
  expect(find('mtls < 100').edges).toEqual(['productpage-v1>details-v1']);
  expect(find('code = 503 and to = reviews-v2').edges).toEqual(['reviews>reviews-v2']);
  expect(find('name ~ "^rev" and not (idle or kind = service)').nodes).toEqual(['reviews-v2']);
  expect(find('idle and app = reviews').nodes).toEqual(['reviews-v1', 'reviews-v3']);
  expect(find('sidecar = none and not namespace = istio-system').nodes).toEqual(['wl:legacy/curl']);
  expect(find('REVIEWS').nodes).toEqual(['reviews', 'reviews-v1', 'reviews-v2', 'reviews-v3']);
  expect(find('rate >= 10/s OR badge = split').edges).toEqual(['productpage-v1>details-v1']);
  expect(find('set = 100% and observed = 100').edges).toEqual(['reviews>reviews-v2']);
});

test('what cannot be read is told with its place', () => {
  const error = (text: string) => {
    const parsed = parseFind(text);
    return parsed.ok ? 'read' : `${parsed.error.at} ${parsed.error.message}`;
  };
  expect(error('nme = x')).toMatch(/^0 there is no field "nme"; fields are name,/);
  expect(error('rate > fast')).toBe('7 "fast" is not a number');
  expect(error('(rate > 1')).toBe('9 a closing parenthesis is missing');
  expect(error('name ~ "("')).toMatch(/^7 not a regular expression/);
  expect(error('name =')).toBe('6 a value is missing after =');
  expect(error('idle failing')).toMatch(/^5 "failing" is not expected here/);
  expect(error('')).toBe('read');
  expect(error('('.repeat(400))).toMatch(/levels/);
});

test('any text is read or refused, never a crash', () => {
  fc.assert(fc.property(fc.oneof(fc.string({ maxLength: 60 }), fc.array(fc.constantFrom('name', '=', '!=', '(', ')', 'and', 'or', 'not', '"x"', '~', 'mtls', '<', '5', '!', '*='), { maxLength: 12 }).map((words) => words.join(' '))), (text) => {
    const parsed = parseFind(text);
    if (parsed.ok && parsed.value !== undefined) findIn(model, parsed.value);
    return true;
  }), { numRuns: 500 });
});

test('sentences say state, rate, errors and mTLS as observed', () => {
  const byKey = (key: string) => model.nodes.find((n) => n.key === key) ?? expect.fail(key);
  expect(describeNode(byKey('wl:default/reviews-v2'), model)).toBe('reviews v2, failing, 9 requests per second, 11 % errors, mutual TLS observed');
  expect(describeNode(byKey('wl:default/productpage-v1'), model)).toBe('productpage v1, failing, 19 requests per second, 5.3 % errors; calls reviews, failing; details v1');
  expect(describeNode(byKey('wl:legacy/curl'), model)).toBe('curl v1, requests not measured, no sidecar');
  const edge = model.edges.find((e) => e.target === 'wl:default/details-v1') ?? expect.fail('no edge');
  expect(describeEdge(edge, model)).toBe('productpage v1 to details v1, healthy: 600 requests, none failed; 10 requests per second, plain text observed');
  expect(stateChanges(modelOf(0), model)).toContain('reviews v2 is failing: 11 % of 540 requests failed with 503');
});
