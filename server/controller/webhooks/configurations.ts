import { REVISION } from '../injection/inject.ts';

/** Where the API server finds us: a Service of the cluster. */
export type Place = { readonly namespace: string; readonly service: string; readonly caPem: string };
type Expression = { readonly key: string; readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist'; readonly values?: readonly string[] };
const is = (key: string, value: string): Expression => ({ key, operator: 'In', values: [value] });
const isNot = (key: string, value: string): Expression => ({ key, operator: 'NotIn', values: [value] });
const absent = (key: string): Expression => ({ key, operator: 'DoesNotExist' });
const selector = (...matchExpressions: readonly Expression[]): object => ({ matchExpressions });
const NS = 'istio-injection';
const REV = 'istio.io/rev';
const INJECT = 'sidecar.istio.io/inject';

/** Which pods are sent to us: the four entries of Istio's default revision. */
export const INJECTION_ENTRIES = [
  { prefix: 'rev.namespace', namespaceSelector: selector(is(REV, REVISION), absent(NS)), objectSelector: selector(isNot(INJECT, 'false')) },
  { prefix: 'rev.object', namespaceSelector: selector(absent(REV), absent(NS)), objectSelector: selector(isNot(INJECT, 'false'), is(REV, REVISION)) },
  { prefix: 'namespace', namespaceSelector: selector(is(NS, 'enabled')), objectSelector: selector(isNot(INJECT, 'false')) },
  { prefix: 'object', namespaceSelector: selector(absent(NS), absent(REV)), objectSelector: selector(is(INJECT, 'true'), absent(REV)) },
] as const;

const clientConfig = (place: Place, path: string): object => ({ service: { namespace: place.namespace, name: place.service, path, port: 443 }, caBundle: Buffer.from(place.caPem).toString('base64') });
/** A webhook configuration as it is sent. */
export type Configuration = { readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> }; readonly [field: string]: unknown };
const REGISTRATION = 'admissionregistration.k8s.io/v1';

/** MutatingWebhookConfiguration istio-sidecar-injector. */
export const injectorConfiguration = (place: Place): Configuration => ({
  apiVersion: REGISTRATION, kind: 'MutatingWebhookConfiguration', metadata: { name: 'istio-sidecar-injector', labels: { app: 'sidecar-injector', [REV]: REVISION } },
  webhooks: INJECTION_ENTRIES.map((entry) => ({
    name: `${entry.prefix}.sidecar-injector.istio.io`, clientConfig: clientConfig(place, '/inject'), rules: [{ operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'], scope: '*' }],
    namespaceSelector: entry.namespaceSelector, objectSelector: entry.objectSelector, failurePolicy: 'Fail', sideEffects: 'None', reinvocationPolicy: 'Never', admissionReviewVersions: ['v1'],
  })),
});

const GROUPS = ['security.istio.io', 'networking.istio.io', 'telemetry.istio.io', 'extensions.istio.io'];
/** ValidatingWebhookConfigurations: one for objects of our revision, one for objects that name none. */
export function validatorConfigurations(place: Place, failurePolicy: 'Ignore' | 'Fail'): readonly Configuration[] {
  const make = (name: string, entry: string, objectSelector: object): Configuration => ({
    apiVersion: REGISTRATION, kind: 'ValidatingWebhookConfiguration', metadata: { name, labels: { app: 'istiod', istio: 'istiod', [REV]: REVISION } },
    webhooks: [{
      name: entry, clientConfig: clientConfig(place, '/validate'), rules: [{ operations: ['CREATE', 'UPDATE'], apiGroups: GROUPS, apiVersions: ['*'], resources: ['*'], scope: '*' }],
      objectSelector, failurePolicy, sideEffects: 'None', admissionReviewVersions: ['v1'],
    }],
  });
  return [make(`istio-validator-${place.namespace}`, 'rev.validation.istio.io', selector(is(REV, REVISION))), make('istiod-default-validator', 'validation.istio.io', selector(absent(REV)))];
}
