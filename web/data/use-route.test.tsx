// @vitest-environment jsdom
import { QueryClientProvider } from '@tanstack/react-query';
import { cleanup, renderHook, waitFor } from '@testing-library/react';
import type { ReactNode } from 'react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { peek } from '#shared/base';
import { createQueryClient } from './query-client.ts';
import { useTraces } from './resources.ts';
import type { TraceQuery } from './resources.ts';

const row = (root: string): unknown => ({ id: root, start: 1, durationMs: 2, root, operation: 'GET /', spans: 1, errors: 0, services: [] });
/** Answers by the whole address; an address without one waits. */
let answers: Map<string, unknown>;
beforeEach(() => {
  answers = new Map();
  vi.stubGlobal('fetch', async (address: string) => {
    const body = answers.get(decodeURIComponent(address));
    return body === undefined ? new Promise<Response>(() => undefined) : new Response(JSON.stringify(body), { status: 200 });
  });
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});
const value = (...roots: readonly string[]): unknown => ({ state: 'value', at: 5, value: roots.map(row) });

function ask(first: TraceQuery): { readonly to: (next: TraceQuery) => void; readonly roots: () => readonly string[] | undefined; readonly state: () => string | undefined; readonly subject: () => string } {
  const client = createQueryClient();
  const { result, rerender } = renderHook((query: TraceQuery) => useTraces(query), { initialProps: first, wrapper: ({ children }: { readonly children: ReactNode }) => <QueryClientProvider client={client}>{children}</QueryClientProvider> });
  return { to: rerender, roots: () => (result.current.reading === undefined ? undefined : peek(result.current.reading)?.map((r) => r.root)), state: () => result.current.reading?.state, subject: () => result.current.subject };
}

test('while another window loads the last answer stays; another service begins empty', async () => {
  answers.set('/api/traces?window=1m&service=a.default', value('a'));
  const hook = ask({ service: 'a.default' });
  await waitFor(() => expect(hook.roots()).toEqual(['a']));
  const { subject } = hook;
  const before = subject();
  hook.to({ service: 'a.default', window: '5m' });
  expect(hook.roots()).toEqual(['a']);
  expect(subject()).toBe(before);
  hook.to({ service: 'b.default' });
  expect(hook.roots()).toBeUndefined();
  expect(subject()).not.toBe(before);
});

test('only traces with errors are a subject of their own: those without are never shown under that name', async () => {
  answers.set('/api/traces?window=1m&service=a.default', value('a'));
  const hook = ask({ service: 'a.default' });
  await waitFor(() => expect(hook.roots()).toEqual(['a']));
  hook.to({ service: 'a.default', errors: 'true' });
  expect(hook.state()).toBeUndefined();
});
