import { createServer as createHttp } from 'node:http';
import { createServer as createHttp2 } from 'node:http2';
import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { checkGrpc } from '#server/lib';
import { podSpecOf } from '../pod/pod-schema.ts';
import type { HttpGet, ProbeSpec } from '../pod/pod-schema.ts';
import { checkHttp, checkTcp } from './check.ts';
import { probeLoop } from './probe-loop.ts';
import { runCommand } from './run-command.ts';

const servers: Server[] = [];
afterEach(() => servers.splice(0).forEach((server) => server.close()));
const port = (server: Server): Promise<number> => new Promise((resolve) => {
  servers.push(server);
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    resolve(typeof address === 'object' && address !== null ? address.port : 0);
  });
});
const get = (over: Partial<HttpGet> = {}): HttpGet => ({ path: '/healthz', port: 1, host: '', scheme: 'HTTP', httpHeaders: null, ...over });
const at = (port: number, timeoutMs = 2000) => ({ host: '127.0.0.1', port, timeoutMs });

test('http: status decides, headers are sent, and what answers nonsense, late or never fails in the words of a kubelet', async () => {
  const seen: string[] = [];
  const web = await port(createHttp((request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers.host} ${String(request.headers['x-a'])} ${String(request.headers['user-agent'])}`);
    response.writeHead(request.url === '/bad' ? 503 : request.url === '/moved' ? 302 : 200).end('x'.repeat(100_000));
  }));
  expect(await checkHttp(at(web), get({ httpHeaders: [{ name: 'X-A', value: '1' }, { name: 'Host', value: 'h' }] }))).toEqual({ ok: true, message: '' });
  expect(seen).toEqual(['GET /healthz h 1 kube-probe/1.34']);
  expect((await checkHttp(at(web), get({ path: '/moved' }))).ok).toBe(true);
  expect(await checkHttp(at(web), get({ path: '/bad' }))).toEqual({ ok: false, message: 'HTTP probe failed with statuscode: 503' });
  const silent = await port(createServer(() => {}));
  expect((await checkHttp(at(silent, 50), get())).message).toBe(`Get "http://127.0.0.1:${silent}/healthz": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`);
  const rude = await port(createServer((socket) => void socket.end('hello')));
  expect((await checkHttp(at(rude), get())).message).toContain('malformed HTTP response');
  expect((await checkHttp(at(1), get())).message).toBe('Get "http://127.0.0.1:1/healthz": dial tcp 127.0.0.1:1: connect: connection refused');
});

test('tcp and commands', async () => {
  const open = await port(createServer());
  expect([(await checkTcp(at(open))).ok, (await checkTcp(at(1))).message]).toEqual([true, 'dial tcp 127.0.0.1:1: connect: connection refused']);
  const run = (argv: readonly string[], timeoutMs = 5000) => runCommand({ argv, env: new Map([['PATH', process.env['PATH'] ?? ''], ['X', 'y']]), cwd: '/', timeoutMs });
  expect(await run(['sh', '-c', 'test "$X" = y'])).toEqual({ ok: true, message: '' });
  expect((await run(['sh', '-c', 'echo why >&2; exit 2'])).message).toBe('why\n');
  expect((await run(['no-such-command'])).message).toContain('executable file not found');
  expect((await run(['sh', '-c', 'sleep 30 & wait'], 100)).message).toContain('timed out after 0.1s');
});

test('grpc health', async () => {
  const answers = new Map([['', 1], ['down', 2]]);
  const health = createHttp2();
  health.on('stream', (stream, headers) => {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => {
      const service = Buffer.concat(chunks).subarray(7).toString();
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': headers[':path'] === '/grpc.health.v1.Health/Check' ? '0' : '12' }));
      stream.end(Buffer.from([0, 0, 0, 0, 2, 0x08, answers.get(service) ?? 3]));
    });
  });
  const grpc = await port(health);
  expect(await checkGrpc(at(grpc), '')).toEqual({ ok: true, message: '' });
  expect((await checkGrpc(at(grpc), 'down')).message).toBe('service unhealthy (responded with "NOT_SERVING")');
  expect((await checkGrpc(at(1), '')).ok).toBe(false);
});

function spec(over: object): ProbeSpec {
  const probe = podSpecOf({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: { containers: [{ name: 'a', readinessProbe: { tcpSocket: { port: 1 }, ...over } }] } })?.containers[0]?.readinessProbe;
  if (!probe) throw new Error('no probe');
  return probe;
}

test('thresholds: early failures do not count, later ones do, and a hanging check is cut by its time', async () => {
  const events: string[] = [];
  const end = new AbortController();
  const results = [false, false, true, false, true, false, false, true];
  let calls = 0;
  const loop = probeLoop(spec({ periodSeconds: 0.3, failureThreshold: 2 }), () => Promise.resolve({ ok: results[calls++] ?? true, message: 'no' }), {
    onVerdict: (ok) => void events.push(ok ? 'up' : 'down'), onFailure: (message) => void events.push(message),
  }, end.signal);
  await expect.poll(() => calls, { timeout: 10_000 }).toBeGreaterThanOrEqual(9);
  end.abort();
  await loop;
  expect(events).toEqual(['up', 'no', 'no', 'no', 'down', 'up']);
});

test('a period of months is waited for: the timer of Node would fire at once', async () => {
  const parsed = podSpecOf({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web' }, spec: { containers: [{ name: 'app', livenessProbe: { periodSeconds: 3_000_000, timeoutSeconds: 3_000_000, tcpSocket: { port: 1 } } }] } });
  const probe = parsed?.containers[0]?.livenessProbe;
  if (!probe) throw new Error('no probe');
  const timeouts: number[] = [];
  const end = new AbortController();
  const loop = probeLoop(probe, async (timeoutMs) => {
    timeouts.push(timeoutMs);
    return { ok: true, message: '' };
  }, { onVerdict: () => {}, onFailure: () => {} }, end.signal);
  await new Promise((resolve) => setTimeout(resolve, 200));
  end.abort();
  await loop;
  expect(timeouts).toEqual([2 ** 31 - 1]);
});
