import { expect, test } from 'vitest';
import { bigMesh } from '#shared/fixtures';
import { applyFrame, buildGraph, decodeFrame, diffGraphs, encodeFrame, parseRows, viewOf } from '../index.ts';
import type { GraphFrame, GraphModel, GraphRows, Grouping, PromRow } from '../index.ts';

const rows = (body: string): readonly PromRow[] => {
  const parsed = parseRows(JSON.parse(body));
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
};
const overTheWire = (frame: GraphFrame): GraphFrame => {
  const decoded = decodeFrame(JSON.parse(JSON.stringify(encodeFrame(frame))));
  if (!decoded.ok) throw new Error(decoded.error);
  return decoded.value;
};
function modelOf(seed: number, grouping: Grouping): GraphModel {
  const mesh = bigMesh({ services: 60, edges: 300, namespaces: 4, seed });
  const all: GraphRows = { requests: rows(mesh.answers.requests), tcp: [], edgeLatency: rows(mesh.answers.edgeLatency), nodeLatency: rows(mesh.answers.nodeLatency) };
  return buildGraph(all, viewOf(mesh.objects), { window: { from: 0, to: 60_000 }, grouping, namespaces: [] });
}

test.each(['service-version', 'service', 'workload', 'app'] as const)('a full frame of grouping %s arrives as it was', (grouping) => {
  for (const seed of [1, 2, 3]) {
    const frame: GraphFrame = { type: 'full', revision: 7, at: 1, model: modelOf(seed, grouping) };
    expect(frame.model.edges.length).toBeGreaterThan(200);
    expect(overTheWire(frame)).toEqual(frame);
  }
});

test('patches lead from one model to the next, over the wire; a patch to another revision is refused', () => {
  const [first, second] = [modelOf(1, 'service-version'), modelOf(2, 'service-version')];
  const patch = diffGraphs(first, second);
  if (patch === undefined) throw new Error('no patch');
  const held = applyFrame(undefined, overTheWire({ type: 'full', revision: 1, at: 1, model: first }));
  const next = overTheWire({ type: 'patch', revision: 2, base: 1, at: 2, patch });
  expect(applyFrame(held, next)).toEqual({ revision: 2, model: second });
  expect(applyFrame({ revision: 9, model: first }, next)).toBeUndefined();
  expect(applyFrame(undefined, next)).toBeUndefined();
});

test('what is no frame is refused with the place', () => {
  expect(decodeFrame({ type: 'full', revision: 1, at: 1 })).toMatchObject({ ok: false, error: expect.stringContaining('compact') });
  expect(decodeFrame('x').ok).toBe(false);
});
