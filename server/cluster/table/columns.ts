import type { KObject } from '../object/object.ts';
import { podColumns } from './pod-columns.ts';
import { coreColumns } from './core-columns.ts';
import { workloadColumns } from './workload-columns.ts';

export type Cell = string | number | boolean | null | object;
export type CellContext = { readonly now: Date };
export type Column = { readonly name: string; readonly type: string; readonly format: string; readonly description: string; readonly priority: number };
export type Printer = { readonly columns: readonly Column[]; cells(object: KObject, context: CellContext): readonly Cell[]; conditions?(object: KObject): readonly object[] | undefined };

/** How a built-in kind is printed, by group/plural. */
export const PRINTERS: ReadonlyMap<string, Printer> = new Map([...podColumns, ...coreColumns, ...workloadColumns]);
