import type { GraphEdge, GraphModel, GraphNode, Traffic } from '#shared/graph';
import type { Health } from '#shared/health';

const traffic = (rate: number, errorShare = 0, p95: number | undefined = 20): Traffic => ({ rate, errorShare, clientErrorShare: 0, p50: undefined, p95, p99: undefined });
const healthy: Health = { state: 'healthy', reason: 'no errors' };
const idle: Health = { state: 'idle', reason: 'no requests' };

type Seed = { readonly key: string; readonly rate: number; readonly error?: number; readonly health?: Health; readonly version?: string; readonly badges?: readonly string[]; readonly p95?: number; readonly sidecar?: GraphNode['sidecar'] };
function node({ key, rate, error = 0, health = healthy, version, badges = [], p95 = 20, sidecar = 'all' }: Seed): GraphNode {
  const [prefix = '', path = ''] = key.split(':');
  const [namespace = '', name = ''] = path.split('/');
  const service = prefix === 'svc';
  const gateway = name === 'istio-ingressgateway';
  const app = version === undefined ? name : name.replace(`-${version}`, '');
  return {
    key, kind: prefix === 'unknown' ? 'unknown' : service ? 'service' : gateway ? 'gateway' : 'workload', namespace: prefix === 'unknown' ? '' : namespace, name: prefix === 'unknown' ? 'unknown' : name, app: prefix === 'unknown' ? 'unknown' : app, version,
    workload: prefix === 'wl' ? name : undefined, service: prefix === 'unknown' ? undefined : app, health: rate === 0 ? idle : health, inbound: traffic(rate, error, rate === 0 ? undefined : p95), outbound: traffic(0), sidecar, idle: rate === 0, badges,
  };
}
type EdgeSeed = { readonly from: string; readonly to: string; readonly rate: number; readonly error?: number; readonly health?: Health; readonly split?: GraphEdge['split']; readonly mtls?: number | undefined; readonly codes?: GraphEdge['responses'] };
const edge = ({ from, to, rate, error = 0, health = healthy, split, mtls = 1, codes }: EdgeSeed): GraphEdge => ({
  key: `${from}>${to}:http`, source: from, target: to, protocol: 'http', traffic: traffic(rate, error), health, mtlsShare: mtls,
  principals: { source: `spiffe://cluster.local/ns/default/sa/bookinfo-${from.split('/')[1]?.replace(/-v\d$/, '') ?? ''}`, destination: undefined }, split, responses: codes ?? [{ code: '200', flags: '-', rate }],
});

const degraded: Health = { state: 'degraded', reason: '2.4 % of 612 requests failed with 503; the errors arrive from ratings-v1' };
const failing: Health = { state: 'failing', reason: '7.8 % of 246 requests failed with 503 (UF)' };
const badCodes = (rate: number, error: number): GraphEdge['responses'] => [{ code: '200', flags: '-', rate: rate * (1 - error) }, { code: '503', flags: 'UF', rate: rate * error }];

/** Bookinfo as it looks while ratings fails: a split over three versions, errors that begin at ratings and arrive at productpage. */
export function bookinfoGraph(now: number): GraphModel {
  return {
    window: { from: now - 60_000, to: now }, grouping: 'service-version', notes: [],
    namespaces: [
      { key: 'ns:default', name: 'default', workloads: 6, mtlsMode: 'STRICT', injection: true }, { key: 'ns:istio-system', name: 'istio-system', workloads: 5, mtlsMode: 'UNSET', injection: false },
      { key: 'ns:traffic', name: 'traffic', workloads: 1, mtlsMode: 'UNSET', injection: false },
    ],
    nodes: [
      node({ key: 'wl:istio-system/istio-ingressgateway', rate: 10.2, badges: ['gateway'] }), node({ key: 'wl:default/productpage-v1', version: 'v1', rate: 10.2, error: 0.024, health: degraded, p95: 412 }),
      node({ key: 'wl:default/details-v1', version: 'v1', rate: 10.2 }), node({ key: 'svc:default/reviews', rate: 10.2, error: 0.024, health: degraded, badges: ['virtual-service'], p95: 318 }), node({ key: 'wl:default/reviews-v1', version: 'v1', rate: 6.1 }),
      node({ key: 'wl:default/reviews-v2', version: 'v2', rate: 3.1, error: 0.078, health: degraded, p95: 318 }), node({ key: 'wl:default/reviews-v3', version: 'v3', rate: 1 }), node({ key: 'wl:default/ratings-v1', version: 'v1', rate: 4.1, error: 0.078, health: failing, badges: ['fault'], p95: 356 }),
      node({ key: 'wl:traffic/load', rate: 0, sidecar: 'none' }),
    ],
    edges: [
      edge({ from: 'wl:traffic/load', to: 'wl:istio-system/istio-ingressgateway', rate: 10.2, mtls: 0 }),
      edge({ from: 'wl:istio-system/istio-ingressgateway', to: 'wl:default/productpage-v1', rate: 10.2 }), edge({ from: 'wl:default/productpage-v1', to: 'wl:default/details-v1', rate: 10.2 }),
      edge({ from: 'wl:default/productpage-v1', to: 'svc:default/reviews', rate: 10.2, error: 0.024, health: degraded, codes: badCodes(10.2, 0.024) }),
      edge({ from: 'svc:default/reviews', to: 'wl:default/reviews-v1', rate: 6.1, split: { set: 0.6, observed: 0.598 } }), edge({ from: 'svc:default/reviews', to: 'wl:default/reviews-v2', rate: 3.1, error: 0.078, health: degraded, split: { set: 0.3, observed: 0.304 } }),
      edge({ from: 'svc:default/reviews', to: 'wl:default/reviews-v3', rate: 1, split: { set: 0.1, observed: 0.098 } }),
      edge({ from: 'wl:default/reviews-v2', to: 'wl:default/ratings-v1', rate: 3.1, error: 0.078, health: failing, codes: badCodes(3.1, 0.078) }), edge({ from: 'wl:default/reviews-v3', to: 'wl:default/ratings-v1', rate: 1 }),
    ],
  };
}

const NAMESPACES = 20;
/** A generated mesh: so many services of one workload each over 20 namespaces, calls mostly within a namespace. Deterministic. */
export function bigGraph(now: number, services: number, edges: number): GraphModel {
  let seed = 42;
  const random = (): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
    return seed / 0x7fffffff;
  };
  const place = (i: number): string => `ns-${String(i % NAMESPACES).padStart(2, '0')}`;
  const health = (): Health => (random() < 0.02 ? failing : random() < 0.04 ? degraded : healthy);
  const nodes = Array.from({ length: services }, (_, i) => node({ key: `wl:${place(i)}/svc-${i}-v1`, version: 'v1', rate: 1 + random() * 100, health: health() }));
  const list: GraphEdge[] = [];
  const seen = new Set<string>();
  while (list.length < edges) {
    const from = Math.floor(random() * services);
    const near = from + NAMESPACES * (1 + Math.floor(random() * 20));
    const to = random() < 0.75 && near < services ? near : Math.floor(random() * services);
    const [source, target] = [nodes[from], nodes[to]];
    if (source === undefined || target === undefined || from >= to || seen.has(`${from}>${to}`)) continue;
    seen.add(`${from}>${to}`);
    list.push(edge({ from: source.key, to: target.key, rate: 0.1 + random() * 50, health: health() }));
  }
  return { window: { from: now - 60_000, to: now }, grouping: 'service-version', notes: [], namespaces: Array.from({ length: NAMESPACES }, (_, i) => ({ key: `ns:${place(i)}`, name: place(i), workloads: Math.ceil(services / NAMESPACES), mtlsMode: 'STRICT' as const, injection: true })), nodes, edges: list };
}
