import { createServer as createHttp, request } from 'node:http';
import { createServer as createHttp2 } from 'node:http2';
import { createServer as createHttps } from 'node:https';
import { createServer as createTcp } from 'node:net';
import type { Server, Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createRoot, issueKeyPair } from '#server/wire';
import { FakeIstiod } from '../testing/fake-istiod.ts';
import { startPod } from '../testing/pods.ts';
import type { Pod } from '../testing/pods.ts';

// Through the agent's port, as a kubelet asks after injection.
const closing: (() => Promise<void>)[] = [];
let istiodPort: number;
beforeEach(async () => {
  const istiod = new FakeIstiod();
  await istiod.start();
  istiodPort = istiod.port;
  closing.push(() => istiod.stop());
});
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});
async function listen(server: Server, ip: string): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => void sockets.add(socket));
  await new Promise<void>((resolve) => { server.listen(0, ip, resolve); });
  closing.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
async function podWith(appIp: string, probers: object): Promise<Pod> {
  const pod = await startPod({ name: 'probed', istiodPort, env: { ISTIO_KUBE_APP_PROBERS: JSON.stringify(probers), PHAROS_APP_IP: appIp } });
  closing.push(pod.stop);
  return pod;
}
const ask = async (pod: Pod, name: string): Promise<readonly [number, string]> => {
  const answer = await fetch(`http://${pod.ip}:15020/app-health/${name}/readyz`);
  return [answer.status, await answer.text()];
};
const HOST = '127.0.0.1';

test('tcpSocket is a connection alone: the server may speak first, or never', async () => {
  let got = 0;
  const speaks = await listen(createTcp((socket) => {
    socket.on('data', (data) => void (got += data.length));
    socket.on('error', () => undefined);
    socket.write('5.7.0-mysql');
  }), HOST);
  const silent = await listen(createTcp((socket) => void socket.on('error', () => undefined)), HOST);
  const closed = createTcp();
  const gone = await listen(closed, HOST);
  closed.close();
  const pod = await podWith(HOST, Object.fromEntries([['speaks', speaks], ['silent', silent], ['gone', gone]].map(([name, port]) => [`/app-health/${name}/readyz`, { tcpSocket: { port }, timeoutSeconds: 2 }])));
  expect(await ask(pod, 'speaks')).toEqual([200, '']);
  expect(await ask(pod, 'silent')).toEqual([200, '']);
  expect(await ask(pod, 'gone')).toEqual([500, expect.stringContaining('ECONNREFUSED')]);
  expect(await ask(pod, 'other')).toEqual([404, 'unknown probe\n']);
  expect(got).toBe(0);
});

test('grpc asks the health service, and tells what it answers', async () => {
  const health = createHttp2();
  health.on('stream', (stream) => {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => {
      const isDown = Buffer.concat(chunks).includes('down');
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.end(Buffer.from([0, 0, 0, 0, 2, 8, isDown ? 2 : 1]));
    });
  });
  const port = await listen(health, HOST);
  const pod = await podWith(HOST, { '/app-health/up/readyz': { grpc: { port, service: '' }, timeoutSeconds: 2 }, '/app-health/down/readyz': { grpc: { port, service: 'down' }, timeoutSeconds: 2 } });
  expect(await ask(pod, 'up')).toEqual([200, '']);
  expect(await ask(pod, 'down')).toEqual([500, 'service unhealthy (responded with "NOT_SERVING")\n']);
});

test('httpGet gives the application\'s own status; HTTPS is asked as such, whoever signed its certificate', async () => {
  const day = { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 86_400_000) };
  const pair = issueKeyPair({ signer: createRoot({ organization: 'nobody', ...day }), dnsNames: ['other'], ...day });
  const secure = await listen(createHttps({ cert: pair.certPem, key: pair.keyPem }, (request, response) => response.writeHead(request.url === '/live' && request.headers['x-a'] === 'b' ? 204 : 418).end()), HOST);
  const plain = await listen(createHttp((_, response) => response.writeHead(503).end('busy')), HOST);
  const pod = await podWith(HOST, {
    '/app-health/secure/readyz': { httpGet: { path: 'live', port: secure, scheme: 'HTTPS', httpHeaders: [{ name: 'x-a', value: 'b' }] }, timeoutSeconds: 2 },
    '/app-health/plain/readyz': { httpGet: { path: '/', port: plain, scheme: 'HTTP' }, timeoutSeconds: 2 },
  });
  expect((await ask(pod, 'secure'))[0]).toBe(204);
  expect((await ask(pod, 'plain'))[0]).toBe(503);
});

test('a web page can neither end a sidecar nor read its configuration', async () => {
  const pod = await podWith(HOST, {});
  const call = (port: number, method: string, path: string, headers: Record<string, string>): Promise<number> => new Promise((resolve, reject) => {
    request({ host: pod.ip, port, method, path, headers, agent: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    }).once('error', reject).end();
  });
  expect(await call(15_020, 'POST', '/quitquitquit', { origin: 'https://evil.example' })).toBe(403);
  expect(await call(15_000, 'POST', '/drain_listeners', { origin: 'null' })).toBe(403);
  expect(await call(15_000, 'GET', '/config_dump', { host: 'rebound.example:15000' })).toBe(403);
  expect([await call(15_000, 'GET', '/config_dump', {}), await call(15_000, 'GET', '/stats', { host: 'localhost:15000' })]).toEqual([200, 200]);
  expect(await call(15_000, 'POST', '/healthcheck/ok', {})).toBe(200);
});
