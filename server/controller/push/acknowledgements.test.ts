import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Acknowledgements, WAIT_MS_MAX, WAITS_MAX } from './acknowledgements.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('a wait ends with the revision, with a refusal, or with its time, and only once', () => {
  let reached = 5;
  const all = new Acknowledgements((revision) => reached >= revision);
  const ended: string[] = [];
  const wait = (name: string, revision: number, ms = 1000): (() => void) => all.wait(revision, ms, () => void ended.push(name));
  wait('known', 5);
  expect(ended).toEqual(['known']);
  wait('next', 6);
  wait('later', 9);
  reached = 7;
  all.changed();
  expect(ended).toEqual(['known', 'next']);
  all.changed(true);
  expect(ended).toEqual(['known', 'next', 'later']);
  wait('short', 9, 50);
  wait('endless', 9, 1e9);
  wait('given up', 9)();
  vi.advanceTimersByTime(60);
  expect(ended.at(-1)).toBe('short');
  vi.advanceTimersByTime(WAIT_MS_MAX);
  all.changed(true);
  expect(ended).toEqual(['known', 'next', 'later', 'short', 'endless']);
});

test('too many waits are answered at once', () => {
  const all = new Acknowledgements(() => false);
  let ended = 0;
  for (let i = 0; i < WAITS_MAX + 1; i++) all.wait(1, 1000, () => void (ended += 1));
  expect(ended).toBe(1);
  all.changed(true);
  expect(ended).toBe(WAITS_MAX + 1);
});
