import type { FieldPath } from '../check/issue.ts';
import type { TCPRoute, TLSRoute, VirtualServiceSpec } from '../kinds/istio/virtual-service.ts';
import { checkDestinations } from './destination.ts';
import { checkGatewayNames } from './http-match.ts';
import { gatewayDomainError, hostWithin, isIp, labelErrors, portError, subnetError, wildcardDomainError } from './names.ts';
import type { Loose } from './proto.ts';
import { each, quoted } from './report.ts';
import type { Report } from './report.ts';

type L4Match = Loose<{ readonly destinationSubnets: readonly string[]; readonly port: number; readonly sourceLabels: { readonly [key: string]: string }; readonly gateways: readonly string[] }>;
function checkL4Match(match: L4Match, at: FieldPath, report: Report): void {
  for (const [i, subnet] of each(match.destinationSubnets)) report.error([...at, 'destinationSubnets', i], subnetError(subnet));
  if ((match.port ?? 0) !== 0) report.error([...at, 'port'], portError(match.port));
  for (const error of labelErrors(match.sourceLabels)) report.error([...at, 'sourceLabels'], error);
  checkGatewayNames(match.gateways, [...at, 'gateways'], report);
}

export function checkTcpRoute(route: Loose<TCPRoute>, at: FieldPath, report: Report): void {
  for (const [i, match] of each(route.match)) checkL4Match(match, [...at, 'match', i], report);
  if ((route.route ?? []).length === 0) report.error([...at, 'route'], 'TCP route is required');
  checkDestinations(route.route, [...at, 'route'], report);
}

/** True when the rules act on gateways only: the list of gateways does not name the mesh. */
export const isGatewayOnly = (spec: Loose<VirtualServiceSpec>): boolean => !(spec.gateways ?? []).includes('mesh');

export function checkTlsRoute(route: Loose<TLSRoute>, spec: Loose<VirtualServiceSpec>, at: FieldPath, report: Report): void {
  if ((route.match ?? []).length === 0) report.error([...at, 'match'], 'TLS route must have at least one match condition');
  for (const [i, match] of each(route.match)) {
    const place = [...at, 'match', i];
    if ((match.sniHosts ?? []).length === 0) report.error([...place, 'sniHosts'], 'TLS match must have at least one SNI host');
    for (const [j, host] of each(match.sniHosts)) checkSniHost(host, spec, [...place, 'sniHosts', j], report);
    checkL4Match(match, place, report);
  }
  if ((route.route ?? []).length === 0) report.error([...at, 'route'], 'TLS route is required');
  checkDestinations(route.route, [...at, 'route'], report);
}

function checkSniHost(host: string, spec: Loose<VirtualServiceSpec>, at: FieldPath, report: Report): void {
  const error = isGatewayOnly(spec) ? gatewayDomainError(host, true) : wildcardDomainError(host);
  if (error !== undefined && isIp(host)) report.warn(at, `using an IP address (${quoted(host)}) goes against SNI spec and most clients do not support this`);
  else if (error !== undefined) report.error(at, error);
  else if (!(spec.hosts ?? []).some((one) => hostWithin(host, one))) report.error(at, `SNI host ${quoted(host)} is not a compatible subset of any of the virtual service hosts: [${(spec.hosts ?? []).join(', ')}]`);
}
