import fc from 'fast-check';
import { expect, test } from 'vitest';
import { buildTree, visibleRows } from './model/build-tree.ts';
import { criticalPath, criticalShares } from './model/critical-path.ts';
import { describeSpan } from './model/describe-span.ts';
import { ticks } from './model/ticks.ts';
import type { TraceSpan } from './model/trace-span.ts';

const span = (spanId: string, parentSpanId: string | undefined, start: number, duration: number, more: Partial<TraceSpan> = {}): TraceSpan => ({
  traceId: 't', spanId, parentSpanId, service: 'a.default', operation: 'op', kind: 'server', start, duration, tags: {}, processTags: {}, logs: [], warnings: [], ...more,
});

test('rows are a tree by start; an orphan and a loop become roots; closing hides what is below', () => {
  const tree = buildTree([span('c', 'a', 30, 10), span('a', undefined, 0, 100), span('b', 'a', 10, 10, { tags: { error: true } }), span('lost', 'gone', 5, 1), span('x', 'y', 50, 1), span('y', 'x', 51, 1)]);
  const names = (closed: readonly string[]): string[] => visibleRows(tree.roots, new Set(closed)).map((row) => `${'.'.repeat(row.node.depth)}${row.node.span.spanId}`);
  expect(names([])).toEqual(['a', '.b', '.c', 'lost', 'y', '.x']);
  expect(names(['a'])).toEqual(['a', 'lost', 'y', '.x']);
  expect(tree.roots[0]?.failedBelow).toBe(true);
  expect([tree.start, tree.end, tree.depth]).toEqual([0, 100, 2]);
});

test('a chain of 20 000 spans neither overflows nor loses a row', () => {
  const tree = buildTree(Array.from({ length: 20_000 }, (_, i) => span(`s${i}`, i === 0 ? undefined : `s${i - 1}`, i, 20_000 - i)));
  expect(visibleRows(tree.roots, new Set())).toHaveLength(20_000);
});

test('the critical path of parallel children goes through the one that ended last', () => {
  const [root] = buildTree([span('root', undefined, 0, 100), span('fast', 'root', 10, 20), span('slow', 'root', 10, 70), span('inner', 'slow', 20, 50)]).roots;
  if (root === undefined) throw new Error('no root');
  expect(criticalPath(root).map((piece) => `${piece.spanId} ${piece.from}-${piece.to}`)).toEqual(['root 80-100', 'slow 70-80', 'inner 20-70', 'slow 10-20', 'root 0-10']);
  expect(criticalShares(criticalPath(root))[0]).toEqual({ spanId: 'inner', time: 50 });
});

test('the critical path covers the root exactly once, whatever the children', () => {
  const child = fc.record({ start: fc.integer({ min: 0, max: 100 }), duration: fc.integer({ min: 0, max: 120 }), parent: fc.nat() });
  fc.assert(fc.property(fc.array(child, { maxLength: 20 }), (children) => {
    const spans = [span('root', undefined, 0, 100)];
    for (const [i, c] of children.entries()) spans.push(span(`c${i}`, spans[c.parent % spans.length]?.spanId, c.start, c.duration));
    const [root] = buildTree(spans).roots;
    if (root === undefined) return;
    const pieces = criticalPath(root).toSorted((a, b) => a.from - b.from);
    expect(pieces.reduce((sum, piece) => sum + piece.to - piece.from, 0)).toBe(100);
    for (const [i, piece] of pieces.entries()) expect(piece.from).toBe(i === 0 ? 0 : pieces[i - 1]?.to);
  }));
});

test('ticks are round and few', () => {
  expect(ticks(412_000, 5)).toEqual([0, 100_000, 200_000, 300_000, 400_000]);
  expect(ticks(0, 5)).toEqual([0]);
  fc.assert(fc.property(fc.integer({ min: 1, max: 1e9 }), fc.integer({ min: 2, max: 12 }), (length, most) => ticks(length, most).length <= most + 1));
});

test('a row says who called whom, or what was answered', () => {
  expect(describeSpan(span('s', undefined, 0, 1, { kind: 'client', service: 'reviews.default', tags: { 'upstream_cluster.name': 'outbound|9080|v1|ratings.default.svc.cluster.local', 'http.status_code': '503', response_flags: 'FI' } }))).toEqual({ who: 'reviews', what: '→ ratings:9080 v1', code: '503', flags: 'FI' });
  expect(describeSpan(span('s', undefined, 0, 1, { service: 'ratings.default', tags: { 'http.method': 'GET', 'http.url': 'http://ratings:9080/ratings/0?x=1', response_flags: '-' } }))).toEqual({ who: 'ratings', what: 'GET /ratings/0', code: '', flags: '' });
});
