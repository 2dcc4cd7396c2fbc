import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CUSTOM_KINDS, validateIstio } from '../index.ts';
import type { KubeObject } from '../index.ts';

const GROUPS: ReadonlyMap<string, string> = new Map(CUSTOM_KINDS.filter((kind) => kind.group.endsWith('.istio.io')).map((kind) => [kind.kind, `${kind.group}/${kind.version}`]));
const object = (kind: string, spec: unknown, annotations: { readonly [key: string]: string } = {}): KubeObject => ({ apiVersion: GROUPS.get(kind) ?? '', kind, metadata: { name: 'obj', namespace: 'shop', annotations }, spec });
const errorsOf = (kind: string, spec: unknown): readonly string[] => validateIstio(object(kind, spec)).errors;
const to = (host: string, weight?: number): unknown => ({ destination: { host }, ...(weight === undefined ? {} : { weight }) });
const http = (rule: object): unknown => ({ hosts: ['web'], http: [{ route: [to('web')], ...rule }] });

test.each<readonly [string, unknown, string]>([
  ['VirtualService', { hosts: ['web'] }, 'http, tcp or tls must be provided in virtual service'],
  ['VirtualService', { hosts: ['*'], http: [{ route: [to('web')] }] }, 'wildcard host * is not allowed for virtual services bound to the mesh gateway'],
  ['VirtualService', { hosts: ['*.a.com', 'x.a.com'], http: [{ route: [to('web')] }] }, 'duplicate hosts in virtual service: *.a.com & x.a.com'],
  ['VirtualService', http({ route: [to('a', -1), to('b', 2)] }), 'weight -1 < 0'],
  ['VirtualService', http({ route: [to('a', 0), to('b', 0)] }), 'total destination weight = 0'],
  ['VirtualService', http({ route: [to('a b')] }), 'domain name "a b" invalid (label "a b" invalid)'],
  ['VirtualService', http({ timeout: 'soon' }), 'cannot parse proto message: bad Duration: time: invalid duration "soon"'],
  ['VirtualService', http({ timeout: '1.5ms' }), 'only durations to ms precision are supported'],
  ['VirtualService', http({ retries: { attempts: 0, retryOn: '5xx' } }), 'http retry policy configured when attempts are set to 0 (disabled)'],
  ['VirtualService', http({ redirect: { uri: '/x' } }), 'HTTP route cannot contain both route and redirect'],
  ['VirtualService', http({ headers: { response: { set: { host: 'x' } } } }), 'invalid header "host": cannot set Host header'],
  ['VirtualService', http({ headers: { request: { set: { 'x-a': '100%' } } } }), 'header value configuration: invalid header configuration. Un-escaped %'],
  ['VirtualService', http({ rewrite: { authority: 'a' }, headers: { request: { set: { Host: 'b' } } } }), 'authority header cannot be set multiple times: have "a", attempting to set "b"'],
  ['VirtualService', http({ mirror: { host: 'm' }, mirrors: [to('n')] }), 'HTTP route cannot contain both mirror and mirrors'],
  ['VirtualService', http({ fault: { delay: { exponentialDelay: '1s' } } }), 'exponentialDelay not supported yet'],
  ['VirtualService', http({ match: [{ sourceNamespace: 'A_b' }] }), 'sourceNamespace match A_b is invalid'],
  ['DestinationRule', { host: 'web', subsets: [{ name: 'v1' }, { name: 'v1' }] }, 'duplicate subset names: v1'],
  ['DestinationRule', { host: 'web', trafficPolicy: {} }, 'traffic policy must have at least one field'],
  ['DestinationRule', { host: 'web', trafficPolicy: { portLevelSettings: [{ port: { number: 80 } }] } }, 'port traffic policy must have at least one field'],
  ['DestinationRule', { host: 'web', trafficPolicy: { loadBalancer: { localityLbSetting: { distribute: [{ from: 'a/b', to: { 'a/b': 60, 'a/b/c': 40 } }] } } } }, 'locality a/b/c overlap with previous specified ones'],
  ['DestinationRule', { host: 'web', exportTo: ['*'], workloadSelector: { matchLabels: { a: 'b' } } }, 'destination rule with workload selector cannot have exportTo beyond current namespace'],
  ['DestinationRule', { host: 'web', trafficPolicy: { connectionPool: { http: { http2KeepAlive: { interval: '1s' } } } } }, 'http2 keepalive timeout is required'],
  ['Gateway', { servers: [{ port: { number: 80, name: 'a', protocol: 'FOO' }, hosts: ['*'] }] }, 'invalid protocol "FOO", supported protocols are HTTP, HTTP2, GRPC, GRPC-WEB, MONGO, REDIS, MYSQL, TCP'],
  ['Gateway', { servers: [{ port: { number: 80, name: 'a', protocol: 'HTTP' }, hosts: ['web'] }] }, 'short names (non FQDN) are not allowed'],
  ['Gateway', { servers: [{ port: { number: 443, name: 'a', protocol: 'HTTPS' }, hosts: ['*'], tls: { mode: 'MUTUAL', serverCertificate: '/c', privateKey: '/k' } }] }, 'MUTUAL TLS requires a client CA bundle'],
  ['PeerAuthentication', { selector: { matchLabels: { a: 'b' } }, portLevelMtls: { 70000: { mode: 'STRICT' } } }, 'port must be in range 1..65535'],
  ['PeerAuthentication', { mtls: { mode: 'MAYBE' } }, 'cannot parse proto message: unknown value "\\"MAYBE\\"" for enum mtls.mode'],
  ['ServiceEntry', { hosts: ['a.com', 'b.com'], ports: [{ number: 1, name: 'x', protocol: 'TCP' }], resolution: 'STATIC' }, 'multiple hosts provided with non-HTTP, non-TLS ports'],
  ['Sidecar', {}, 'sidecar: empty configuration provided'],
  ['AuthorizationPolicy', { action: 'DENY' }, 'invalid policy obj.shop: DENY action without `rules` is meaningless as it will never be triggered, add an empty rule `{}` if you want it be triggered for every request'],
  ['AuthorizationPolicy', { rules: [{ to: [{ operation: { paths: ['/{**}/a/{*}'] } }] }] }, 'invalid policy obj.shop: invalid or unsupported path {**}/a/{*}, found in Paths. {**} is not the last operator'],
])('%s %j: refused', (kind, spec, message) => {
  expect(errorsOf(kind, spec)).toEqual([message]);
});

test.each<readonly [string, unknown]>([
  ['VirtualService', http({ route: [to('reviews', 90), to('reviews', 20)], retries: { attempts: 3, retryOn: 'gateway-error,503' }, timeout: '3s', fault: { abort: { httpStatus: 500, percentage: { value: 50 } } } })],
  ['VirtualService', { hosts: ['*'], gateways: ['bookinfo-gateway', 'istio-system/other'], http: [{ match: [{ uri: { prefix: '' } }], route: [to('productpage')] }] }],
  ['VirtualService', { http: [{ route: [to('web')] }] }],
  ['VirtualService', http({ headers: { request: { set: { 'x-up': 'a %REQ(:path)% 100%%' } } } })],
  ['DestinationRule', { host: 'reviews', subsets: [{ name: 'v1', labels: { version: 'v1' } }], trafficPolicy: { tls: { mode: 'ISTIO_MUTUAL' } } }],
  ['Gateway', { selector: { istio: 'ingressgateway' }, servers: [{ port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts: ['./a.example.com'], tls: { httpsRedirect: true } }] }],
  ['PeerAuthentication', { mtls: { mode: 'STRICT' } }],
])('%s %j: accepted', (kind, spec) => {
  expect(errorsOf(kind, spec)).toEqual([]);
});

test('a warning names the match that can never be reached, and where it is', () => {
  const verdict = validateIstio(object('VirtualService', { hosts: ['web'], http: [{ match: [{ uri: { prefix: '/a' } }], route: [to('x')] }, { name: 'deep', match: [{ uri: { prefix: '/a/b' } }], route: [to('y')] }, { route: [to('z')] }, { route: [to('z')] }] }));
  expect(verdict.errors).toEqual([]);
  expect(verdict.issues.map((issue) => [issue.path.join('.'), issue.message])).toEqual([
    ['spec.http.3', 'virtualService rule #3 not used (only the last rule can have no matches)'],
    ['spec.http.1.match.0', 'virtualService rule "deep" match #0 of prefix /a/b is not used (duplicate/overlapping match in rule #0 of prefix /a on #0)'],
  ]);
});

test('annotations nobody may set are refused, whatever the spec', () => {
  expect(validateIstio(object('Gateway', {}, { 'internal.istio.io/parents': 'x' })).errors).toEqual(['"internal.istio.io/parents" annotation found, this may not be set by users']);
  expect(validateIstio(object('PeerAuthentication', {}, { 'istio.io/dry-run': 'true' })).errors).toEqual(['shop/obj has unsupported annotation istio.io/dry-run, please remove the annotation']);
});

test('objects of other kinds are none of its business', () => {
  expect(validateIstio({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' }, spec: 5 })).toEqual({ errors: [], warnings: [], issues: [] });
  expect(validateIstio({ apiVersion: 'gateway.networking.k8s.io/v1', kind: 'Gateway', metadata: { name: 'a' } }).errors).toEqual([]);
});

test('no spec breaks it', () => {
  const kinds = [...GROUPS.keys()];
  fc.assert(fc.property(fc.constantFrom(...kinds), fc.jsonValue({ maxDepth: 6 }), (kind, spec) => {
    const verdict = validateIstio(object(kind, spec));
    expect(verdict.issues).toHaveLength(verdict.errors.length + verdict.warnings.length);
  }), { numRuns: 500 });
});
