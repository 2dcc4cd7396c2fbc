import type { PrinterColumn } from '#shared/mesh';
import { evaluatePath } from '../object/json-path.ts';

import type { KObject } from '../object/object.ts';
import { fromStored } from '../resources/resource.ts';
import type { View } from '../resources/resource.ts';
import type { Stored } from '../store/history.ts';
import { ageOf } from './age.ts';
import { AGE, column, CREATED_AT, NAME } from './column.ts';
import { PRINTERS } from './columns.ts';
import type { Cell, CellContext, Column, Printer } from './printer.ts';
import type { TableOptions } from './table-options.ts';

const PLAIN: Printer = { columns: [NAME, CREATED_AT], cells: (object) => [object.metadata.name, object.metadata.creationTimestamp ?? ''] };

/** meta.k8s.io Table of some objects of one kind. */
export function tableOf(view: View, items: readonly Stored[], options: TableOptions): object {
  const printer = printerOf(view);
  const context: CellContext = { now: options.now };
  const rows = items.map(({ object }) => {
    const conditions = printer.conditions?.(object);
    return { cells: printer.cells(object, context), ...(conditions === undefined ? {} : { conditions }), ...rowObject(object, view, options) };
  });
  return { kind: 'Table', apiVersion: `meta.k8s.io/${options.version}`, metadata: options.metadata, columnDefinitions: options.withColumns ? printer.columns : null, rows };
}

function rowObject(object: KObject, view: View, options: TableOptions): object {
  if (options.include === 'None') return { object: null };
  if (options.include === 'Object') return { object: fromStored(view, object) };
  return { object: { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${options.version}`, metadata: object.metadata } };
}

function printerOf(view: View): Printer {
  if (!view.resource.isCustom) return PRINTERS.get(view.resource.collection) ?? PLAIN;
  const columns = view.version.columns;
  return columns === undefined || columns.length === 0 ? AGE_ONLY : customPrinter(columns);
}
const AGE_ONLY: Printer = { columns: [NAME, { ...AGE, type: 'date' }], cells: (object, { now }) => [object.metadata.name, ageOf(object.metadata.creationTimestamp, now)] };

const printers = new WeakMap<readonly PrinterColumn[], Printer>();
function customPrinter(columns: readonly PrinterColumn[]): Printer {
  const known = printers.get(columns);
  if (known !== undefined) return known;
  const definitions: Column[] = columns.map((one) => column(one.name, one.description ?? `Custom resource definition column (in JSONPath format): ${one.jsonPath}`, { type: one.type, format: one.format ?? '', priority: one.priority ?? 0 }));
  const made: Printer = { columns: [NAME, ...definitions], cells: (object, context) => [object.metadata.name, ...columns.map((one) => customCell(one, object, context))] };
  printers.set(columns, made);
  return made;
}

/** A cell by JSONPath: nothing found is null, a value of the wrong type too; dates are ages. */
function customCell(column: PrinterColumn, object: KObject, context: CellContext): Cell {
  const found = evaluatePath(column.jsonPath, object);
  const [v] = found;
  if (v === undefined || v === null) return null;
  switch (column.type) {
    case 'integer': return typeof v === 'number' ? Math.trunc(v) : null;
    case 'number': return typeof v === 'number' ? v : null;
    case 'boolean': return typeof v === 'boolean' ? v : null;
    case 'date': return typeof v === 'string' ? ageOf(v, context.now).replace('<unknown>', '<invalid>') : null;
    default: return typeof v === 'string' ? v : typeof v === 'number' || typeof v === 'boolean' ? String(v) : JSON.stringify(v);
  }
}
