import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { connect as connectTls } from 'node:tls';
import { afterAll, expect, test } from 'vitest';
import { createLog } from '#server/lib';
import { startCluster } from '../start-cluster.ts';

const dir = mkdtempSync(`${tmpdir()}/pharos-closing-`);
afterAll(() => rmSync(dir, { recursive: true, force: true }));

test('the API server ends at once, whatever its clients are doing: no handshake, idle, in the middle of a request', async () => {
  const log = createLog('test');
  log.level = 'warn';
  const cluster = await startCluster({ dataDir: dir, host: '127.0.0.1', port: 0, serviceCidr: '127.108.0.0/16', kubeletToken: 'unused', log, controllers: false });
  const at = { host: '127.0.0.1', port: Number(new URL(cluster.url).port), rejectUnauthorized: false };
  const silent = connect(at.port, at.host);
  const idle = connectTls(at);
  const asking = connectTls(at, () => asking.write('GET / HTTP/1.1\r\n'));
  const once = (socket: Socket, event: string): Promise<void> => new Promise((resolve) => socket.once(event, () => resolve()));
  const ended = [silent, idle, asking].map((socket) => once(socket.on('error', () => undefined).resume(), 'close'));
  await Promise.all([once(silent, 'connect'), once(idle, 'secureConnect'), once(asking, 'secureConnect')]);
  const start = performance.now();
  await cluster.stop();
  await Promise.all(ended);
  expect(performance.now() - start).toBeLessThan(10_000); // Node waits 120 s for a handshake
});
