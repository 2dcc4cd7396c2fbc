import { isRecord } from '#shared/base';
import { recordAt, recordsAt, textAt } from '../object/object.ts';
import type { KObject } from '../object/object.ts';
import type { AdmissionRequest, Core } from '../rest/core.ts';
import { selectorMatches } from '../selectors/selection.ts';

/** One webhook of a configuration, read into what calling it needs. */
export type Webhook = {
  readonly name: string; readonly config: string; readonly clientConfig: Record<string, unknown>; readonly ignoresFailure: boolean; readonly timeoutSeconds: number; readonly reinvoke: boolean; readonly sideEffects: string;
  readonly rules: readonly Record<string, unknown>[]; readonly isExact: boolean; readonly namespaceSelector: unknown; readonly objectSelector: unknown; readonly conditions: readonly { readonly name: string; readonly expression: string }[];
};

const GROUP = 'admissionregistration.k8s.io';
const texts = (v: unknown): readonly string[] => (Array.isArray(v) ? v.map(String) : []);
const known = new WeakMap<KObject, readonly Webhook[]>();

function webhooksOf(config: KObject): readonly Webhook[] {
  const cached = known.get(config);
  if (cached !== undefined) return cached;
  const made = recordsAt(config, 'webhooks').map((hook): Webhook => ({
    name: textAt(hook, 'name'), config: config.metadata.name, clientConfig: recordAt(hook, 'clientConfig') ?? {}, ignoresFailure: hook['failurePolicy'] === 'Ignore', timeoutSeconds: typeof hook['timeoutSeconds'] === 'number' ? hook['timeoutSeconds'] : 10,
    reinvoke: hook['reinvocationPolicy'] === 'IfNeeded', sideEffects: textAt(hook, 'sideEffects'), rules: recordsAt(hook, 'rules'), isExact: hook['matchPolicy'] === 'Exact', namespaceSelector: hook['namespaceSelector'], objectSelector: hook['objectSelector'],
    conditions: recordsAt(hook, 'matchConditions').map((one) => ({ name: textAt(one, 'name'), expression: textAt(one, 'expression') })),
  }));
  known.set(config, made);
  return made;
}

/** The webhooks of all configurations, ordered by the name of the configuration. */
export function allWebhooks(core: Pick<Core, 'store'>, kind: 'mutating' | 'validating'): readonly Webhook[] {
  return core.store.collection(`${GROUP}/${kind}webhookconfigurations`).list().flatMap(({ object }) => webhooksOf(object));
}

const has = (list: unknown, v: string): boolean => texts(list).some((one) => one === '*' || one === v);

function resourceFits(rule: Record<string, unknown>, resource: string, subresource: string): boolean {
  return texts(rule['resources']).some((one) => {
    const [main = '', sub = ''] = one.split('/');
    const isSub = one.includes('/') ? sub === '*' || sub === subresource : subresource === '' ;
    return (main === '*' || main === resource) && (one === '*/*' || isSub) && !(one === '*' && subresource !== '');
  });
}

/** The version of the object the webhook wants to see; undefined when no rule fits. */
function matchedVersion(hook: Webhook, request: AdmissionRequest): string | undefined {
  const { resource, version } = request.view;
  for (const rule of hook.rules) {
    const scope = textAt(rule, 'scope');
    if (scope === 'Namespaced' && !resource.namespaced && resource.plural !== 'namespaces') continue;
    if (scope === 'Cluster' && (resource.namespaced || request.namespace !== '')) continue;
    if (!has(rule['operations'], request.operation) || !has(rule['apiGroups'], resource.group) || !resourceFits(rule, resource.plural, request.subresource)) continue;
    if (has(rule['apiVersions'], version.name)) return version.name;
    // Equivalent: the rule means the same objects, seen in another version.
    const other = hook.isExact ? undefined : resource.versions.find((one) => has(rule['apiVersions'], one.name));
    if (other !== undefined) return other.name;
  }
  return undefined;
}

/** The version to send when the webhook is meant by this request; undefined when it is not. */
export function meantVersion(core: Pick<Core, 'store'>, hook: Webhook, request: AdmissionRequest, object: KObject | undefined): string | undefined {
  const { resource } = request.view;
  // Webhooks are never asked about webhooks: a broken one could not be repaired.
  if (resource.group === GROUP) return undefined;
  const version = matchedVersion(hook, request);
  if (version === undefined || !namespaceFits(core, hook, request)) return undefined;
  const selector = hook.objectSelector;
  if (!isRecord(selector) || Object.keys(selector).length === 0) return version;
  return [object, request.old].some((one) => one !== undefined && selectorMatches(selector, one.metadata.labels)) ? version : undefined;
}

function namespaceFits(core: Pick<Core, 'store'>, hook: Webhook, request: AdmissionRequest): boolean {
  const selector = hook.namespaceSelector;
  if (!isRecord(selector) || Object.keys(selector).length === 0) return true;
  const { resource } = request.view;
  if (resource.collection === '/namespaces') return selectorMatches(selector, request.object?.metadata.labels ?? request.old?.metadata.labels);
  if (!resource.namespaced) return true;
  return selectorMatches(selector, core.store.collection('/namespaces').get('', request.namespace)?.object.metadata.labels);
}
