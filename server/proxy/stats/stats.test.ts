import fc from 'fast-check';
import { execFileSync } from 'node:child_process';
import { constants, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { jsonFormatter, ISTIO_FORMAT, ISTIO_JSON, istioLine, textFormatter } from './access-log.ts';
import type { LogEntry } from './access-log.ts';
import type { EdgeKey } from './istio-metrics.ts';
import type { Peer } from './peer.ts';
import { ProxyStats } from './counters.ts';
import { IstioMetrics } from './istio-metrics.ts';
import { ownPeer, PeerCache, peerMetadataHeader, UNKNOWN_PEER } from './peer.ts';
import { decodeStruct, encodeStruct } from './struct-codec.ts';
import { openLogSink } from './log-sink.ts';

const entry = (over: Partial<LogEntry> = {}): LogEntry => {
  const headers = new Map([['user-agent', over.userAgent ?? 'curl'], ['x-request-id', 'id']]);
  return {
  startMs: Date.UTC(2026, 10, 25, 4, 5, 6, 7), method: 'GET', path: '/a', originalPath: '', protocol: 'HTTP/1.1', code: 200, flags: '', details: 'via_upstream', terminationDetails: '', transportFailure: '', bytesReceived: 1, bytesSent: 2, durationMs: 3.9,
  upstreamServiceTime: '3', forwardedFor: '', userAgent: 'curl', requestId: 'id', authority: 'h', upstreamHost: '1.2.3.4:80', upstreamCluster: 'c', upstreamLocalAddress: '1.1.1.1:5', downstreamLocalAddress: '2.2.2.2:80', downstreamRemoteAddress: '3.3.3.3:6',
  directRemoteAddress: '3.3.3.3:6', serverName: '', routeName: 'default', peerPrincipal: '', attempts: 1, requestHeader: (name) => headers.get(name), responseHeader: () => undefined, ...over,
  };
};
const LINE = '[2026-11-25T04:05:06.007Z] "GET /a HTTP/1.1" 200 - via_upstream - "-" 1 2 3 3 "-" "curl" "id" "h" "1.2.3.4:80" c 1.1.1.1:5 2.2.2.2:80 3.3.3.3:6 - default\n';

test('the fast line of Istio\'s format and the general formatter write the same', () => {
  expect(istioLine(entry())).toBe(LINE);
  expect(textFormatter(ISTIO_FORMAT)).toBe(istioLine);
  expect(textFormatter(`${ISTIO_FORMAT} `)(entry())).toBe(LINE.replace('\n', ' \n'));
  fc.assert(fc.property(fc.record({ path: fc.string(), flags: fc.constantFrom('', 'UF', 'URX,UF'), userAgent: fc.string(), durationMs: fc.float({ min: 0, max: 1e6, noNaN: true }), originalPath: fc.string() }), (over) => {
    expect(textFormatter(`${ISTIO_FORMAT} `)(entry(over))).toBe(`${istioLine(entry(over)).slice(0, -1)} \n`);
  }));
});

test('the JSON form keeps numbers and writes null for what is absent; an unknown operator is refused', () => {
  expect(JSON.parse(jsonFormatter(ISTIO_JSON)(entry({ userAgent: 'a"b' })))).toMatchObject({ response_code: 200, duration: 3, user_agent: 'a"b', x_forwarded_for: null, route_name: 'default', start_time: '2026-11-25T04:05:06.007Z' });
  expect(() => textFormatter('%NONSENSE%')).toThrow('%NONSENSE%');
  expect(textFormatter('%REQ(X?:METHOD):2% %% %RESP(Y)%')(entry())).toBe('GE % -\n');
});

test('peer metadata goes there and back; what is malformed is an unknown peer', () => {
  const metadata = { NAME: 'p-1', NAMESPACE: 'ns', WORKLOAD_NAME: 'p', CLUSTER_ID: 'K', LABELS: { app: 'p', version: 'v2', 'service.istio.io/canonical-name': 'c', 'service.istio.io/canonical-revision': 'r' } };
  const peers = new PeerCache();
  const read = peers.read('id', peerMetadataHeader(metadata), true);
  expect(read).toEqual(ownPeer(metadata));
  expect(peers.read('id', peerMetadataHeader(metadata), true)).toBe(read);
  expect(peers.read('id', 'AAAA', true)).toBe(UNKNOWN_PEER);
  expect(peers.read('x', 'a'.repeat(10_000), true)).toBe(UNKNOWN_PEER);
  fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => void decodeStruct(Buffer.from(bytes))));
  fc.assert(fc.property(fc.dictionary(fc.string({ minLength: 1 }), fc.string(), { noNullPrototype: true }), (fields) => {
    const found = decodeStruct(encodeStruct({ LABELS: fields }));
    for (const [key, v] of Object.entries(fields)) expect(found?.get(`LABELS.${Buffer.from(key).toString()}`)).toBe(Buffer.from(v).toString());
  }));
});

test('metrics are written in the text format with buckets that add up', () => {
  const metrics = new IstioMetrics('1.31.0');
  const edge = metrics.edge({ reporter: 'source', source: UNKNOWN_PEER, destination: { ...UNKNOWN_PEER, workload: 'a"b' }, sourcePrincipal: 'unknown', destinationPrincipal: 'unknown', service: { host: 'h', name: 'n', namespace: 's' }, policy: 'unknown' });
  for (const ms of [0.2, 7, 7, 9e9]) {
    const series = edge.http(200, '', undefined);
    if (series === undefined) throw new Error('no series');
    series.requests++;
    series.duration.observe(ms);
  }
  const text = metrics.render();
  expect(text).toContain('destination_workload="a\\"b"');
  const buckets = [...text.matchAll(/istio_request_duration_milliseconds_bucket\{.*le="([^"]+)"\} (\d+)/g)].map((match) => `${match[1]}=${match[2]}`);
  expect([buckets[0], buckets[2], buckets[3], buckets.at(-2), buckets.at(-1)]).toEqual(['0.5=1', '5=1', '10=3', '3600000=3', '+Inf=4']);
  expect(text).toMatch(/istio_requests_total\{[^}]*\} 4\n/);
});

/** The edge of a caller into this pod. */
const into = (source: Peer, sourcePrincipal = 'unknown'): EdgeKey => ({
  reporter: 'destination', source, destination: { ...UNKNOWN_PEER, workload: 'server' }, sourcePrincipal, destinationPrincipal: 'unknown', service: { host: 'h', name: 'n', namespace: 's' }, policy: sourcePrincipal === 'unknown' ? 'none' : 'mutual_tls',
});
const countInto = (metrics: IstioMetrics, key: EdgeKey, code = 200): void => {
  const series = metrics.edge(key).http(code, '', undefined);
  if (series !== undefined) series.requests++;
};

test('callers without a certificate cannot fill the metrics: long fields are cut, and too many names become one', () => {
  const metrics = new IstioMetrics('1.31.0');
  const peers = new PeerCache();
  for (let i = 0; i < 400; i++) {
    const long = `${i}-`.padEnd(400, 'x');
    const header = peerMetadataHeader({ NAME: long, NAMESPACE: long, WORKLOAD_NAME: long, CLUSTER_ID: long, LABELS: { app: long, version: long } });
    for (const code of [200, 404, 503]) countInto(metrics, into(peers.read('same', header, false)), code);
  }
  const attacked = metrics.render();
  expect(attacked.length).toBeLessThan(6_000_000);
  expect(attacked).not.toContain('x'.repeat(128));
  const counts = [...attacked.matchAll(/istio_requests_total\{.*\} (\d+)/g)].map((match) => Number(match[1]));
  expect(counts.reduce((total, n) => total + n, 0)).toBe(1200); // each request counts
  expect([metrics.unnamed > 0, metrics.dropped]).toEqual([true, 0]);
  // Those that prove who they are have their names as before, also under an id that somebody else used.
  const real = peers.read('same', peerMetadataHeader({ WORKLOAD_NAME: 'real', NAMESPACE: 'ns' }), true);
  countInto(metrics, into(real, 'spiffe://cluster.local/ns/ns/sa/real'));
  expect(metrics.render()).toMatch(/istio_requests_total\{reporter="destination",source_workload="real".*\} 1\n/);
});

test('the text has an end whoever asks for it, what is left out is counted, and no series comes twice', () => {
  const metrics = new IstioMetrics('1.31.0');
  for (let i = 0; i < 1000; i++) countInto(metrics, into({ ...UNKNOWN_PEER, workload: `w${i}`.padEnd(128, 'y') }, `spiffe://cluster.local/ns/ns/sa/${i}`));
  expect(metrics.unnamed).toBeGreaterThan(0);
  for (let i = 0; i < 1000; i++) countInto(metrics, into(UNKNOWN_PEER), 100 + (i % 500));
  const text = metrics.render();
  expect(text.length).toBeLessThan(25 * 1024 * 1024);
  const series = text.match(/^istio_requests_total\{.*\}/gm) ?? [];
  expect(new Set(series).size).toBe(series.length);
  expect(metrics.dropped).toBeGreaterThan(0);
});

test('a description that says nothing is the unknown peer, whoever sends it', () => {
  const metrics = new IstioMetrics('1.31.0');
  expect(metrics.edge(into({ ...UNKNOWN_PEER, unproven: true }))).toBe(metrics.edge(into(UNKNOWN_PEER)));
  for (let i = 0; i < 400; i++) countInto(metrics, into({ ...UNKNOWN_PEER, workload: `w${i}`, unproven: true }));
  for (let code = 200; code < 220; code++) countInto(metrics, into(UNKNOWN_PEER), code);
  expect([metrics.dropped, metrics.render().includes('response_code="219"')]).toEqual([0, true]);
});

test('a grpc-status is one of gRPC\'s codes or its UNKNOWN', () => {
  const metrics = new IstioMetrics('1.31.0');
  const edge = metrics.edge(into(UNKNOWN_PEER));
  const two = edge.http(200, '', '2');
  for (let i = 17; i < 2000; i++) expect(edge.http(200, '', String(i))).toBe(two);
  expect([edge.http(200, '', '-1'), edge.http(200, '', 'x'), edge.http(200, '', '16') === two, edge.http(200, '', '0') === two]).toEqual([two, two, false, false]);
});

test('a log whose reader does not read costs lines, never a request', async () => {
  const dir = mkdtempSync(`${tmpdir()}/pharos-fifo-`);
  execFileSync('mkfifo', [`${dir}/log`]);
  const fd = openSync(`${dir}/log`, constants.O_RDWR | constants.O_NONBLOCK); // nobody reads
  const stats = new ProxyStats(0);
  const sink = openLogSink(fd, stats);
  const line = `${'x'.repeat(999)}\n`;
  const start = performance.now();
  for (let i = 0; i < 20_000; i++) sink.line(line);
  expect(performance.now() - start).toBeLessThan(5000);
  expect(stats.logLinesDropped).toBeGreaterThan(1000);
  await sink.stop();
  rmSync(dir, { recursive: true });
});
