import type { FieldError } from './status-error.ts';

/** A value as the Kubernetes API prints it in messages: texts in quotes, objects as JSON. */
export const shown = (v: unknown): string => (v === undefined ? 'null' : JSON.stringify(v));

export const required = (field: string, detail = ''): FieldError => ({ field, reason: 'FieldValueRequired', detail: detail === '' ? 'Required value' : `Required value: ${detail}` });
export const invalidValue = (field: string, v: unknown, detail: string): FieldError => ({ field, reason: 'FieldValueInvalid', detail: `Invalid value: ${shown(v)}: ${detail}` });
export const invalidType = (field: string, v: unknown, detail: string): FieldError => ({ field, reason: 'FieldValueTypeInvalid', detail: `Invalid value: ${shown(v)}: ${detail}` });
export const duplicate = (field: string, v: unknown): FieldError => ({ field, reason: 'FieldValueDuplicate', detail: `Duplicate value: ${shown(v)}` });
export const forbiddenField = (field: string, detail: string): FieldError => ({ field, reason: 'FieldValueForbidden', detail: `Forbidden: ${detail}` });
export const notFoundValue = (field: string, v: unknown): FieldError => ({ field, reason: 'FieldValueNotFound', detail: `Not found: ${shown(v)}` });
export const tooLong = (field: string, max: number): FieldError => ({ field, reason: 'FieldValueTooLong', detail: `Too long: may not be more than ${max} bytes` });
export const tooMany = (field: string, actual: number, max: number): FieldError => ({ field, reason: 'FieldValueTooMany', detail: `Too many: ${actual}: must have at most ${max} items` });
/** The supported values are printed in the order given: some lists of the real server are sorted, some are not. */
export const notSupported = (field: string, v: unknown, supported: readonly string[]): FieldError => ({
  field, reason: 'FieldValueNotSupported', detail: `Unsupported value: ${shown(v)}${supported.length === 0 ? '' : `: supported values: ${supported.map((one) => JSON.stringify(one)).join(', ')}`}`,
});
/** A number below its least value. */
export const tooSmall = (field: string, v: unknown): FieldError => invalidValue(field, v, 'must be greater than or equal to 0');
