import { isRecord } from '#shared/base';
import { at, recordAt, recordsAt, sameJson, textAt } from '../object/object.ts';
import type { KObject, Obj } from '../object/object.ts';
import type { Strategy } from '../resources/resource.ts';
import { forbiddenField, invalidValue, required, tooLong } from '../status/field-errors.ts';
import type { FieldError } from '../status/status-error.ts';
import { fillText } from './defaulting.ts';
import { configKeyErrors } from './names.ts';

/** All values of a ConfigMap or Secret, bytes. */
const DATA_BYTES_MAX = 1024 * 1024;
const size = (data: unknown, isBase64: boolean): number => Object.values(isRecord(data) ? data : {}).reduce<number>((sum, v) => sum + (isBase64 ? Math.floor((String(v).length * 3) / 4) : Buffer.byteLength(String(v))), 0);
const keyErrors = (data: unknown, field: string): FieldError[] => Object.keys(isRecord(data) ? data : {}).flatMap((key) => configKeyErrors(key).map((error) => invalidValue(`${field}[${key}]`, key, error)));

function configMapErrors(object: KObject): FieldError[] {
  const { data, binaryData } = object;
  const errors = [...keyErrors(data, 'data')];
  for (const key of Object.keys(isRecord(binaryData) ? binaryData : {})) {
    errors.push(...configKeyErrors(key).map((error) => invalidValue(`binaryData[${key}]`, key, error)));
    if (isRecord(data) && Object.hasOwn(data, key)) errors.push(invalidValue(`data[${key}]`, key, 'duplicate of key present in binaryData'));
  }
  if (size(data, false) + size(binaryData, true) > DATA_BYTES_MAX) errors.push(tooLong('[]', DATA_BYTES_MAX));
  return errors;
}

/** What `immutable: true` forbids. */
function frozenErrors(object: KObject, old: KObject, fields: readonly string[]): FieldError[] {
  if (old['immutable'] !== true) return [];
  const errors: FieldError[] = [];
  if (object['immutable'] !== true) errors.push(forbiddenField('immutable', 'field is immutable when `immutable` is set'));
  for (const field of fields) if (!sameJson(object[field] ?? {}, old[field] ?? {})) errors.push(forbiddenField(field, 'field is immutable when `immutable` is set'));
  return errors;
}

export const configMapStrategy: Strategy = { validate: configMapErrors, validateUpdate: (object, old) => [...configMapErrors(object), ...frozenErrors(object, old, ['data', 'binaryData'])] };

/** Types with keys that must be there. */
const NEEDED: ReadonlyMap<string, readonly string[]> = new Map([
  ['kubernetes.io/tls', ['tls.crt', 'tls.key']], ['kubernetes.io/dockerconfigjson', ['.dockerconfigjson']], ['kubernetes.io/dockercfg', ['.dockercfg']], ['kubernetes.io/ssh-auth', ['ssh-privatekey']],
]);
const SERVICE_ACCOUNT_TOKEN = 'kubernetes.io/service-account-token';
const ACCOUNT_NAME = 'kubernetes.io/service-account.name';
const REDACTED = '<secret contents redacted>';

function secretErrors(object: KObject): FieldError[] {
  const { data } = object;
  const errors = [...keyErrors(data, 'data')];
  if (size(data, true) > DATA_BYTES_MAX) errors.push(tooLong('data', DATA_BYTES_MAX));
  const type = textAt(object, 'type');
  for (const key of NEEDED.get(type) ?? []) {
    const v = recordAt(object, 'data')?.[key];
    if (v === undefined) errors.push(required(`data[${key}]`));
    else if (key.startsWith('.docker') && !isJsonText(String(v))) errors.push(invalidValue(`data[${key}]`, REDACTED, "invalid character 'o' in literal null (expecting 'u')"));
  }
  if (type === 'kubernetes.io/basic-auth' && recordAt(object, 'data')?.['username'] === undefined && recordAt(object, 'data')?.['password'] === undefined) errors.push(required('data[username]'), required('data[password]'));
  if (type === SERVICE_ACCOUNT_TOKEN && (object.metadata.annotations?.[ACCOUNT_NAME] ?? '') === '') errors.push(required(`metadata.annotations[${ACCOUNT_NAME}]`));
  return errors;
}
function isJsonText(base64: string): boolean {
  try {
    JSON.parse(Buffer.from(base64, 'base64').toString('utf8'));
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

/** stringData goes into data, as base64. */
function foldStrings(object: KObject): void {
  const texts = recordAt(object, 'stringData');
  delete object['stringData'];
  fillText(object, 'type', 'Opaque');
  if (texts === undefined) return;
  const data: Obj = { ...recordAt(object, 'data') };
  for (const [key, v] of Object.entries(texts)) data[key] = Buffer.from(String(v), 'utf8').toString('base64');
  if (Object.keys(data).length > 0) object['data'] = data;
}

export const secretStrategy: Strategy = {
  setDefaults: foldStrings, validate: secretErrors,
  validateUpdate: (object, old) => [
    ...(object['type'] === old['type'] ? [] : [invalidValue('type', object['type'], 'field is immutable')]), ...secretErrors(object), ...frozenErrors(object, old, ['data']),
  ],
  fields: new Map([['type', (object: KObject) => textAt(object, 'type')]]),
};

export const serviceAccountStrategy: Strategy = { answersWithObject: true };
export const leaseStrategy: Strategy = {
  createsOnUpdate: true, needsVersion: true,
  validate: (object) => {
    const errors: FieldError[] = [];
    const duration = at(object, 'spec', 'leaseDurationSeconds');
    if (typeof duration === 'number' && duration <= 0) errors.push(invalidValue('spec.leaseDurationSeconds', duration, 'must be greater than 0'));
    const transitions = at(object, 'spec', 'leaseTransitions');
    if (typeof transitions === 'number' && transitions < 0) errors.push(invalidValue('spec.leaseTransitions', transitions, 'must be greater than or equal to 0'));
    return errors;
  },
};
export const eventFields = new Map<string, (object: KObject) => string>([
  ...['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'].map((field): [string, (object: KObject) => string] => [`involvedObject.${field}`, (object) => textAt(object, 'involvedObject', field)]),
  ['reason', (object) => textAt(object, 'reason')], ['reportingComponent', (object) => textAt(object, 'reportingComponent')], ['type', (object) => textAt(object, 'type')],
  ['source', (object) => textAt(object, 'source', 'component') || textAt(object, 'reportingComponent')],
]);
void recordsAt;
