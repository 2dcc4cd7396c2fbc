import type { VirtualServiceSpec } from '../kinds/istio/virtual-service.ts';
import { isClaimHeader } from './headers.ts';
import { checkHttpRoute } from './http-route.ts';
import { checkGatewayNames } from './http-match.ts';
import { checkTcpRoute, checkTlsRoute, isGatewayOnly } from './l4-routes.ts';
import { gatewayDomainError, hostsMatch, isIp, wildcardDomainError } from './names.ts';
import type { Loose } from './proto.ts';
import { each, entries } from './report.ts';
import type { Report } from './report.ts';
import { checkExportTo } from './shared-fields.ts';
import { unusedIn, unusedText } from './unreachable.ts';

type Spec = Loose<VirtualServiceSpec>;
const some = (list: readonly unknown[] | undefined): boolean => (list ?? []).length > 0;

export function checkVirtualService(spec: Spec, namespace: string, report: Report): void {
  const isDelegate = !some(spec.hosts);
  if (isDelegate) {
    if (some(spec.gateways)) report.error(['spec', 'gateways'], 'delegate virtual service must have no gateways specified');
    if (some(spec.tls)) report.error(['spec', 'tls'], 'delegate virtual service must have no tls route specified');
    if (some(spec.tcp)) report.error(['spec', 'tcp'], 'delegate virtual service must have no tcp route specified');
  }
  const isForGateways = some(spec.gateways) && isGatewayOnly(spec);
  checkGatewayNames(spec.gateways, ['spec', 'gateways'], report);
  if (!isForGateways) checkClaims(spec, report);
  checkHosts(spec, isForGateways, report);
  if (!some(spec.http) && !some(spec.tcp) && !some(spec.tls)) report.error(['spec'], 'http, tcp or tls must be provided in virtual service');
  for (const [i, route] of each(spec.http)) checkHttpRoute(route, ['spec', 'http', i], isDelegate, report);
  for (const [i, route] of each(spec.tls)) checkTlsRoute(route, spec, ['spec', 'tls', i], report);
  for (const [i, route] of each(spec.tcp)) checkTcpRoute(route, ['spec', 'tcp', i], report);
  checkExportTo(spec.exportTo, namespace, report);
  for (const unused of unusedIn(spec)) report.warn(unused.path, unusedText(unused));
}

/** Matches on claims of a token work on gateways only. */
function checkClaims(spec: Spec, report: Report): void {
  for (const [i, route] of each(spec.http)) {
    for (const [j, match] of each(route.match)) {
      for (const field of ['headers', 'withoutHeaders'] as const) {
        for (const [name] of entries(match[field])) {
          if (isClaimHeader(name)) report.error(['spec', 'http', i, 'match', j, field, name], `JWT claim based routing (key: ${name}) is only supported for gateway, found no gateways: [${(spec.gateways ?? []).join(' ')}]`);
        }
      }
    }
  }
}

function checkHosts(spec: Spec, isForGateways: boolean, report: Report): void {
  const hosts = spec.hosts ?? [];
  const isSni = (spec.tls ?? []).some((route) => (route.match ?? []).some((match) => some(match.sniHosts)));
  let isValid = true;
  for (const [i, host] of hosts.entries()) {
    const error = isForGateways ? gatewayDomainError(host, isSni) : wildcardDomainError(host);
    const problem = error === undefined ? (!isForGateways && host === '*' ? 'wildcard host * is not allowed for virtual services bound to the mesh gateway' : undefined) : (isIp(host) ? undefined : error);
    if (problem !== undefined) isValid = false;
    report.error(['spec', 'hosts', i], problem);
  }
  if (!isValid) return;
  for (const [i, host] of hosts.entries()) {
    for (const [j, other] of hosts.entries()) if (j > i && hostsMatch(host, other)) report.error(['spec', 'hosts', j], `duplicate hosts in virtual service: ${host} & ${other}`);
  }
}
