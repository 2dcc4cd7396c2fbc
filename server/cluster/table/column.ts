import type { Column } from './printer.ts';

/** A column definition: text, always shown, without format. */
export const column = (name: string, description: string, more: Partial<Omit<Column, 'name' | 'description'>> = {}): Column => ({ name, type: 'string', format: '', description, priority: 0, ...more });
export const NAME: Column = column('Name', 'Name of the object, unique among its kind in the namespace.', { format: 'name' });
export const AGE: Column = column('Age', 'Time since the object was made.');
export const CREATED_AT: Column = column('Created At', 'When the object was made, RFC 3339 in UTC.', { type: 'date' });
/** Shown only with -o wide. */
export const WIDE = { priority: 1 } as const;
export const NONE = '<none>';
export const UNSET = '<unset>';
export const UNKNOWN = '<unknown>';
