import type { createConditionEvaluator } from '../crd/cel.ts';
import { recordAt, recordsAt, textAt } from '../object/object.ts';
import type { KObject, Obj } from '../object/object.ts';
import type { Strategy } from '../resources/resource.ts';
import { duplicate, invalidValue, notSupported, required } from '../status/field-errors.ts';
import type { FieldError } from '../status/status-error.ts';
import { child, fill, fillText, items } from './defaulting.ts';
import { subdomainName } from './metadata.ts';
import { subdomainErrors } from './names.ts';
import { selectorErrors } from './selector-errors.ts';

const OPERATIONS = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'];
const SIDE_EFFECTS = ['None', 'NoneOnDryRun'];
const REVIEW_VERSIONS = ['v1', 'v1beta1'];
const TIMEOUT_SECONDS = { min: 1, max: 30 };
const texts = (v: unknown): readonly string[] => (Array.isArray(v) ? v.map(String) : []);

function setDefaults(object: KObject, isMutating: boolean): void {
  for (const hook of items(object, 'webhooks')) {
    fillText(hook, 'failurePolicy', 'Fail');
    fillText(hook, 'matchPolicy', 'Equivalent');
    for (const field of ['namespaceSelector', 'objectSelector']) child(hook, field);
    fill(hook, 'timeoutSeconds', 10);
    if (isMutating) fillText(hook, 'reinvocationPolicy', 'Never');
    const service = recordAt(hook, 'clientConfig', 'service');
    if (service !== undefined) fill(service, 'port', 443);
    for (const rule of items(hook, 'rules')) fillText(rule, 'scope', '*');
  }
}

function ruleErrors(rule: Obj, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const list = (name: string): readonly string[] => texts(rule[name]);
  if (list('apiGroups').length === 0) errors.push(required(`${path}.apiGroups`));
  for (const name of ['apiVersions', 'resources']) {
    if (list(name).length === 0) errors.push(required(`${path}.${name}`));
    for (const [i, v] of list(name).entries()) if (v === '') errors.push(required(`${path}.${name}[${i}]`));
  }
  if (list('operations').length === 0) errors.push(required(`${path}.operations`));
  for (const [i, operation] of list('operations').entries()) if (!OPERATIONS.includes(operation)) errors.push(notSupported(`${path}.operations[${i}]`, operation, OPERATIONS));
  for (const name of ['apiGroups', 'apiVersions', 'operations']) if (list(name).length > 1 && list(name).includes('*')) errors.push(invalidValue(`${path}.${name}`, list(name), `if '*' is present, must not specify other ${name === 'apiGroups' ? 'API groups' : name === 'apiVersions' ? 'API versions' : 'operations'}`));
  const scope = textAt(rule, 'scope');
  if (!['*', 'Cluster', 'Namespaced'].includes(scope)) errors.push(notSupported(`${path}.scope`, scope, ['*', 'Cluster', 'Namespaced']));
  return errors;
}

function clientErrors(hook: Obj, path: string): FieldError[] {
  const config = recordAt(hook, 'clientConfig') ?? {};
  const url = config['url'];
  const service = recordAt(config, 'service');
  if ((url === undefined) === (service === undefined)) return [required(path, 'exactly one of url or service is required')];
  if (typeof url === 'string') return urlErrors(url, `${path}.url`);
  const errors: FieldError[] = [];
  for (const field of ['name', 'namespace']) if (textAt(service, field) === '') errors.push(required(`${path}.service.${field}`, `service ${field} is required`));
  const servicePath = textAt(service, 'path');
  if (servicePath !== '' && !servicePath.startsWith('/')) errors.push(invalidValue(`${path}.service.path`, servicePath, "must start with a '/'"));
  return errors;
}
function urlErrors(text: string, field: string): FieldError[] {
  const form = '; desired format: https://host[/path]';
  if (!URL.canParse(text)) return [required(field, `url must be a valid URL${form}`)];
  const url = new URL(text);
  if (url.protocol !== 'https:') return [invalidValue(field, url.protocol.replace(':', ''), `'https' is the only allowed URL scheme${form}`)];
  if (url.username !== '') return [invalidValue(field, url.username, `user information is not permitted in the URL${form}`)];
  return [...(url.hash === '' ? [] : [invalidValue(field, url.hash.slice(1), 'fragments are not permitted in the URL')]), ...(url.search === '' ? [] : [invalidValue(field, url.search.slice(1), 'query parameters are not permitted in the URL')])];
}

function versionErrors(hook: Obj, path: string): FieldError[] {
  const versions = texts(hook['admissionReviewVersions']);
  if (versions.length === 0) return [required(path, `must specify one of ${REVIEW_VERSIONS.join(', ')}`)];
  return versions.some((version) => REVIEW_VERSIONS.includes(version)) ? [] : [invalidValue(path, versions, `must include at least one of ${REVIEW_VERSIONS.join(', ')}`)];
}

function hookErrors(hook: Obj, path: string, isMutating: boolean): FieldError[] {
  const errors: FieldError[] = [];
  const name = textAt(hook, 'name');
  const wrong = subdomainErrors(name);
  if (name === '') errors.push(required(`${path}.name`));
  else if (wrong.length > 0) errors.push(...wrong.map((error) => invalidValue(`${path}.name`, name, error)));
  else if (name.split('.').length < 3) errors.push(invalidValue(`${path}.name`, name, 'should be a domain with at least three segments separated by dots'));
  errors.push(...versionErrors(hook, `${path}.admissionReviewVersions`), ...clientErrors(hook, `${path}.clientConfig`));
  for (const [i, rule] of items(hook, 'rules').entries()) errors.push(...ruleErrors(rule, `${path}.rules[${i}]`));
  const one = (field: string, supported: readonly string[]): void => {
    if (!supported.includes(textAt(hook, field))) errors.push(notSupported(`${path}.${field}`, textAt(hook, field), supported));
  };
  one('failurePolicy', ['Fail', 'Ignore']);
  one('matchPolicy', ['Equivalent', 'Exact']);
  if (isMutating) one('reinvocationPolicy', ['IfNeeded', 'Never']);
  if (textAt(hook, 'sideEffects') === '') errors.push(required(`${path}.sideEffects`, `must specify one of ${SIDE_EFFECTS.join(', ')}`));
  else one('sideEffects', SIDE_EFFECTS);
  const timeout = hook['timeoutSeconds'];
  if (typeof timeout === 'number' && (timeout < TIMEOUT_SECONDS.min || timeout > TIMEOUT_SECONDS.max)) errors.push(invalidValue(`${path}.timeoutSeconds`, timeout, `the timeout value must be between ${TIMEOUT_SECONDS.min} and ${TIMEOUT_SECONDS.max} seconds`));
  for (const [i, condition] of items(hook, 'matchConditions').entries()) {
    const expression = textAt(condition, 'expression');
    const wrong = expression === '' ? undefined : conditions?.compileError(expression);
    if (expression === '') errors.push(required(`${path}.matchConditions[${i}].expression`));
    if (wrong !== undefined) errors.push(invalidValue(`${path}.matchConditions[${i}].expression`, expression, `compilation failed: ERROR: ${wrong}`));
  }
  for (const field of ['namespaceSelector', 'objectSelector']) errors.push(...selectorErrors(hook[field], `${path}.${field}`));
  return errors;
}

function webhookErrors(object: KObject, isMutating: boolean): FieldError[] {
  const names = new Set<string>();
  return recordsAt(object, 'webhooks').flatMap((hook, i) => {
    const name = textAt(hook, 'name');
    const twice = names.has(name) ? [duplicate(`webhooks[${i}].name`, name)] : [];
    names.add(name);
    return [...hookErrors(hook, `webhooks[${i}]`, isMutating), ...twice];
  });
}
let conditions: ReturnType<typeof createConditionEvaluator> | undefined;
async function loadConditions(): Promise<void> {
  conditions ??= (await import('../crd/cel.ts')).createConditionEvaluator();
}
const strategy = (isMutating: boolean): Strategy => ({ hasGeneration: true, nameErrors: subdomainName, ready: loadConditions, setDefaults: (object) => setDefaults(object, isMutating), validate: (object) => webhookErrors(object, isMutating) });
export const mutatingWebhookStrategy = strategy(true);
export const validatingWebhookStrategy = strategy(false);
