// @vitest-environment jsdom
import { act, cleanup, fireEvent, render, screen } from '@testing-library/react';
import type { ReactNode } from 'react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Reading } from '#shared/base';
import { Panel } from './Panel.tsx';

const error = { source: 'prometheus', code: 'PROM_DOWN', message: 'Prometheus does not answer.', next: 'Check its URL.', since: Date.UTC(2026, 10, 25, 14, 2, 11) } as const;
beforeEach(() => vi.useFakeTimers({ now: error.since + 5_000 }));
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});
const show = (reading: Reading<readonly string[]> | undefined, more: { readonly onRetry?: () => void; readonly filter?: { readonly words: readonly string[]; readonly onClear: () => void }; readonly missing?: readonly { readonly source: string; readonly consequence: string }[]; readonly draw?: (v: readonly string[]) => ReactNode } = {}): void => {
  render(<Panel title="Services" what="services" reading={reading} isEmpty={(v) => v.length === 0} empty={{ title: 'No services', why: 'The cluster has none yet.', command: 'kubectl get services' }} {...more}>{more.draw ?? ((v) => <ul>{v.map((name) => <li key={name}>{name}</li>)}</ul>)}</Panel>);
};

test('the first load shows nothing for 200 ms, then a skeleton, and says that it is busy', () => {
  show(undefined);
  const skeleton = screen.getByText('Loading services').parentElement;
  expect(skeleton?.dataset['late']).toBe('false');
  act(() => { vi.advanceTimersByTime(250); });
  expect(skeleton?.dataset['late']).toBe('true');
});
test('empty: what would be here, why not, the command; empty by filter: the filter, and a way to clear it', () => {
  show({ state: 'value', value: [], at: 1 });
  expect(screen.getByText('kubectl get services')).toBeTruthy();
  cleanup();
  const onClear = vi.fn();
  show({ state: 'value', value: [], at: 1 }, { filter: { words: ['foo'], onClear } });
  expect(screen.getByText('foo')).toBeTruthy();
  fireEvent.click(screen.getByRole('button', { name: 'Clear filter' }));
  expect(onClear).toHaveBeenCalledOnce();
});
test('partial names the missing source and what follows; stale keeps the data and says as of when', () => {
  show({ state: 'value', value: ['reviews'], at: 1 }, { missing: [{ source: 'Jaeger', consequence: 'does not answer: no traces.' }] });
  expect(screen.getByText('reviews')).toBeTruthy();
  expect(screen.getByRole('status').textContent).toContain('Jaeger does not answer: no traces.');
  cleanup();
  const onRetry = vi.fn();
  show({ state: 'stale', value: ['reviews'], since: error.since, error }, { onRetry });
  expect(screen.getByText('reviews')).toBeTruthy();
  expect(screen.getByRole('status').textContent).toMatch(/As of \d\d:02:11\. Prometheus does not answer\./);
  fireEvent.click(screen.getByRole('button', { name: 'Try now' }));
  expect(onRetry).toHaveBeenCalledOnce();
});
test('an error names source, time and next step; a missing permission is named', () => {
  show({ state: 'error', error });
  expect(screen.getByRole('alert').textContent).toMatch(/Services not known: Prometheus failed.*Since \d\d:02:11.*Check its URL\./s);
  cleanup();
  show({ state: 'not-allowed', permission: 'list services' });
  expect(screen.getByText('list services')).toBeTruthy();
});
test('a value that was shown stays when its source fails, and goes fresh again', () => {
  const draw = (reading: Reading<readonly string[]>): ReactNode => <Panel title="Services" what="services" reading={reading}>{(v) => <ul>{v.map((name) => <li key={name}>{name}</li>)}</ul>}</Panel>;
  const { rerender } = render(draw({ state: 'value', value: ['reviews'], at: error.since }));
  rerender(draw({ state: 'error', error }));
  expect(screen.getByText('reviews')).toBeTruthy();
  expect(screen.getByRole('status').textContent).toMatch(/As of \d\d:02:11/);
  rerender(draw({ state: 'value', value: ['ratings'], at: error.since + 9_000 }));
  expect(screen.getByText('ratings')).toBeTruthy();
  expect(screen.queryByRole('status')).toBeNull();
});
test('a value goes with its subject: the failure of another one is its own', () => {
  const draw = (subject: string, reading: Reading<readonly string[]> | undefined): ReactNode => <Panel title="Split" what="traffic split" subject={subject} reading={reading}>{(v) => <ul>{v.map((name) => <li key={name}>{name}</li>)}</ul>}</Panel>;
  const { rerender } = render(draw('reviews', { state: 'value', value: ['v1 90'], at: error.since }));
  rerender(draw('ratings', { state: 'error', error }));
  expect(screen.queryByText('v1 90')).toBeNull();
  expect(screen.getByRole('alert').textContent).toContain('Traffic split not known');
});
test('shown while another window loads, a value keeps the time it is of', () => {
  const draw = (reading: Reading<readonly string[]>): ReactNode => <Panel title="Services" what="services" reading={reading}>{(v) => <ul>{v.map((name) => <li key={name}>{name}</li>)}</ul>}</Panel>;
  const { rerender } = render(draw({ state: 'value', value: ['reviews'], at: error.since }));
  rerender(draw({ state: 'value', value: ['reviews'], at: 0 }));
  rerender(draw({ state: 'error', error }));
  expect(screen.getByRole('status').textContent).toMatch(/As of \d\d:02:11/);
});
test('what is still of another window is marked while the new answer is on its way', () => {
  const draw = (loading: boolean): ReactNode => <Panel title="Services" what="services" loading={loading} reading={{ state: 'value', value: ['reviews'], at: error.since }}>{(v) => <ul>{v.map((name) => <li key={name}>{name}</li>)}</ul>}</Panel>;
  const { rerender } = render(draw(true));
  const list = screen.getByText('reviews').closest('ul');
  expect(list?.closest('[aria-busy=true]')).not.toBeNull();
  rerender(draw(false));
  expect(screen.getByText('reviews').closest('ul')).toBe(list);
  expect(list?.closest('[aria-busy=true]')).toBeNull();
});
test('what was typed into a panel outlives a source that fails and comes back', () => {
  const draw = (reading: Reading<readonly string[]>): ReactNode => <Panel title="Services" what="services" reading={reading}>{(v) => <input aria-label={v[0]} />}</Panel>;
  const { rerender } = render(draw({ state: 'value', value: ['reviews'], at: error.since }));
  fireEvent.change(screen.getByRole('textbox', { name: 'reviews' }), { target: { value: 'half a thought' } });
  for (const reading of [{ state: 'error', error } as const, { state: 'value', value: ['reviews'], at: error.since + 9_000 } as const]) {
    rerender(draw(reading));
    expect(screen.getByRole('textbox', { name: 'reviews' })).toHaveProperty('value', 'half a thought');
  }
});
test('a fault in drawing takes the panel, not the page', () => {
  const quiet = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  show({ state: 'value', value: ['a'], at: 1 }, { draw: () => { throw new Error('bad figure'); } });
  expect(screen.getByRole('heading', { name: 'Services' })).toBeTruthy();
  expect(screen.getByRole('alert').textContent).toContain('bad figure');
  quiet.mockRestore();
});
