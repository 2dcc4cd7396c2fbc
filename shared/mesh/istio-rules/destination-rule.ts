import type { FieldPath } from '../check/issue.ts';
import type { DestinationRuleSpec, TrafficPolicy } from '../kinds/istio/destination-rule.ts';
import { checkClientTls } from './client-tls.ts';
import { checkConnectionPool, checkOutlier } from './connection-pool.ts';
import { subsetNameError } from './destination.ts';
import { checkLoadBalancer } from './load-balancer.ts';
import { fqdnError, ipError, labelErrors, portError, wildcardDomainError } from './names.ts';
import type { Loose } from './proto.ts';
import { each } from './report.ts';
import type { Report } from './report.ts';
import { checkExportTo, checkSelector } from './shared-fields.ts';

type Policy = Loose<TrafficPolicy>;
const FIELDS = ['outlierDetection', 'connectionPool', 'loadBalancer', 'tls', 'portLevelSettings', 'tunnel', 'proxyProtocol', 'retryBudget'] as const;

export function checkDestinationRule(spec: Loose<DestinationRuleSpec>, namespace: string, report: Report): void {
  report.error(['spec', 'host'], wildcardDomainError(spec.host ?? ''));
  checkTrafficPolicy(spec.trafficPolicy, namespace, ['spec', 'trafficPolicy'], report);
  const names = new Set<string>();
  for (const [i, subset] of each(spec.subsets)) {
    const at: FieldPath = ['spec', 'subsets', i];
    const name = subset.name ?? '';
    if (names.has(name)) report.error([...at, 'name'], `duplicate subset names: ${name}`);
    names.add(name);
    report.error([...at, 'name'], subsetNameError(name));
    for (const error of labelErrors(subset.labels)) report.error([...at, 'labels'], error);
    checkTrafficPolicy(subset.trafficPolicy, namespace, [...at, 'trafficPolicy'], report);
  }
  checkExportTo(spec.exportTo, namespace, report, { hasSelector: spec.workloadSelector !== undefined });
  checkSelector(spec.workloadSelector, ['spec', 'workloadSelector'], report);
}

function checkTrafficPolicy(policy: Policy | undefined, namespace: string, at: FieldPath, report: Report): void {
  if (policy === undefined) return;
  if (FIELDS.every((field) => policy[field] === undefined)) {
    report.error(at, 'traffic policy must have at least one field');
    return;
  }
  if (policy.tunnel !== undefined && policy.proxyProtocol !== undefined) {
    report.error(at, 'tunnel and proxyProtocol must not be set together');
    return;
  }
  checkBlocks(policy, namespace, at, report);
  for (const [i, settings] of each(policy.portLevelSettings)) {
    const place = [...at, 'portLevelSettings', i];
    if (settings.port === undefined) report.error(place, 'portTrafficPolicy must have valid port');
    const isEmpty = settings.outlierDetection === undefined && settings.connectionPool === undefined && settings.loadBalancer === undefined && settings.tls === undefined;
    if (isEmpty) report.error(place, 'port traffic policy must have at least one field');
    else checkBlocks(settings, namespace, place, report);
  }
  checkTunnel(policy, [...at, 'tunnel'], report);
}

function checkBlocks(policy: Policy, namespace: string, at: FieldPath, report: Report): void {
  checkOutlier(policy.outlierDetection, [...at, 'outlierDetection'], report);
  checkConnectionPool(policy.connectionPool, [...at, 'connectionPool'], report);
  checkLoadBalancer(policy.loadBalancer, policy.outlierDetection !== undefined, [...at, 'loadBalancer'], report);
  checkClientTls(policy.tls, namespace, [...at, 'tls'], report);
}

function checkTunnel({ tunnel }: Policy, at: FieldPath, report: Report): void {
  if (tunnel === undefined) return;
  const { protocol = '', targetHost = '' } = tunnel;
  if (protocol !== '' && protocol !== 'CONNECT' && protocol !== 'POST') report.error([...at, 'protocol'], 'tunnel protocol must be "CONNECT" or "POST"');
  const nameProblem = fqdnError(targetHost);
  const ipProblem = ipError(targetHost);
  if (nameProblem !== undefined && ipProblem !== undefined) report.error([...at, 'targetHost'], `tunnel target host must be valid FQDN or IP address: ${nameProblem}; ${ipProblem}`);
  const portProblem = portError(tunnel.targetPort);
  if (portProblem !== undefined) report.error([...at, 'targetPort'], `tunnel target port is invalid: ${portProblem}`);
}
