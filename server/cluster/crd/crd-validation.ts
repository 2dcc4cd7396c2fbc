import { dns1035Errors, subdomainErrors } from '../kinds/names.ts';
import { at, recordAt, recordsAt, textAt } from '../object/object.ts';
import type { KObject } from '../object/object.ts';
import { forbiddenField, invalidValue, notSupported, required } from '../status/field-errors.ts';
import type { FieldError } from '../status/status-error.ts';
import { structuralErrors } from './structural-errors.ts';

const COLUMN_TYPES = ['boolean', 'date', 'integer', 'number', 'string'];
const texts = (v: unknown): readonly string[] => (Array.isArray(v) ? v.map(String) : []);

function nameErrors(crd: KObject): FieldError[] {
  const names = recordAt(crd, 'spec', 'names') ?? {};
  const errors: FieldError[] = [];
  for (const field of ['plural', 'singular', 'kind', 'listKind']) {
    const name = textAt(names, field);
    const isMixed = field === 'kind' || field === 'listKind';
    if (name === '') errors.push(required(`spec.names.${field}`));
    else errors.push(...dns1035Errors(isMixed ? name.toLowerCase() : name).map((error) => invalidValue(`spec.names.${field}`, name, isMixed ? `may have mixed case, but should otherwise match: ${error}` : error)));
  }
  for (const field of ['shortNames', 'categories']) for (const [i, name] of texts(names[field]).entries()) errors.push(...dns1035Errors(name).map((error) => invalidValue(`spec.names.${field}[${i}]`, name, error)));
  const [kind, listKind] = [textAt(names, 'kind'), textAt(names, 'listKind')];
  if (kind !== '' && kind === listKind) errors.push(invalidValue('spec.names.listKind', listKind, 'kind and listKind may not be the same'));
  return errors;
}

function columnErrors(columns: readonly Record<string, unknown>[], path: string): FieldError[] {
  return columns.flatMap((column, i) => {
    const field = `${path}[${i}]`;
    const type = textAt(column, 'type');
    const errors: FieldError[] = textAt(column, 'name') === '' ? [required(`${field}.name`)] : [];
    if (type === '') errors.push(required(`${field}.type`, `must be one of ${COLUMN_TYPES.join(',')}`));
    else if (!COLUMN_TYPES.includes(type)) errors.push(invalidValue(`${field}.type`, type, `must be one of ${COLUMN_TYPES.join(',')}`));
    return [...errors, ...pathErrors(textAt(column, 'jsonPath'), `${field}.JSONPath`, undefined)];
  });
}

function pathErrors(path: string, field: string, under: string | undefined): FieldError[] {
  if (path === '') return [required(field)];
  if (!path.startsWith('.')) return [invalidValue(field, path, 'must be a simple json path starting with .')];
  return under !== undefined && !path.startsWith(`${under}.`) ? [invalidValue(field, path, `should be a json path under ${under}`)] : [];
}

function subresourceErrors(version: Record<string, unknown>, path: string): FieldError[] {
  const scale = recordAt(version, 'subresources', 'scale');
  if (scale === undefined) return [];
  const selector = textAt(scale, 'labelSelectorPath');
  return [
    ...pathErrors(textAt(scale, 'specReplicasPath'), `${path}.scale.specReplicasPath`, '.spec'), ...pathErrors(textAt(scale, 'statusReplicasPath'), `${path}.scale.statusReplicasPath`, '.status'),
    ...(selector === '' || selector.startsWith('.spec.') || selector.startsWith('.status.') ? [] : [invalidValue(`${path}.scale.labelSelectorPath`, selector, 'should be a json path under either .spec or .status')]),
  ];
}

const SELECTABLE = ['string', 'boolean', 'integer'];
function selectableErrors(version: Record<string, unknown>, path: string): FieldError[] {
  return recordsAt(version, 'selectableFields').flatMap((entry, i) => {
    const field = `${path}[${i}].jsonPath`;
    const text = textAt(entry, 'jsonPath');
    const names = text.replace(/^\./, '').split('.');
    if (names[0] === 'metadata') return [invalidValue(field, text, 'is an invalid path: does not refer to a valid field')];
    const found = names.reduce<unknown>((schema, name) => at(schema, 'properties', name), at(version, 'schema', 'openAPIV3Schema'));
    if (found === undefined) return [invalidValue(field, text, 'is an invalid path: does not refer to a valid field')];
    return SELECTABLE.includes(textAt(found, 'type')) ? [] : [invalidValue(field, text, 'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.')];
  });
}

function versionsErrors(crd: KObject): FieldError[] {
  const versions = recordsAt(crd, 'spec', 'versions');
  const errors: FieldError[] = versions.length === 0 ? [required('spec.versions', 'must have exactly one version marked as storage version')] : [];
  const stored = versions.filter((version) => version['storage'] === true);
  if (versions.length > 0 && stored.length !== 1) errors.push(invalidValue('spec.versions', versionsShown(versions), 'must have exactly one version marked as storage version'), invalidValue('status.storedVersions', null, 'must have at least one stored version'));
  const names = new Set<string>();
  for (const [i, version] of versions.entries()) {
    const name = textAt(version, 'name');
    const wrong = dns1035Errors(name);
    errors.push(...wrong.map((error) => invalidValue(`spec.versions[${i}].name`, name, error)));
    if (names.has(name)) errors.push(invalidValue(`spec.versions`, versionsShown(versions), 'must contain unique version names'));
    names.add(name);
    // With one version the real server checks the old top-level fields, and its errors say so.
    const own = versions.length === 1 ? 'spec' : `spec.versions[${i}]`;
    const schema = recordAt(version, 'schema', 'openAPIV3Schema');
    if (schema === undefined) errors.push(required(`spec.versions[${i}].schema.openAPIV3Schema`));
    else errors.push(...structuralErrors(schema, versions.length === 1 ? 'spec.validation.openAPIV3Schema' : `spec.versions[${i}].schema.openAPIV3Schema`));
    errors.push(...columnErrors(recordsAt(version, 'additionalPrinterColumns'), `${own}.additionalPrinterColumns`), ...subresourceErrors(version, `${own}.subresources`), ...selectableErrors(version, `${own}.selectableFields`));
  }
  return errors;
}
const versionsShown = (versions: readonly Record<string, unknown>[]): readonly string[] => versions.map((version) => textAt(version, 'name'));

function conversionErrors(crd: KObject): FieldError[] {
  const conversion = recordAt(crd, 'spec', 'conversion') ?? {};
  const strategy = textAt(conversion, 'strategy');
  if (strategy === 'None') return recordAt(conversion, 'webhook') === undefined ? [] : [forbiddenField('spec.conversion.webhookClientConfig', 'should not be set when strategy is not set to Webhook')];
  if (strategy !== 'Webhook') return [notSupported('spec.conversion.strategy', strategy, ['None', 'Webhook'])];
  const errors: FieldError[] = [];
  if (recordAt(conversion, 'webhook', 'clientConfig') === undefined) errors.push(required('spec.conversion.webhookClientConfig', 'required when strategy is set to Webhook'));
  if (texts(at(conversion, 'webhook', 'conversionReviewVersions')).length === 0) errors.push(required('spec.conversion.conversionReviewVersions'));
  return errors;
}

/** What is wrong with a CustomResourceDefinition. */
export function crdErrors(crd: KObject): FieldError[] {
  const group = textAt(crd, 'spec', 'group');
  const plural = textAt(crd, 'spec', 'names', 'plural');
  const scope = textAt(crd, 'spec', 'scope');
  const errors: FieldError[] = crd.metadata.name === '' || crd.metadata.name === `${plural}.${group}` ? [] : [invalidValue('metadata.name', crd.metadata.name, 'must be spec.names.plural+"."+spec.group')];
  if (group === '') errors.push(required('spec.group'));
  else errors.push(...subdomainErrors(group).map((error) => invalidValue('spec.group', group, error)));
  if (group !== '' && !group.includes('.')) errors.push(invalidValue('spec.group', group, 'should be a domain with at least one dot'));
  if (scope === '') errors.push(required('spec.scope'));
  else if (scope !== 'Cluster' && scope !== 'Namespaced') errors.push(notSupported('spec.scope', scope, ['Cluster', 'Namespaced']));
  return [...errors, ...versionsErrors(crd), ...nameErrors(crd), ...conversionErrors(crd)];
}

