import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareHosts, fullHost, hostCovers, hostsMatch, isVisible, mostSpecificHost, parseSpiffeId, portProtocol, selects, spiffeIdText } from './index.ts';

test('short names belong to the namespace of the rule', () => {
  expect(fullHost('reviews', 'default')).toBe('reviews.default.svc.cluster.local');
  expect([fullHost('reviews.other', 'default'), fullHost('*.example.com', 'x'), fullHost('10.0.0.1', 'x')]).toEqual(['reviews.other', '*.example.com', '10.0.0.1']);
});

test('wildcards', () => {
  expect(hostsMatch('*.example.com', 'a.example.com')).toBe(true);
  expect(hostsMatch('*.example.com', 'example.com')).toBe(false);
  expect(hostsMatch('*.a.example.com', '*.example.com')).toBe(true);
  expect(hostCovers('*.a.example.com', '*.example.com')).toBe(false);
  expect(hostCovers('*', '*.example.com')).toBe(true);
  expect(mostSpecificHost(['*', '*.com', '*.example.com'], 'a.example.com')).toBe('*.example.com');
  expect(['*', 'a.b', '*.b', 'aa.b'].toSorted(compareHosts)).toEqual(['aa.b', 'a.b', '*.b', '*']);
  const host = fc.tuple(fc.boolean(), fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 4 })).map(([wild, parts]) => (wild ? '*.' : '') + parts.join('.'));
  fc.assert(fc.property(host, host, host, (a, b, c) => {
    expect(hostsMatch(a, b)).toBe(hostsMatch(b, a));
    if (hostCovers(a, b)) expect(hostsMatch(a, b)).toBe(true);
    if (hostCovers(a, b) && hostCovers(b, c)) expect(hostCovers(a, c)).toBe(true);
    expect(Math.sign(compareHosts(a, b)) + Math.sign(compareHosts(b, a))).toBe(0);
  }));
});

test.each([
  [{ port: 80, name: 'http-web' }, 'HTTP'], [{ port: 80, name: 'grpc-web-x' }, 'GRPC-Web'], [{ port: 80, name: 'httpx' }, 'auto'], [{ port: 3306, name: 'db' }, 'TCP'], [{ port: 53, name: 'dns', protocol: 'UDP' }, 'UDP'],
  [{ port: 80, name: 'tcp', appProtocol: 'kubernetes.io/h2c' }, 'HTTP2'], [{ port: 443, name: 'HTTPS' }, 'HTTPS'], [{ port: 1, name: 'http', appProtocol: 'unheard' }, 'auto'],
])('protocol of %j is %s', (port, protocol) => {
  expect(portProtocol(port)).toBe(protocol);
});

test('selectors, visibility, identities', () => {
  expect([selects({ a: '1' }, { a: '1', b: '2' }), selects({ a: '1' }, {}), selects({}, undefined), selects(undefined, {})]).toEqual([true, false, true, true]);
  expect([isVisible([], 'a', 'b'), isVisible(['.'], 'a', 'b'), isVisible(['.'], 'a', 'a'), isVisible(['~'], 'a', 'a'), isVisible(['b'], 'a', 'b')]).toEqual([true, false, true, false, true]);
  expect(parseSpiffeId('spiffe://td/ns/a/sa/b')).toEqual({ trustDomain: 'td', namespace: 'a', serviceAccount: 'b' });
  expect(parseSpiffeId('spiffe://td/ns/a/sa/b/c')).toBeUndefined();
  expect(spiffeIdText({ trustDomain: 'a@b', namespace: 'n', serviceAccount: 's' })).toBe('spiffe://a.b/ns/n/sa/s');
});
