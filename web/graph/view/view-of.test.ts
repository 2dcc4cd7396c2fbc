import { describe, expect, test } from 'vitest';
import { edge, model, node } from '../small-graphs.ts';
import type { ViewOptions } from './drawn.ts';
import { searchGraph, splitFindText } from './find-text.ts';
import { viewOf } from './view-of.ts';
import { detailOf, splitWords, troubleOf } from './words.ts';

const none: ReadonlySet<string> = new Set();
const ALL: ViewOptions = { collapsed: none, onlyWrong: false, found: undefined, hidden: undefined, changed: none, trace: undefined, selected: undefined };
const keys = (list: readonly { readonly id: string }[]): readonly string[] => list.map((item) => item.id);

const mesh = model(
  [node('wl:a/front-v1'), node('svc:a/back', 'degraded'), node('wl:a/back-v1'), node('wl:b/store-v1'), node('wl:b/far-v1'), node('wl:b/lone-v1')],
  [edge('wl:a/front-v1', 'svc:a/back', 'degraded'), edge('svc:a/back', 'wl:a/back-v1'), edge('wl:a/back-v1', 'wl:b/store-v1'), edge('wl:b/store-v1', 'wl:b/far-v1')],
);

describe('what is drawn', () => {
  test('everything, in boxes, when nothing filters', () => {
    const view = viewOf(mesh, ALL);
    expect(view.nodes).toHaveLength(6);
    expect(view.edges).toHaveLength(4);
    expect(keys(view.boxes)).toEqual(['ns:a', 'ns:b']);
    expect(view.nodes.find((n) => n.id === 'svc:a/back')).toMatchObject({ box: 'ns:a', shape: 'pill', title: 'back', detail: 'service · 1.0/s' });
  });
  test('only what is wrong: the bad one, both ends of a bad call, and their neighbours', () => {
    const view = viewOf(mesh, { ...ALL, onlyWrong: true });
    expect(keys(view.nodes)).toEqual(['wl:a/front-v1', 'svc:a/back', 'wl:a/back-v1']);
    expect(view.hidden).toBe(3);
  });
  test('what changed lately counts as wrong; what is selected stays in sight', () => {
    expect(keys(viewOf(mesh, { ...ALL, onlyWrong: true, changed: new Set(['wl:b/far-v1']) }).nodes)).toContain('wl:b/store-v1');
    expect(keys(viewOf(mesh, { ...ALL, onlyWrong: true, selected: 'wl:b/lone-v1' }).nodes)).toContain('wl:b/lone-v1');
  });
  test('a closed namespace is one node with the worst health; calls over its border add up, inner ones vanish', () => {
    const view = viewOf(model(mesh.nodes, [...mesh.edges, edge('wl:a/front-v1', 'wl:b/far-v1', 'failing', { traffic: { ...mesh.nodes[0]?.inbound, rate: 3, errorShare: 0.5, clientErrorShare: 0, p50: undefined, p95: undefined, p99: undefined }, mtlsShare: 0 })]), { ...ALL, collapsed: new Set(['a', 'b']) });
    expect(view.nodes.map((n) => [n.id, n.members, n.health.state])).toEqual([['ns:a', 3, 'degraded'], ['ns:b', 3, 'healthy']]);
    expect(view.boxes).toEqual([]);
    const [only] = view.edges;
    expect(view.edges).toHaveLength(1);
    expect(only).toMatchObject({ id: 'ns:a>ns:b', health: { state: 'failing' }, traffic: { rate: 4, errorShare: 0.375 }, mtlsShare: 0.25 });
  });
  test('a trace lights what it passed and dims the rest', () => {
    const view = viewOf(mesh, { ...ALL, trace: { nodes: new Set(['wl:a/front-v1', 'svc:a/back']), edges: new Set(['wl:a/front-v1>svc:a/back:http']) } });
    expect(view.edges.filter((e) => e.traced).map((e) => e.id)).toEqual(['wl:a/front-v1>svc:a/back:http']);
    expect(view.nodes.filter((n) => !n.dim).map((n) => n.id)).toEqual(['wl:a/front-v1', 'svc:a/back']);
  });
  test('a version that gets nothing hangs on its service by an idle line', () => {
    const view = viewOf(model([...mesh.nodes, node('wl:a/back-v2', 'idle', { idle: true })], mesh.edges), ALL);
    expect(view.edges.find((e) => e.target === 'wl:a/back-v2')).toMatchObject({ source: 'svc:a/back', idle: true, tcp: false, health: { state: 'idle' }, edges: [] });
    expect(view.edges.filter((e) => e.target === 'wl:a/back-v1')).toHaveLength(1);
  });
  test('hidden edges and nodes are gone, found ones stand out', () => {
    const { found, hidden, error } = searchGraph(mesh, 'name = store-v1 hide: status = degraded');
    expect(error).toBeUndefined();
    const view = viewOf(mesh, { ...ALL, found, hidden });
    expect(keys(view.nodes)).not.toContain('svc:a/back');
    expect(view.nodes.filter((n) => !n.dim).map((n) => n.id)).toEqual(['wl:b/store-v1']);
  });
});

test('find and hide share one box', () => {
  expect(splitFindText('find: status != healthy · hide: idle')).toEqual({ find: 'status != healthy', hide: 'idle' });
  expect(splitFindText('hide: name ~ "x"')).toEqual({ find: '', hide: 'name ~ "x"' });
  expect(searchGraph(mesh, 'colour = red').error?.message).toContain('no field "colour"');
});

test('words on cards and lines', () => {
  expect(detailOf(node('wl:a/x-v2', 'idle', { idle: true }), false)).toBe('v2 · no requests');
  expect(detailOf(node('wl:a/x-v2', 'unknown', { idle: true }), false)).toBe('v2 · not measured');
  expect(detailOf(node('wl:a/db', 'healthy', { inbound: { ...mesh.nodes[0]?.inbound, rate: 2048, errorShare: 0, clientErrorShare: 0, p50: undefined, p95: undefined, p99: undefined } }), true)).toBe('workload · 2 KiB/s'.replace(' K', '\u00a0K'));
  const failing = edge('a', 'b', 'failing', { traffic: { rate: 10, errorShare: 0.078, clientErrorShare: 0, p50: undefined, p95: undefined, p99: undefined }, responses: [{ code: '200', flags: '-', rate: 9.2 }, { code: '503', flags: 'UF', rate: 0.8 }] });
  expect(troubleOf(failing)).toBe('7.8\u00a0% 503 UF');
  expect(troubleOf({ ...failing, health: { state: 'degraded', reason: '' }, responses: [{ code: '503', flags: 'UF', rate: 0.5 }, { code: '500', flags: '-', rate: 0.3 }] })).toBe('7.8\u00a0% 5xx');
  expect(troubleOf({ ...failing, responses: [{ code: '0', flags: 'DC', rate: 1 }] })).toBe('7.8\u00a0% no answer DC');
  expect(troubleOf(edge('a', 'b'))).toBeUndefined();
  expect(splitWords({ set: 0.6, observed: 0.598 })).toEqual({ main: '60\u00a0%', observed: undefined });
  expect(splitWords({ set: 0.5, observed: 0.598 })).toEqual({ main: '50\u00a0%', observed: 'seen 59.8\u00a0%' });
  expect(splitWords({ set: undefined, observed: 0.333333 })).toEqual({ main: '33.3\u00a0%', observed: undefined });
});
