import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { createKubeClient, isKubeError, KubeError } from './client.ts';
import { createReflector } from './reflector.ts';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function serve(handler: (request: IncomingMessage, response: ServerResponse, url: URL) => void): Promise<ReturnType<typeof createKubeClient>> {
  server = createServer((request, response) => handler(request, response, new URL(request.url ?? '/', 'http://x')));
  const made = server;
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
  const address = made.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return createKubeClient({ server: new URL(`http://127.0.0.1:${port}`), namespace: 'default', prepare: () => Promise.resolve() });
}
const pod = (name: string, resourceVersion: string): object => ({ metadata: { name, namespace: 'default', resourceVersion, uid: name } });
const frame = (type: string, object: object): string => `${JSON.stringify({ type, object })}\n`;
const until = async (ready: () => boolean): Promise<void> => {
  for (let i = 0; i < 400 && !ready(); i++) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(ready()).toBe(true);
};

test('the cache follows list, watch, a cut stream and 410 Gone', async () => {
  const events: string[] = [];
  let lists = 0;
  let watches = 0;
  const client = await serve((_request, response, url) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    if (url.searchParams.get('watch') === null) {
      lists += 1;
      const items = lists === 1 ? [pod('a', '1'), pod('b', '2')] : [pod('a', '9'), pod('d', '10')];
      response.end(JSON.stringify({ kind: 'PodList', apiVersion: 'v1', metadata: { resourceVersion: lists === 1 ? '5' : '10' }, items }));
      return;
    }
    watches += 1;
    if (watches === 1) {
      expect(url.searchParams.get('resourceVersion')).toBe('5');
      response.write(frame('ADDED', pod('c', '6')) + frame('BOOKMARK', { metadata: { resourceVersion: '7' } }));
      response.write(frame('DELETED', pod('b', '8')).slice(0, 20));
      setTimeout(() => response.end(frame('DELETED', pod('b', '8')).slice(20)), 20);
    } else if (watches === 2) {
      expect(url.searchParams.get('resourceVersion')).toBe('8');
      response.end(frame('ERROR', { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' }));
    } else response.write(frame('MODIFIED', pod('d', '11')));
  });
  const reflector = createReflector(client, { group: '', version: 'v1', plural: 'pods', namespace: 'default' }, { onChange: (event, object) => void events.push(`${event} ${object.kind} ${object.metadata.name}`) });
  await reflector.synced;
  await until(() => events.includes('MODIFIED Pod d'));
  reflector.stop();
  expect(events).toEqual(['ADDED Pod a', 'ADDED Pod b', 'ADDED Pod c', 'DELETED Pod b', 'MODIFIED Pod a', 'ADDED Pod d', 'DELETED Pod c', 'MODIFIED Pod d']);
  expect(reflector.list().map((object) => object.metadata.name)).toEqual(['a', 'd']);
});

test('a server that refuses is reported, asked again and then well', async () => {
  const errors: (string | undefined)[] = [];
  let calls = 0;
  const client = await serve((_request, response, url) => {
    calls += 1;
    if (calls === 1) response.writeHead(403).end(JSON.stringify({ kind: 'Status', reason: 'Forbidden', message: 'no' }));
    else if (url.searchParams.get('watch') === null) response.end(JSON.stringify({ kind: 'PodList', metadata: { resourceVersion: '1' }, items: [] }));
    else response.writeHead(200).flushHeaders();
  });
  const reflector = createReflector(client, { group: '', version: 'v1', plural: 'pods' }, { onError: (error) => void errors.push(error?.message) });
  await reflector.synced;
  reflector.stop();
  expect(errors).toEqual(['no', undefined]);
});

test('errors carry the Status of the server, or code 0 when nothing answers', async () => {
  const client = await serve((_request, response) => void response.writeHead(404).end(JSON.stringify({ kind: 'Status', reason: 'NotFound', message: 'pods "x" not found' })));
  await expect(client.request({ method: 'GET', path: '/api/v1/pods/x' })).rejects.toSatisfy((error) => isKubeError(error, 404) && error instanceof KubeError && error.reason === 'NotFound');
  const away = createKubeClient({ server: new URL('http://127.0.0.1:1'), namespace: 'default', prepare: () => Promise.resolve() });
  await expect(away.request({ method: 'GET', path: '/' })).rejects.toSatisfy((error) => isKubeError(error, 0));
});
