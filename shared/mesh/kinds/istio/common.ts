import type { KindDefinition, PrinterColumn } from '../../schema/kind-definition.ts';
import type { Fields, Infer, More, Schema, SchemaNode, Shape } from '../../schema/schema.ts';
import { list, map, obj, oneOf, req, str } from '../../schema/schema.ts';
import type { Plain } from '../meta.ts';
import { API_VERSION, KIND, objectMeta } from '../meta.ts';

/** At most one of these fields (protobuf oneof), as Istio's CRDs say it. */
export const atMostOne = (...fields: readonly string[]): Pick<SchemaNode, 'oneOf'> => ({
  oneOf: [{ not: { anyOf: fields.map((field) => ({ required: [field] })) } }, ...fields.map((field) => ({ required: [field] }))],
});
/** A CEL rule with its message. */
export const rule = (rule: string, message: string): { readonly rule: string; readonly message: string } => ({ message, rule });
export const uint32 = (description: string, more?: More): Schema<number> => ({ type: 'integer', minimum: 0, maximum: 4_294_967_295, description, ...more });
export const nullable = <T>(schema: Schema<T>): Schema<T | null> => {
  const node: SchemaNode = { ...schema, nullable: true };
  return node;
};
/** A duration of at least 1 ms, such as 5s or 1h30m. */
export const duration = (description: string): Schema<string> =>
  str(description, { 'x-pharos-duration': true, 'x-kubernetes-validations': [rule("duration(self) >= duration('1ms')", 'must be a valid duration greater than 1ms')] });
/** A duration that may be zero. */
export const anyDuration = (description: string): Schema<string> => str(description, { 'x-pharos-duration': true });

const WILDCARD_FREE_VALUE = str(undefined, { maxLength: 63, 'x-kubernetes-validations': [rule('!self.contains("*")', 'wildcard not allowed in label value match')] });
/** Labels of the workloads a policy acts on. */
export const workloadSelector = obj({
  matchLabels: map(WILDCARD_FREE_VALUE, 'Labels a workload must have, all of them. Empty: every workload of the namespace.', {
    maxProperties: 4096,
    'x-kubernetes-validations': [rule('self.all(key, !key.contains("*"))', 'wildcard not allowed in label key match'), rule('self.all(key, key.size() != 0)', 'key must not be empty')],
  }),
}, 'The workloads it acts on. Default: all of the namespace (in the root namespace: of the mesh).');

/** Labels of the workloads, in the networking kinds' older form. */
export const labelsSelector = obj({
  labels: map(str(undefined, { maxLength: 63, 'x-kubernetes-validations': [rule('!self.contains("*")', 'wildcard is not supported in selector')] }), 'Labels a workload must have, all of them.', { maxProperties: 256 }),
}, 'The workloads it acts on. Default: all of the namespace (in the root namespace: of the mesh).');

/** A port number that must lie in 1 to 65535. */
export const portNumber = (description: string): Schema<number> => uint32(description, { 'x-kubernetes-validations': [rule('0 < self && self <= 65535', 'port must be between 1-65535')] });

export const targetRef = obj({
  group: str('API group of the target; empty for core.', { maxLength: 253, pattern: '^$|^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$' }),
  kind: req(str('Kind of the target: Gateway, GatewayClass, Service or ServiceEntry.', { minLength: 1, maxLength: 63, pattern: '^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$' })),
  name: req(str('Name of the target.', { minLength: 1, maxLength: 253 })),
  namespace: str('Must be empty.', { 'x-kubernetes-validations': [rule('self.size() == 0', 'cross namespace referencing is not currently supported')] }),
}, 'What it is attached to.');
export const targetRefs = list(targetRef, 'What it is attached to, in place of a selector.', { maxItems: 16 });
/** Only one way of saying what a policy is attached to. */
export const oneTarget = rule('(has(self.selector) ? 1 : 0) + (has(self.targetRef) ? 1 : 0) + (has(self.targetRefs) ? 1 : 0) <= 1', 'only one of targetRefs or selector can be set');

export const stringMatch = (description: string): Schema<StringMatch> => ({ ...stringMatchNode, description });
const stringMatchNode = obj({
  exact: str('The whole value.'),
  prefix: str('Its beginning.'),
  regex: str('A regular expression (RE2) for the whole value.'),
}, 'How a text is compared; case counts.', atMostOne('exact', 'prefix', 'regex'));
export type StringMatch = Infer<typeof stringMatchNode>;

const int64OrString = (description: string): Schema<number | string> => ({ anyOf: [{ type: 'integer' }, { type: 'string' }], 'x-kubernetes-int-or-string': true, description });
const dateTime = (description: string): Schema<string> => str(description, { format: 'date-time' });
/** status of every Istio kind. */
export const istioStatus = obj({
  conditions: list(obj({
    type: str('What it is about.'), status: str('True, False or Unknown.'), reason: str('One word.'), message: str('A sentence for people.'),
    lastProbeTime: dateTime('When last looked at.'), lastTransitionTime: dateTime('When status last changed.'), observedGeneration: int64OrString('The generation this was judged on.'),
  }), 'Aspects of the state.'),
  observedGeneration: int64OrString('The generation this status is about.'),
  validationMessages: list(obj({
    documentationUrl: str('Page about the message.'), level: oneOf(['UNKNOWN', 'ERROR', 'WARNING', 'INFO'], 'How grave.'), type: obj({ code: str('Such as IST0101.'), name: str('Name of the message type.') }, 'Which message.'),
  }), 'What analysis found.'),
}, 'What the control plane reports.', { 'x-kubernetes-preserve-unknown-fields': true });

/** The schema of a custom resource: apiVersion, kind, metadata and the fields given. */
export function customSchema<const F extends Fields>(fields: F, description: string): Schema<Plain<Shape<F>>> {
  const node: SchemaNode = obj({ apiVersion: API_VERSION, kind: KIND, metadata: objectMeta, ...fields }, description);
  return node;
}

export const AGE: PrinterColumn = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp', description: 'Time since the object was made.' };
type IstioOptions = {
  readonly kind: string; readonly plural: string; readonly schema: SchemaNode; readonly group?: string; readonly shortNames?: readonly string[];
  readonly version?: string; readonly otherVersions?: readonly string[]; readonly storageVersion?: string; readonly columns?: readonly PrinterColumn[];
};
export const NETWORKING = 'networking.istio.io';
export const SECURITY = 'security.istio.io';
/** The definition of an Istio kind: namespaced, with a status subresource, served in all its versions. */
export function istioKind(options: IstioOptions): KindDefinition {
  const group = options.group ?? NETWORKING;
  return {
    group, version: options.version ?? 'v1', kind: options.kind, plural: options.plural, singular: options.kind.toLowerCase(), shortNames: options.shortNames ?? [],
    categories: ['istio-io', group.replaceAll('.', '-')], namespaced: true, schema: options.schema, subresources: ['status'],
    ...(options.columns === undefined ? {} : { columns: options.columns }), ...(options.storageVersion === undefined ? {} : { storageVersion: options.storageVersion }),
    otherVersions: options.otherVersions ?? (group === SECURITY ? ['v1beta1'] : ['v1alpha3', 'v1beta1']),
  };
}
