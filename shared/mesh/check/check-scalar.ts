import type { SchemaNode } from '../schema/schema.ts';
import { hasFormat } from './formats.ts';
import { fieldOf, pathOf, shown, typeName } from './issue.ts';
import type { At, IssueCode, SchemaIssue } from './issue.ts';
import { jsonEqual } from './equal.ts';
import { findsRegex } from './regex.ts';

export const invalid = (code: IssueCode, at: At, value: string, text: string): SchemaIssue => ({ code, path: pathOf(at), field: fieldOf(at), reason: 'FieldValueInvalid', message: `Invalid value: ${value}: ${text}` });
/** An error the API server reports without a place. */
export const placeless = (code: IssueCode, at: At, text: string): SchemaIssue => ({ code, path: pathOf(at), field: '<nil>', reason: 'FieldValueInvalid', message: `Invalid value: "": ${text}` });

/** The types a schema allows, as the validator names them; none when it allows any. */
function typesOf(node: SchemaNode): readonly string[] {
  if (node['x-kubernetes-int-or-string'] === true) return ['integer', 'string'];
  return node.type === undefined ? [] : [node.type];
}
/** An error when the value's type is not the schema's. */
export function typeIssue(node: SchemaNode, value: unknown, at: At): SchemaIssue | undefined {
  const types = typesOf(node);
  if (types.length === 0 || ((value === null || value === undefined) && node.nullable === true)) return undefined;
  const actual = typeName(value);
  if (types.includes(actual) || (actual === 'integer' && types.includes('number'))) return undefined;
  const field = fieldOf(at);
  return { code: 'type', path: pathOf(at), field, reason: 'FieldValueTypeInvalid', message: `Invalid value: "${actual}": ${field} in body must be of type ${types.join(',')}: "${actual}"` };
}

export function enumIssue(node: SchemaNode, value: unknown, at: At): SchemaIssue | undefined {
  if (node.enum === undefined || node.enum.some((one) => jsonEqual(one, value))) return undefined;
  const allowed = node.enum.map((one) => JSON.stringify(typeof one === 'string' ? one : JSON.stringify(one))).join(', ');
  return { code: 'enum', path: pathOf(at), field: fieldOf(at), reason: 'FieldValueNotSupported', message: `Unsupported value: ${shown(value)}: supported values: ${allowed}` };
}

/** The first rule on length or pattern a text breaks; the validator stops there too. */
export function textIssue(node: SchemaNode, value: string, at: At): SchemaIssue | undefined {
  if (node.maxLength !== undefined || node.minLength !== undefined) {
    const length = [...value].length;
    if (node.maxLength !== undefined && length > node.maxLength) {
      const bytes = node.maxLength === 1 ? 'byte' : 'bytes';
      return { code: 'length', path: pathOf(at), field: fieldOf(at), reason: 'FieldValueTooLong', message: `Too long: may not be more than ${node.maxLength} ${bytes}` };
    }
    if (node.minLength !== undefined && length < node.minLength) return invalid('length', at, shown(value), `${fieldOf(at)} in body should be at least ${node.minLength} chars long`);
  }
  if (node.pattern !== undefined && !findsRegex(node.pattern, value)) return invalid('pattern', at, shown(value), `${fieldOf(at)} in body should match '${node.pattern}'`);
  return undefined;
}
export function formatIssue(node: SchemaNode, value: string, at: At): SchemaIssue | undefined {
  if (node.format === undefined || hasFormat(node.format, value)) return undefined;
  const field = fieldOf(at);
  return { code: 'format', path: pathOf(at), field, reason: 'FieldValueTypeInvalid', message: `Invalid value: ${shown(value)}: ${field} in body must be of type ${node.format}: ${shown(value)}` };
}

const INT_RANGES: ReadonlyMap<string, readonly [number, number]> = new Map([
  ['int32', [-(2 ** 31), 2 ** 31 - 1]], ['uint32', [0, 2 ** 32 - 1]], ['uint64', [0, 2 ** 64]], ['int64', [-(2 ** 63), 2 ** 63]],
]);
/** Every rule on bounds a number breaks. */
export function numberIssues(node: SchemaNode, value: number, at: At): readonly SchemaIssue[] {
  const issues: SchemaIssue[] = [];
  const range = INT_RANGES.get(node.format ?? 'int64');
  if (node.type === 'integer' && range !== undefined && (value < range[0] || value > range[1])) {
    issues.push(placeless('range', at, `Checked value must be of type integer with format ${node.format ?? 'int64'} in ${fieldOf(at)}`));
  }
  const multiple = multipleIssue(node, value, at);
  if (multiple !== undefined) issues.push(multiple);
  const bound = (text: string, limit: number): void => void issues.push(invalid('range', at, String(value), `${fieldOf(at)} in body should be ${text} ${limit}`));
  if (node.maximum !== undefined && node.exclusiveMaximum === true && value >= node.maximum) bound('less than', node.maximum);
  else if (node.maximum !== undefined && value > node.maximum) bound('less than or equal to', node.maximum);
  if (node.minimum !== undefined && node.exclusiveMinimum === true && value <= node.minimum) bound('greater than', node.minimum);
  else if (node.minimum !== undefined && value < node.minimum) bound('greater than or equal to', node.minimum);
  return issues;
}

/** multipleOf, with the API server's quirk: for an integer value the factor is cut to an integer first. */
function multipleIssue(node: SchemaNode, value: number, at: At): SchemaIssue | undefined {
  if (node.multipleOf === undefined) return undefined;
  const factor = Number.isInteger(value) ? Math.trunc(node.multipleOf) : node.multipleOf;
  if (factor <= 0) return invalid('range', at, String(factor), `factor MultipleOf declared for ${fieldOf(at)} must be positive: ${factor}`);
  const quotient = factor < 1 ? (1 / factor) * value : value / factor;
  const isMultiple = Math.abs(quotient - Math.round(quotient)) < 1e-9;
  return isMultiple ? undefined : invalid('range', at, String(value), `${fieldOf(at)} in body should be a multiple of ${node.multipleOf}`);
}
