// @vitest-environment jsdom
import { act, cleanup, render, renderHook } from '@testing-library/react';
import { afterEach, expect, test } from 'vitest';
import { ScopeKeeper, useSetScope } from './use-scope.ts';

const here = (): string => `${window.location.pathname}${window.location.search}`;
afterEach(() => {
  cleanup();
  window.history.replaceState(null, '', '/');
});

test('a scope chosen late, by what belonged to a page that was left, leads nobody back', () => {
  window.history.replaceState(null, '', '/services');
  const { result, unmount } = renderHook(() => useSetScope());
  const late = result.current;
  unmount();
  window.history.pushState(null, '', '/workloads');
  late({ window: '5m' });
  expect(here()).toBe('/workloads?window=5m');
  late({ window: '1m' });
});

test('a link that names no scope gets it back in the same step, so that the next key finds it there', () => {
  window.history.replaceState(null, '', '/services?window=5m');
  render(<ScopeKeeper />);
  act(() => {
    window.history.pushState(null, '', '/workloads');
  });
  expect(here()).toBe('/workloads?window=5m');
});
