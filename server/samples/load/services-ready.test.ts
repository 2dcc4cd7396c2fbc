import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { createKubeClient } from '#server/lib';
import type { KubeClient } from '#server/lib';
import { areReady, servicesReady } from './services-ready.ts';

const slice = (service: string, ready: readonly (boolean | undefined)[]): { apiVersion: string; kind: string; metadata: { name: string; namespace: string; uid: string; resourceVersion: string; labels: Record<string, string> }; endpoints: object[] } => ({
  apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata: { name: `${service}-x`, namespace: 'default', uid: service, resourceVersion: '1', labels: { 'kubernetes.io/service-name': service } },
  endpoints: ready.map((value) => ({ addresses: ['127.44.0.2'], conditions: value === undefined ? {} : { ready: value } })),
});

test('ready means: an endpoint each, and none that is still coming up', () => {
  expect(areReady([], ['a'])).toBe(false);
  expect(areReady([slice('a', [])], ['a'])).toBe(false);
  expect(areReady([slice('a', [true]), slice('b', [undefined])], ['a', 'b'])).toBe(true);
  expect(areReady([slice('a', [true, false])], ['a'])).toBe(false);
  expect(areReady([slice('a', [true]), slice('other', [false])], ['a'])).toBe(true);
});

/** An API server of one collection; `refuse` answers 403. */
async function startApi(refuse: boolean): Promise<{ readonly url: string; send(event: string, object: object): void; stop(): void }> {
  let watch: ServerResponse | undefined;
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'application/json');
    if (refuse) response.writeHead(403).end(JSON.stringify({ kind: 'Status', status: 'Failure', reason: 'Forbidden', code: 403, message: 'no' }));
    else if (request.url?.includes('watch=') === true) {
      response.writeHead(200).flushHeaders();
      watch = response;
    } else response.end(JSON.stringify({ kind: 'EndpointSliceList', apiVersion: 'discovery.k8s.io/v1', metadata: { resourceVersion: '1' }, items: [slice('a', [false])] }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
    send: (type, object) => void watch?.write(`${JSON.stringify({ type, object })}\n`),
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
const clientOf = (url: string): KubeClient => createKubeClient({ server: new URL(url), namespace: 'default', prepare: () => Promise.resolve() });

test('it resolves when the watch shows the service ready, not before', async () => {
  const api = await startApi(false);
  const client = clientOf(api.url);
  let done = false;
  const ready = servicesReady(client, { namespace: 'default', services: ['a'], settleMs: 0, maxMs: 15_000 }).then(() => void (done = true));
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(done).toBe(false);
  const sending = setInterval(() => api.send('MODIFIED', { ...slice('a', [true]), metadata: { ...slice('a', []).metadata, resourceVersion: '2' } }), 50);
  const start = performance.now();
  await ready;
  clearInterval(sending);
  expect(performance.now() - start).toBeLessThan(10_000);
  client.close();
  api.stop();
});

test('who may not look begins at once', async () => {
  const api = await startApi(true);
  const client = clientOf(api.url);
  const start = performance.now();
  await servicesReady(client, { namespace: 'default', services: ['a'], maxMs: 15_000 });
  expect(performance.now() - start).toBeLessThan(10_000);
  client.close();
  api.stop();
});
