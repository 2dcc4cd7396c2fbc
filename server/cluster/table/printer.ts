import type { KObject } from '../object/object.ts';

export type Cell = string | number | boolean | null | object;
export type CellContext = { readonly now: Date };
export type Column = { readonly name: string; readonly type: string; readonly format: string; readonly description: string; readonly priority: number };
export type Printer = { readonly columns: readonly Column[]; cells(object: KObject, context: CellContext): readonly Cell[]; conditions?(object: KObject): readonly object[] | undefined };
