import { Agent, createServer as createHttp, request } from 'node:http';
import type { Server as HttpServer } from 'node:http';
import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { EGRESS_PORT, EgressProxy } from './egress-proxy.ts';
import { forwardConnection, listen } from './forward.ts';
import { Listeners } from './listeners.ts';
import type { Endpoint, ServiceTable, ServiceView } from './service-table.ts';

const open: (Server | HttpServer)[] = [];
afterEach(() => open.splice(0).forEach((server) => server.close()));
const listening = async (server: Server | HttpServer, host = '127.0.0.1', port = 0): Promise<number> => {
  open.push(server);
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
};
const until = async (ready: () => boolean): Promise<void> => {
  for (let i = 0; i < 2000 && !ready(); i++) await sleep(5);
  expect(ready()).toBe(true);
};
const read = (socket: Socket): Promise<string> => new Promise((resolve, reject) => {
  let text = '';
  socket.on('data', (chunk: Buffer) => void (text += chunk.toString('latin1')));
  socket.on('end', () => resolve(text));
  socket.on('error', reject);
});

test('bytes flow both ways, ends are passed on one by one, and a dead endpoint is stepped over', async () => {
  const echo = await listening(createServer({ allowHalfOpen: true }, (socket) => {
    void read(socket).then((text) => socket.end(`got ${text}`));
  }));
  const front = await listen('127.0.0.1', 0, (socket) => void forwardConnection(socket, [{ address: '127.0.0.1', port: 1 }, { address: '127.0.0.1', port: echo }]));
  open.push(front);
  const address = front.address();
  const client = connect({ port: typeof address === 'object' && address !== null ? address.port : 0, host: '127.0.0.1', allowHalfOpen: true });
  const answer = read(client);
  client.end('x'.repeat(300_000));
  expect((await answer).length).toBe(300_004);
});

test('a reader that stops holds the sender back, and nothing runs while it stands still', async () => {
  let sent = 0;
  const source = await listening(createServer((socket) => {
    const chunk = Buffer.alloc(64 * 1024);
    const pump = (): void => {
      while (sent < 64 * 1024 * 1024) {
        sent += chunk.length;
        if (!socket.write(chunk)) return;
      }
      socket.end();
    };
    socket.on('drain', pump);
    pump();
  }));
  const front = await listen('127.0.0.1', 0, (socket) => void forwardConnection(socket, [{ address: '127.0.0.1', port: source }]));
  open.push(front);
  const address = front.address();
  const client = connect({ port: typeof address === 'object' && address !== null ? address.port : 0, host: '127.0.0.1' });
  client.pause();
  await until(() => sent > 0);
  await sleep(300);
  const held = sent;
  expect(held).toBeLessThan(32 * 1024 * 1024);
  const before = process.cpuUsage();
  await sleep(500);
  const used = process.cpuUsage(before);
  expect(sent).toBe(held);
  expect(used.user + used.system).toBeLessThan(250_000);
  let got = 0;
  client.on('data', (chunk: Buffer) => void (got += chunk.length));
  client.resume();
  await until(() => got === 64 * 1024 * 1024);
});

test('nobody there: the connection is reset', async () => {
  const front = await listen('127.0.0.1', 0, (socket) => void forwardConnection(socket, []));
  open.push(front);
  const address = front.address();
  const client = connect({ port: typeof address === 'object' && address !== null ? address.port : 0, host: '127.0.0.1' });
  await expect(read(client)).rejects.toThrow('ECONNRESET');
});

test('a port that is taken is told once, and served once it is free', async () => {
  const holder = createServer();
  const port = await listening(holder);
  const told: string[] = [];
  const listeners = new Listeners();
  const want = (): Map<string, { host: string; port: number; onConnection: (socket: Socket) => void; onFailure: (code: string) => void }> => new Map([['a', { host: '127.0.0.1', port, onConnection: (socket: Socket) => void socket.end('hi'), onFailure: (code: string) => void told.push(code) }]]);
  listeners.set(want());
  await until(() => told.length === 1);
  listeners.set(want());
  await sleep(50);
  expect(told).toEqual(['EADDRINUSE']);
  holder.close();
  listeners.set(new Map());
  listeners.set(want());
  await until(() => told.length === 1);
  await sleep(50);
  expect(await read(connect(port, '127.0.0.1'))).toBe('hi');
  listeners.stop();
});

const view = (name: string): ServiceView => ({ object: { apiVersion: 'v1', kind: 'Service', metadata: { name } }, namespace: 'default', name, type: 'ClusterIP', clusterIP: '127.108.9.9', externalName: '', affinity: false, ports: [{ name: 'http', port: 80, protocol: 'TCP' }] });
const tableOf = (endpoints: readonly Endpoint[]): ServiceTable => ({
  all: () => [], get: () => undefined, find: (_namespace, host) => (host === 'web' || host === 'empty' ? view(host) : undefined), hostsLines: () => [], facts: () => [],
  endpoints: (service, port) => (port !== 80 ? undefined : service.name === 'empty' ? [] : endpoints),
});
/** One request through the proxy of the pod. */
const through = (podIP: string, url: string, options: { readonly method?: string; readonly body?: string; readonly agent?: Agent } = {}): Promise<{ status: number; text: string; headers: Record<string, unknown> }> =>
  new Promise((resolve, reject) => {
    const outgoing = request({ host: podIP, port: EGRESS_PORT, path: url, method: options.method ?? 'GET', headers: { host: new URL(url).host, connection: 'keep-alive, x-hop', 'x-hop': '1', 'proxy-connection': 'keep-alive' }, ...(options.agent === undefined ? {} : { agent: options.agent }) }, (answer) => {
      let text = '';
      answer.on('data', (chunk: Buffer) => void (text += chunk.toString()));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text, headers: answer.headers }));
      answer.on('error', reject);
    });
    outgoing.on('error', reject);
    outgoing.end(options.body);
  });

test('egress: Service names, the caller shown by its address, bodies, tunnels and clear refusals', async () => {
  const podIP = '127.44.250.7';
  const seen: string[] = [];
  const app = createHttp((incoming, response) => {
    let body = '';
    incoming.on('data', (chunk: Buffer) => void (body += chunk.toString()));
    incoming.on('end', () => {
      seen.push(`${incoming.socket.remoteAddress} ${incoming.method} ${incoming.url} ${incoming.headers.host} hop=${String(incoming.headers['x-hop'])} ${body.length}`);
      response.writeHead(201, { 'x-app': 'yes' }).end(`answer to ${body}`);
    });
  });
  const port = await listening(app, '127.44.250.8');
  const proxy = new EgressProxy({ table: tableOf([{ address: '127.44.250.8', port }]), namespace: 'default', podIP });
  await proxy.start();
  const answer = await through(podIP, 'http://web/path?q=1', { method: 'POST', body: 'b'.repeat(100_000) });
  expect([answer.status, answer.headers['x-app'], answer.text.length]).toEqual([201, 'yes', 100_010]);
  expect(seen).toEqual([`${podIP} POST /path?q=1 web hop=undefined 100000`]);
  expect(await through(podIP, 'http://empty/')).toMatchObject({ status: 503, text: 'service empty.default has no ready endpoint\n' });
  expect(await through(podIP, 'http://web:81/')).toMatchObject({ status: 503, text: 'service web.default has no port 81\n' });
  expect((await through(podIP, `http://127.44.250.8:${port}/direct`)).status).toBe(201);
  expect((await through(podIP, 'http://127.44.250.9:1/')).status).toBe(502);
  const tunnel = connect(EGRESS_PORT, podIP);
  tunnel.write('CONNECT web:80 HTTP/1.1\r\nhost: web:80\r\n\r\n');
  const head = await new Promise<string>((resolve) => tunnel.once('data', (chunk: Buffer) => resolve(chunk.toString())));
  expect(head).toBe('HTTP/1.1 200 Connection Established\r\n\r\n');
  const inside = read(tunnel);
  tunnel.write('GET /tunnel HTTP/1.1\r\nhost: web\r\nconnection: close\r\n\r\n');
  expect(await inside).toContain('HTTP/1.1 201');
  expect(seen.at(-1)).toContain(`${podIP} GET /tunnel`);
  const refused = connect(EGRESS_PORT, podIP);
  refused.write('CONNECT empty:80 HTTP/1.1\r\nhost: empty:80\r\n\r\n');
  expect(await read(refused)).toContain('503 Service Unavailable');
  const plain = connect(EGRESS_PORT, podIP);
  plain.write('GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
  expect(await read(plain)).toContain('400 Bad Request');
  proxy.stop();
});

test('egress: a kept-alive connection that the endpoint closed costs no request', async () => {
  const podIP = '127.44.250.17';
  const app = createHttp({ keepAliveTimeout: 1 }, (_incoming, response) => void response.end('ok'));
  const port = await listening(app, '127.44.250.18');
  const proxy = new EgressProxy({ table: tableOf([{ address: '127.44.250.18', port }]), namespace: 'default', podIP });
  await proxy.start();
  const agent = new Agent({ keepAlive: true });
  for (let i = 0; i < 20; i++) {
    expect((await through(podIP, 'http://web/', { agent })).status).toBe(200);
    app.closeIdleConnections();
    if (i % 3 === 0) await sleep(3);
  }
  agent.destroy();
  proxy.stop();
});
