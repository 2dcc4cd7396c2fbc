// @vitest-environment jsdom
import { expect, test } from 'vitest';
import { buildTree, visibleRows } from './model/build-tree.ts';
import { keyAction } from './Waterfall.tsx';
import type { TraceSpan } from './model/trace-span.ts';

const span = (spanId: string, parentSpanId: string | undefined, start: number, failed = false): TraceSpan => ({
  traceId: 't', spanId, parentSpanId, service: 'a.default', operation: 'op', kind: 'server', start, duration: 10, tags: failed ? { error: true } : {}, processTags: {}, logs: [], warnings: [],
});
const { roots } = buildTree([span('a', undefined, 0), span('b', 'a', 1), span('c', 'b', 2), span('d', 'a', 3, true)]);

test('arrows walk the tree as a treegrid does, e goes to the next failed span', () => {
  const rows = visibleRows(roots, new Set());
  const act = (key: string, at: number): unknown => keyAction(key, { rows, at });
  expect(act('ArrowDown', 0)).toEqual({ kind: 'move', to: 1 });
  expect(act('ArrowRight', 1)).toEqual({ kind: 'move', to: 2 });
  expect(act('ArrowLeft', 1)).toEqual({ kind: 'toggle', spanId: 'b', open: false });
  expect(act('ArrowLeft', 2)).toEqual({ kind: 'move', to: 1 });
  expect(act('e', 0)).toEqual({ kind: 'move', to: 3 });
  expect(act('e', 3)).toBeUndefined();
  expect(act('Enter', 2)).toEqual({ kind: 'open', spanId: 'c' });
  const shut = visibleRows(roots, new Set(['b']));
  expect(keyAction('ArrowRight', { rows: shut, at: 1 })).toEqual({ kind: 'toggle', spanId: 'b', open: true });
});
