import { spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { expect, inject, test } from 'vitest';
import { kubectl } from '../lib/kubectl-run.ts';
import { until } from '../lib/until.ts';

const mesh = inject('mesh');
const run = kubectl(mesh.kubeconfig);
const BIN = fileURLToPath(new URL('../../server/cli/bin.mjs', import.meta.url));

test('pharos run puts a process of the user into the mesh and takes it out again', async () => {
  const folder = mkdtempSync(`${tmpdir()}/pharos-run-`);
  writeFileSync(`${folder}/hello.txt`, 'hello from my own process');
  const child = spawn(process.execPath, [BIN, 'run', '--data-dir', mesh.dataDir, '--name', 'hello', '--version', 'v1', '--port', '8000', '--', 'python3', '-m', 'http.server', '8000', '--bind', '127.0.0.1'], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  const closed = new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? 1)));
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => void (text += chunk.toString('utf8')));
  try {
    await until('the pod is 2/2', async () => (/hello-v1-\S+\s+2\/2\s+Running/.test(await run(['get', 'pods', '--no-headers'])) ? true : undefined));
    await until('the command says so', async () => (/hello v1 is in the mesh/.test(text) ? true : undefined));
    // a caller inside the mesh: the gateway, by a route of its own
    await run(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'networking.istio.io/v1', kind: 'VirtualService', metadata: { name: 'hello', namespace: 'default' }, spec: { hosts: ['hello.example'], gateways: ['bookinfo-gateway'], http: [{ route: [{ destination: { host: 'hello', port: { number: 8000 } } }] }] } }));
    const answer = await until('an answer through the gateway', async () => {
      const { request } = await import('node:http');
      const body = await new Promise<string>((resolve, reject) => {
        request(`${mesh.gateway}/hello.txt`, { headers: { host: 'hello.example' } }, (got) => {
          let all = '';
          got.on('data', (chunk: Buffer) => void (all += chunk.toString('utf8'))).on('end', () => resolve(all)).on('error', reject);
        }).once('error', reject).end();
      });
      return body.includes('own process') ? body : undefined;
    });
    expect(answer).toBe('hello from my own process');
    await until('its edge is in the graph', async () => {
      const frame = await (await fetch(`${mesh.console}/api/graph?window=60s`)).text();
      return /hello-v1/.test(frame) ? true : undefined;
    });
  } finally {
    child.kill('SIGINT');
    await closed;
    await run(['delete', 'virtualservice', 'hello', '--ignore-not-found']);
  }
  await until('it is gone', async () => (/hello-v1/.test(await run(['get', 'deploy,svc,pods'])) ? undefined : true));
});
