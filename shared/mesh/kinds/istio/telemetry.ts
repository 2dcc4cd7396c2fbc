import type { Infer, Schema } from '../../schema/schema.ts';
import { bool, list, map, num, obj, oneOf, present, req, str } from '../../schema/schema.ts';
import { AGE, atMostOne, customSchema, duration, istioKind, istioStatus, nullable, oneTarget, rule, targetRef, targetRefs, workloadSelector } from './common.ts';

const filled = (description: string): Schema<string> => str(description, { minLength: 1 });
const MODES = ['CLIENT_AND_SERVER', 'CLIENT', 'SERVER'] as const;
const mode = oneOf(MODES, 'On the client\'s side, the server\'s, or both (default).');
const providers = list(obj({ name: req(filled('Name of the provider in the mesh settings.')) }), 'Who gets the data. Default: as the mesh says.');
const tracing = obj({
  match: obj({ mode }, 'Where it holds.'),
  providers,
  randomSamplingPercentage: nullable(num('Share of requests that are traced, 0 to 100.', { minimum: 0, maximum: 100 })),
  disableSpanReporting: nullable(bool('Send no spans; the context is still passed on.')),
  disableContextPropagation: nullable(bool('Do not pass the context on.')),
  customTags: map(obj({
    literal: obj({ value: req(filled('The value.')) }, 'A fixed value.'),
    environment: obj({ name: req(filled('Variable of the proxy.')), defaultValue: str('Value when it is missing.') }, 'A variable.'),
    header: obj({ name: req(filled('Request header.')), defaultValue: str('Value when it is missing.') }, 'A header.'),
    formatter: obj({ value: req(filled('Format as in access logs.')) }, 'A format.'),
  }, 'Where a tag\'s value comes from.', atMostOne('literal', 'environment', 'header', 'formatter')), 'Tags added to spans.'),
  useRequestIdForTraceSampling: nullable(bool('The request id decides about sampling. Default true.')),
  enableIstioTags: nullable(bool('Add Istio\'s own tags. Default true.')),
}, 'Tracing.');
const METRICS = [
  'ALL_METRICS', 'REQUEST_COUNT', 'REQUEST_DURATION', 'REQUEST_SIZE', 'RESPONSE_SIZE', 'TCP_OPENED_CONNECTIONS', 'TCP_CLOSED_CONNECTIONS', 'TCP_SENT_BYTES', 'TCP_RECEIVED_BYTES', 'GRPC_REQUEST_MESSAGES', 'GRPC_RESPONSE_MESSAGES',
] as const;
const tagOverride = obj({ operation: oneOf(['UPSERT', 'REMOVE'], 'Set or remove the tag.'), value: str('Expression for the value.') }, 'Change of a tag.', {
  'x-kubernetes-validations': [
    rule('((has(self.operation) ? self.operation : "") == "UPSERT") ? (self.value != "") : true', 'value must be set when operation is UPSERT'),
    rule('((has(self.operation) ? self.operation : "") == "REMOVE") ? !has(self.value) : true', 'value must not be set when operation is REMOVE'),
  ],
});
const metrics = obj({
  providers,
  overrides: list(obj({
    match: obj({ metric: oneOf(METRICS, 'A standard metric.'), customMetric: filled('Another metric.'), mode }, 'Which metric, where.', atMostOne('metric', 'customMetric')),
    disabled: nullable(bool('Do not count it.')),
    tagOverrides: map(tagOverride, 'Changes of its tags.'),
  }, 'Change of a metric.'), 'Changes of metrics.'),
  reportingInterval: duration('Time between reports of long connections. Default 5s.'),
}, 'Metrics.');
const accessLogging = obj({
  match: obj({ mode }, 'Where it holds.'), providers, disabled: nullable(bool('Write no access log.')), filter: obj({ expression: str('CEL; only requests for which it is true are logged.') }, 'Which requests are logged.'),
}, 'Access logs.');
const spec = obj({
  selector: workloadSelector, targetRef, targetRefs,
  tracing: list(tracing, 'Tracing.'), metrics: list(metrics, 'Metrics.'), accessLogging: list(accessLogging, 'Access logs.'),
}, 'What proxies report.', { 'x-kubernetes-validations': [oneTarget] });
const schema = customSchema({ spec: present(spec), status: istioStatus }, 'Says what proxies report: traces, metrics, access logs.');
export type Telemetry = Infer<typeof schema>;
export const telemetryKind = istioKind({
  group: 'telemetry.istio.io', kind: 'Telemetry', plural: 'telemetries', shortNames: ['telemetry'], schema, version: 'v1', otherVersions: ['v1alpha1'], storageVersion: 'v1alpha1', columns: [AGE],
});
