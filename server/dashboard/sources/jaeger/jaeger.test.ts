import { createServer } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { createJaeger } from './jaeger.ts';
import type { Jaeger } from './jaeger.ts';

async function store(answers: Readonly<Record<string, string | undefined>>): Promise<{ readonly jaeger: Jaeger; readonly asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    const body = answers[(request.url ?? '').split('?')[0] ?? ''];
    response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' }).end(body ?? '{"error":{"httpCode":404,"message":"No traces found"}}');
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const jaeger = createJaeger({ url: `http://127.0.0.1:${address === null || typeof address === 'string' ? 0 : address.port}`, clock: () => 7 });
  onTestFinished(() => {
    jaeger.close();
    server.closeAllConnections();
    server.close();
  });
  return { jaeger, asked };
}
const search = { service: 'a.default', from: 0, to: 60_000, limit: 5, tags: { error: 'true' } };

test('the legacy form: tags, parents, kinds, times', async () => {
  const { jaeger, asked } = await store({
    '/api/traces': JSON.stringify({ data: [{ traceID: 'ab', processes: { p1: { serviceName: 'a.default', tags: [{ key: 'ip', type: 'string', value: '1.2.3.4' }] } }, spans: [
      { traceID: 'ab', spanID: '2', operationName: 'call', startTime: 20, duration: 5, processID: 'p1', references: [{ refType: 'CHILD_OF', traceID: 'ab', spanID: '1' }], tags: [{ key: 'span.kind', type: 'string', value: 'client' }, { key: 'error', type: 'bool', value: true }], logs: [{ timestamp: 21, fields: [{ key: 'event', value: 'retry' }] }], warnings: null },
      { traceID: 'ab', spanID: '1', operationName: 'get', startTime: 10, duration: 30, processID: 'p1', references: [], tags: null, logs: null },
    ] }] }),
  });
  expect(await jaeger.search(search)).toMatchObject({ state: 'value', value: [{ id: 'ab', spans: [{ spanId: '1', parentSpanId: undefined, kind: 'internal' }, { spanId: '2', parentSpanId: '1', kind: 'client', tags: { error: true }, processTags: { ip: '1.2.3.4' }, logs: [{ at: 21, fields: { event: 'retry' } }] }] }] });
  expect(new URLSearchParams(asked[0]?.split('?')[1]).get('tags')).toBe('{"error":"true"}');
  expect(await jaeger.trace('cd')).toEqual({ state: 'value', value: undefined, at: 7 });
});

test('a store without the legacy search is asked by v3, from then on at once', async () => {
  const { jaeger, asked } = await store({
    '/api/v3/services': '{"services":["a.default"]}',
    '/api/v3/traces': JSON.stringify({ result: { resourceSpans: [{ resource: { attributes: [{ key: 'service.name', value: { stringValue: 'a.default' } }] }, scopeSpans: [{ spans: [{ traceId: 'ab', spanId: '1', parentSpanId: '0000000000000000', name: 'get', kind: 2, startTimeUnixNano: '1767323045678901234', endTimeUnixNano: '1767323045680901234', status: { code: 2 }, attributes: [{ key: 'http.status_code', value: { intValue: '503' } }] }] }] }] } }),
  });
  expect(await jaeger.services()).toMatchObject({ value: ['a.default'] });
  expect(await jaeger.search(search)).toMatchObject({ value: [{ id: 'ab', spans: [{ parentSpanId: undefined, service: 'a.default', kind: 'server', start: 1_767_323_045_678_901, duration: 2000, tags: { error: true, 'http.status_code': 503 } }] }] });
  expect(asked.map((url) => url.split('?')[0])).toEqual(['/api/services', '/api/v3/services', '/api/v3/traces']);
  expect(decodeURIComponent(asked[2] ?? '')).toContain('query.startTimeMin=1970-01-01T00:00:00.000Z');
  expect(jaeger.monitor.state().state).toBe('up');
});
