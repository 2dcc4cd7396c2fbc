import { recordsAt, textAt, textsAt } from '../object/object.ts';
import { forbiddenField, invalidValue, required } from '../status/field-errors.ts';
import type { FieldError } from '../status/status-error.ts';
import { labelErrors } from './metadata.ts';
import { labelKeyErrors, labelValueErrors } from './names.ts';

/** What is wrong with a selector of labels. */
export function selectorErrors(selector: unknown, path: string): FieldError[] {
  const errors = labelErrors(textsAt(selector, 'matchLabels'), `${path}.matchLabels`);
  for (const [i, expression] of recordsAt(selector, 'matchExpressions').entries()) {
    const field = `${path}.matchExpressions[${i}]`;
    const values = Array.isArray(expression['values']) ? expression['values'].map(String) : [];
    const operator = textAt(expression, 'operator');
    if (operator === 'In' || operator === 'NotIn') {
      if (values.length === 0) errors.push(required(`${field}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
    } else if (operator === 'Exists' || operator === 'DoesNotExist') {
      if (values.length > 0) errors.push(forbiddenField(`${field}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
    } else errors.push(invalidValue(`${field}.operator`, operator, 'not a valid selector operator'));
    const key = textAt(expression, 'key');
    errors.push(...labelKeyErrors(key).map((error) => invalidValue(`${field}.key`, key, error)));
    for (const [j, v] of values.entries()) errors.push(...labelValueErrors(v).map((error) => invalidValue(`${field}.values[${j}]`, v, error)));
  }
  return errors;
}
