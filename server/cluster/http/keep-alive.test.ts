// Connections that are kept: a request that comes before the large answer ahead of it counts as written is answered, not reset.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { connect } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createLog } from '#server/lib';
import { startCluster } from '../start-cluster.ts';
import type { Cluster } from '../start-cluster.ts';

const dir = mkdtempSync(`${tmpdir()}/pharos-keep-alive-`);
let cluster: Cluster;
let identity: { readonly ca: string; readonly cert: string; readonly key: string };
beforeAll(async () => {
  const log = createLog('test');
  log.level = 'warn';
  cluster = await startCluster({ dataDir: dir, host: '127.0.0.1', port: 0, serviceCidr: '127.108.0.0/16', kubeletToken: 'unused', log, controllers: false });
  const part = (name: string): string => Buffer.from(new RegExp(`${name}: (\\S+)`).exec(cluster.adminKubeconfig)?.[1] ?? '', 'base64').toString('latin1');
  identity = { ca: part('certificate-authority-data'), cert: part('client-certificate-data'), key: part('client-key-data') };
});
afterAll(async () => {
  await cluster.stop();
  rmSync(dir, { recursive: true, force: true });
});

const MAPS = '/api/v1/namespaces/default/configmaps';
const LARGE = 300_000;
const post = (name: string, length = LARGE): string => {
  const body = JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { text: 'x'.repeat(length) } });
  return `POST ${MAPS} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
};

const LAST = 'GET /version HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n';

/** Sends `first`, and `others` once its answer has begun; reads on only after that. Resolves with all that came until the server closed. */
function conversation(first: string, others: readonly string[]): Promise<string> {
  const { hostname, port } = new URL(cluster.url);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect({ host: hostname, port: Number(port), ...identity }, () => socket.write(first));
    socket.setTimeout(30_000, () => socket.destroy(new Error(`the connection said nothing for 30 s after ${Buffer.concat(chunks).length} bytes`)));
    socket.once('data', () => {
      socket.pause();
      for (const one of others) socket.write(one);
      setTimeout(() => socket.resume(), 300);
    });
    socket.on('data', (chunk: Buffer) => void chunks.push(chunk));
    socket.once('error', reject);
    socket.once('close', () => resolve(Buffer.concat(chunks).toString('latin1')));
  });
}

test('requests of many TLS records behind an answer that is not read yet are taken whole, in order', async () => {
  const list = `GET ${MAPS} HTTP/1.1\r\nhost: x\r\n\r\n`;
  // More than the kernel's buffers of a connection take.
  const maps = Array.from({ length: 12 }, (_, i) => post(`large-${i}`, 3 * LARGE));
  expect((await conversation(maps[0] ?? '', [...maps.slice(1), LAST])).match(/HTTP\/1\.1 201/g)).toHaveLength(12);
  const text = await conversation(list, [post('first'), post('second'), list, LAST]);
  expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['200', '201', '201', '200', '200'].map((code) => `HTTP/1.1 ${code}`));
  expect(text).toMatch(/"gitVersion":"[^"]+"[^]*\}$/);
});

/** Of its own process, so that it is quick while the server's is busy: the next request goes out with the last byte of the answer. */
const CLIENT = `
  const { Agent, request } = require('node:https');
  const { url, identity, rounds, length } = JSON.parse(process.env.TEST_CLIENT);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  let left = rounds;
  const next = () => {
    if (left-- === 0) return void agent.destroy();
    const body = JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'quick-' + left }, data: { text: 'x'.repeat(length) } });
    const sent = request(url, { ...identity, agent, method: 'POST', headers: { 'content-type': 'application/json', 'content-length': body.length } }, (answer) => {
      answer.resume();
      answer.once('end', () => (answer.statusCode === 201 ? next() : process.exit(2)));
    });
    sent.once('error', (error) => { console.error(error.code + ' with ' + left + ' left'); process.exit(1); });
    sent.end(body);
  };
  next();
`;

test('a client quicker than a busy server keeps its connection', async () => {
  const busy = setInterval(() => {
    for (const end = performance.now() + 8; performance.now() < end;);
  }, 1);
  try {
    const child = spawn(process.execPath, ['-e', CLIENT], { env: { ...process.env, TEST_CLIENT: JSON.stringify({ url: `${cluster.url}${MAPS}`, identity, rounds: 40, length: LARGE }) }, stdio: ['ignore', 'ignore', 'pipe'], timeout: 30_000 });
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => void (errors += chunk.toString('utf8')));
    const code = await new Promise((resolve) => child.once('close', (ended, signal) => resolve(ended ?? signal)));
    expect([code, errors]).toEqual([0, '']);
  } finally {
    clearInterval(busy);
  }
}, 60_000);
