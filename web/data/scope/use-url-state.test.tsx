// @vitest-environment jsdom
import { act, cleanup, renderHook } from '@testing-library/react';
import { afterEach, expect, test } from 'vitest';
import { useUrlState } from './use-url-state.ts';
import type { UrlCodec } from './use-url-state.ts';

type State = { readonly at: string | undefined };
const codec: UrlCodec<State> = { names: ['at'], parse: (query) => ({ at: query.get('at') ?? undefined }), format: ({ at }) => ({ at }) };
const here = (): string => `${window.location.pathname}${window.location.search}`;
afterEach(() => {
  cleanup();
  window.history.replaceState(null, '', '/');
});

test('a page sets its own part of the URL and leaves the rest', () => {
  window.history.replaceState(null, '', '/services?window=5m');
  const { result } = renderHook(() => useUrlState(codec));
  act(() => result.current[1]({ at: 'default/reviews' }));
  expect(here()).toBe('/services?window=5m&at=default/reviews');
  expect(result.current[0].at).toBe('default/reviews');
  act(() => result.current[1]({ at: undefined }));
  expect(here()).toBe('/services?window=5m');
});

test('a page that was left does not bring itself back', () => {
  window.history.replaceState(null, '', '/services');
  const { result, unmount } = renderHook(() => useUrlState(codec));
  const late = result.current[1];
  unmount();
  window.history.pushState(null, '', '/services/default/ratings');
  late({ at: 'default/reviews' });
  expect(here()).toBe('/services/default/ratings');
});
