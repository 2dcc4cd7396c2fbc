// @vitest-environment jsdom
import { QueryClientProvider } from '@tanstack/react-query';
import { act, cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createQueryClient } from '#web/data';
import type { Rollout, ShiftState } from '#web/data';
import { runCommand } from '#web/kit';
import { Split } from './Split.tsx';

type Call = { readonly method: string; readonly path: string; readonly body: unknown };
const version = (subset: string, set: number, observed: number): ShiftState['versions'][number] => ({ subset, labels: { version: subset }, workload: `reviews-${subset}`, set, observed, requests: Math.round(observed * 600), errorShare: 0, ready: 1 });
const shift = (over: Partial<ShiftState> = {}): ShiftState => ({
  namespace: 'default', service: 'reviews', host: 'reviews', possible: true, reason: '', versions: [version('v1', 90, 0.9), version('v2', 10, 0.1)], rule: { index: 1, name: '', text: 'all other requests' }, otherRules: [{ index: 0, name: '', text: 'end-user = jason' }],
  virtualService: { namespace: 'default', name: 'reviews', resourceVersion: '7' }, destinationRule: { namespace: 'default', name: 'reviews', resourceVersion: '5' }, ...over,
});
const rollout = (over: Partial<Rollout> = {}): Rollout => ({ id: 'r1', state: 'waiting', startedAt: 0, proxies: { acknowledged: 3, total: 7 }, steps: [], rejected: [], ...over });

let calls: Call[];
let answers: Map<string, () => { readonly status?: number; readonly body: unknown }>;
beforeEach(() => {
  calls = [];
  answers = new Map<string, () => { readonly status?: number; readonly body: unknown }>([
    ['GET /api/shift/default/reviews', () => ({ body: shift() })], ['GET /api/changes', () => ({ body: { state: 'value', at: 0, value: [] } })],
    ['POST /api/shift/plan', () => ({ body: { steps: [], effect: 'About 60 of 600 requests would move.' } })],
  ]);
  vi.stubGlobal('fetch', (input: string, init: RequestInit) => {
    const path = input.split('?')[0] ?? '';
    calls.push({ method: init.method ?? 'GET', path, body: typeof init.body === 'string' ? JSON.parse(init.body) : undefined });
    const answer = answers.get(`${init.method ?? 'GET'} ${path}`)?.() ?? { status: 404, body: { code: 'NOT_FOUND', message: `nothing at ${path}`, next: '' } };
    return Promise.resolve(new Response(JSON.stringify(answer.body), { status: answer.status ?? 200 }));
  });
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});
function show(): void {
  render(<QueryClientProvider client={createQueryClient()}><Split namespace="default" name="reviews" /></QueryClientProvider>);
}
const slider = (subset: string): HTMLInputElement => screen.getByRole('slider', { name: `Share of ${subset}` });
const bodyOf = (path: string): unknown => calls.findLast((call) => call.path === path)?.body;

test('set and observed stand beside each other; nothing can be applied before something is moved', async () => {
  show();
  await screen.findByRole('slider', { name: 'Share of v1' });
  expect([slider('v1').value, slider('v2').value]).toEqual(['90', '10']);
  expect(screen.getByText(/Not touched: rule 1 \(end-user = jason\)/)).toBeTruthy();
  const apply = screen.getByRole('button', { name: 'Apply split' });
  expect(apply.getAttribute('aria-disabled')).toBe('true');
  fireEvent.click(apply);
  expect(calls.some((call) => call.path === '/api/shift/apply')).toBe(false);
});

test('a preset moves the canary, the plan is asked for, applying sends weights with the versions they are based on, and the proxies are counted', async () => {
  let polls = 0;
  answers.set('POST /api/shift/apply', () => ({ body: rollout() }));
  answers.set('GET /api/rollouts/r1', () => ({ body: polls++ < 2 ? rollout() : rollout({ state: 'live', liveAt: 1, ms: 184, proxies: { acknowledged: 7, total: 7 }, undoId: 'u1' }) }));
  show();
  await screen.findByRole('slider', { name: 'Share of v1' });
  fireEvent.click(within(screen.getByRole('group', { name: 'Share of v2' })).getByRole('button', { name: '50' }));
  expect([slider('v1').value, slider('v2').value]).toEqual(['50', '50']);
  await screen.findByText('About 60 of 600 requests would move.');
  expect(bodyOf('/api/shift/plan')).toMatchObject({ weights: { v1: 50, v2: 50 } });
  answers.set('GET /api/shift/default/reviews', () => ({ body: shift({ versions: [version('v1', 50, 0.9), version('v2', 50, 0.1)] }) }));
  fireEvent.click(screen.getByRole('button', { name: 'Apply split' }));
  await screen.findByText('✓ 7 / 7 proxies, 184 ms');
  expect(bodyOf('/api/shift/apply')).toEqual({ namespace: 'default', service: 'reviews', weights: { v1: 50, v2: 50 }, baseVirtualService: '7', baseDestinationRule: '5' });
  await waitFor(() => expect(slider('v2').value).toBe('50'));
});

test('after it was applied the chosen weights stay until the new state has come', async () => {
  answers.set('POST /api/shift/apply', () => ({ body: rollout() }));
  answers.set('GET /api/rollouts/r1', () => ({ body: rollout({ state: 'live', ms: 20, proxies: { acknowledged: 7, total: 7 } }) }));
  show();
  await screen.findByRole('slider', { name: 'Share of v1' });
  fireEvent.change(slider('v2'), { target: { value: '25' } });
  fireEvent.click(screen.getByRole('button', { name: 'Apply split' }));
  await screen.findByText('✓ 7 / 7 proxies, 20 ms');
  expect(slider('v2').value).toBe('25'); // the answer of the shift is still the old one
});

test('one key takes the change back', async () => {
  answers.set('POST /api/shift/apply', () => ({ body: rollout({ state: 'live', ms: 20, undoId: 'u1', proxies: { acknowledged: 7, total: 7 } }) }));
  answers.set('GET /api/rollouts/r1', () => ({ body: rollout({ state: 'live', ms: 20, undoId: 'u1', proxies: { acknowledged: 7, total: 7 } }) }));
  answers.set('POST /api/undo/u1', () => ({ body: rollout({ id: 'r2' }) }));
  answers.set('GET /api/rollouts/r2', () => ({ body: rollout({ id: 'r2', state: 'live', ms: 31, proxies: { acknowledged: 7, total: 7 } }) }));
  show();
  await screen.findByRole('slider', { name: 'Share of v1' });
  fireEvent.change(slider('v2'), { target: { value: '25' } });
  answers.set('GET /api/shift/default/reviews', () => ({ body: shift({ versions: [version('v1', 75, 0.9), version('v2', 25, 0.1)] }) }));
  fireEvent.click(screen.getByRole('button', { name: 'Apply split' }));
  await screen.findByText('✓ 7 / 7 proxies, 20 ms');
  expect(runCommand('undo')).toBe(true);
  await screen.findByText('✓ 7 / 7 proxies, 31 ms');
});

const posts = (): readonly string[] => calls.filter((call) => call.method === 'POST' && call.path !== '/api/shift/plan').map((call) => call.path);
const change = (id: string, at: number, undoable: boolean): unknown => ({ id, at, who: 'operator', kind: 'VirtualService', group: 'networking.istio.io', namespace: 'default', name: 'reviews', verb: 'updated', summary: id, undoable, resourceVersion: '7' });

test('pressed again and again the key takes back once at a time, further and further, and never the taking back itself', async () => {
  const done = { state: 'live', ms: 31, liveAt: 2_000_000, proxies: { acknowledged: 7, total: 7 } } as const;
  let waiting = true;
  answers.set('GET /api/changes', () => ({ body: { state: 'value', at: 0, value: [change('newest', 900_000, true), change('older', 100_000, false)] } }));
  answers.set('POST /api/undo/newest', () => ({ body: rollout({ id: 'r8', startedAt: 1_000_000, undoId: 'u-r8' }) }));
  answers.set('GET /api/rollouts/r8', () => ({ body: waiting ? rollout({ id: 'r8', startedAt: 1_000_000, undoId: 'u-r8' }) : rollout({ id: 'r8', startedAt: 1_000_000, undoId: 'u-r8', ...done }) }));
  answers.set('POST /api/undo/older', () => ({ body: rollout({ id: 'r9', startedAt: 3_000_000 }) }));
  show();
  await screen.findByTitle('Takes back: newest');
  expect([runCommand('undo'), runCommand('undo')]).toEqual([true, true]);
  await screen.findByText('3 / 7 proxies…');
  runCommand('undo');
  fireEvent.click(screen.getByRole('button', { name: /Undo last/ }));
  answers.set('GET /api/changes', () => ({ body: { state: 'value', at: 0, value: [change('the undo', 1_500_000, true), change('newest', 900_000, false), change('older', 100_000, true)] } }));
  waiting = false;
  await screen.findByTitle('Takes back: older');
  expect(posts()).toEqual(['/api/undo/newest']);
  expect(runCommand('undo')).toBe(true);
  await waitFor(() => expect(posts()).toEqual(['/api/undo/newest', '/api/undo/older']));
});

test('what was worked out for other weights is not shown for these', async () => {
  show();
  await screen.findByRole('slider', { name: 'Share of v1' });
  fireEvent.change(slider('v2'), { target: { value: '50' } });
  await screen.findByText('About 60 of 600 requests would move.');
  answers.set('POST /api/shift/plan', () => ({ body: { steps: [], effect: 'About 300 of 600 requests would move.' } }));
  fireEvent.change(slider('v2'), { target: { value: '100' } });
  expect(screen.queryByText('About 60 of 600 requests would move.')).toBeNull();
  await screen.findByText('About 300 of 600 requests would move.');
});

test('progress is that of the change begun last, from its first moment', async () => {
  answers.set('POST /api/shift/apply', () => ({ body: rollout({ proxies: { acknowledged: 1, total: 7 }, undoId: 'u1' }) }));
  answers.set('GET /api/rollouts/r1', () => ({ body: rollout({ state: 'live', ms: 20, undoId: 'u1', proxies: { acknowledged: 7, total: 7 } }) }));
  answers.set('POST /api/undo/u1', () => ({ body: rollout({ id: 'r2', startedAt: 5, proxies: { acknowledged: 2, total: 7 } }) }));
  show();
  await screen.findByRole('slider', { name: 'Share of v1' });
  fireEvent.change(slider('v2'), { target: { value: '25' } });
  answers.set('GET /api/shift/default/reviews', () => ({ body: shift({ versions: [version('v1', 75, 0.9), version('v2', 25, 0.1)] }) }));
  fireEvent.click(screen.getByRole('button', { name: 'Apply split' }));
  await screen.findByText('✓ 7 / 7 proxies, 20 ms');
  runCommand('undo');
  await screen.findByText('2 / 7 proxies…');
});

test('a double click applies once', async () => {
  answers.set('POST /api/shift/apply', () => ({ body: rollout() }));
  answers.set('GET /api/rollouts/r1', () => ({ body: rollout({ state: 'live', ms: 20 }) }));
  show();
  await screen.findByRole('slider', { name: 'Share of v1' });
  fireEvent.change(slider('v2'), { target: { value: '25' } });
  act(() => {
    const apply = screen.getByRole('button', { name: 'Apply split' });
    apply.click();
    apply.click();
  });
  await screen.findByText(/✓/);
  expect(posts()).toEqual(['/api/shift/apply']);
});

test('when somebody else changed the rule meanwhile nothing is overwritten: the message stands, and the new weights are shown on request', async () => {
  answers.set('POST /api/shift/apply', () => ({ status: 409, body: { code: 'CHANGED_MEANWHILE', message: 'kubectl changed reviews to 80/20.', next: 'Look at the new weights, then decide.' } }));
  show();
  await screen.findByRole('slider', { name: 'Share of v1' });
  fireEvent.change(slider('v2'), { target: { value: '50' } });
  fireEvent.click(screen.getByRole('button', { name: 'Apply split' }));
  await screen.findByText('kubectl changed reviews to 80/20.');
  answers.set('GET /api/shift/default/reviews', () => ({ body: shift({ versions: [version('v1', 80, 0.8), version('v2', 20, 0.2)] }) }));
  fireEvent.click(screen.getByRole('button', { name: 'Look at the new weights' }));
  await waitFor(() => expect([slider('v1').value, slider('v2').value]).toEqual(['80', '20']));
});

test('weights chosen before somebody else changed the rule are not applied over it until that is decided', async () => {
  answers.set('POST /api/shift/apply', () => ({ body: rollout() }));
  show();
  await screen.findByRole('slider', { name: 'Share of v1' });
  fireEvent.change(slider('v2'), { target: { value: '50' } });
  answers.set('GET /api/shift/default/reviews', () => ({ body: shift({ versions: [version('v1', 80, 0.8), version('v2', 20, 0.2)], virtualService: { namespace: 'default', name: 'reviews', resourceVersion: '9' } }) }));
  await screen.findByText(/VirtualService reviews was changed while you were choosing. Set now: v1 80 %, v2 20 %/, {}, { timeout: 10_000 });
  expect(slider('v2').value).toBe('50');
  fireEvent.click(screen.getByRole('button', { name: 'Apply split' }));
  expect(calls.some((call) => call.path === '/api/shift/apply')).toBe(false);
  fireEvent.click(screen.getByRole('button', { name: 'Keep mine' }));
  fireEvent.click(screen.getByRole('button', { name: 'Apply split' }));
  await waitFor(() => expect(bodyOf('/api/shift/apply')).toMatchObject({ weights: { v1: 50, v2: 50 }, baseVirtualService: '9' }));
}, 20_000);

test('a proxy that refuses is named with its reason', async () => {
  answers.set('POST /api/shift/apply', () => ({ body: rollout() }));
  answers.set('GET /api/rollouts/r1', () => ({ body: rollout({ state: 'failed', rejected: [{ proxy: 'ratings-v1.default', type: 'routes', message: 'unknown cluster' }], error: { code: 'REJECTED', message: '1 proxy refused.', next: 'Undo it.' } }) }));
  show();
  await screen.findByRole('slider', { name: 'Share of v1' });
  fireEvent.change(slider('v2'), { target: { value: '50' } });
  fireEvent.click(screen.getByRole('button', { name: 'Apply split' }));
  await screen.findByText('ratings-v1.default');
  expect(screen.getByRole('alert').textContent).toContain('refused routes: unknown cluster');
});

test('a rule that cannot be shifted says why', async () => {
  answers.set('GET /api/shift/default/reviews', () => ({ body: shift({ possible: false, reason: 'reviews has only TCP routes: TCP connections cannot be split by this rule.' }) }));
  show();
  await screen.findByText(/only TCP routes/);
  expect(screen.queryByRole('slider')).toBeNull();
});
