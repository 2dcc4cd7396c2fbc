import { execFileSync } from 'node:child_process';
import { createServer } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { kubectl } from '../lib/kubectl-run.ts';
import { freeOffset, pharos, startTestMesh } from '../lib/test-mesh.ts';
import type { TestMesh } from '../lib/test-mesh.ts';
import { until } from '../lib/until.ts';

let mesh: TestMesh;
beforeAll(async () => {
  mesh = await startTestMesh();
}, 180_000);
afterAll(() => mesh.stop());

/** Processes that name the data folder in their environment or command line. */
function processesOf(dataDir: string): readonly string[] {
  const list = execFileSync('bash', ['-c', `for p in /proc/[0-9]*; do if { tr '\\0' '\\n' < $p/environ; } 2>/dev/null | grep -q "${dataDir}" || { tr '\\0' ' ' < $p/cmdline; } 2>/dev/null | grep -q "${dataDir}"; then echo "\${p#/proc/} $({ tr '\\0' ' ' < $p/cmdline; } 2>/dev/null)"; fi; done`], { encoding: 'utf8' });
  return list.split('\n').filter((line) => line.trim() !== '' && !line.includes('bash -c') && Number(line.split(' ')[0]) !== process.pid && !/vitest/.test(line));
}

test('status names the process, every URL and every part', async () => {
  const table = await pharos(['status', '--data-dir', mesh.dataDir]);
  expect([table.code, table.stdout]).toEqual([0, expect.stringContaining('productpage-v1')]);
  const json: unknown = JSON.parse((await pharos(['status', '-o', 'json', '--data-dir', mesh.dataDir])).stdout);
  expect(json).toMatchObject({ running: true, pid: mesh.pid, state: 'ready', urls: { console: mesh.urls.console }, parts: expect.arrayContaining([expect.objectContaining({ name: 'istiod', state: 'ready', startedAt: expect.any(String) })]) });
});

test('a second start on the same folder, and a taken port, each get one sentence', async () => {
  const second = await pharos(['up', '--data-dir', mesh.dataDir, '--port-offset', String(await freeOffset())]);
  expect([second.code, second.stderr]).toEqual([1, expect.stringMatching(new RegExp(`process ${mesh.pid} already runs the mesh`))]);
  const offset = await freeOffset();
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(20001 + offset, '127.0.0.1', resolve));
  const taken = await pharos(['up', '--data-dir', `${mesh.dataDir}-other`, '--port-offset', String(offset)]);
  server.close();
  expect([taken.code, taken.stderr.trim()]).toEqual([1, expect.stringMatching(new RegExp(`^pharos: Port ${20001 + offset} for the console is taken by .*\\(pid ${process.pid}\\).*--console-port`))]);
});

test('after kill -9 of the main process the next start has all state and no orphan stays', async () => {
  const run = kubectl(mesh.kubeconfig);
  await run(['create', 'configmap', 'kept', '--from-literal=a=b']);
  const before = processesOf(mesh.dataDir);
  expect(before.length).toBeGreaterThan(10);
  mesh.main.kill('SIGKILL');
  const pids = new Set(before.map((line) => line.split(' ')[0]));
  mesh = await startTestMesh({ dataDir: mesh.dataDir, offset: mesh.offset });
  expect(await run(['get', 'configmap', 'kept', '-o', 'jsonpath={.data.a}'])).toBe('b');
  expect(processesOf(mesh.dataDir).filter((line) => pids.has(line.split(' ')[0]))).toEqual([]);
  await until('the page is served again', async () => ((await fetch(`${mesh.urls.gateway}/productpage`)).status === 200 ? true : undefined));
}, 180_000);

test('Ctrl-C stops everything in order within 5 s and leaves no process', async () => {
  const closed = new Promise<number | null>((resolve) => mesh.main.once('close', (code) => resolve(code)));
  const start = performance.now();
  mesh.main.kill('SIGINT');
  expect(await closed).toBe(0);
  expect(performance.now() - start).toBeLessThan(5000);
  expect(processesOf(mesh.dataDir)).toEqual([]);
  expect((await pharos(['status', '--data-dir', mesh.dataDir])).code).toBe(3);
}, 60_000);
