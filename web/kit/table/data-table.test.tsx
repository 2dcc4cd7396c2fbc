// @vitest-environment jsdom
import { act, cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, expect, test, vi } from 'vitest';
import type { Column } from './columns.ts';
import { DataTable } from './DataTable.tsx';
import { currentTable } from './table-keys.ts';

type Row = { readonly name: string; readonly rate: number | undefined };
const ROWS: readonly Row[] = [{ name: 'v10', rate: 3 }, { name: 'v2', rate: undefined }, { name: 'v1', rate: 40 }];
const COLUMNS: readonly Column<Row>[] = [{ id: 'name', header: 'Name', sort: (row) => row.name, cell: (row) => row.name }, { id: 'rate', header: 'Rate', number: true, sort: (row) => row.rate, cell: (row) => row.rate ?? '–' }];
afterEach(cleanup);
// jsdom has no layout, so it has no scrolling either
Element.prototype.scrollIntoView = vi.fn();

const names = (): readonly (string | undefined)[] => screen.getAllByRole('row').slice(1).map((row) => row.querySelector('th')?.textContent ?? undefined);
const frame = (): Promise<void> => new Promise((resolve) => { requestAnimationFrame(() => resolve()); });

test('rows stay as given until a header is pressed; names sort as people count, numbers downwards first, what is not measured last', () => {
  render(<DataTable label="Things" rows={ROWS} columns={COLUMNS} rowKey={(row) => row.name} />);
  expect(names()).toEqual(['v10', 'v2', 'v1']);
  fireEvent.click(screen.getByRole('button', { name: 'Name' }));
  expect(names()).toEqual(['v1', 'v2', 'v10']);
  expect(screen.getByRole('columnheader', { name: 'Name' }).getAttribute('aria-sort')).toBe('ascending');
  fireEvent.click(screen.getByRole('button', { name: 'Rate' }));
  expect(names()).toEqual(['v1', 'v10', 'v2']);
  fireEvent.click(screen.getByRole('button', { name: 'Rate' }));
  expect(names()).toEqual(['v10', 'v1', 'v2']);
  fireEvent.click(screen.getByRole('button', { name: 'Rate' }));
  expect(names()).toEqual(['v10', 'v2', 'v1']);
});

test('keys move, inspect and open; a click inspects and never opens', async () => {
  const [inspect, open] = [vi.fn(), vi.fn()];
  render(<DataTable label="Things" rows={ROWS} columns={COLUMNS} rowKey={(row) => row.name} onInspect={inspect} onOpen={open} />);
  const first = screen.getAllByRole('row')[1];
  if (first === undefined) throw new Error('no row');
  first.focus();
  fireEvent.keyDown(first, { key: 'ArrowDown' });
  await frame();
  expect(document.activeElement?.textContent).toContain('v2');
  fireEvent.keyDown(document.activeElement ?? first, { key: 'Enter' });
  expect(open).toHaveBeenLastCalledWith(ROWS[1]);
  fireEvent.keyDown(document.activeElement ?? first, { key: ' ' });
  expect(inspect).toHaveBeenLastCalledWith(ROWS[1]);
  currentTable()?.move(1);
  await frame();
  expect(document.activeElement?.textContent).toContain('v1');
  open.mockClear();
  fireEvent.click(first);
  expect(inspect).toHaveBeenLastCalledWith(ROWS[0]);
  expect(open).not.toHaveBeenCalled();
});

test('keys that follow each other within one frame: none is lost, and nothing is inspected after the row was opened', async () => {
  const calls: string[] = [];
  render(<DataTable label="Things" rows={ROWS} columns={COLUMNS} rowKey={(row) => row.name} selected="v1" onInspect={(row) => calls.push(`inspect ${row.name}`)} onOpen={(row) => calls.push(`open ${row.name}`)} />);
  for (const key of ['down', 'up', 'up']) act(() => currentTable()?.move(key === 'down' ? 1 : -1));
  act(() => currentTable()?.open());
  await frame();
  expect(calls).toEqual(['inspect v1', 'inspect v2', 'inspect v10', 'open v10']);
});

test('thousands of rows: only those in view exist', () => {
  const many = Array.from({ length: 5_000 }, (_, i): Row => ({ name: `row ${i}`, rate: i }));
  render(<DataTable label="Many" rows={many} columns={COLUMNS} rowKey={(row) => row.name} />);
  expect(screen.getAllByRole('row').length).toBeLessThan(200);
  expect(screen.getByRole('table').getAttribute('aria-rowcount')).toBe('5001');
});
