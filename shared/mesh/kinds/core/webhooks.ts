import type { Infer } from '../../schema/schema.ts';
import { def, int, like, req, str } from '../../schema/schema.ts';
import { builtin } from '../builtin.ts';
import { atomicList, choice, keyedList, kindSchema, labelSelector } from '../meta.ts';

const ADMISSION = 'io.k8s.api.admissionregistration.v1';
const GROUP = 'admissionregistration.k8s.io';
const serviceReference = def(`${ADMISSION}.ServiceReference`, {
  namespace: req(str('Namespace of the Service.')), name: req(str('Name of the Service.')), path: str('Path of the call.'), port: int('Port. Default 443.'),
}, 'A Service to call.');
const clientConfig = def(`${ADMISSION}.WebhookClientConfig`, {
  url: str('Address to call; https only. Either this or service.'), service: serviceReference, caBundle: str('Root certificates of the webhook, PEM in base64.', { format: 'byte' }),
}, 'How to call a webhook.');
const ruleWithOperations = def(`${ADMISSION}.RuleWithOperations`, {
  operations: atomicList(str(), 'CREATE, UPDATE, DELETE, CONNECT or *.'), apiGroups: atomicList(str(), 'API groups; * is all.'), apiVersions: atomicList(str(), 'Versions; * is all.'),
  resources: atomicList(str(), 'Plural names, with subresources; * is all.'), scope: choice(['*', 'Cluster', 'Namespaced'], 'Cluster, Namespaced or * (default).'),
}, 'Which requests are meant.');
const matchCondition = def(`${ADMISSION}.MatchCondition`, { name: req(str('Name, unique in the webhook.')), expression: req(str('CEL; the webhook is called only when it is true.')) }, 'A condition for calling the webhook.');
const common = {
  name: req(str('Full name, with dots.')),
  clientConfig: req(like(clientConfig, 'How to call it.')),
  rules: atomicList(ruleWithOperations, 'Which requests it sees.'),
  failurePolicy: choice(['Fail', 'Ignore'], 'What a failed call means: Fail (default) or Ignore.'),
  matchPolicy: choice(['Equivalent', 'Exact'], 'Exact or Equivalent (default).'),
  namespaceSelector: like(labelSelector, 'Only objects in these namespaces.'),
  objectSelector: like(labelSelector, 'Only objects with these labels.'),
  sideEffects: req(choice(['None', 'NoneOnDryRun', 'Some', 'Unknown'], 'None or NoneOnDryRun.')),
  timeoutSeconds: int('Seconds until the call has failed, 1 to 30. Default 10.'),
  admissionReviewVersions: req(atomicList(str(), 'Versions of AdmissionReview it understands, best first.')),
  matchConditions: keyedList(matchCondition, 'name', 'Conditions that must all hold.'),
};
const mutatingWebhook = def(`${ADMISSION}.MutatingWebhook`, { ...common, reinvocationPolicy: choice(['IfNeeded', 'Never'], 'Never (default) or IfNeeded: called again when a later webhook changed the object.') }, 'A webhook that may change objects.');
const validatingWebhook = def(`${ADMISSION}.ValidatingWebhook`, common, 'A webhook that may refuse objects.');
const mutating = kindSchema(`${ADMISSION}.MutatingWebhookConfiguration`, { webhooks: keyedList(mutatingWebhook, 'name', 'The webhooks.') }, 'Webhooks that may change objects before they are stored.');
export type MutatingWebhookConfiguration = Infer<typeof mutating>;
export const mutatingWebhookKind = builtin({ group: GROUP, kind: 'MutatingWebhookConfiguration', namespaced: false, schema: mutating });
const validating = kindSchema(`${ADMISSION}.ValidatingWebhookConfiguration`, { webhooks: keyedList(validatingWebhook, 'name', 'The webhooks.') }, 'Webhooks that may refuse objects.');
export type ValidatingWebhookConfiguration = Infer<typeof validating>;
export const validatingWebhookKind = builtin({ group: GROUP, kind: 'ValidatingWebhookConfiguration', namespaced: false, schema: validating });
