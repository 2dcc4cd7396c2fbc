import { podColumns } from './pod-columns.ts';
import { coreColumns } from './core-columns.ts';
import type { Printer } from './printer.ts';
import { workloadColumns } from './workload-columns.ts';

/** How a built-in kind is printed, by group/plural. */
export const PRINTERS: ReadonlyMap<string, Printer> = new Map([...podColumns, ...coreColumns, ...workloadColumns]);
