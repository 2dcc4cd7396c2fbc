// @vitest-environment jsdom
import { QueryClientProvider } from '@tanstack/react-query';
import { act, cleanup, renderHook, waitFor } from '@testing-library/react';
import type { ReactNode } from 'react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { encodeFrame } from '#shared/graph';
import type { GraphModel, Grouping } from '#shared/graph';
import { createQueryClient } from '../query-client.ts';
import { useGraph } from './use-graph.ts';

const model = (name: string, to: number): GraphModel => ({ window: { from: 0, to }, grouping: 'service', namespaces: [{ key: `ns:${name}`, name, workloads: 0, mtlsMode: 'UNSET', injection: true }], edges: [], notes: [], nodes: [] });
const frame = (name: string, to: number): unknown => encodeFrame({ type: 'full', revision: 7, at: to, model: model(name, to) });

class FakeEventSource extends EventTarget {
  static readonly all: FakeEventSource[] = [];
  readonly url: string;
  readyState = 1;
  constructor(url: string) {
    super();
    this.url = url;
    FakeEventSource.all.push(this);
  }
  close(): void { this.readyState = 2; }
}
const stream = (): FakeEventSource => FakeEventSource.all.at(-1) ?? new FakeEventSource('none');
const send = (type: string, data: unknown): void => act(() => void stream().dispatchEvent(new MessageEvent(type, { data: JSON.stringify(data) })));
const go = (search: string): void => act(() => window.history.replaceState(null, '', `/graph${search}`));

let past: (() => Response) | undefined;
beforeEach(() => {
  FakeEventSource.all.length = 0;
  past = undefined;
  vi.stubGlobal('EventSource', FakeEventSource);
  vi.stubGlobal('fetch', () => (past === undefined ? new Promise<Response>(() => undefined) : Promise.resolve(past())));
  window.history.replaceState(null, '', '/graph');
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
  window.history.replaceState(null, '', '/');
});
type Seen = { readonly state: string | undefined; readonly name: string | undefined; readonly code: string | undefined };
function see(grouping: Grouping = 'service'): { readonly now: () => Seen; readonly group: (grouping: Grouping) => void } {
  const client = createQueryClient();
  const { result, rerender } = renderHook((by: Grouping) => useGraph(by).reading, { initialProps: grouping, wrapper: ({ children }: { readonly children: ReactNode }) => <QueryClientProvider client={client}>{children}</QueryClientProvider> });
  const now = (): Seen => {
    const reading = result.current;
    return { state: reading?.state, name: reading?.state === 'value' || reading?.state === 'stale' ? reading.value.namespaces[0]?.name : undefined, code: reading?.state === 'stale' ? reading.error.code : undefined };
  };
  return { now, group: rerender };
}

test('while another window loads the picture before stays, as what it is, and is no base for patches; then the new one is shown', () => {
  const { now } = see();
  send('frame', frame('one', 1_000));
  expect(now()).toEqual({ state: 'value', name: 'one', code: undefined });
  go('?window=5m');
  expect(now()).toEqual({ state: 'stale', name: 'one', code: 'LOADING' });
  expect(stream().url).toBe('/api/graph/stream?window=5m&grouping=service');
  send('ping', { at: 2_000, revision: 7 });
  expect(now().state).toBe('stale');
  send('frame', frame('five', 2_000));
  expect(now()).toEqual({ state: 'value', name: 'five', code: undefined });
  go('?window=5m&ns=default');
  expect(now()).toEqual({ state: 'stale', name: 'five', code: 'LOADING' });
});

test('another grouping is another picture', () => {
  const { now, group } = see();
  send('frame', frame('one', 1_000));
  group('workload');
  expect(now().state).toBeUndefined();
});

test('a past moment begins with the picture that is there; a failure keeps it and is told', async () => {
  const { now } = see();
  send('frame', frame('one', 1_000));
  go('?to=500');
  expect(now()).toEqual({ state: 'stale', name: 'one', code: 'LOADING' });
  past = () => new Response(JSON.stringify({ code: 'PROM_DOWN', message: 'Prometheus does not answer.', next: '' }), { status: 400 });
  go('?to=501');
  await waitFor(() => expect(now()).toEqual({ state: 'stale', name: 'one', code: 'PROM_DOWN' }));
  past = () => new Response(JSON.stringify(frame('then', 502)), { status: 200 });
  go('?to=502');
  await waitFor(() => expect(now()).toEqual({ state: 'value', name: 'then', code: undefined }));
});

test('paused, another window is asked for once: its first picture is shown and the stream closed', () => {
  window.history.replaceState(null, '', '/graph?paused=1');
  const { now } = see();
  send('frame', frame('one', 1_000));
  expect(now()).toEqual({ state: 'value', name: 'one', code: undefined });
  expect(stream().readyState).toBe(2);
  go('?paused=1&window=5m');
  send('frame', frame('five', 2_000));
  expect(now().name).toBe('five');
  expect(FakeEventSource.all.map((source) => source.readyState)).toEqual([2, 2]);
});
