import fc from 'fast-check';
import { execFileSync } from 'node:child_process';
import { constants, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { jsonFormatter, ISTIO_FORMAT, ISTIO_JSON, istioLine, textFormatter } from './access-log.ts';
import type { LogEntry } from './access-log.ts';
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
  const read = peers.read('id', peerMetadataHeader(metadata));
  expect(read).toEqual(ownPeer(metadata));
  expect(peers.read('id', peerMetadataHeader(metadata))).toBe(read);
  expect(peers.read('id', 'AAAA')).toBe(UNKNOWN_PEER);
  expect(peers.read('x', 'a'.repeat(10_000))).toBe(UNKNOWN_PEER);
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
