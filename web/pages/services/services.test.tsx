// @vitest-environment jsdom
import { QueryClientProvider } from '@tanstack/react-query';
import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createQueryClient } from '#web/data';
import type { ServiceRow, ShiftState } from '#web/data';
import { ServicesList } from './ServicesList.tsx';

const service = (name: string): ServiceRow => ({ namespace: 'default', name, health: { state: 'healthy', reason: '' }, trend: [], versions: ['v1', 'v2'].map((version) => ({ version, workload: `${name}-${version}` })), ports: [], findings: 0 });
const shift = (name: string, canary: number): ShiftState => ({
  namespace: 'default', service: name, host: name, possible: true, reason: '', rule: { index: 0, name: '', text: 'all requests' }, otherRules: [],
  versions: [['v1', 100 - canary] as const, ['v2', canary] as const].map(([subset, set]) => ({ subset, labels: { version: subset }, workload: `${name}-${subset}`, set, ready: 1 })),
});
const trace = { id: 'a1', start: 1, durationMs: 2, root: 'reviews', operation: 'GET /reviews', spans: 1, errors: 0, services: [] };
/** Answers by method and path; a path without one is never answered. */
let answers: Map<string, { readonly status: number; readonly body: unknown }>;
beforeEach(() => {
  const reading = (value: unknown): { readonly status: number; readonly body: unknown } => ({ status: 200, body: { state: 'value', at: 1, value } });
  answers = new Map([
    ['/api/services', reading([service('reviews'), service('ratings')])], ['/api/changes', reading([])], ['/api/shift/default/reviews', { status: 200, body: shift('reviews', 10) }],
    ['/api/traces?service=reviews.default', reading([trace])],
  ]);
  vi.stubGlobal('fetch', async (address: string) => {
    const url = new URL(address, 'http://console');
    const of = url.searchParams.get('service');
    const answer = answers.get(of === null ? url.pathname : `${url.pathname}?service=${of}`);
    return answer === undefined ? new Promise<Response>(() => undefined) : new Response(JSON.stringify(answer.body), { status: answer.status });
  });
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
  window.history.replaceState(null, '', '/');
});
async function show(): Promise<void> {
  window.history.replaceState(null, '', '/services?at=default/reviews');
  render(<QueryClientProvider client={createQueryClient()}><ServicesList /></QueryClientProvider>);
  await screen.findByRole('slider', { name: 'Share of v2' });
  await waitFor(() => expect(screen.getByTitle('reviews GET /reviews')).toBeTruthy());
}
const pick = (name: string): void => void fireEvent.click(screen.getByText('default', { selector: `tr[data-key="default/${name}"] *` }));

test('the next service is inspected before its split is known: neither the split nor the traces of the one before stand under its name', async () => {
  await show();
  pick('ratings');
  await screen.findByRole('complementary', { name: 'Inspector of ratings' });
  expect(screen.queryByRole('slider')).toBeNull();
  expect(screen.queryByTitle('reviews GET /reviews')).toBeNull();
});

test('a service whose split fails shows the failure, not what was seen of the one before', async () => {
  answers.set('/api/shift/default/ratings', { status: 400, body: { code: 'PROM_DOWN', message: 'Prometheus does not answer', next: '' } });
  await show();
  pick('ratings');
  await screen.findByText(/Traffic split not known/);
  expect(screen.queryByRole('slider')).toBeNull();
});

test('weights chosen for one service are gone with its inspector', async () => {
  answers.set('/api/shift/default/ratings', { status: 200, body: shift('ratings', 40) });
  await show();
  fireEvent.change(screen.getByRole('slider', { name: 'Share of v2' }), { target: { value: '70' } });
  pick('ratings');
  await waitFor(() => expect(screen.getByRole('slider', { name: 'Share of v2' })).toHaveProperty('value', '40'));
  expect(screen.getByRole('button', { name: 'Apply split' }).getAttribute('aria-disabled')).toBe('true');
});
