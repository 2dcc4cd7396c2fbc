import { isRecord } from '#shared/base';
import { textAt, textsAt } from '../object/object.ts';
import type { KObject } from '../object/object.ts';
import { badRequest } from '../status/status-error.ts';
import { matchesLabels } from './label-selector.ts';
import type { Labels, Requirement } from './label-selector.ts';
import { parseFieldSelector, parseLabelSelector } from './parse-selector.ts';
import type { FieldRequirement } from './parse-selector.ts';

/** Fields of a kind that field selectors may use, beside metadata.name and metadata.namespace. */
export type SelectableFields = ReadonlyMap<string, (object: KObject) => string>;
/** Whether an object is wanted. `isAll` says that nothing was asked, so that counting stays possible. */
export type Selection = { readonly isAll: boolean; readonly name: string | undefined; matches(object: KObject): boolean };

const METADATA: SelectableFields = new Map([
  ['metadata.name', (object: KObject) => object.metadata.name],
  ['metadata.namespace', (object: KObject) => object.metadata.namespace ?? ''],
]);
export const selectAll: Selection = { isAll: true, name: undefined, matches: () => true };

/** The selection of a list or watch by labelSelector and fieldSelector. */
export function parseSelection(labelText: string, fieldText: string, fields: SelectableFields | undefined): Selection {
  const labels = parseLabelSelector(labelText);
  const terms = parseFieldSelector(fieldText).map((term) => ({ ...term, read: readerOf(term, fields) }));
  if (labels.length === 0 && terms.length === 0) return selectAll;
  const byName = terms.find((term) => term.field === 'metadata.name' && term.isEqual);
  return {
    isAll: false, name: byName?.text,
    matches: (object) => matchesLabels(labels, object.metadata.labels) && terms.every((term) => (term.read(object) === term.text) === term.isEqual),
  };
}

function readerOf(term: FieldRequirement, fields: SelectableFields | undefined): (object: KObject) => string {
  const read = METADATA.get(term.field) ?? fields?.get(term.field);
  if (read !== undefined) return read;
  throw badRequest(fields === undefined ? `"${term.field}" is not a known field selector: only "metadata.name", "metadata.namespace"` : `field label not supported: ${term.field}`);
}

/** A selector object (matchLabels, matchExpressions) as requirements. Absent selects nothing, empty everything; so does Kubernetes. */
export function requirementsOf(selector: unknown): readonly Requirement[] | undefined {
  if (!isRecord(selector)) return undefined;
  const found: Requirement[] = Object.entries(textsAt(selector, 'matchLabels') ?? {}).map(([key, v]) => ({ key, op: '=', values: [v] }));
  const expressions = selector['matchExpressions'];
  for (const expression of Array.isArray(expressions) ? expressions.filter(isRecord) : []) {
    const values = Array.isArray(expression['values']) ? expression['values'].filter((v) => typeof v === 'string') : [];
    const op = OPERATORS.get(textAt(expression, 'operator'));
    if (op !== undefined) found.push({ key: textAt(expression, 'key'), op, values });
  }
  return found;
}
const OPERATORS: ReadonlyMap<string, Requirement['op']> = new Map([['In', 'in'], ['NotIn', 'notin'], ['Exists', 'exists'], ['DoesNotExist', '!']]);

export const selectorMatches = (selector: unknown, labels: Labels): boolean => {
  const requirements = requirementsOf(selector);
  return requirements !== undefined && matchesLabels(requirements, labels);
};

/** The selector as text, as Scale.status.selector and tables show it. */
export function selectorText(selector: unknown): string {
  const parts = (requirementsOf(selector) ?? []).map((requirement) => {
    switch (requirement.op) {
      case 'in': case 'notin': return `${requirement.key} ${requirement.op} (${[...requirement.values].sort().join(',')})`;
      case 'exists': return requirement.key;
      case '!': return `!${requirement.key}`;
      default: return `${requirement.key}${requirement.op}${requirement.values[0] ?? ''}`;
    }
  });
  return parts.sort().join(',');
}
