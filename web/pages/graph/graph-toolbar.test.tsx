// @vitest-environment jsdom
import { act, cleanup, fireEvent, render, screen } from '@testing-library/react';
import type { ReactNode } from 'react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { KitProvider } from '#web/kit';
import { GraphToolbar } from './GraphToolbar.tsx';
import { graphUrl } from './url.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});
const set = vi.fn();
const bar = (find: string): ReactNode => <KitProvider><GraphToolbar url={{ ...graphUrl.parse(new URLSearchParams()), find }} set={set} error={undefined} onOutline={() => undefined} /></KitProvider>;
const field = (): HTMLElement => screen.getByRole('textbox', { name: 'Find and hide' });
const type = (value: string): void => void fireEvent.change(field(), { target: { value } });

test('a key pressed while the URL takes over what was typed before is not lost', () => {
  const { rerender } = render(bar(''));
  type('rat');
  act(() => void vi.advanceTimersByTime(300));
  expect(set).toHaveBeenLastCalledWith({ find: 'rat' });
  type('rati');
  rerender(bar('rat'));
  expect(field()).toHaveProperty('value', 'rati');
  act(() => void vi.advanceTimersByTime(300));
  expect(set).toHaveBeenLastCalledWith({ find: 'rati' });
});

test('what comes from elsewhere replaces it', () => {
  const { rerender } = render(bar('ratings'));
  type('ratings x');
  rerender(bar(''));
  expect(field()).toHaveProperty('value', '');
  act(() => void vi.advanceTimersByTime(300));
  rerender(bar('reviews'));
  expect(field()).toHaveProperty('value', 'reviews');
});
