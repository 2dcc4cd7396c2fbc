import type { Reply, RouteId } from '#shared/api';

type Row = Extract<Reply<'services'>, { state: 'value' }>['value'][number];
type Workload = Extract<Reply<'workloads'>, { state: 'value' }>['value'][number];
type Change = Extract<Reply<'changes'>, { state: 'value' }>['value'][number];

const wave = (n: number, base: number, by: number): number[] => Array.from({ length: n }, (_, i) => base + by * Math.sin(i * 1.9) * Math.cos(i * 0.7 + base));
const value = <T>(v: T, at: number): { state: 'value'; value: T; at: number } => ({ state: 'value', value: v, at });
const traffic = (rate: number, errorShare: number, p95: number): NonNullable<Row['traffic']> => ({ rate, errorShare, clientErrorShare: 0, p50: p95 / 4, p95, p99: p95 * 2 });
const port = [{ name: 'http', port: 9080, protocol: 'HTTP' }];
const v1 = (workload: string): Row['versions'] => [{ version: 'v1', workload, observed: 1 }];

const rows: readonly Row[] = [
  { namespace: 'default', name: 'ratings', health: { state: 'failing', reason: '503 from the application, since 15:31' }, traffic: traffic(4.1, 0.078, 356), trend: wave(24, 4, 2), mtlsShare: 1, versions: v1('ratings-v1'), ports: port, findings: 0 },
  { namespace: 'default', name: 'reviews', health: { state: 'degraded', reason: 'errors arrive from ratings' }, traffic: traffic(10.2, 0.024, 318), trend: wave(24, 10, 2), mtlsShare: 1, ports: port, findings: 1, versions: [{ version: 'v1', workload: 'reviews-v1', set: 0.6, observed: 0.598 }, { version: 'v2', workload: 'reviews-v2', set: 0.3, observed: 0.304 }, { version: 'v3', workload: 'reviews-v3', set: 0.1, observed: 0.098 }] },
  { namespace: 'default', name: 'productpage', health: { state: 'degraded', reason: 'errors arrive from reviews' }, traffic: traffic(10.2, 0.024, 412), trend: wave(24, 10.4, 2), mtlsShare: 1, versions: v1('productpage-v1'), ports: port, findings: 0 },
  { namespace: 'default', name: 'details', health: { state: 'healthy', reason: 'no errors' }, traffic: traffic(10.2, 0, 19), trend: wave(24, 10.1, 2), mtlsShare: 1, versions: v1('details-v1'), ports: port, findings: 0 },
  { namespace: 'istio-system', name: 'istio-ingressgateway', health: { state: 'healthy', reason: 'passes errors on' }, traffic: traffic(10.2, 0.024, 414), trend: wave(24, 10.7, 2), versions: [], ports: [{ name: 'http2', port: 80, protocol: 'HTTP2' }], findings: 0 },
  { namespace: 'istio-system', name: 'istiod', health: { state: 'idle', reason: '7 / 7 proxies in sync' }, trend: [], versions: [], ports: [{ name: 'grpc-xds', port: 15010, protocol: 'GRPC' }], findings: 0 },
  { namespace: 'default', name: 'httpbin', health: { state: 'idle', reason: 'no requests in 1 min' }, traffic: { rate: 0, errorShare: 0, clientErrorShare: 0 }, trend: [], versions: v1('httpbin-v1'), ports: port, findings: 0 },
];

const change = (at: number, who: string, kind: string, name: string, summary: string, undoable = true): Change => ({ id: `${kind}-${name}-${at}`, at, who, kind, group: kind === 'Deployment' ? 'apps' : 'networking.istio.io', namespace: 'default', name, verb: 'updated', summary, undoable, resourceVersion: '1843' });
export const changesAt = (now: number): Change[] => [
  change(now - 30_000, 'operator', 'VirtualService', 'reviews', 'reviews 90/10/0 → 60/30/10'), change(now - 700_000, 'kubectl', 'PeerAuthentication', 'default', 'PeerAuthentication default → STRICT'),
  change(now - 1_600_000, 'operator', 'Deployment', 'reviews-v3', 'reviews created v3'), change(now - 2_000_000, 'pharos', 'ConfigMap', 'pharos-install', 'profile demo installed', false),
];

const workload = (row: Row, name: string, version: string): Workload => ({ namespace: row.namespace, name, kind: 'Deployment', app: row.name, version, health: row.health, ...(row.traffic === undefined ? {} : { traffic: row.traffic }), trend: row.trend, ...(row.mtlsShare === undefined ? {} : { mtlsShare: row.mtlsShare }), pods: { ready: 1, desired: 1 }, sidecar: row.namespace === 'default' ? 'all' : 'none', findings: row.findings });
export const workloadRows: readonly Workload[] = rows.flatMap((row) => (row.versions.length === 0 ? [workload(row, row.name, '')] : row.versions.map((v) => workload(row, v.workload, v.version))));

export const shiftOf = (name: string): Reply<'shift'> => {
  const row = rows.find((r) => r.name === name) ?? rows[0];
  const versions = row?.versions ?? [];
  const possible = versions.length > 1;
  return {
    namespace: 'default', service: name, host: name, port: 9080, possible, reason: possible ? '' : 'There is only one version, so there is nothing to split.',
    versions: versions.map((v) => ({ subset: v.version, labels: { version: v.version }, workload: v.workload, set: Math.round((v.set ?? v.observed ?? 0) * 100), ...(v.observed === undefined ? {} : { observed: v.observed }), requests: Math.round(612 * (v.observed ?? 0)), errorShare: v.version === 'v2' ? 0.024 : 0, ready: 1 })),
    rule: { index: 1, name: 'default', text: 'all other requests' }, otherRules: possible ? [{ index: 0, name: '', text: 'header end-user = jason → v2' }] : [],
    ...(possible ? { virtualService: { namespace: 'default', name: 'reviews', resourceVersion: '1843' }, destinationRule: { namespace: 'default', name: 'reviews', resourceVersion: '1201' } } : {}),
  };
};

const edges = (peers: readonly (readonly [string, number, number])[], now: number): Reply<'service'>['inbound'] => value(peers.map(([peer, rate, error]) => ({ peer, namespace: 'default', kind: 'service', traffic: traffic(rate, error, 40), mtlsShare: 1, protocol: 'http', health: error > 0.05 ? { state: 'failing' as const, reason: '7.8 % failed' } : { state: 'healthy' as const, reason: 'no errors' } })), now);
const configRow: Extract<Reply<'configList'>, { state: 'value' }>['value'][number] = { group: 'networking.istio.io', version: 'v1', kind: 'VirtualService', plural: 'virtualservices', namespace: 'default', name: 'reviews', createdAt: 1_764_000_000_000, resourceVersion: '1843', findings: [{ level: 'warning', code: 'IST0131', message: 'Rule 2 can never match.', path: 'spec.http[1]' }], actedOn: true, summary: 'reviews: jason → v2, else 60/30/10' };
const YAML = 'apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata:\n  name: reviews\n  namespace: default\nspec:\n  hosts:\n    - reviews\n';

function chartsAt(now: number): Reply<'charts'> {
  const points = (base: number, by: number): [number, number][] => Array.from({ length: 60 }, (_, i): [number, number] => [now - (60 - i) * 15_000, Math.max(0, base + by * Math.sin(i * 1.3) * Math.cos(i / 5))]);
  return value({ step: 15, changes: changesAt(now).slice(0, 2), lines: [{ name: 'requests', unit: 'requests/s', points: points(10, 1) }, { name: 'errors', unit: 'share', points: points(0.02, 0.02) }, { name: 'p50', unit: 'ms', points: points(12, 3) }, { name: 'p95', unit: 'ms', points: points(38, 10) }, { name: 'p99', unit: 'ms', points: points(310, 60) }] }, now);
}

const logLines = (now: number): Reply<'logs'> => value([
  { at: now - 4000, pod: 'reviews-v2-6c9f', container: 'reviews', text: 'INFO listening on 9080' },
  { at: now - 2100, pod: 'reviews-v2-6c9f', container: 'istio-proxy', text: '[2026-11-25T15:31:50.377Z] "GET /reviews/0 HTTP/1.1" 200 - via_upstream', access: { code: 200, flags: '-', details: 'via_upstream', method: 'GET', path: '/reviews/0', authority: 'reviews:9080', requestId: 'b21c0d7e', cluster: 'inbound|9080||', route: 'default', durationMs: 22, remote: '127.32.0.9:50312' } },
  { at: now - 900, pod: 'reviews-v2-6c9f', container: 'istio-proxy', text: '[2026-11-25T15:31:51.402Z] "GET /ratings/0 HTTP/1.1" 503 UF upstream_reset', access: { code: 503, flags: 'UF', details: 'upstream_reset_before_response_started', method: 'GET', path: '/ratings/0', authority: 'ratings:9080', requestId: '9e10aa41', cluster: 'outbound|9080||ratings.default.svc.cluster.local', route: 'default', durationMs: 102, remote: '127.64.0.9:41220' } },
], now);

const proxy = (now: number): Reply<'proxy'> => value({
  pod: 'default/reviews-v2-6c9f', version: '1.29.2', state: 'LIVE',
  listeners: [{ name: '0.0.0.0_9080', address: '0.0.0.0:9080', direction: 'outbound', chains: 1, routes: ['9080'] }, { name: 'virtualInbound', address: '0.0.0.0:15006', direction: 'inbound', chains: 4, routes: ['inbound|9080||'] }],
  routes: [{ config: '9080', host: 'ratings.default.svc.cluster.local:9080', domains: ['ratings', 'ratings.default'], route: 'default', match: 'prefix /', to: 'outbound|9080|v1|ratings.default.svc.cluster.local', object: '/apis/networking.istio.io/v1/namespaces/default/virtual-service/ratings' }],
  clusters: [{ name: 'outbound|9080||ratings.default.svc.cluster.local', type: 'EDS', host: 'ratings.default.svc.cluster.local', port: 9080, subset: '', tls: 'ISTIO_MUTUAL' }],
  endpoints: [{ cluster: 'outbound|9080||ratings.default.svc.cluster.local', address: '127.32.0.12:9080', health: 'HEALTHY', requests: 612, errors: 48 }],
  certificates: [{ name: 'default', subject: 'spiffe://cluster.local/ns/default/sa/bookinfo-reviews', serial: '7c1e94af', from: now - 3_600_000, to: now + 82_800_000 }],
}, now);

/** A trace whose way is drawn on the graph: gateway, productpage, reviews v2, ratings, which fails. */
function traceOf(id: string, now: number): Extract<Reply<'trace'>, { state: 'value' }>['value'] {
  const span = (spanId: string, parentSpanId: string | undefined, service: string, from: number, ms: number, code: string): ReturnType<typeof traceOf>['spans'][number] => ({ traceId: id, spanId, ...(parentSpanId === undefined ? {} : { parentSpanId }), service: `${service}.default`, operation: `${service}.default.svc.cluster.local:9080/*`, kind: 'server', start: (now - 4000 + from) * 1000, duration: ms * 1000, tags: { 'http.status_code': code, ...(code === '503' ? { error: true } : {}) }, processTags: {}, logs: [], warnings: [] });
  return {
    id, truncated: false, hops: [], spans: [span('a1', undefined, 'istio-ingressgateway', 0, 412, '503'), span('a2', 'a1', 'productpage', 4, 405, '503'), span('a3', 'a2', 'reviews', 38, 330, '503'), span('a4', 'a3', 'ratings', 300, 56, '503')],
    nodes: ['wl:istio-system/istio-ingressgateway', 'wl:default/productpage-v1', 'svc:default/reviews', 'wl:default/reviews-v2', 'wl:default/ratings-v1'],
    edges: ['wl:istio-system/istio-ingressgateway>wl:default/productpage-v1:http', 'wl:default/productpage-v1>svc:default/reviews:http', 'svc:default/reviews>wl:default/reviews-v2:http', 'wl:default/reviews-v2>wl:default/ratings-v1:http'],
  };
}

/** Replies of a small bookinfo mesh whose ratings service fails. Routes that are missing answer 404. */
export function bookinfoReplies(now: number): Partial<{ [R in RouteId]: (params: Readonly<Record<string, string>>) => Reply<R> }> {
  const source = { url: 'http://127.0.0.1', state: 'up' as const };
  return {
    meta: () => ({ version: '0.1.0', mesh: 'local', user: 'operator', namespaces: ['default', 'istio-system', 'legacy', 'traffic'], sources: [{ ...source, source: 'kubernetes' }, { ...source, source: 'prometheus' }, { ...source, source: 'jaeger' }], csrfHeader: 'x-pharos-request', loadMaker: true, readOnly: false }),
    overview: () => ({
      window: { from: now - 300_000, to: now }, trend: { from: now - 23 * 12_000, stepMs: 12_000 }, counts: { services: 7, workloads: 8, namespaces: 3 },
      requests: value({ rate: 10.2, p50: 12, p95: 38, p99: 310, trend: wave(24, 10, 1.5) }, now), errors: value({ share: 0.024, count: 74, total: 3061, beginsAt: 'ratings v1', trend: [...Array<number>(16).fill(0), 0.02, 0.08, 0.07, 0.08, 0.09, 0.07, 0.08, 0.08] }, now),
      mtls: value({ share: 1, plaintext: 0, total: 3061, trend: Array<number>(24).fill(1) }, now), config: value({ errors: 0, warnings: 1, first: 'IST0131 in reviews' }, now), services: value([...rows], now), changes: value(changesAt(now), now),
    }),
    services: () => value([...rows], now), workloads: () => value([...workloadRows], now),
    service: ({ name = '' }) => ({ row: rows.find((r) => r.name === name) ?? rows[1] ?? fail(), inbound: edges([['productpage', 10.2, 0.024]], now), outbound: edges([['ratings', 4.1, 0.078]], now), config: [configRow], yaml: YAML, shift: shiftOf(name) }),
    workload: ({ name = '' }) => ({ row: workloadRows.find((r) => r.name === name) ?? workloadRows[0] ?? fail(), pods: [{ name: `${name}-6c9f`, phase: 'Running', ready: '2/2', restarts: 0, ip: '127.32.0.9', node: 'laptop', startedAt: now - 3_000_000, containers: [{ name: 'reviews', ready: true, state: 'running', restarts: 0 }, { name: 'istio-proxy', ready: true, state: 'running', restarts: 0 }] }], services: ['reviews'], inbound: edges([['productpage', 10.2, 0.024]], now), outbound: edges([['ratings', 4.1, 0.078]], now), config: [configRow], yaml: YAML }),
    charts: () => chartsAt(now), logs: () => logLines(now), proxy: () => proxy(now), shift: ({ name = '' }) => shiftOf(name), changes: () => value(changesAt(now), now),
    shiftPlan: () => ({ steps: [{ verb: 'update', kind: 'VirtualService', namespace: 'default', name: 'reviews', text: 'VirtualService default/reviews: v1 60 → 50, v2 30 → 40' }], effect: 'Over the last 5 min this would move 186 of 3 061 requests from v1 to v2. None lose their route. Rule 1 (end-user = jason → v2) is not touched.' }),
    configList: () => value([configRow], now),
    traces: () => value([['15:31:52', 412, 1], ['15:31:20', 318, 1], ['15:30:47', 128, 0], ['15:30:12', 97, 0]].map(([, ms, errors], i) => ({ id: `7c1e${i}94af0000000000000000000000ab`.slice(0, 32), start: now - i * 32_000, durationMs: Number(ms), root: 'istio-ingressgateway', operation: 'GET /productpage', spans: 9, errors: Number(errors), services: [{ name: 'productpage', spans: 3 }, { name: 'reviews', spans: 4 }], code: errors === 1 ? '503' : '200' })), now),
    trace: ({ id = '' }) => value(traceOf(id, now), now),
    mesh: () => ({ controlPlane: value([{ pod: 'istiod-5c8', version: '1.29.2', ready: true, pushes: 41, pushP95Ms: 12, proxies: 7 }], now), proxies: value([], now), sources: [{ ...source, source: 'kubernetes' }], root: value({ subject: 'O=cluster.local', to: now + 3e11 }, now), mtls: [{ namespace: 'default', mode: 'STRICT', plaintextCallers: [] }], loadMaker: { ratePerSecond: 10, state: 'running' } }),
  };
}

function fail(): never {
  throw new Error('the canned mesh has rows');
}
