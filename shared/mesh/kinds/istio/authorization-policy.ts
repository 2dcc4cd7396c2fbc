import type { Infer, Schema } from '../../schema/schema.ts';
import { list, obj, oneOf, present, req, str } from '../../schema/schema.ts';
import { AGE, atMostOne, customSchema, istioKind, istioStatus, oneTarget, rule, SECURITY, targetRef, targetRefs, workloadSelector } from './common.ts';

const texts = (description: string): Schema<readonly string[]> => list(str(), description);
const accounts = (description: string): Schema<readonly string[]> => list(str(undefined, { maxLength: 320 }), description, { maxItems: 16 });
const source = obj({
  principals: texts('Identities of the caller, from its certificate: cluster.local/ns/NAMESPACE/sa/ACCOUNT; * at one end.'),
  notPrincipals: texts('Identities that do not count.'),
  requestPrincipals: texts('Issuer/subject of the token.'),
  notRequestPrincipals: texts('Token identities that do not count.'),
  namespaces: texts('Namespaces of the caller.'),
  notNamespaces: texts('Namespaces that do not count.'),
  serviceAccounts: accounts('Service accounts of the caller: name or namespace/name.'),
  notServiceAccounts: accounts('Service accounts that do not count.'),
  ipBlocks: texts('Address ranges of the connection.'),
  notIpBlocks: texts('Address ranges that do not count.'),
  remoteIpBlocks: texts('Address ranges of the client by X-Forwarded-For.'),
  notRemoteIpBlocks: texts('Client address ranges that do not count.'),
  trustDomains: texts('Trust domains of the caller.'),
  notTrustDomains: texts('Trust domains that do not count.'),
}, 'Who calls; all that is given must fit.', {
  'x-kubernetes-validations': [rule('(has(self.serviceAccounts) || has(self.notServiceAccounts)) ? (!has(self.principals) &&\n!has(self.notPrincipals) && !has(self.namespaces) && !has(self.notNamespaces)) : true', 'Cannot set serviceAccounts with namespaces or principals')],
});
const operation = obj({
  hosts: texts('Hosts.'), notHosts: texts('Hosts that do not count.'),
  ports: texts('Ports.'), notPorts: texts('Ports that do not count.'),
  methods: texts('HTTP methods.'), notMethods: texts('Methods that do not count.'),
  paths: texts('Paths; * at one end, or {*} and {**} for parts.'), notPaths: texts('Paths that do not count.'),
}, 'What is asked for; all that is given must fit.');
const ruleNode = obj({
  from: list(obj({ source }), 'Who calls: one of them must fit. Default: anybody.', { maxItems: 512 }),
  to: list(obj({ operation }), 'What is asked for: one of them must fit. Default: anything.'),
  when: list(obj({ key: req(str('Attribute, such as request.headers[x] or source.ip.')), values: texts('One of them must fit.'), notValues: texts('None of them may fit.') }), 'Further conditions; all must hold.'),
}, 'A request fits when from, to and when fit.');
const spec = obj({
  selector: workloadSelector, targetRef, targetRefs,
  rules: list(ruleNode, 'One of them must fit. None at all: the policy never fits; one empty rule: it always fits.', { maxItems: 512 }),
  action: oneOf(['ALLOW', 'DENY', 'AUDIT', 'CUSTOM'], 'What happens with requests that fit. Default ALLOW; as soon as there is an ALLOW policy, all else is refused.'),
  provider: obj({ name: str('Name of the provider in the mesh settings.') }, 'Who decides, for CUSTOM.'),
}, 'Who may call what.', { 'x-kubernetes-validations': [oneTarget], ...atMostOne('provider') });
const schema = customSchema({ spec: present(spec), status: istioStatus }, 'Says who may call a workload and what for.');
export type AuthorizationPolicy = Infer<typeof schema>;
export const authorizationPolicyKind = istioKind({
  group: SECURITY, kind: 'AuthorizationPolicy', plural: 'authorizationpolicies', shortNames: ['ap'], schema,
  columns: [{ name: 'Action', type: 'string', jsonPath: '.spec.action', description: 'What happens with requests that fit.' }, AGE],
});
