import { expect, test } from 'vitest';
import fc from 'fast-check';
import { changeBetween } from './change-between.ts';
import { createEchoes } from './echoes.ts';

test('what the editor sent is an echo, also when it comes late or only the last of it; what somebody else set is none', () => {
  const echoes = createEchoes();
  for (const text of ['a', 'ab', 'abc']) echoes.sent(text);
  expect(echoes.isEcho('ab')).toBe(true);
  expect(echoes.isEcho('theirs')).toBe(false);
  expect(echoes.isEcho('abc')).toBe(true);
  expect(echoes.isEcho('abc')).toBe(false); // once more: somebody set it back
});

test('the change between two texts makes the one of the other', () => {
  fc.assert(fc.property(fc.string(), fc.string(), fc.string(), fc.string(), (head, one, other, tail) => {
    const [before, after] = [head + one + tail, head + other + tail];
    const change = changeBetween(before, after);
    expect(change === undefined ? before : before.slice(0, change.from) + change.insert + before.slice(change.to)).toBe(after);
    if (change !== undefined) expect([change.from >= head.length || before.startsWith(after.slice(0, change.from)), change.to >= change.from]).toEqual([true, true]);
  }));
});
