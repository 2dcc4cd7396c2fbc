import type { ReactNode } from 'react';

/** A column of a DataTable. Numbers stand right; the unit is part of the header ("p95 ms"). */
export type Column<Row> = {
  readonly id: string;
  readonly header: string;
  readonly cell: (row: Row) => ReactNode;
  /** What the column is sorted by; without it the column cannot be sorted. undefined goes last. */
  readonly sort?: ((row: Row) => string | number | undefined) | undefined;
  readonly number?: boolean;
  /** CSS width ("120px"); the widest column is left without one. */
  readonly width?: string;
  /** Takes the width that is left and cuts its text. */
  readonly grow?: boolean;
  /** Words behind a short header. */
  readonly title?: string;
  /** Sorted downwards at the first click (rates, errors). */
  readonly descFirst?: boolean;
  /** The header is for screen readers only (columns of marks). */
  readonly hideHeader?: boolean;
};

/** Numbers by size, names as people count ("v2" before "v10"). */
export function compareValues(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return String(a).localeCompare(String(b), 'en', { numeric: true });
}
