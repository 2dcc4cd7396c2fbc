import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fieldText, indexSnapshot } from '#shared/mesh';
import type { KubeObject } from '#shared/mesh';
import { bookinfo } from '#shared/fixtures';
import { analyze, CATALOG } from './index.ts';
import type { Finding } from './index.ts';

const object = (apiVersion: string, kind: string, name: string, spec: unknown, metadata: object = {}): KubeObject => ({ apiVersion, kind, metadata: { name, namespace: 'default', ...metadata }, spec });
const net = (kind: string, name: string, spec: unknown, metadata: object = {}): KubeObject => object('networking.istio.io/v1', kind, name, spec, metadata);
const sec = (kind: string, name: string, spec: unknown, metadata: object = {}): KubeObject => object('security.istio.io/v1', kind, name, spec, metadata);
const route = (name: string, http: unknown, more: object = {}): KubeObject => net('VirtualService', name, { hosts: [name], http, ...more });
const to = (host: string, subset?: string, more: object = {}): unknown => ({ destination: { host, ...(subset === undefined ? {} : { subset }), ...more } });
const service = (name: string, ports: unknown, metadata: object = {}, spec: object = {}): KubeObject => object('v1', 'Service', name, { selector: { app: name }, ports, ...spec }, metadata);
const podOf = (name: string, labels: object, spec: object = {}, metadata: object = {}): KubeObject => object('v1', 'Pod', name, { containers: [{ name: 'app' }, { name: 'istio-proxy' }], ...spec }, { labels, ...metadata });

/** The gateway's pods listen on 8080; its Service leads there from 80. */
const gatewayService = service('istio-ingressgateway', [{ name: 'http2', port: 80, targetPort: 8080 }], { namespace: 'istio-system' }, { selector: { istio: 'ingressgateway' } });
const base: readonly KubeObject[] = [...Object.values(bookinfo()).flat().filter((one) => one.kind !== 'Service' || one.metadata.name !== 'istio-ingressgateway'), gatewayService];
const said = (extra: readonly KubeObject[]): readonly Finding[] => {
  const before = new Set(analyze(base).map((finding) => JSON.stringify(finding)));
  return analyze([...base, ...extra]).filter((finding) => !before.has(JSON.stringify(finding)));
};
const brief = (findings: readonly Finding[]): readonly string[] => findings.map((finding) => `${finding.code} ${finding.object.kind} ${finding.object.name} ${fieldText(finding.path)}`);

test('bookinfo as it is delivered has nothing wrong', () => {
  expect(analyze(base).filter((finding) => finding.level !== 'info')).toEqual([]);
  expect(brief(analyze(base))).toEqual(['IST0102 Namespace legacy metadata.labels']);
});

test.each<readonly [string, readonly KubeObject[], readonly string[]]>([
  ['an unknown host', [route('reviews', [{ route: [to('reveiws')] }])], ['IST0101 VirtualService reviews spec.http[0].route[0].destination.host']],
  ['an unknown mirror', [route('reviews', [{ route: [to('reviews')], mirrors: [to('nobody')] }])], ['IST0101 VirtualService reviews spec.http[0].mirrors[0].destination.host']],
  ['a port the service has not', [route('reviews', [{ route: [to('reviews', undefined, { port: { number: 9081 } })] }])], ['IST0101 VirtualService reviews spec.http[0].route[0].destination.port.number']],
  ['an unknown subset', [route('reviews', [{ route: [to('reviews', 'v4')] }])], ['IST0101 VirtualService reviews spec.http[0].route[0].destination.subset']],
  ['a subset of a host without rules', [route('ratings', [{ route: [to('ratings', 'v1')] }])], ['IST0101 VirtualService ratings spec.http[0].route[0].destination.subset']],
  ['an unknown gateway', [route('reviews', [{ route: [to('reviews')] }], { gateways: ['nowhere'] })], ['IST0101 VirtualService reviews spec.gateways[0]']],
  ['a gateway that does not take the host', [net('Gateway', 'shop', { selector: { istio: 'ingressgateway' }, servers: [{ port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts: ['shop.example.com'] }] }), route('reviews', [{ route: [to('reviews')] }], { gateways: ['shop'] })], ['IST0132 VirtualService reviews spec.gateways[0]']],
  ['a port that must be named', [service('many', [{ name: 'http', port: 80 }, { name: 'http-b', port: 81 }]), podOf('many', { app: 'many' }), route('many', [{ route: [to('many')] }])], ['IST0112 VirtualService many spec.http[0].route[0].destination.port']],
  ['two rules for one host', [route('reviews', [{ route: [to('reviews')] }]), net('VirtualService', 'other', { hosts: ['reviews.default.svc.cluster.local'], http: [{ route: [to('reviews')] }] })], ['IST0109 VirtualService other spec.hosts[0]', 'IST0109 VirtualService reviews spec.hosts[0]']],
  ['a rule nobody reaches', [route('reviews', [{ route: [to('reviews')] }, { match: [{ uri: { prefix: '/a' } }], route: [to('reviews')] }])], ['IST0130 VirtualService reviews spec.http[1]']],
  ['a match used before', [route('reviews', [{ match: [{ uri: { prefix: '/a' } }], route: [to('reviews')] }, { match: [{ uri: { prefix: '/a/b' } }], route: [to('ratings')] }])], ['IST0131 VirtualService reviews spec.http[1].match[0]']],
  ['a lone weight', [route('reviews', [{ route: [{ destination: { host: 'reviews' }, weight: 50 }] }])], ['KIA1104 VirtualService reviews spec.http[0].route[0].weight']],
  ['a destination twice', [route('reviews', [{ route: [{ destination: { host: 'reviews' }, weight: 50 }, { destination: { host: 'reviews.default.svc.cluster.local' }, weight: 50 }] }])], ['KIA1105 VirtualService reviews spec.http[0].route[1].destination']],
  ['a DestinationRule for nobody', [net('DestinationRule', 'x', { host: 'nobody' })], ['IST0174 DestinationRule x spec.host']],
  ['a subset no pod belongs to', [net('DestinationRule', 'x', { host: 'ratings', subsets: [{ name: 'v9', labels: { version: 'v9' } }] })], ['IST0173 DestinationRule x spec.subsets[0].labels']],
  ['a subset without labels', [net('DestinationRule', 'x', { host: 'ratings', subsets: [{ name: 'all' }] })], ['KIA0209 DestinationRule x spec.subsets[0]']],
  ['a subset settled before', [net('DestinationRule', 'z', { host: 'reviews', subsets: [{ name: 'v1', labels: { version: 'v1' } }] }, { creationTimestamp: '2026-02-01T00:00:00Z' })], ['KIA0201 DestinationRule z spec.subsets[0]']],
  ['TLS that checks nobody', [net('DestinationRule', 'x', { host: 'ratings', trafficPolicy: { tls: { mode: 'SIMPLE' }, portLevelSettings: [{ port: { number: 9080 }, tls: { mode: 'SIMPLE' } }] } })], ['IST0128 DestinationRule x spec.trafficPolicy.tls', 'IST0129 DestinationRule x spec.trafficPolicy.portLevelSettings[0].tls']],
  ['plain text against STRICT', [sec('PeerAuthentication', 'default', { mtls: { mode: 'STRICT' } }), net('DestinationRule', 'x', { host: 'ratings', trafficPolicy: { tls: { mode: 'DISABLE' } } })], ['KIA0207 DestinationRule x spec.trafficPolicy.tls.mode']],
  ['plain text against a STRICT mesh', [sec('PeerAuthentication', 'default', { mtls: { mode: 'STRICT' } }, { namespace: 'istio-system' }), net('DestinationRule', 'x', { host: 'ratings', trafficPolicy: { tls: { mode: 'DISABLE' } } })], ['KIA0208 DestinationRule x spec.trafficPolicy.tls.mode']],
  ['mutual TLS against DISABLE', [sec('PeerAuthentication', 'default', { mtls: { mode: 'DISABLE' } }), net('DestinationRule', 'x', { host: 'ratings', trafficPolicy: { tls: { mode: 'ISTIO_MUTUAL' } } })], ['KIA0505 DestinationRule x spec.trafficPolicy.tls.mode']],
  ['two PeerAuthentications for all', [sec('PeerAuthentication', 'a', { mtls: { mode: 'STRICT' } }), sec('PeerAuthentication', 'b', {})], ['KIA0002 PeerAuthentication a spec', 'KIA0002 PeerAuthentication b spec']],
  ['two PeerAuthentications for one pod', [sec('PeerAuthentication', 'a', { selector: { matchLabels: { app: 'details' } } }), sec('PeerAuthentication', 'b', { selector: { matchLabels: { version: 'v1', app: 'details' } } })], ['KIA0003 PeerAuthentication a spec.selector', 'KIA0003 PeerAuthentication b spec.selector']],
  ['a PeerAuthentication for nobody', [sec('PeerAuthentication', 'a', { selector: { matchLabels: { app: 'gone' } }, mtls: { mode: 'STRICT' } })], ['KIA0004 PeerAuthentication a spec.selector']],
  ['a Gateway no pod serves', [net('Gateway', 'g', { selector: { istio: 'egress' }, servers: [{ port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts: ['*'] }] })], ['IST0101 Gateway g spec.selector']],
  ['a Gateway port without Service', [net('Gateway', 'g', { selector: { istio: 'ingressgateway' }, servers: [{ port: { number: 9999, name: 'http', protocol: 'HTTP' }, hosts: ['a.example.com'] }] })], ['IST0162 Gateway g spec.servers[0].port.number']],
  ['a Secret that is not there', [net('Gateway', 'g', { selector: { istio: 'ingressgateway' }, servers: [{ port: { number: 80, name: 'https', protocol: 'HTTPS' }, hosts: ['a.example.com'], tls: { mode: 'SIMPLE', credentialName: 'c' } }] })], ['IST0101 Gateway g spec.servers[0].tls.credentialName']],
  ['an export to nowhere', [route('reviews', [{ route: [to('reviews')] }], { exportTo: ['gone'] })], ['KIA0005 VirtualService reviews spec.exportTo[0]']],
  ['a Sidecar for nobody', [net('Sidecar', 's', { workloadSelector: { labels: { app: 'gone' } }, egress: [{ hosts: ['./ratings.default.svc.cluster.local', './nobody.default.svc.cluster.local'] }] })], ['IST0101 Sidecar s spec.workloadSelector', 'KIA1004 Sidecar s spec.egress[0].hosts[1]']],
  ['a policy for nobody', [sec('AuthorizationPolicy', 'p', { selector: { matchLabels: { app: 'gone' } }, rules: [{}] })], ['IST0127 AuthorizationPolicy p spec.selector']],
  ['callers that cannot be', [sec('AuthorizationPolicy', 'p', { rules: [{ from: [{ source: { namespaces: ['gone', 'leg*'], principals: ['cluster.local/ns/default/sa/nobody'] } }], to: [{ operation: { methods: ['get', 'POST'], hosts: ['nobody'] } }] }] })],
    ['IST0101 AuthorizationPolicy p spec.rules[0].from[0].source.namespaces[0]', 'KIA0104 AuthorizationPolicy p spec.rules[0].to[0].operation.hosts[0]', 'KIA0106 AuthorizationPolicy p spec.rules[0].from[0].source.principals[0]', 'KIA0102 AuthorizationPolicy p spec.rules[0].to[0].operation.methods[0]']],
  ['identities without mutual TLS', [sec('PeerAuthentication', 'off', { mtls: { mode: 'DISABLE' } }), sec('AuthorizationPolicy', 'p', { rules: [{ from: [{ source: { namespaces: ['legacy'] } }] }] })], ['KIA0105 AuthorizationPolicy p spec.rules[0].from[0].source.namespaces']],
  ['claims nobody checks', [net('VirtualService', 'r', { hosts: ['*'], gateways: ['bookinfo-gateway'], http: [{ match: [{ headers: { '@request.auth.claims.group': { exact: 'a' } } }], route: [to('reviews')] }] })], ['IST0149 VirtualService r spec.http[0].match[0].headers.@request.auth.claims.group']],
  ['a pod without its proxy', [podOf('bare', { app: 'bare' }, { containers: [{ name: 'app' }] })], ['IST0103 Pod bare ']],
  ['an app with the proxy\'s user id', [podOf('u', { app: 'u' }, { securityContext: { runAsUser: 1337 } })], ['IST0144 Pod u spec.securityContext.runAsUser']],
  ['a port without protocol', [service('odd', [{ name: 'web', port: 80 }]), podOf('odd', { app: 'odd' })], ['IST0118 Service odd spec.ports[0].name']],
  ['a target port nobody declares', [service('odd', [{ name: 'http', port: 80, targetPort: 'web' }]), podOf('odd', { app: 'odd' }, { containers: [{ name: 'app', ports: [{ containerPort: 8080, name: 'http' }] }, { name: 'istio-proxy' }] })], ['KIA0701 Service odd spec.ports[0].targetPort']],
  ['Services that disagree', [service('reviews-2', [{ name: 'http', port: 8080, targetPort: 9080 }], {}, { selector: { app: 'reviews' } })], ['IST0137 Deployment reviews-v1 metadata.name', 'IST0137 Deployment reviews-v2 metadata.name', 'IST0137 Deployment reviews-v3 metadata.name']],
  ['annotations nobody reads', [service('noted', [{ name: 'http', port: 80 }], { annotations: { 'networking.istio.io/exportThree': 'x', 'sidecar.istio.io/proxyCPU': '1' } }), podOf('noted', { app: 'noted' })], ['IST0107 Service noted metadata.annotations.sidecar.istio.io/proxyCPU', 'IST0108 Service noted metadata.annotations.networking.istio.io/exportThree']],
  ['an EnvoyFilter by order', [object('networking.istio.io/v1alpha3', 'EnvoyFilter', 'e', { configPatches: [{ applyTo: 'HTTP_FILTER', patch: { operation: 'INSERT_BEFORE', value: { name: 'x', typed_config: {} } } }] })], ['IST0133 EnvoyFilter e spec', 'IST0151 EnvoyFilter e spec.configPatches[0]']],
  ['ServiceEntries that disagree', ['HTTP', 'TLS'].map((protocol) => net('ServiceEntry', protocol.toLowerCase(), { hosts: ['api.example.com'], resolution: 'DNS', ports: [{ number: 443, name: 'p', protocol }] })), ['IST0177 ServiceEntry http spec.ports[0].protocol', 'IST0177 ServiceEntry tls spec.ports[0].protocol']],
  ['what Istio refuses', [route('reviews', [{ route: [{ destination: { host: 'reviews' }, weight: -1 }] }])], ['IST0106 VirtualService reviews spec.http[0].route[0].weight', 'KIA1104 VirtualService reviews spec.http[0].route[0].weight']],
  ['a wrong type', [route('reviews', 'x')], ['IST0106 VirtualService reviews spec.http']],
])('%s is found at its field', (_name, extra, expected) => {
  expect(brief(said(extra))).toEqual(expected);
});

test('a PeerAuthentication with a selector in the root namespace acts on nothing', () => {
  const reviews = { selector: { matchLabels: { app: 'reviews' } }, mtls: { mode: 'STRICT' } };
  const idle = sec('PeerAuthentication', 'idle', reviews, { namespace: 'istio-system' });
  const [finding, ...more] = said([idle, sec('PeerAuthentication', 'own', reviews)]);
  expect([finding?.code, finding?.object.name, finding?.message, more]).toEqual(['KIA0004', 'idle', 'In istio-system, the root namespace, only a PeerAuthentication without a selector counts, for the whole mesh. With the selector app=reviews this acts on nothing.', []]);
  // One that would choose a pod of the root namespace itself is no exception to the mode of the mesh either.
  const strict = sec('PeerAuthentication', 'default', { mtls: { mode: 'STRICT' } }, { namespace: 'istio-system' });
  const gateway = sec('PeerAuthentication', 'idle', { selector: { matchLabels: { istio: 'ingressgateway' } }, mtls: { mode: 'DISABLE' } }, { namespace: 'istio-system' });
  const plain = net('DestinationRule', 'x', { host: 'istio-ingressgateway.istio-system.svc.cluster.local', trafficPolicy: { tls: { mode: 'DISABLE' } } });
  expect(brief(said([strict, gateway, plain]))).toEqual(['KIA0207 DestinationRule x spec.trafficPolicy.tls.mode', 'KIA0004 PeerAuthentication idle spec.selector']);
});

test('a Sidecar of the root namespace chooses among its own pods only', () => {
  const chosen = { workloadSelector: { labels: { app: 'reviews' } }, egress: [{ hosts: ['./*'] }] };
  expect(brief(said([net('Sidecar', 'root', chosen, { namespace: 'istio-system' }), net('Sidecar', 'own', chosen)]))).toEqual(['IST0101 Sidecar root spec.workloadSelector', 'KIA1006 Sidecar root spec.workloadSelector']);
});

test('only the oldest PeerAuthentication of a namespace sets its mode, also when it sets none', () => {
  const both = [sec('PeerAuthentication', 'a', {}), sec('PeerAuthentication', 'a-b', { mtls: { mode: 'STRICT' } })];
  const plain = net('DestinationRule', 'x', { host: 'ratings', trafficPolicy: { tls: { mode: 'DISABLE' } } });
  expect(brief(said([...both, plain]))).toEqual(['KIA0002 PeerAuthentication a spec', 'KIA0002 PeerAuthentication a-b spec']);
});

test('of the rules for one host the winner is the one the compiler takes, and the reason is said', () => {
  const host = 'reviews.default.svc.cluster.local';
  const rule = (name: string, year: number, exportTo: readonly string[], more: { readonly namespace?: string; readonly host?: string } = {}): KubeObject =>
    net('VirtualService', name, { hosts: [more.host ?? host], exportTo, http: [{ route: [to(host)] }] }, { creationTimestamp: `${year}-01-01T00:00:00Z`, namespace: more.namespace ?? 'default' });
  const sentences = (...rules: readonly KubeObject[]): Readonly<Record<string, string>> =>
    Object.fromEntries(said(rules).filter((finding) => finding.code === 'IST0109').map((finding) => [finding.object.name, finding.message.replace(/^.*? also claimed by [^ ]+(?: and [^ ]+)?\. /, '')]));
  expect(sentences(rule('public', 2020, ['*']), rule('young', 2025, ['.']))).toEqual({
    young: 'For sidecars of default only this one acts, as it is private to default.', public: 'For sidecars of default only default/young acts, as it is private to default.',
  });
  expect(sentences(rule('public', 2020, []), rule('exported', 2024, ['default'], { namespace: 'legacy' }), rule('private', 2025, ['.']))).toEqual({
    private: 'For sidecars of default only this one acts, as it is private to default.', exported: 'For sidecars of default only default/private acts, as it is private to default.', public: 'For sidecars of default only default/private acts, as it is private to default.',
  });
  expect(sentences(rule('public', 2020, []), rule('exported', 2024, ['default'], { namespace: 'legacy' })).public).toBe('For sidecars of default only legacy/exported acts, as it is exported to default by name.');
  // Age counts within a rank, the name where the age is the same: "b" before "b-2".
  expect(sentences(rule('b', 2024, []), rule('a', 2025, []))).toEqual({ b: 'For sidecars only this one acts, as it is the oldest.', a: 'For sidecars only default/b acts, as it is the oldest.' });
  expect(sentences(rule('b-2', 2024, []), rule('b', 2024, []))).toEqual({ b: 'For sidecars only this one acts, as it comes first by name.', 'b-2': 'For sidecars only default/b acts, as it comes first by name.' });
  // Who wins in one namespace and loses in another is told where it loses.
  expect(sentences(rule('public', 2020, []), rule('public-2', 2021, []), rule('private', 2025, ['.'], { namespace: 'legacy' })).public).toBe('For sidecars of legacy only legacy/private acts, as it is private to legacy.');
  // Where hosts overlap, the exact one wins whatever the rank.
  expect(sentences(rule('wide', 2020, ['.'], { host: '*.default.svc.cluster.local' }), rule('exact', 2025, []))).toEqual({
    exact: `For sidecars of default this one acts on ${host}: the host named more exactly comes first.`, wide: `For sidecars of default default/exact acts on ${host}: the host named more exactly comes first.`,
  });
  expect(sentences(rule('nobody', 2020, ['~']), rule('nobody-2', 2021, ['~']))).toEqual({});
});

test('a misspelt name comes with the right one as an edit', () => {
  const [finding] = said([route('reviews', [{ route: [to('reveiws')] }])]);
  expect(finding?.message).toBe('The host reveiws is not a Service or ServiceEntry that default can see. Requests for it are answered with 503.');
  expect(finding?.fix?.edits).toEqual([{ object: finding?.object, path: ['spec', 'http', 0, 'route', 0, 'destination', 'host'], value: 'reviews' }]);
});

test('an object says what it does not want to hear', () => {
  const rule = (codes: string): KubeObject => net('VirtualService', 'reviews', { hosts: ['reviews'], http: [{ route: [to('nobody', 'v1')] }] }, { annotations: { 'galley.istio.io/analyze-suppress': codes } });
  expect(said([rule('IST0101')])).toEqual([]);
  expect(said([rule('*')])).toEqual([]);
  expect(said([rule('IST0102')])).toHaveLength(2);
});

test('what could not be read is not missing', () => {
  const gateway = net('Gateway', 'g', { selector: { istio: 'ingressgateway' }, servers: [{ port: { number: 80, name: 'https', protocol: 'HTTPS' }, hosts: ['a.example.com'], tls: { mode: 'SIMPLE', credentialName: 'c' } }] });
  const withoutSecrets = analyze([...base, gateway], { missing: ['Secret'] });
  expect(withoutSecrets.filter((finding) => finding.object.name === 'g')).toEqual([]);
  expect(brief(analyze([route('a', [{ route: [to('b')] }])], { missing: ['Service'] }))).toEqual([]);
});

test('a snapshot gives the same findings about the mesh', () => {
  const extra = [route('reviews', [{ route: [to('reviews', 'v4'), to('nobody')] }]), sec('PeerAuthentication', 'a', { selector: { matchLabels: { app: 'gone' } } })];
  const codes = (findings: readonly Finding[]): readonly string[] => brief(findings.filter((finding) => finding.level === 'error' || finding.code === 'KIA0004'));
  expect(codes(analyze(indexSnapshot([...base, ...extra])))).toEqual(codes(analyze([...base, ...extra])));
});

test('every finding has a code of the catalogue, a sentence and an object; no object breaks a rule', () => {
  const kinds = fc.constantFrom('VirtualService', 'DestinationRule', 'Gateway', 'ServiceEntry', 'Sidecar', 'EnvoyFilter', 'AuthorizationPolicy', 'PeerAuthentication', 'Pod', 'Service', 'Deployment');
  const groupOf = (kind: string): string => (kind.endsWith('Policy') || kind.endsWith('Authentication') ? 'security.istio.io/v1' : ['Pod', 'Service'].includes(kind) ? 'v1' : kind === 'Deployment' ? 'apps/v1' : 'networking.istio.io/v1');
  fc.assert(fc.property(fc.array(fc.tuple(kinds, fc.jsonValue({ maxDepth: 4 })), { maxLength: 4 }), (specs) => {
    const findings = analyze([...base, ...specs.map(([kind, spec], i) => object(groupOf(kind), kind, `o${i}`, spec))]);
    for (const finding of findings) {
      expect(Object.hasOwn(CATALOG, finding.code)).toBe(true);
      expect(finding.message).toMatch(/\S/);
    }
  }), { numRuns: 100 });
});
