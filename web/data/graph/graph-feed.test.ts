import { expect, test } from 'vitest';
import { encodeFrame } from '#shared/graph';
import type { GraphFrame, GraphModel } from '#shared/graph';
import { GraphFeed, SILENCE_MS } from './graph-feed.ts';

const model = (workloads: readonly string[]): GraphModel => ({
  window: { from: 0, to: 60_000 }, grouping: 'workload', namespaces: [{ key: 'ns:default', name: 'default', workloads: workloads.length, mtlsMode: 'UNSET', injection: true }], edges: [], notes: [],
  nodes: workloads.map((name) => ({ key: `wl:default/${name}`, kind: 'workload', namespace: 'default', name, app: name, version: undefined, workload: name, service: name, health: { state: 'idle', reason: 'no requests' }, inbound: none, outbound: none, sidecar: 'all', idle: true, badges: [] })),
});
const none = { rate: 0, errorShare: 0, clientErrorShare: 0, p50: undefined, p95: undefined, p99: undefined };
const full = (revision: number, workloads: readonly string[]): GraphFrame => ({ type: 'full', revision, at: revision * 1000, model: model(workloads) });
function patch(revision: number, base: number, add: string): GraphFrame {
  const [node] = model([add]).nodes;
  if (node === undefined) throw new Error('no node');
  return { type: 'patch', revision, base, at: revision * 1000, patch: { window: { from: 0, to: 61_000 }, namespaces: undefined, notes: undefined, nodes: { put: [node], drop: [] }, edges: { put: [], drop: [] } } };
}

class FakeStream {
  readonly url: string;
  readyState = 1;
  closed = false;
  readonly #listeners = new Map<string, (event: MessageEvent | Event) => void>();
  constructor(url: string) { this.url = url; }
  addEventListener(type: string, listener: (event: MessageEvent | Event) => void): void { this.#listeners.set(type, listener); }
  close(): void { this.closed = true; }
  send(type: string, data?: unknown): void { this.#listeners.get(type)?.(data === undefined ? new Event(type) : new MessageEvent(type, { data: JSON.stringify(data) })); }
  frame(frame: GraphFrame): void { this.send('frame', encodeFrame(frame)); }
}

function bench(): { readonly feed: GraphFeed; readonly streams: FakeStream[]; readonly pass: (ms: number) => void; readonly names: () => readonly string[] | undefined; readonly fresh: (readonly [number, number])[] } {
  const streams: FakeStream[] = [];
  const fresh: (readonly [number, number])[] = [];
  let now = 0;
  let timers: { readonly at: number; readonly f: () => void }[] = [];
  const feed = new GraphFeed((base) => `/stream?base=${base ?? ''}`, {
    open: (url) => { const stream = new FakeStream(url); streams.push(stream); return stream; }, now: () => now, onFresh: (at, when) => void fresh.push([at, when]), onFailed: () => undefined,
    later: (f, ms) => { const timer = { at: now + ms, f }; timers.push(timer); return () => { timers = timers.filter((t) => t !== timer); }; },
  });
  const pass = (ms: number): void => {
    now += ms;
    const due = timers.filter((t) => t.at <= now);
    timers = timers.filter((t) => t.at > now);
    due.forEach((t) => t.f());
  };
  return { feed, streams, pass, fresh, names: () => feed.state().model?.nodes.map((node) => node.name) };
}

test('frames are applied; a patch for another revision waits for the next full frame', () => {
  const { feed, streams, names } = bench();
  feed.start();
  streams[0]?.frame(full(1, ['a']));
  streams[0]?.frame(patch(2, 1, 'b'));
  expect(names()).toEqual(['a', 'b']);
  streams[0]?.frame(patch(9, 8, 'z'));
  expect(names()).toEqual(['a', 'b']);
  streams[0]?.frame(full(10, ['a', 'c']));
  expect(names()).toEqual(['a', 'c']);
});

test('a break keeps the model, says since when, and asks again with the held revision', () => {
  const { feed, streams, pass, names } = bench();
  feed.start();
  streams[0]?.frame(full(7, ['a']));
  pass(1000);
  streams[0]?.send('error');
  expect(feed.state().error).toMatchObject({ code: 'STREAM_BROKEN', since: 1000 });
  expect(names()).toEqual(['a']);
  pass(600);
  expect(streams.map((s) => s.url)).toEqual(['/stream?base=', '/stream?base=7']);
  streams[1]?.frame(patch(8, 7, 'b'));
  expect(feed.state().error).toBeUndefined();
  expect(names()).toEqual(['a', 'b']);
});

test('a silent line is taken for dead, pings keep it alive, a broken frame is a failure and not a crash', () => {
  const { feed, streams, pass } = bench();
  feed.start();
  pass(SILENCE_MS - 1);
  streams[0]?.send('ping', {});
  pass(SILENCE_MS - 1);
  expect(streams[0]?.closed).toBe(false);
  pass(2);
  expect(streams[0]?.closed).toBe(true);
  pass(20_000);
  streams[1]?.send('frame', { type: 'full', revision: 'x' });
  expect(feed.state().error?.message).toContain('silent');
  expect(streams[1]?.closed).toBe(true);
});

test('a quiet mesh stays fresh: a ping of the held revision says that it was true until then', () => {
  const { feed, streams, pass, fresh } = bench();
  feed.start();
  streams[0]?.frame(full(3, ['a']));
  pass(12_000);
  streams[0]?.send('ping', { at: 11_500, revision: 3 });
  expect(feed.state().at).toBe(11_500);
  expect(fresh.at(-1)).toEqual([11_500, 12_000]);
  streams[0]?.send('ping', { at: 12_500, revision: 4 });
  streams[0]?.send('ping', {});
  expect(feed.state().at).toBe(11_500);
});

test('after a break a ping of the held revision ends the error, and the next break is tried again soon', () => {
  const { feed, streams, pass } = bench();
  feed.start();
  streams[0]?.frame(full(3, ['a']));
  for (const ms of [600, 1_100, 2_100]) {
    streams.at(-1)?.send('error');
    pass(ms);
  }
  expect(streams).toHaveLength(4);
  streams[3]?.send('ping', { at: 4_000, revision: 3 });
  expect(feed.state().error).toBeUndefined();
  streams[3]?.send('error');
  pass(600);
  expect(streams).toHaveLength(5);
});

test('a ping before the first frame claims nothing', () => {
  const { feed, streams, fresh } = bench();
  feed.start();
  streams[0]?.send('ping', { at: 1_000, revision: 0 });
  expect([feed.state().model, feed.state().at, fresh]).toEqual([undefined, undefined, []]);
});

test('after stop nothing is opened again', () => {
  const { feed, streams, pass } = bench();
  feed.start();
  streams[0]?.send('error');
  feed.stop();
  pass(60_000);
  expect(streams).toHaveLength(1);
});
