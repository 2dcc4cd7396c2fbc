import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DEPTH_MAX } from '../decode/scan-json.ts';
import { applyJsonPatch, COPY_BYTES_MAX, PatchMismatch, PatchTooLarge } from './json-patch.ts';

test('copies that double an object again and again are refused before they fill the memory', () => {
  const document = { data: { text: 'x'.repeat(100_000) } };
  const copies = Array.from({ length: 26 }, (_, i) => ({ op: 'copy', from: '', path: `/copy${i}` }));
  expect(() => applyJsonPatch(document, copies)).toThrow(new RegExp(`^Unable to complete the copy, the accumulated size increase of copy is \\d+, exceeding the limit ${COPY_BYTES_MAX}$`));
  // Many small ones count together.
  const small = Array.from({ length: 40 }, (_, i) => ({ op: 'copy', from: '/data', path: `/copy${i}` }));
  expect(() => applyJsonPatch(document, small)).toThrow(PatchTooLarge);
  expect(Object.keys(Object(applyJsonPatch(document, small.slice(0, 25))))).toHaveLength(26);
});

const nested = (depth: number): unknown => JSON.parse(`${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`);
const pathOf = (depth: number): string => '/a'.repeat(depth);

test('no operation nests deeper than a body may', () => {
  const tries: object[][] = [
    [{ op: 'add', path: pathOf(300), value: nested(300) }],
    [{ op: 'replace', path: pathOf(300), value: nested(300) }],
    [{ op: 'copy', from: '', path: pathOf(300) }],
    [{ op: 'add', path: '/b', value: nested(300) }, { op: 'move', from: '/b', path: pathOf(300) }],
    [{ op: 'add', path: '/b', value: nested(20_000) }],
  ];
  for (const operations of tries) expect([operations[0], catching(() => applyJsonPatch(nested(300), operations))]).toEqual([operations[0], new PatchTooLarge('exceeded max depth')]);
  expect(applyJsonPatch(nested(300), [{ op: 'add', path: pathOf(300), value: nested(DEPTH_MAX - 300) }])).toEqual(nested(DEPTH_MAX));
});
function catching(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    return error;
  }
}

test('moving a large value about ten thousand times takes no time', () => {
  const large = Array.from({ length: 200_000 }, (_, i) => ({ i }));
  const operations = Array.from({ length: 10_000 }, (_, i) => ({ op: 'move', from: i % 2 === 0 ? '/a' : '/b/c', path: i % 2 === 0 ? '/b/c' : '/a' }));
  const start = performance.now();
  expect(Object.keys(Object(applyJsonPatch({ a: large, b: {} }, operations)))).toEqual(['b', 'a']);
  expect(performance.now() - start).toBeLessThan(5000);
});

test('a copy is a value of its own, and the document stays as it was', () => {
  fc.assert(fc.property(fc.jsonValue(), (v) => {
    const document = { from: v };
    const before = JSON.stringify(document);
    const made = applyJsonPatch(document, [{ op: 'copy', from: '/from', path: '/to' }, { op: 'test', path: '/to', value: v }, { op: 'remove', path: '/from' }]);
    expect(JSON.stringify(made)).toBe(JSON.stringify({ to: v }));
    expect(JSON.stringify(document)).toBe(before);
  }));
  expect(() => applyJsonPatch({}, [{ op: 'copy', from: '/missing', path: '/to' }])).toThrow(PatchMismatch);
});
