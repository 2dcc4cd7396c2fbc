import type { Infer, Schema } from '../../schema/schema.ts';
import { bool, list, obj, oneOf, req, str } from '../../schema/schema.ts';
import { customSchema } from '../istio/common.ts';
import { AGE, ATOMIC, conditions, controllerName, gatewayApiKind, group, hostname, int32, keyed, kind, name, namespace, parentReference, port, preciseHostname, rule, sectionName } from './common.ts';

const HEADER_NAME = "^[A-Za-z0-9!#$%&'*+\\-.^_\\x60|~]+$";
const headerName = (description?: string): Schema<string> => str(description, { minLength: 1, maxLength: 256, pattern: HEADER_NAME });
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH'] as const;
const servicePort = rule("(size(self.group) == 0 && self.kind == 'Service') ? has(self.port) : true", 'Must have port for Service reference');
const backendFields = {
  group: group('API group. Default: core.', { default: '' }), kind: kind('Kind. Default Service.', { default: 'Service' }), name: req(name('Name.')), namespace: namespace('Namespace. Default: the same.'), port: port('Port of the Service.'),
};

const headerPair = obj({ name: req(headerName('Header name.')), value: req(str('Value.', { minLength: 1, maxLength: 4096 })) }, 'A header.');
const headerModifier = obj({
  set: list(headerPair, 'Headers to set.', { maxItems: 16, ...keyed('name') }), add: list(headerPair, 'Headers to add.', { maxItems: 16, ...keyed('name') }),
  remove: list(str(), 'Headers to remove.', { maxItems: 16, 'x-kubernetes-list-type': 'set' }),
}, 'Changes of headers.');
const pathModifier = obj({
  type: req(oneOf(['ReplaceFullPath', 'ReplacePrefixMatch'], 'What is replaced.')), replaceFullPath: str('The new path.', { maxLength: 1024 }), replacePrefixMatch: str('What replaces the matched prefix.', { maxLength: 1024 }),
}, 'Change of the path.', {
  'x-kubernetes-validations': [
    rule("self.type == 'ReplaceFullPath' ? has(self.replaceFullPath) : true", "replaceFullPath must be specified when type is set to 'ReplaceFullPath'"),
    rule("has(self.replaceFullPath) ? self.type == 'ReplaceFullPath' : true", "type must be 'ReplaceFullPath' when replaceFullPath is set"),
    rule("self.type == 'ReplacePrefixMatch' ? has(self.replacePrefixMatch) : true", "replacePrefixMatch must be specified when type is set to 'ReplacePrefixMatch'"),
    rule("has(self.replacePrefixMatch) ? self.type == 'ReplacePrefixMatch' : true", "type must be 'ReplacePrefixMatch' when replacePrefixMatch is set"),
  ],
});
const starAlone = (field: string, others: string) => [rule("!('*' in self && self.size() > 1)", `${field} cannot contain '*' alongside other ${others}`)];
const SET = { maxItems: 64, 'x-kubernetes-list-type': 'set' } as const;
const cors = obj({
  allowOrigins: list(str(undefined, { minLength: 1, maxLength: 253, pattern: '(^\\*$)|(^(http(s)?):\\/\\/(((\\*\\.)?([a-zA-Z0-9\\-]+\\.)*[a-zA-Z0-9-]+|\\*)(:([0-9]{1,5}))?)$)' }), 'Origins that may call.', { ...SET, 'x-kubernetes-validations': starAlone('AllowOrigins', 'origins') }),
  allowMethods: list(oneOf([...METHODS, '*']), 'Methods that may be used.', { ...SET, maxItems: 9, 'x-kubernetes-validations': starAlone('AllowMethods', 'methods') }),
  allowHeaders: list(headerName(), 'Headers that may be sent.', { ...SET, 'x-kubernetes-validations': starAlone('AllowHeaders', 'methods') }),
  exposeHeaders: list(headerName(), 'Headers a page may read.', SET),
  allowCredentials: bool('Cookies may be sent.'),
  maxAge: int32('Seconds a browser may keep the answer.', { default: 5, minimum: 1 }),
}, 'Cross-origin rules for browsers.');
const mirror = obj({
  backendRef: req(obj(backendFields, 'Where copies go.', { 'x-kubernetes-validations': [servicePort] })),
  percent: int32('Share of requests that are copied.', { minimum: 0, maximum: 100 }),
  fraction: obj({ numerator: req(int32('Above the line.', { minimum: 0 })), denominator: int32('Below the line.', { default: 100, minimum: 1 }) }, 'Share as a fraction.', {
    'x-kubernetes-validations': [rule('self.numerator <= self.denominator', 'numerator must be less than or equal to denominator')],
  }),
}, 'Sends copies elsewhere.', { 'x-kubernetes-validations': [rule('!(has(self.percent) && has(self.fraction))', 'Only one of percent or fraction may be specified in HTTPRequestMirrorFilter')] });
const statusCode: Schema<number> = { type: 'integer', default: 302, enum: [301, 302, 303, 307, 308], description: 'Status of the answer.' };
const redirect = obj({
  scheme: oneOf(['http', 'https'], 'New scheme.'), hostname: preciseHostname('New host.'), path: pathModifier, port: port('New port.'), statusCode,
}, 'Answers with a redirection.');
const fieldOfType = (field: string, type: string) => [
  rule(`!(has(self.${field}) && self.type != '${type}')`, `filter.${field} must be nil if the filter.type is not ${type}`),
  rule(`!(!has(self.${field}) && self.type == '${type}')`, `filter.${field} must be specified for ${type} filter.type`),
];
const filter = obj({
  type: req(oneOf(['RequestHeaderModifier', 'ResponseHeaderModifier', 'RequestMirror', 'RequestRedirect', 'URLRewrite', 'ExtensionRef', 'CORS'], 'What the filter does.')),
  requestHeaderModifier: headerModifier, responseHeaderModifier: headerModifier, requestMirror: mirror, requestRedirect: redirect,
  urlRewrite: obj({ hostname: preciseHostname('New host.'), path: pathModifier }, 'Changes host and path.'),
  extensionRef: obj({ group: req(group('API group.')), kind: req(kind('Kind.')), name: req(name('Name.')) }, 'A filter of the implementation.'),
  cors,
}, 'Changes a request or its answer.', {
  'x-kubernetes-validations': [
    ...fieldOfType('cors', 'CORS'), ...fieldOfType('requestHeaderModifier', 'RequestHeaderModifier'), ...fieldOfType('responseHeaderModifier', 'ResponseHeaderModifier'), ...fieldOfType('requestMirror', 'RequestMirror'),
    ...fieldOfType('requestRedirect', 'RequestRedirect'), ...fieldOfType('urlRewrite', 'URLRewrite'), ...fieldOfType('extensionRef', 'ExtensionRef'),
  ],
});
const once = (type: string) => rule(`self.filter(f, f.type == '${type}').size() <= 1`, `${type} filter cannot be repeated`);
const notBoth = rule("!(self.exists(f, f.type == 'RequestRedirect') && self.exists(f, f.type == 'URLRewrite'))", 'May specify either httpRouteFilterRequestRedirect or httpRouteFilterRequestRewrite, but not both');
const filters = list(filter, 'Changes of requests and answers.', {
  maxItems: 16, ...ATOMIC, 'x-kubernetes-validations': [notBoth, once('CORS'), once('RequestHeaderModifier'), once('ResponseHeaderModifier'), once('RequestRedirect'), once('URLRewrite')],
});
const backend = obj({ ...backendFields, weight: int32('Share of the requests, relative to the others. Default 1.', { default: 1, minimum: 0, maximum: 1_000_000 }), filters }, 'A backend and its share.', { 'x-kubernetes-validations': [servicePort] });

const PATH_TYPES = "(self.type in ['Exact','PathPrefix'])";
const PATH_CHARACTERS = "^(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|[%][0-9a-fA-F]{2})+$";
const without = (verb: string, method: string, text: string) => rule(`${PATH_TYPES} ? !self.value.${method}('${text}') : true`, `must not ${verb} '${text}' when type one of ['Exact', 'PathPrefix']`);
const path = obj({
  type: oneOf(['Exact', 'PathPrefix', 'RegularExpression'], 'How it is compared. Default PathPrefix, by whole segments.', { default: 'PathPrefix' }), value: str('The path.', { default: '/', maxLength: 1024 }),
}, 'Condition on the path.', {
  default: { type: 'PathPrefix', value: '/' },
  'x-kubernetes-validations': [
    rule(`${PATH_TYPES} ? self.value.startsWith('/') : true`, "value must be an absolute path and start with '/' when type one of ['Exact', 'PathPrefix']"),
    ...['//', '/./', '/../', '%2f', '%2F', '#'].map((text) => without('contain', 'contains', text)), ...['/..', '/.'].map((text) => without('end with', 'endsWith', text)),
    rule("self.type in ['Exact','PathPrefix'] || self.type == 'RegularExpression'", "type must be one of ['Exact', 'PathPrefix', 'RegularExpression']"),
    rule(`${PATH_TYPES} ? self.value.matches(r"""${PATH_CHARACTERS}""") : true`, `must only contain valid characters (matching ${PATH_CHARACTERS}) for types ['Exact', 'PathPrefix']`),
  ],
});
const valueMatch = (maxLength: number) => list(obj({
  name: req(headerName('Name.')), type: oneOf(['Exact', 'RegularExpression'], 'How it is compared. Default Exact.', { default: 'Exact' }), value: req(str('The value.', { minLength: 1, maxLength })),
}), 'Conditions that must all hold.', { maxItems: 16, ...keyed('name') });
const match = obj({ path, method: oneOf(METHODS, 'HTTP method.'), headers: valueMatch(4096), queryParams: valueMatch(1024) }, 'Conditions that must all hold.');

const prefixCheck = "((size(self.matches) != 1 || !has(self.matches[0].path) || self.matches[0].path.type != 'PathPrefix') ? false : true) : true";
const usesPrefix = (field: string) => `f, has(f.${field}) && has(f.${field}.path) && f.${field}.path.type == 'ReplacePrefixMatch' && has(f.${field}.path.replacePrefixMatch)`;
const prefixRule = (field: string, title: string) => rule(`(has(self.filters) && self.filters.exists_one(${usesPrefix(field)})) ? ${prefixCheck}`, `When using ${title} filter with path.replacePrefixMatch, exactly one PathPrefix match must be specified`);
const backendPrefixRule = (field: string, title: string, when: string) => rule(
  `(has(self.backendRefs) && self.backendRefs.exists_one(b, (has(b.filters) && b.filters.exists_one(${usesPrefix(field)})) )) ? ${prefixCheck}`, `Within backendRefs, ${when} using ${title} filter with path.replacePrefixMatch, exactly one PathPrefix match must be specified`);
const timeout = (description: string): Schema<string> => str(description, { pattern: '^([0-9]{1,5}(h|m|s|ms)){1,4}$' });
const routeRule = obj({
  name: sectionName('Name of the rule.'),
  matches: list(match, 'Conditions; one of them must hold.', { maxItems: 64, ...ATOMIC, default: [{ path: { type: 'PathPrefix', value: '/' } }] }),
  filters,
  backendRefs: list(backend, 'Backends and their shares.', { maxItems: 16, ...ATOMIC }),
  timeouts: obj({ request: timeout('Longest time for the whole request.'), backendRequest: timeout('Longest time for one try.') }, 'Timeouts.', {
    'x-kubernetes-validations': [rule("!(has(self.request) && has(self.backendRequest) && duration(self.request) != duration('0s') && duration(self.backendRequest) > duration(self.request))", 'backendRequest timeout cannot be longer than request timeout')],
  }),
}, 'A rule; the most specific that matches is taken.', {
  'x-kubernetes-validations': [
    rule('(has(self.backendRefs) && size(self.backendRefs) > 0) ? (!has(self.filters) || self.filters.all(f, !has(f.requestRedirect))): true', 'RequestRedirect filter must not be used together with backendRefs'),
    prefixRule('requestRedirect', 'RequestRedirect'), prefixRule('urlRewrite', 'URLRewrite'), backendPrefixRule('requestRedirect', 'RequestRedirect', 'when'), backendPrefixRule('urlRewrite', 'URLRewrite', 'When'),
  ],
});
const RULES_MAX = 16;
const matchesInAll = Array.from({ length: RULES_MAX }, (_, i) => `(self.size() > ${i} ? self[${i}].matches.size() : 0)`).join(' + ');
const empty = (a: string, field: string) => `(!has(${a}.${field}) || ${a}.${field} == '')`;
const bothSet = (field: string, end = '') => `(has(p1.${field}) && has(p2.${field}) && p1.${field} == p2.${field}${end})`;
const sameParent = `p1.group == p2.group && p1.kind == p2.kind && p1.name == p2.name && ((${empty('p1', '__namespace__')} && ${empty('p2', '__namespace__')}) || ${bothSet('__namespace__', ' ')})`;
const spec = obj({
  parentRefs: list(parentReference, 'What the route is attached to.', {
    maxItems: 32, ...ATOMIC,
    'x-kubernetes-validations': [
      rule(`self.all(p1, self.all(p2, ${sameParent} ? (${empty('p1', 'sectionName')} == ${empty('p2', 'sectionName')}) : true))`, 'sectionName must be specified when parentRefs includes 2 or more references to the same parent'),
      rule(`self.all(p1, self.exists_one(p2, ${sameParent} && ((${empty('p1', 'sectionName')} && ${empty('p2', 'sectionName')}) || ${bothSet('sectionName')})))`, 'sectionName must be unique when parentRefs includes 2 or more references to the same parent'),
    ],
  }),
  hostnames: list(hostname('A host name.'), 'Host names the rules are for. Default: those of the listener.', { maxItems: 16, ...ATOMIC }),
  rules: list(routeRule, 'The rules.', {
    minItems: 1, maxItems: RULES_MAX, ...ATOMIC, default: [{ matches: [{ path: { type: 'PathPrefix', value: '/' } }] }],
    'x-kubernetes-validations': [rule(`${matchesInAll} <= 128`, 'While 16 rules and 64 matches per rule are allowed, the total number of matches across all rules in a route must be less than 128')],
  }),
}, 'Where requests go.');
const parentStatus = obj({ parentRef: req(parentReference), controllerName: req(controllerName('Who reports.')), conditions: req(conditions({ minItems: 1 })) }, 'State at one parent.');
const status = obj({ parents: req(list(parentStatus, 'State by parent.', { maxItems: 32, ...ATOMIC })) }, 'What controllers report.');
const schema = customSchema({ spec: req(spec), status }, 'Says where HTTP requests go, in the way of the Gateway API.');
export type GatewayApiHTTPRoute = Infer<typeof schema>;
export const httpRouteKind = gatewayApiKind({ kind: 'HTTPRoute', plural: 'httproutes', schema, columns: [{ name: 'Hostnames', type: 'string', jsonPath: '.spec.hostnames' }, AGE] });
