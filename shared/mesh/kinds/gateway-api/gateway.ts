import type { Infer } from '../../schema/schema.ts';
import { list, map, obj, oneOf, req, str } from '../../schema/schema.ts';
import { customSchema } from '../istio/common.ts';
import { AGE, ATOMIC, conditions, controllerName, gatewayApiKind, GATEWAY_GROUP, group, hostname, int32, keyed, kind, labelSelector, name, namespace, pending, port, rule, secretReference, sectionName, SUBDOMAIN } from './common.ts';

const classParameters = obj({ group: req(group('API group.')), kind: req(kind('Kind.')), name: req(name('Name.')), namespace: namespace('Namespace.') }, 'An object with more settings.');
const classSchema = customSchema({
  spec: req(obj({
    controllerName: req(controllerName('Who takes care of its Gateways: istio.io/gateway-controller for Istio.', { 'x-kubernetes-validations': [rule('self == oldSelf', 'field is immutable')] })),
    description: str('A sentence for people.', { maxLength: 64 }),
    parametersRef: classParameters,
  }, 'Who takes care of Gateways of this class.')),
  status: obj({
    conditions: conditions({ default: pending('Accepted') }),
    supportedFeatures: list(obj({ name: req(str('Name of the feature.')) }), 'What the controller can do.', { maxItems: 64, ...keyed('name') }),
  }, 'What the controller reports.', { default: { conditions: pending('Accepted') } }),
}, 'A class of Gateways, taken care of by one controller.');
export type GatewayClass = Infer<typeof classSchema>;
export const gatewayClassKind = gatewayApiKind({
  kind: 'GatewayClass', plural: 'gatewayclasses', shortNames: ['gc'], namespaced: false, schema: classSchema,
  columns: [
    { name: 'Controller', type: 'string', jsonPath: '.spec.controllerName' }, { name: 'Accepted', type: 'string', jsonPath: '.status.conditions[?(@.type=="Accepted")].status' }, AGE,
    { name: 'Description', type: 'string', jsonPath: '.spec.description', priority: 1 },
  ],
});

const ADDRESS_TYPE = `^Hostname|IPAddress|NamedAddress|${SUBDOMAIN}\\/[A-Za-z0-9\\/\\-._~%!$&'()*+,;=:]+$`;
const HOSTNAME_REGEX = `^(\\*\\.)?${SUBDOMAIN}$`;
const addressType = str('IPAddress (default), Hostname or NamedAddress.', { default: 'IPAddress', minLength: 1, maxLength: 253, pattern: ADDRESS_TYPE });
/** An address of type IPAddress must be one. */
const ipOrOther = { oneOf: [{ properties: { type: { enum: ['IPAddress'] }, value: { anyOf: [{ format: 'ipv4' }, { format: 'ipv6' }] } } }, { properties: { type: { not: { enum: ['IPAddress'] } } } }] } as const;
const address = obj({ type: addressType, value: str('The address. Default: chosen by the controller.', { maxLength: 253 }) }, 'An address that is wanted.', {
  'x-kubernetes-validations': [rule(`self.type == 'Hostname' ? (!has(self.value) || self.value.matches(r"""${HOSTNAME_REGEX}""")): true`, `Hostname value must be empty or contain only valid characters (matching ${HOSTNAME_REGEX})`)],
  ...ipOrOther,
});
const uniqueAddress = (type: string, space: string) => rule(
  `self.all(a1, a1.type == '${type}' ${space}&& has(a1.value) ? self.exists_one(a2, a2.type == a1.type && has(a2.value) && a2.value == a1.value) : true )`, `${type} values must be unique`);
const statusAddress = obj({ type: addressType, value: req(str('The address.', { minLength: 1, maxLength: 253 })) }, 'An address.', {
  'x-kubernetes-validations': [rule(`self.type == 'Hostname' ? self.value.matches(r"""${HOSTNAME_REGEX}"""): true`, `Hostname value must only contain valid characters (matching ${HOSTNAME_REGEX})`)],
  ...ipOrOther,
});
const routeKind = obj({ group: group('API group.', { default: GATEWAY_GROUP }), kind: req(kind('Kind.')) }, 'A kind of route.');
const tls = obj({
  mode: oneOf(['Terminate', 'Passthrough'], 'TLS ends here (default), or is passed on.', { default: 'Terminate' }),
  certificateRefs: list(secretReference, 'Secrets with keys and certificates.', { maxItems: 64, ...ATOMIC }),
  options: map(str(undefined, { minLength: 0, maxLength: 4096 }), 'More settings of the implementation.', { maxProperties: 16 }),
}, 'TLS of a listener.', { 'x-kubernetes-validations': [rule("self.mode == 'Terminate' ? size(self.certificateRefs) > 0 || size(self.options) > 0 : true", 'certificateRefs or options must be specified when mode is Terminate')] });
const listener = obj({
  name: req(sectionName('Name, unique in the Gateway.')),
  port: req(port('Port number.')),
  protocol: req(str('HTTP, HTTPS, TLS, TCP or UDP.', { minLength: 1, maxLength: 255, pattern: `^[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?$|${SUBDOMAIN}\\/[A-Za-z0-9]+$` })),
  hostname: hostname('Host name it takes. Default: all.'),
  tls,
  allowedRoutes: obj({
    namespaces: obj({ from: oneOf(['All', 'Selector', 'Same'], 'Namespaces whose routes may attach. Default Same.', { default: 'Same' }), selector: labelSelector }, 'Where routes may come from.', { default: { from: 'Same' } }),
    kinds: list(routeKind, 'Kinds of routes.', { maxItems: 8, ...ATOMIC }),
  }, 'Which routes may attach.', { default: { namespaces: { from: 'Same' } } }),
}, 'A port with a host name.');
const LISTENER_RULES = [
  rule("self.all(l, l.protocol in ['HTTP', 'TCP', 'UDP'] ? !has(l.tls) : true)", "tls must not be specified for protocols ['HTTP', 'TCP', 'UDP']"),
  rule("self.all(l, (l.protocol == 'HTTPS' && has(l.tls)) ? (l.tls.mode == '' || l.tls.mode == 'Terminate') : true)", 'tls mode must be Terminate for protocol HTTPS'),
  rule("self.all(l, (l.protocol == 'TLS' ? has(l.tls) && has(l.tls.mode) && l.tls.mode != '' : true))", 'tls mode must be set for protocol TLS'),
  rule("self.all(l, l.protocol in ['TCP', 'UDP']  ? (!has(l.hostname) || l.hostname == '') : true)", "hostname must not be specified for protocols ['TCP', 'UDP']"),
  rule('self.all(l1, self.exists_one(l2, l1.name == l2.name))', 'Listener name must be unique within the Gateway'),
  rule('self.all(l1, self.exists_one(l2, l1.port == l2.port && l1.protocol == l2.protocol && (has(l1.hostname) && has(l2.hostname) ? l1.hostname == l2.hostname : !has(l1.hostname) && !has(l2.hostname))))', 'Combination of port, protocol and hostname must be unique for each listener'),
];
const KEY_REGEX = `r"""^(${SUBDOMAIN}/)?([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]$"""`;
const keyRules = (title: string, plain: string) => [
  rule(`self.all(key, key.matches(${KEY_REGEX}))`, `${title} keys must be in the form of an optional DNS subdomain prefix followed by a required name segment of up to 63 characters.`),
  rule('self.all(key, key.split("/")[0].size() < 253)', `If specified, the ${plain} key's prefix must be a DNS subdomain not longer than 253 characters in total.`),
];
const infrastructure = obj({
  labels: map(str(undefined, { minLength: 0, maxLength: 63, pattern: '^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$' }), 'Labels of what is made.', { maxProperties: 8, 'x-kubernetes-validations': keyRules('Label', 'label') }),
  annotations: map(str(undefined, { minLength: 0, maxLength: 4096 }), 'Annotations of what is made.', { maxProperties: 16, 'x-kubernetes-validations': keyRules('Annotation', 'annotation') }),
  parametersRef: obj({ group: req(group('API group.')), kind: req(kind('Kind.')), name: req(name('Name.')) }, 'An object with more settings.'),
}, 'What the controller makes for the Gateway.');
const objectReference = obj({ group: req(group('API group.')), kind: req(kind('Kind.')), name: req(name('Name.')), namespace: namespace('Namespace.') }, 'Points to an object.');
const frontendTls = {
  validation: obj({
    caCertificateRefs: req(list(objectReference, 'Root certificates.', { minItems: 1, maxItems: 16, ...ATOMIC })),
    mode: oneOf(['AllowValidOnly', 'AllowInsecureFallback'], 'What happens with a bad certificate. Default: refused.', { default: 'AllowValidOnly' }),
  }, 'How client certificates are checked.'),
};
const gatewayTls = obj({
  backend: obj({ clientCertificateRef: secretReference }, 'Own certificate towards backends.'),
  frontend: obj({
    default: req(obj(frontendTls, 'For every port.')),
    perPort: list(obj({ port: req(port('Port number.')), tls: req(obj(frontendTls, 'For this port.')) }), 'By port.', {
      maxItems: 64, ...keyed('port'), 'x-kubernetes-validations': [rule('self.all(t1, self.exists_one(t2, t1.port == t2.port))', 'Port for TLS configuration must be unique within the Gateway')],
    }),
  }, 'Client certificates.'),
}, 'TLS of the whole Gateway.');
const spec = obj({
  gatewayClassName: req(name('Class: who takes care of it.')),
  listeners: req(list(listener, 'Ports and host names.', { minItems: 1, maxItems: 64, ...keyed('name'), 'x-kubernetes-validations': LISTENER_RULES })),
  addresses: list(address, 'Addresses that are wanted.', { maxItems: 16, ...ATOMIC, 'x-kubernetes-validations': [uniqueAddress('IPAddress', ''), uniqueAddress('Hostname', ' ')] }),
  allowedListeners: obj({
    namespaces: obj({ from: oneOf(['All', 'Selector', 'Same', 'None'], 'Namespaces whose ListenerSets may attach. Default None.', { default: 'None' }), selector: labelSelector }, 'Where ListenerSets may come from.', { default: { from: 'None' } }),
  }, 'Which ListenerSets may attach.'),
  infrastructure,
  tls: gatewayTls,
}, 'Ports and host names.');
const GATEWAY_PENDING = pending('Accepted', 'Programmed');
const listenerStatus = obj({
  name: req(sectionName('Name of the listener.')), attachedRoutes: req(int32('Routes attached to it.')), supportedKinds: list(routeKind, 'Kinds of routes it takes.', { maxItems: 8, ...ATOMIC }), conditions: req(conditions()),
}, 'State of a listener.');
const status = obj({
  addresses: list(statusAddress, 'Addresses it has.', { maxItems: 16, ...ATOMIC }),
  conditions: conditions({ default: GATEWAY_PENDING }),
  listeners: list(listenerStatus, 'State by listener.', { maxItems: 64, ...keyed('name') }),
  attachedListenerSets: int32('ListenerSets attached to it.'),
}, 'What the controller reports.', { default: { conditions: GATEWAY_PENDING } });
const schema = customSchema({ spec: req(spec), status }, 'Opens ports for host names, in the way of the Gateway API.');
export type GatewayApiGateway = Infer<typeof schema>;
export const gatewayApiGatewayKind = gatewayApiKind({
  kind: 'Gateway', plural: 'gateways', shortNames: ['gtw'], schema,
  columns: [
    { name: 'Class', type: 'string', jsonPath: '.spec.gatewayClassName' }, { name: 'Address', type: 'string', jsonPath: '.status.addresses[*].value' },
    { name: 'Programmed', type: 'string', jsonPath: '.status.conditions[?(@.type=="Programmed")].status' }, AGE,
  ],
});
