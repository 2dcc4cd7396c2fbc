// @vitest-environment jsdom
import { QueryClientProvider } from '@tanstack/react-query';
import { cleanup, renderHook, waitFor } from '@testing-library/react';
import type { ReactNode } from 'react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { onUntoldFailure, useUndo } from './changes.ts';
import { createQueryClient } from './query-client.ts';

let answer: (response: Response) => void;
let calls: string[];
beforeEach(() => {
  calls = [];
  vi.stubGlobal('fetch', (address: string) => {
    calls.push(address);
    return new Promise<Response>((resolve) => { answer = resolve; });
  });
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});
const refused = (): Response => new Response(JSON.stringify({ code: 'UNDO_GONE', message: 'It is not there any more.', next: '' }), { status: 409 });
const hook = (): ReturnType<typeof renderHook<ReturnType<typeof useUndo>, undefined>> => {
  const client = createQueryClient();
  return renderHook(() => useUndo(), { wrapper: ({ children }: { readonly children: ReactNode }) => <QueryClientProvider client={client}>{children}</QueryClientProvider> });
};

test('the same asked twice is one call; once it is answered it may be asked again', async () => {
  const { result } = hook();
  const told: string[] = [];
  const press = (): void => result.current.mutate('u1', { onError: (error) => told.push(error.message) });
  press();
  press();
  result.current.mutate('u2', { onError: () => undefined });
  await waitFor(() => expect(calls).toEqual(['/api/undo/u1', '/api/undo/u2']));
  answer(refused());
  result.current.mutate('u1');
  expect(calls).toHaveLength(2);
});

test('who asked is told of the outcome also after it left the page; what nobody tells is told by the app', async () => {
  const { result, unmount } = hook();
  const { mutate } = result.current;
  unmount();
  const told: string[] = [];
  mutate('u1', { onError: (error) => told.push(`own: ${error.message}`) });
  await waitFor(() => expect(calls).toHaveLength(1));
  answer(refused());
  await waitFor(() => expect(told).toEqual(['own: It is not there any more.']));
  onUntoldFailure((error) => told.push(`app: ${error.message}`));
  mutate('u1');
  await waitFor(() => expect(calls).toHaveLength(2));
  answer(refused());
  await waitFor(() => expect(told.at(-1)).toBe('app: It is not there any more.'));
});
