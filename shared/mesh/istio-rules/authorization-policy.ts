import type { FieldPath } from '../check/issue.ts';
import type { AuthorizationPolicy } from '../kinds/istio/authorization-policy.ts';
import { accountsError, attributeError, emptyError, ipsErrors, pathTemplateError, portsErrors, trustDomainsError } from './authorization-values.ts';
import type { Loose } from './proto.ts';
import { each } from './report.ts';
import { Report } from './report.ts';
import { checkTargets } from './shared-fields.ts';

type Spec = Loose<AuthorizationPolicy['spec']>;
type Rule = NonNullable<Spec['rules']>[number];
type Source = NonNullable<NonNullable<NonNullable<Rule['from']>[number]['source']>>;
type Operation = NonNullable<NonNullable<NonNullable<Rule['to']>[number]['operation']>>;

const SOURCE_FIELDS = [
  'principals', 'notPrincipals', 'requestPrincipals', 'notRequestPrincipals', 'namespaces', 'notNamespaces', 'serviceAccounts', 'notServiceAccounts', 'ipBlocks', 'notIpBlocks', 'remoteIpBlocks', 'notRemoteIpBlocks',
  'trustDomains', 'notTrustDomains',
] as const;
const PLAIN_SOURCE_FIELDS = ['principals', 'requestPrincipals', 'namespaces', 'ipBlocks', 'remoteIpBlocks', 'notPrincipals', 'notRequestPrincipals', 'notNamespaces', 'notIpBlocks', 'notRemoteIpBlocks'] as const;
/** What of a source a TCP proxy knows too. */
const TCP_SOURCE_FIELDS = ['principals', 'notPrincipals', 'ipBlocks', 'notIpBlocks', 'namespaces', 'notNamespaces', 'remoteIpBlocks', 'notRemoteIpBlocks', 'serviceAccounts', 'notServiceAccounts'] as const;
const OPERATION_FIELDS = ['ports', 'methods', 'paths', 'hosts', 'notPorts', 'notMethods', 'notPaths', 'notHosts'] as const;
const NOT_WITH_CUSTOM = ['namespaces', 'notNamespaces', 'serviceAccounts', 'notServiceAccounts', 'trustDomains', 'notTrustDomains', 'principals', 'notPrincipals', 'requestPrincipals', 'notRequestPrincipals'] as const;
const some = (list: readonly unknown[] | undefined): boolean => (list ?? []).length > 0;
const titled = (field: string): string => `${field.slice(0, 1).toUpperCase()}${field.slice(1)}`;

export function checkAuthorizationPolicy(spec: Spec, id: string, report: Report): void {
  const own = new Report();
  checkTargets(spec, own);
  const action = spec.action ?? 'ALLOW';
  if (action === 'CUSTOM') checkCustom(spec, own);
  if (spec.provider !== undefined && action !== 'CUSTOM') own.error(['spec', 'provider'], `\`provider\` must not be with non CUSTOM action, found ${action}`);
  if (action === 'DENY' && spec.rules === undefined) own.error(['spec', 'rules'], 'DENY action without `rules` is meaningless as it will never be triggered, add an empty rule `{}` if you want it be triggered for every request');
  for (const [i, rule] of each(spec.rules)) checkRule(rule, i, action === 'DENY', own);
  for (const issue of own.issues) {
    if (issue.level === 'error') report.error(issue.path, `invalid policy ${id}: ${issue.message}`);
    else report.warn(issue.path, issue.message);
  }
}

/** CUSTOM needs a provider and knows fewer conditions. */
function checkCustom(spec: Spec, report: Report): void {
  if (spec.rules === undefined) report.error(['spec', 'rules'], 'CUSTOM action without `rules` is meaningless as it will never be triggered, add an empty rule `{}` if you want it be triggered for every request');
  else if ((spec.provider?.name ?? '') === '') report.error(['spec', 'provider', 'name'], '`provider.name` must not be empty');
  const refuse = (path: FieldPath, name: string): void => report.error(path, `${name} is currently not supported with CUSTOM action`);
  for (const [i, rule] of each(spec.rules)) {
    for (const [j, from] of each(rule.from)) for (const field of NOT_WITH_CUSTOM) if (some(from.source?.[field])) refuse(['spec', 'rules', i, 'from', j, 'source', field], `From.${titled(field)}`);
    for (const [j, { key = '' }] of each(rule.when)) {
      if (['source.namespace', 'source.serviceAccount', 'source.trustDomain', 'source.principal'].includes(key) || key.startsWith('request.auth.')) refuse(['spec', 'rules', i, 'when', j], key);
    }
  }
}

function checkRule(rule: Rule, i: number, isDeny: boolean, report: Report): void {
  const at: FieldPath = ['spec', 'rules', i];
  const found = `found at rule ${i}`;
  for (const field of ['from', 'to'] as const) if (rule[field]?.length === 0) report.error([...at, field], `\`${field}\` must not be empty, ${found}`);
  for (const [j, { source }] of each(rule.from)) {
    const place = [...at, 'from', j];
    if (source === undefined) report.error(place, `\`from.source\` must not be nil, ${found}`);
    else checkSource(source, [...place, 'source'], found, report);
  }
  for (const [j, { operation }] of each(rule.to)) {
    const place = [...at, 'to', j];
    if (operation === undefined) report.error(place, `\`to.operation\` must not be nil, ${found}`);
    else checkOperation(operation, [...place, 'operation'], found, report);
  }
  for (const [j, { key = '', values = [], notValues = [] }] of each(rule.when)) {
    const place = [...at, 'when', j];
    if (key === '') report.error(place, '`key` must not be empty');
    else if (values.length === 0 && notValues.length === 0) report.error(place, `at least one of \`values\` or \`notValues\` must be set for key ${key}`);
    else {
      for (const [word, list] of [['value', values], ['notValue', notValues]] as const) {
        const error = attributeError(key, list);
        if (error !== undefined) report.error(place, `invalid \`${word}\` for \`key\` ${key}: ${error}`);
      }
    }
  }
  if (isDeny && isHttpOnly(rule)) {
    report.warn(at, 'configured AuthorizationPolicy will deny all traffic to TCP ports under its scope due to the use of only HTTP attributes in a DENY rule; it is recommended to explicitly specify the port');
  }
}

/** A rule that names nothing a TCP proxy can see denies every TCP connection. */
function isHttpOnly(rule: Rule): boolean {
  const sources = (rule.from ?? []).flatMap(({ source }) => (source === undefined ? [] : [source]));
  const operations = (rule.to ?? []).flatMap(({ operation }) => (operation === undefined ? [] : [operation]));
  const hasTcpSource = sources.some((source) => TCP_SOURCE_FIELDS.some((field) => source[field] !== undefined));
  const hasTcpPort = operations.some((operation) => operation.ports !== undefined || operation.notPorts !== undefined);
  return (sources.length > 0 && operations.length === 0 && !hasTcpSource) || (operations.length > 0 && !hasTcpPort);
}

function checkSource(source: Source, at: FieldPath, found: string, report: Report): void {
  const hasIdentity = some(source.principals) || some(source.notPrincipals) || some(source.namespaces) || some(source.notNamespaces);
  if (hasIdentity && (some(source.serviceAccounts) || some(source.notServiceAccounts))) report.error(at, `cannot set serviceAccounts with namespaces or principals, ${found}`);
  if (SOURCE_FIELDS.every((field) => !some(source[field]))) report.error(at, `\`from.source\` must not be empty, ${found}`);
  for (const field of ['ipBlocks', 'notIpBlocks', 'remoteIpBlocks', 'notRemoteIpBlocks'] as const) for (const error of ipsErrors(source[field])) report.error([...at, field], error);
  for (const field of PLAIN_SOURCE_FIELDS) report.error([...at, field], emptyError(titled(field), source[field]));
  for (const field of ['serviceAccounts', 'notServiceAccounts'] as const) report.error([...at, field], accountsError(titled(field), source[field]));
  for (const field of ['trustDomains', 'notTrustDomains'] as const) report.error([...at, field], trustDomainsError(titled(field), source[field]));
}

function checkOperation(operation: Operation, at: FieldPath, found: string, report: Report): void {
  if (OPERATION_FIELDS.every((field) => !some(operation[field]))) report.error(at, `\`to.operation\` must not be empty, ${found}`);
  for (const field of ['ports', 'notPorts'] as const) for (const error of portsErrors(operation[field])) report.error([...at, field], error);
  for (const field of OPERATION_FIELDS) report.error([...at, field], emptyError(titled(field), operation[field]));
  for (const field of ['paths', 'notPaths'] as const) report.error([...at, field], pathTemplateError(titled(field), operation[field]));
}
