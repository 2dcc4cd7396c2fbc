// @vitest-environment jsdom
import { cleanup, fireEvent, renderHook } from '@testing-library/react';
import { afterEach, expect, test, vi } from 'vitest';
import { useCommand } from '#web/kit';
import { useShortcuts } from './use-shortcuts.ts';

afterEach(cleanup);
function offer(...ids: readonly string[]): (key: string, how?: { readonly repeat?: boolean }) => boolean {
  renderHook(() => {
    useShortcuts();
    for (const id of ids) useCommand(id, () => ran(id)); // the same list each time
  });
  return (key, how = {}) => fireEvent.keyDown(document.body, { key, ...how });
}
const ran = vi.fn<(id: string) => void>();
afterEach(() => ran.mockClear());

test('a key that is held acts once, however long; its repetitions do nothing else either', () => {
  const press = offer('undo');
  expect(press('u')).toBe(false);
  for (let i = 0; i < 30; i++) expect(press('u', { repeat: true })).toBe(false);
  expect(ran.mock.calls).toEqual([['undo']]);
  press('u');
  expect(ran).toHaveBeenCalledTimes(2);
});
test('moving along goes on while the key is held', () => {
  const press = offer('rows.down', 'rows.up');
  press('j');
  press('j', { repeat: true });
  press('k', { repeat: true });
  expect(ran.mock.calls).toEqual([['rows.down'], ['rows.down'], ['rows.up']]);
});
test('a held g is no second g', () => {
  const press = offer('go.graph', 'go.services');
  press('g');
  press('g', { repeat: true });
  expect(ran).not.toHaveBeenCalled();
  press('s');
  expect(ran.mock.calls).toEqual([['go.services']]);
});
