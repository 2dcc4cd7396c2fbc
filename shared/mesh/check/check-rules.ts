import { isRecord } from '#shared/base';
import type { SchemaNode } from '../schema/schema.ts';
import { oldField } from './check-schema.ts';
import type { Old } from './check-schema.ts';
import { jsonEqual } from './equal.ts';
import { below, fieldOf, pathOf, shown } from './issue.ts';
import type { At, IssueReason, SchemaIssue } from './issue.ts';
import { oldItem } from './old-value.ts';

/** One evaluation of a CEL expression. `oldSelf` is given where the expression may use it; with optionalOldSelf it may be absent. */
export type CelCall = { readonly expression: string; readonly schema: SchemaNode; readonly self: unknown; readonly old: Old; readonly optionalOldSelf: boolean };
/** Evaluates CEL; the mesh room knows the rules but not the language. An error is what the evaluator says, without the rule. */
export type CelEvaluator = (call: CelCall) => { readonly value: unknown } | { readonly error: string };

type Rule = NonNullable<SchemaNode['x-kubernetes-validations']>[number];
const usesOld = (rule: Rule): boolean => /\boldSelf\b/.test(rule.rule);

/** Whether a schema has CEL rules anywhere; kept, because it is asked for every object. */
export function hasRules(node: SchemaNode): boolean {
  const known = rulesKnown.get(node);
  if (known !== undefined) return known;
  rulesKnown.set(node, false); // ends the walk in a schema that contains itself
  const children = [...Object.values(node.properties ?? {}), ...(node.items === undefined ? [] : [node.items]), ...(typeof node.additionalProperties === 'object' ? [node.additionalProperties] : [])];
  const found = (node['x-kubernetes-validations']?.length ?? 0) > 0 || children.some(hasRules);
  rulesKnown.set(node, found);
  return found;
}
const rulesKnown = new WeakMap<SchemaNode, boolean>();

/** What the CEL rules of a schema say about a value; with `old`, unchanged values are let pass. */
export function checkRules(node: SchemaNode, value: unknown, at: At, old: Old, cel: CelEvaluator, out: SchemaIssue[]): void {
  if (!hasRules(node) || value === null || value === undefined) return;
  const isUnchanged = old !== undefined && jsonEqual(old.value, value);
  for (const rule of node['x-kubernetes-validations'] ?? []) {
    const issue = isUnchanged && !usesOld(rule) ? undefined : ruleIssue(rule, node, value, at, old, cel);
    if (issue !== undefined) out.push(issue);
  }
  if (Array.isArray(value)) {
    const { items } = node;
    if (items !== undefined) for (const [i, item] of value.entries()) checkRules(items, item, below(at, i), oldItem(node, old, item), cel, out);
  } else if (isRecord(value)) {
    const properties = node.properties ?? {};
    const values = typeof node.additionalProperties === 'object' ? node.additionalProperties : undefined;
    for (const [key, inner] of Object.entries(value)) {
      const isField = Object.hasOwn(properties, key);
      const child = isField ? properties[key] : values;
      if (child !== undefined) checkRules(child, inner, below(at, key, !isField), oldField(old, key), cel, out);
    }
  }
}

function ruleIssue(rule: Rule, node: SchemaNode, value: unknown, at: At, old: Old, cel: CelEvaluator): SchemaIssue | undefined {
  const optionalOldSelf = rule.optionalOldSelf === true;
  if (usesOld(rule) && old === undefined && !optionalOldSelf) return undefined;
  const call = { schema: node, self: value, old, optionalOldSelf };
  const result = cel({ ...call, expression: rule.rule });
  if ('value' in result && result.value === true) return undefined;
  const said = rule.message ?? `failed rule: ${rule.rule.trim()}`;
  if ('error' in result) return { code: 'cel', path: pathOf(at), field: fieldOf(at, 'bracketed'), reason: 'FieldValueInvalid', message: `Invalid value: "${node.type ?? 'object'}": ${result.error} evaluating rule: ${said}` };
  const made = rule.messageExpression === undefined ? undefined : cel({ ...call, expression: rule.messageExpression });
  const text = made !== undefined && 'value' in made && typeof made.value === 'string' && made.value.trim() !== '' && !made.value.includes('\n') ? made.value : said;
  return failed(rule, value, at, text);
}

/** The error in the form its reason asks for. Objects and lists are not printed. */
function failed(rule: Rule, value: unknown, at: At, text: string): SchemaIssue {
  const place = rule.fieldPath === undefined ? at : fieldPathSteps(rule.fieldPath).reduce<At>((parent, step) => below(parent, step.key, step.isMapKey), at);
  const issue = { code: 'cel', path: pathOf(place), field: fieldOf(place, 'bracketed') } as const;
  const printed = typeof value === 'object' ? '' : `${shown(value)}: `;
  const forms: ReadonlyMap<string, readonly [IssueReason, string]> = new Map([
    ['FieldValueForbidden', ['FieldValueForbidden', `Forbidden: ${text}`]],
    ['FieldValueRequired', ['FieldValueRequired', `Required value: ${text}`]],
    ['FieldValueDuplicate', ['FieldValueDuplicate', `Duplicate value: ${shown(value)}`]],
  ]);
  const [reason, message] = forms.get(rule.reason ?? '') ?? ['FieldValueInvalid', `Invalid value: ${printed}${text}`];
  return { ...issue, reason, message };
}

/** The steps of a rule's fieldPath: `.a.b` and `['key']`. */
function fieldPathSteps(path: string): readonly { readonly key: string; readonly isMapKey: boolean }[] {
  return [...path.matchAll(/\.([A-Za-z_][\w-]*)|\['([^']*)'\]/g)].map((match) => ({ key: match[1] ?? match[2] ?? '', isMapKey: match[1] === undefined }));
}
