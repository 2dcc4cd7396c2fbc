import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { TlsView } from '#shared/evaluator';
import { Host } from '../endpoint/host.ts';
import { ClusterStats } from '../stats/counters.ts';
import { SecretStore } from '../tls/secrets.ts';
import { Pool } from './pool.ts';
import type { Waiter } from './pool.ts';

const PLAIN: TlsView = { kind: 'plain', key: 'plain', sni: '', alpn: [], certificateSecret: '', rootSecret: '', sanMatchers: [], requiresClientCertificate: false, minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3', inline: { certificate: undefined, trustedCa: undefined } };

let server: Server;
let accepted: Socket[];
let host: Host;
let secrets: SecretStore;
let stats: ClusterStats;
let pool: Pool;
beforeEach(async () => {
  accepted = [];
  server = createServer((socket) => {
    accepted.push(socket);
    socket.on('error', () => socket.destroy());
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const { port } = address;
  host = new Host({ ip: '127.0.0.1', port, weight: 1, health: 'HEALTHY', priority: 0, hostname: undefined, metadata: undefined, tls: PLAIN });
  secrets = new SecretStore();
  stats = new ClusterStats();
  pool = new Pool(host, { stats, secrets, connectTimeoutMs: 5000, idleTimeoutMs: 3_600_000, localAddress: undefined, maxRequestsPerConnection: 0, dial: () => ({ ip: '127.0.0.1', port }) });
});
afterEach(async () => {
  pool.destroy();
  for (const socket of accepted) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});
const nobody: Waiter = { onConnection: () => undefined, onConnectFailure: () => undefined };
/** A connection whose request is gone by the time it is there. */
async function late(meanwhile: () => void = () => undefined): Promise<void> {
  const waiter = { ...nobody };
  pool.acquire(waiter);
  pool.cancel(waiter);
  meanwhile();
  for (let i = 0; stats.cxConnectMs.counts.every((n) => n === 0); i++) {
    if (i > 2000) throw new Error('no connection within 10 s');
    await new Promise((resolve) => { setTimeout(resolve, 5); });
  }
}

test('a connection that came too late for its request is kept for the next one, but not until its server calls it a slow client', async () => {
  await late();
  expect([pool.size, stats.cxActive]).toEqual([1, 1]);
  pool.sweep(performance.now() + 4000);
  expect(pool.size).toBe(1);
  pool.sweep(performance.now() + 5001);
  expect([pool.size, stats.cxActive, host.cxActive]).toEqual([0, 0, 0]);
});

test('one that is ready after its host was removed, or its certificate renewed, is not kept', async () => {
  await late(() => { host.removed = true; });
  expect([pool.size, stats.cxActive]).toEqual([0, 0]);
  host.removed = false;
  stats.cxConnectMs.counts.fill(0);
  await late(() => { secrets.version++; });
  expect([pool.size, stats.cxActive]).toEqual([0, 0]);
});
