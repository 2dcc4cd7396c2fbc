import { createSortedRowModel, rowSortingFeature, tableFeatures, useTable } from '@tanstack/react-table';
import type { ColumnDef, RowData, SortingState } from '@tanstack/react-table';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useLayoutEffect, useMemo, useRef, useState } from 'react';
import type { KeyboardEvent, ReactNode } from 'react';
import { IconChevronDown, IconChevronUp } from '../icons.ts';
import { compareValues } from './columns.ts';
import type { Column } from './columns.ts';
import { raiseTable, registerTable } from './table-keys.ts';
import type { TableKeys } from './table-keys.ts';
import css from './table.module.css';

export type Sort = { readonly column: string; readonly desc: boolean };
export type DataTableProps<Row> = {
  readonly label: string;
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
  readonly rowKey: (row: Row) => string;
  /** Undefined keeps the order of `rows` (mostly: the worst first). */
  readonly sort?: Sort | undefined;
  readonly onSort?: (sort: Sort | undefined) => void;
  readonly selected?: string | undefined;
  /** A click or Space: the inspector. Without it a click opens. */
  readonly onInspect?: ((row: Row) => void) | undefined;
  /** Enter or a double click: the page. */
  readonly onOpen?: ((row: Row) => void) | undefined;
  readonly compact?: boolean;
  /** Rows beyond this many are drawn only while in view. */
  readonly virtualFrom?: number;
};

const ROW_PX = 28;
const COMPACT_ROW_PX = 24;
const VIRTUAL_FROM = 120;
const OVERSCAN_ROWS = 12;
const features = tableFeatures({ rowSortingFeature, sortedRowModel: createSortedRowModel(), sortFns: {} });

/** Rows sorted by TanStack Table; the drawing is ours. */
function useSorted<Row extends RowData>(rows: readonly Row[], columns: readonly Column<Row>[], sort: Sort | undefined): readonly Row[] {
  const defs = useMemo(() => columns.map((column): ColumnDef<typeof features, Row> => ({
    id: column.id, accessorFn: (row) => column.sort?.(row), sortUndefined: 'last', enableSorting: column.sort !== undefined,
    sortFn: (a, b, id) => compareValues(a.getValue(id), b.getValue(id)),
  })), [columns]);
  const data = useMemo(() => [...rows], [rows]);
  const sorting = useMemo<SortingState>(() => (sort === undefined ? [] : [{ id: sort.column, desc: sort.desc }]), [sort]);
  const table = useTable({ features, columns: defs, data, state: { sorting } });
  return table.getRowModel().rows.map((row) => row.original);
}

/** A table for any number of rows: sortable, keyboard (arrows, Home, End, Enter, Space), first column sticky. */
export function DataTable<Row extends RowData>(props: DataTableProps<Row>): ReactNode {
  const { rows, columns, rowKey, selected, compact = false, virtualFrom = VIRTUAL_FROM } = props;
  const [ownSort, setOwnSort] = useState<Sort | undefined>(undefined);
  const sort = props.onSort === undefined ? ownSort : props.sort;
  const sorted = useSorted(rows, columns, sort);
  const scroller = useRef<HTMLDivElement>(null);
  const [cursor, setCursor] = useState<string | undefined>(undefined);
  const at = Math.max(0, sorted.findIndex((row) => rowKey(row) === (cursor ?? selected)));
  const rowPx = compact ? COMPACT_ROW_PX : ROW_PX;
  const virtual = sorted.length > virtualFrom;
  const virtualizer = useVirtualizer({ count: sorted.length, getScrollElement: () => scroller.current, estimateSize: () => rowPx, overscan: OVERSCAN_ROWS, enabled: virtual });

  /** A row that is not drawn yet gets the focus in the next frame. */
  const coming = useRef(false);
  const focusRow = (index: number): void => {
    const row = sorted[Math.min(sorted.length - 1, Math.max(0, index))];
    if (row === undefined) return;
    const key = rowKey(row);
    const land = (): boolean => {
      const element = scroller.current?.querySelector<HTMLElement>(`tr[data-key="${CSS.escape(key)}"]`);
      element?.focus();
      if (!virtual) element?.scrollIntoView({ block: 'nearest' });
      return element !== undefined && element !== null;
    };
    setCursor(key);
    if (virtual) virtualizer.scrollToIndex(index);
    coming.current = !land();
    if (coming.current) requestAnimationFrame(() => { coming.current = false; land(); });
    // at once: in a later frame the next key may already have left the page
    if (selected !== undefined && props.onInspect !== undefined) props.onInspect(row);
  };
  const act = (row: Row | undefined, how: 'open' | 'inspect'): void => {
    if (row === undefined) return;
    const first = how === 'open' ? (props.onOpen ?? props.onInspect) : (props.onInspect ?? props.onOpen);
    first?.(row);
  };
  const keys = useTableKeys({ move: (delta) => focusRow(cursor !== undefined && (coming.current || scroller.current?.querySelector('tr[data-key]:focus-within') !== null) ? at + delta : at), open: () => act(sorted[at], 'open'), inspect: () => act(sorted[at], 'inspect') });
  const onKeyDown = (event: KeyboardEvent): void => {
    const row = event.target instanceof HTMLElement && event.target.matches('tr[data-key]');
    const moves: Readonly<Record<string, number>> = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: sorted.length - 1, PageDown: at + 15, PageUp: at - 15 };
    const target = moves[event.key];
    if (!row || (target === undefined && event.key !== 'Enter' && event.key !== ' ')) return;
    event.preventDefault();
    event.stopPropagation();
    if (target !== undefined) focusRow(target);
    else act(sorted[at], event.key === 'Enter' ? 'open' : 'inspect');
  };
  const shown = virtual ? virtualizer.getVirtualItems().map((item) => item.index) : sorted.map((_, index) => index);
  const before = virtual ? (virtualizer.getVirtualItems()[0]?.start ?? 0) : 0;
  const after = virtual ? virtualizer.getTotalSize() - (virtualizer.getVirtualItems().at(-1)?.end ?? 0) : 0;
  return (
    <div ref={scroller} className={css['scroller']} onFocus={() => raiseTable(keys)}>
      <table className={css['table']} data-compact={compact} aria-label={props.label} aria-rowcount={sorted.length + 1} onKeyDown={onKeyDown}>
        <Head columns={columns} sort={sort} onSort={props.onSort ?? setOwnSort} />
        <tbody>
          {before > 0 ? <tr aria-hidden style={{ height: before }}><td colSpan={columns.length} /></tr> : null}
          {shown.map((index) => {
            const row = sorted[index];
            if (row === undefined) return null;
            const key = rowKey(row);
            return (
              <tr key={key} data-key={key} data-chosen={key === selected} aria-rowindex={index + 2} aria-selected={props.onInspect === undefined ? undefined : key === selected} tabIndex={index === at ? 0 : -1}
                onFocus={() => setCursor(key)} onClick={(event) => { if (!isControl(event.target)) act(row, 'inspect'); }} onDoubleClick={() => act(row, 'open')}>
                {columns.map((column, i) => i === 0 || (columns[0]?.hideHeader === true && i === 1) ? <th key={column.id} scope="row" className={classOf(column)}>{column.cell(row)}</th> : <td key={column.id} className={classOf(column)}>{column.cell(row)}</td>)}
              </tr>
            );
          })}
          {after > 0 ? <tr aria-hidden style={{ height: after }}><td colSpan={columns.length} /></tr> : null}
        </tbody>
      </table>
    </div>
  );
}

const classOf = (column: { readonly number?: boolean; readonly grow?: boolean }): string | undefined => (column.number ? css['number'] : column.grow ? css['grow'] : undefined);
const isControl = (target: EventTarget): boolean => target instanceof Element && target.closest('a, button, input, label') !== null;

/** Registers the table for j, k, Enter and Space; the registered object stays the same while its actions follow the render. */
function useTableKeys(now: TableKeys): TableKeys {
  const latest = useRef(now);
  useLayoutEffect(() => { latest.current = now; });
  const [stable] = useState<TableKeys>(() => ({ move: (delta) => latest.current.move(delta), open: () => latest.current.open(), inspect: () => latest.current.inspect() }));
  useLayoutEffect(() => registerTable(stable), [stable]);
  return stable;
}

function Head<Row>({ columns, sort, onSort }: { readonly columns: readonly Column<Row>[]; readonly sort: Sort | undefined; readonly onSort: (sort: Sort | undefined) => void }): ReactNode {
  const next = (column: Column<Row>): Sort | undefined => {
    const first = column.descFirst ?? column.number ?? false;
    if (sort?.column !== column.id) return { column: column.id, desc: first };
    return sort.desc === first ? { column: column.id, desc: !first } : undefined;
  };
  return (
    <thead>
      <tr>
        {columns.map((column) => {
          const sorted = sort?.column === column.id ? (sort.desc ? 'descending' : 'ascending') : 'none';
          return (
            <th key={column.id} scope="col" style={column.width === undefined ? undefined : { width: column.width }} className={classOf(column)} title={column.title} {...(column.sort === undefined ? {} : { 'aria-sort': sorted })}>
              {column.sort === undefined
                ? <span className={column.hideHeader ? 'visually-hidden' : undefined}>{column.header}</span>
                : <button type="button" className={css['sorter']} onClick={() => onSort(next(column))}><span className={column.hideHeader ? 'visually-hidden' : undefined}>{column.header}</span>{sorted === 'none' ? null : sorted === 'descending' ? <IconChevronDown aria-hidden /> : <IconChevronUp aria-hidden />}</button>}
            </th>
          );
        })}
      </tr>
    </thead>
  );
}
