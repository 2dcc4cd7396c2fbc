import type { Json } from '#shared/base';
import type { KindDefinition, PrinterColumn } from '../../schema/kind-definition.ts';
import type { More, Schema, SchemaNode } from '../../schema/schema.ts';
import { list, map, obj, oneOf, req, str } from '../../schema/schema.ts';
import { rule } from '../istio/common.ts';

export { rule };
const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
export const SUBDOMAIN = `${LABEL}(\\.${LABEL})*`;
export const GATEWAY_GROUP = 'gateway.networking.k8s.io';

export const name = (description: string): Schema<string> => str(description, { minLength: 1, maxLength: 253 });
export const sectionName = (description: string): Schema<string> => str(description, { minLength: 1, maxLength: 253, pattern: `^${SUBDOMAIN}$` });
export const hostname = (description: string): Schema<string> => str(description, { minLength: 1, maxLength: 253, pattern: `^(\\*\\.)?${SUBDOMAIN}$` });
export const preciseHostname = (description: string): Schema<string> => str(description, { minLength: 1, maxLength: 253, pattern: `^${SUBDOMAIN}$` });
export const namespace = (description: string): Schema<string> => str(description, { minLength: 1, maxLength: 63, pattern: `^${LABEL}$` });
export const group = (description: string, more?: More): Schema<string> => str(description, { ...more, maxLength: 253, pattern: `^$|^${SUBDOMAIN}$` });
export const kind = (description: string, more?: More): Schema<string> => str(description, { ...more, minLength: 1, maxLength: 63, pattern: '^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$' });
export const port = (description: string): Schema<number> => ({ type: 'integer', format: 'int32', minimum: 1, maximum: 65_535, description });
export const int32 = (description: string, more?: More): Schema<number> => ({ type: 'integer', format: 'int32', description, ...more });
export const controllerName = (description: string, more?: More): Schema<string> =>
  str(description, { ...more, minLength: 1, maxLength: 253, pattern: `^${SUBDOMAIN}\\/[A-Za-z0-9\\/\\-._~%!$&'()*+,;=:]+$` });

export const ATOMIC = { 'x-kubernetes-list-type': 'atomic' } as const;
export const keyed = (...keys: readonly string[]): Pick<SchemaNode, 'x-kubernetes-list-type' | 'x-kubernetes-list-map-keys'> => ({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': keys });

const condition = obj({
  type: req(str('What it is about.', { maxLength: 316, pattern: `^(${SUBDOMAIN}/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$` })),
  status: req(oneOf(['True', 'False', 'Unknown'], 'True, False or Unknown.')),
  reason: req(str('One word.', { minLength: 1, maxLength: 1024, pattern: '^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$' })),
  message: req(str('A sentence for people.', { maxLength: 32_768 })),
  lastTransitionTime: req(str('When status last changed.', { format: 'date-time' })),
  observedGeneration: { type: 'integer', format: 'int64', minimum: 0, description: 'The generation this was judged on.' } satisfies Schema<number>,
}, 'One aspect of the state.');
export const conditions = (more?: Omit<SchemaNode, 'type' | 'items'>) => list(condition, 'Aspects of the state.', { maxItems: 8, ...keyed('type'), ...more });
/** Conditions a new object has until its controller has seen it. */
export const pending = (...types: readonly string[]): Json => types.map((type) => ({ type, status: 'Unknown', reason: 'Pending', message: 'Waiting for controller', lastTransitionTime: '1970-01-01T00:00:00Z' }));

export const labelSelector = obj({
  matchLabels: map(str(), 'Labels an object must have, all of them.'),
  matchExpressions: list(obj({ key: req(str('Label key.')), operator: req(str('In, NotIn, Exists or DoesNotExist.')), values: list(str(), 'Values for In and NotIn.', ATOMIC) }), 'Conditions that must hold, all of them.', ATOMIC),
}, 'Selects by label.', { 'x-kubernetes-map-type': 'atomic' });
export const secretReference = obj({
  group: group('API group. Default: core.', { default: '' }), kind: kind('Kind. Default Secret.', { default: 'Secret' }), name: req(name('Name.')), namespace: namespace('Namespace. Default: the same.'),
}, 'Points to a Secret.');
export const parentReference = obj({
  group: group('API group of the parent.', { default: GATEWAY_GROUP }), kind: kind('Kind of the parent: Gateway (default), or Service for routes inside the mesh.', { default: 'Gateway' }),
  name: req(name('Name of the parent.')), namespace: namespace('Namespace of the parent. Default: the same.'), sectionName: sectionName('One listener of the Gateway.'), port: port('One port of the parent.'),
}, 'What a route is attached to.');
export const AGE: PrinterColumn = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' };

type GatewayApiOptions = Pick<KindDefinition, 'kind' | 'plural' | 'schema' | 'columns'> & Partial<KindDefinition>;
/** The definition of a kind of the Gateway API. */
export const gatewayApiKind = (options: GatewayApiOptions): KindDefinition => ({
  group: GATEWAY_GROUP, version: 'v1', singular: options.kind.toLowerCase(), shortNames: [], categories: ['gateway-api'], namespaced: true, subresources: ['status'], otherVersions: ['v1beta1'], ...options,
});
