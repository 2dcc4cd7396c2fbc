import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { createLog } from '../log.ts';
import { createKubeClient } from './client.ts';
import { createEventRecorder } from './event-recorder.ts';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});
const target = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', namespace: 'shop', uid: 'u1' } };

test('the same event counts up and a flood of one object is cut', async () => {
  const calls: { method: string; url: string; body: string }[] = [];
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => void (body += chunk.toString('utf8')));
    request.on('end', () => {
      calls.push({ method: request.method ?? '', url: request.url ?? '', body });
      response.end('{}');
    });
  });
  const made = server;
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
  const address = made.address();
  const client = createKubeClient({ server: new URL(`http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`), namespace: 'default', prepare: () => Promise.resolve() });
  const recorder = createEventRecorder({ client, component: 'kubelet', host: 'laptop', log: createLog('test'), now: () => new Date('2026-01-02T03:04:05Z') });
  recorder.record(target, 'Warning', 'BackOff', 'again', 'spec.containers{app}');
  recorder.record(target, 'Warning', 'BackOff', 'again', 'spec.containers{app}');
  for (let i = 0; i < 50; i++) recorder.record(target, 'Normal', 'Flood', `message ${i}`);
  for (let i = 0; i < 400 && calls.length < 25; i++) await sleep(5);
  await recorder.stop();
  expect(calls).toHaveLength(25);
  expect(recorder.dropped).toBe(27);
  expect(JSON.parse(calls[0]?.body ?? '')).toMatchObject({
    involvedObject: { kind: 'Pod', name: 'web', namespace: 'shop', uid: 'u1', fieldPath: 'spec.containers{app}' }, reason: 'BackOff', type: 'Warning', count: 1, source: { component: 'kubelet', host: 'laptop' }, firstTimestamp: '2026-01-02T03:04:05Z',
  });
  expect([calls[1]?.method, JSON.parse(calls[1]?.body ?? '')]).toEqual(['PATCH', { count: 2, lastTimestamp: '2026-01-02T03:04:05Z' }]);
});
