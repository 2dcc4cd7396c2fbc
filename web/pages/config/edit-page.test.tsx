// @vitest-environment jsdom
import { QueryClientProvider } from '@tanstack/react-query';
import { act, cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react';
import type { ReactNode } from 'react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Route } from 'wouter';
import { createQueryClient } from '#web/data';
import { KitProvider } from '#web/kit';
import { EditPage } from './EditPage.tsx';

// the editor itself needs a browser's layout; the page is about what is sent and told
vi.mock('#web/editor', () => ({ YamlEditor: ({ value, onChange }: { readonly value: string; readonly onChange: (text: string) => void }): ReactNode => <textarea aria-label="text" value={value} onChange={(event) => onChange(event.currentTarget.value)} /> }));

const AT = { group: 'networking.istio.io', kind: 'VirtualService', namespace: 'default', name: 'reviews' };
const PAGE = '/config/networking.istio.io/VirtualService/default/reviews';
const PATH = '/api/config/networking.istio.io/VirtualService/default/reviews';
type Answer = { readonly status?: number; readonly body: unknown };
let object: { yaml: string; resourceVersion: string };
let puts: { readonly yaml: string; readonly resourceVersion: string }[];
let answers: Map<string, () => Answer | Promise<Answer>>;
beforeEach(() => {
  object = { yaml: 'a: 1\n', resourceVersion: '1' };
  puts = [];
  answers = new Map<string, () => Answer | Promise<Answer>>([
    ['GET /api/config-kinds', () => ({ body: [] })], ['POST /api/config-check', () => ({ body: [] })],
    [`GET ${PATH}`, () => ({ body: { ...AT, version: 'v1', plural: 'virtualservices', ...object, findings: [] } })],
  ]);
  vi.stubGlobal('fetch', async (address: string, init: RequestInit) => {
    const [path] = address.split('?');
    const body: unknown = typeof init.body === 'string' ? JSON.parse(init.body) : undefined;
    if (init.method === 'PUT') return save(body);
    const answer = (await answers.get(`${init.method ?? 'GET'} ${path ?? ''}`)?.()) ?? { status: 404, body: { code: 'NOT_FOUND', message: `nothing at ${path ?? ''}`, next: '' } };
    return new Response(JSON.stringify(answer.body), { status: answer.status ?? 200 });
  });
});
/** As the server does: refused unless it is based on the version that is there. */
function save(body: unknown): Response {
  const sent = sentOf(body);
  puts.push(sent);
  if (sent.resourceVersion !== object.resourceVersion) return new Response(JSON.stringify({ code: 'CONFLICT', message: 'VirtualService reviews was changed meanwhile.', next: '' }), { status: 409 });
  object = { yaml: sent.yaml, resourceVersion: String(Number(object.resourceVersion) + 1) };
  return new Response(JSON.stringify({ saved: true, ...object, markers: [], diff: '' }), { status: 200 });
}
function sentOf(body: unknown): { yaml: string; resourceVersion: string } {
  if (typeof body !== 'object' || body === null || !('yaml' in body) || !('resourceVersion' in body)) throw new Error('no save');
  return { yaml: String(body.yaml), resourceVersion: String(body.resourceVersion) };
}
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});
async function show(): Promise<void> {
  window.history.replaceState(null, '', PAGE);
  render(<QueryClientProvider client={createQueryClient()}><KitProvider><Route path={PAGE}><EditPage at={AT} /></Route></KitProvider></QueryClientProvider>);
  await screen.findByRole('textbox', { name: 'text' });
}
const type = (text: string): void => void fireEvent.change(screen.getByRole('textbox', { name: 'text' }), { target: { value: text } });
const apply = (): void => void fireEvent.click(screen.getByRole('button', { name: 'Apply' }));

test('what was applied here is not called somebody else’s: no conflict is shown, and a second edit applies', async () => {
  await show();
  const seen: string[] = [];
  const watch = new MutationObserver(() => { if (document.body.textContent?.includes('Someone else')) seen.push('conflict'); });
  watch.observe(document.body, { childList: true, subtree: true });
  type('a: 2\n');
  apply();
  await waitFor(() => expect(screen.getByRole('button', { name: 'Apply' }).getAttribute('title')).toBe('Nothing is changed'));
  type('a: 3\n');
  apply();
  await waitFor(() => expect(object).toEqual({ yaml: 'a: 3\n', resourceVersion: '3' }));
  await waitFor(() => expect(screen.getByText(/version 3/)).toBeTruthy());
  watch.disconnect();
  expect(puts.map((put) => put.resourceVersion)).toEqual(['1', '2']);
  expect(seen).toEqual([]);
});

test('the way back from a deletion tells when it fails, although the page of the object is gone', async () => {
  answers.set(`DELETE ${PATH}`, () => ({ body: { undoId: 'u1' } }));
  answers.set('POST /api/undo/u1', () => ({ status: 409, body: { code: 'UNDO_GONE', message: 'Somebody else made it anew.', next: '' } }));
  await show();
  fireEvent.click(screen.getByRole('button', { name: 'Delete' }));
  fireEvent.click(await screen.findByRole('button', { name: 'Undo' }));
  expect(window.location.pathname).toBe('/config');
  expect(screen.queryByRole('textbox', { name: 'text' })).toBeNull();
  await screen.findByText('VirtualService reviews is not back');
  expect(screen.getByText('Somebody else made it anew.')).toBeTruthy();
});

test('an answer that comes after the page was left does not lead back, but is told', async () => {
  let answer: (a: Answer) => void = () => undefined;
  answers.set(`DELETE ${PATH}`, () => new Promise<Answer>((resolve) => { answer = resolve; }));
  await show();
  fireEvent.click(screen.getByRole('button', { name: 'Delete' }));
  act(() => window.history.pushState(null, '', '/overview'));
  await waitFor(() => expect(screen.queryByRole('textbox', { name: 'text' })).toBeNull());
  answer({ body: { undoId: 'u9' } });
  await waitFor(() => expect(screen.getAllByText('VirtualService default/reviews was deleted').length).toBeGreaterThan(0));
  expect(window.location.pathname).toBe('/overview');
});
