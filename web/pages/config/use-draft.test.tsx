// @vitest-environment jsdom
import { act, cleanup, renderHook } from '@testing-library/react';
import { afterEach, expect, test } from 'vitest';
import type { ConfigObject } from '#web/data';
import { useDraft } from './use-draft.ts';

const saved = (resourceVersion: string, yaml: string): ConfigObject => ({ group: 'networking.istio.io', version: 'v1', kind: 'VirtualService', plural: 'virtualservices', namespace: 'default', name: 'reviews', resourceVersion, yaml, findings: [] });
afterEach(cleanup);
const begin = (): ReturnType<typeof renderHook<ReturnType<typeof useDraft>, ConfigObject>> => renderHook((object: ConfigObject) => useDraft(object, 'a: 1\n'), { initialProps: saved('1', 'a: 1\n') });

test('a change of somebody else is a conflict, and stays one until it is decided', () => {
  const { result, rerender } = begin();
  act(() => result.current.setText('a: mine\n'));
  rerender(saved('2', 'a: theirs\n'));
  expect(result.current.conflict).toBe(true);
  act(() => result.current.keepMine());
  expect([result.current.conflict, result.current.text, result.current.baseVersion]).toEqual([false, 'a: mine\n', '2']);
});

test('one’s own save is no conflict: the next edit is based on it, also while an older answer is still around', () => {
  const { result, rerender } = begin();
  act(() => result.current.setText('a:   2\n'));
  act(() => result.current.rebase('a:   2\n', 'a: 2\n', '2'));
  expect([result.current.text, result.current.edited, result.current.conflict, result.current.baseVersion]).toEqual(['a: 2\n', false, false, '2']);
  rerender(saved('1', 'a: 1\n')); // an answer from before the save
  expect(result.current.text).toBe('a: 2\n');
  act(() => result.current.setText('a: 3\n'));
  expect(result.current.conflict).toBe(false);
  rerender(saved('2', 'a: 2\n'));
  expect([result.current.text, result.current.edited, result.current.conflict]).toEqual(['a: 3\n', true, false]);
  rerender(saved('9', 'a: theirs\n'));
  expect(result.current.conflict).toBe(true);
});

test('keys pressed while the save was under way stay', () => {
  const { result } = begin();
  act(() => result.current.setText('a: 2\n'));
  act(() => result.current.setText('a: 2\nb: 3\n'));
  act(() => result.current.rebase('a: 2\n', 'a: 2\n', '2'));
  expect([result.current.text, result.current.edited, result.current.conflict, result.current.baseVersion]).toEqual(['a: 2\nb: 3\n', true, false, '2']);
});
