import type { SchemaNode } from '../schema/schema.ts';
import { checkLists } from './check-lists.ts';
import { checkRules, hasRules } from './check-rules.ts';
import type { CelEvaluator } from './check-rules.ts';
import { checkSchema } from './check-schema.ts';
import type { IssueReason, SchemaIssue } from './issue.ts';
import { unknownFields } from './unknown-fields.ts';

export type CheckOptions = {
  /** Evaluates the CEL rules; without it they are not checked. */
  readonly cel?: CelEvaluator;
  /** The object before an update: what it left unchanged may stay wrong, and rules on oldSelf apply. */
  readonly old?: unknown;
  /** Whether unknown fields are reported. Default true. */
  readonly unknown?: boolean;
};

/** Errors after which the API server does not run CEL rules. */
const BLOCKING: ReadonlySet<IssueReason> = new Set(['FieldValueNotSupported', 'FieldValueRequired', 'FieldValueTooLong', 'FieldValueTooMany', 'FieldValueTypeInvalid']);
const NOT_CHECKED: SchemaIssue = {
  code: 'blocked', path: [], field: '<nil>', reason: 'FieldValueInvalid',
  message: 'Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
};

/**
 * Everything the API server finds wrong with a custom resource: schema, duplicates in sets and maps, CEL rules.
 * Built-in kinds are read by type there (`json: cannot unmarshal …`); for them this serves the editor.
 */
export function checkObject(schema: SchemaNode, value: unknown, options: CheckOptions = {}): readonly SchemaIssue[] {
  const old = options.old === undefined ? undefined : { value: options.old };
  const unknown = options.unknown === false ? [] : unknownFields(schema, value);
  const issues: SchemaIssue[] = [];
  checkSchema(schema, value, undefined, old, issues);
  checkLists(schema, value, undefined, old, issues);
  if (options.cel === undefined || !hasRules(schema)) return [...unknown, ...issues];
  if (issues.some((issue) => BLOCKING.has(issue.reason))) return [...unknown, ...issues, NOT_CHECKED];
  checkRules(schema, value, undefined, old, options.cel, issues);
  return [...unknown, ...issues];
}
