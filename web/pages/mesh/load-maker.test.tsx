// @vitest-environment jsdom
import { QueryClientProvider } from '@tanstack/react-query';
import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react';
import type { ReactNode } from 'react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createQueryClient } from '#web/data';
import { KitProvider } from '#web/kit';
import { LoadMaker } from './LoadMaker.tsx';

let refuse: boolean;
let sent: number[];
beforeEach(() => {
  refuse = false;
  sent = [];
  vi.stubGlobal('fetch', async (_: string, init: RequestInit) => {
    const { ratePerSecond } = JSON.parse(String(init.body)) ?? {};
    sent.push(Number(ratePerSecond));
    return refuse ? new Response(JSON.stringify({ code: 'NO_LOAD_MAKER', message: 'The load maker does not answer.', next: '' }), { status: 502 }) : new Response(JSON.stringify({ ratePerSecond }), { status: 200 });
  });
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});
const drawn = (client: ReturnType<typeof createQueryClient>, ratePerSecond: number): ReactNode => <QueryClientProvider client={client}><KitProvider><LoadMaker maker={{ ratePerSecond, state: 'running' }} /></KitProvider></QueryClientProvider>;
const slider = (): HTMLElement => screen.getByRole('slider', { name: 'Requests a second' });

test('the chosen rate stays until the mesh tells it too; the way back is told when it fails', async () => {
  const client = createQueryClient();
  const { rerender } = render(drawn(client, 20));
  fireEvent.change(slider(), { target: { value: '80' } });
  fireEvent.click(screen.getByRole('button', { name: 'Apply' }));
  const undo = await screen.findByRole('button', { name: 'Undo' });
  expect(slider()).toHaveProperty('value', '80');
  rerender(drawn(client, 80));
  expect(screen.getByRole('button', { name: 'Apply' }).getAttribute('title')).toBe('Nothing is changed');
  refuse = true;
  fireEvent.click(undo);
  await screen.findByText('The rate was not changed');
  await waitFor(() => expect(sent).toEqual([80, 20]));
  expect(slider()).toHaveProperty('value', '80');
});
