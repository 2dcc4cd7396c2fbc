import type { KubeObject } from '../object.ts';
import type { ServiceEntry } from '../kinds/istio/service-entry.ts';
import { fqdnError, isIp, labelErrors, partialWildcardError, portError, portNameError, subnetError, wildcardDomainError } from './names.ts';
import type { Loose } from './proto.ts';
import { each, quoted } from './report.ts';
import type { Report } from './report.ts';
import { checkExportTo, checkSelectorLabels } from './shared-fields.ts';
import { protocolError, protocolFamily } from './values.ts';
import { checkEntryPorts, checkWorkloadEntry } from './workload.ts';

type Spec = Loose<ServiceEntry['spec']>;
const some = (list: readonly unknown[] | undefined): boolean => (list ?? []).length > 0;

export function checkServiceEntry(spec: Spec, metadata: KubeObject['metadata'], report: Report): void {
  const before = report.issues.length;
  checkSelectorLabels(spec.workloadSelector?.labels, ['spec', 'workloadSelector', 'labels'], report);
  if (report.issues.length > before) return; // Istio looks no further
  if (spec.workloadSelector !== undefined && Object.keys(spec.workloadSelector.labels ?? {}).length === 0) {
    report.warn(['spec', 'workloadSelector'], 'service entry: workload selector specified without labels, will be applied to all services in namespace');
  }
  if (spec.workloadSelector !== undefined && spec.endpoints !== undefined) report.error(['spec', 'endpoints'], 'only one of WorkloadSelector or Endpoints is allowed in Service Entry');
  checkHosts(spec, report);
  checkAddresses(spec, report);
  const names = checkPorts(spec, metadata, report);
  checkResolution(spec, names, metadata, report);
  checkManyHosts(spec, report);
  checkExportTo(spec.exportTo, metadata.namespace ?? '', report, { isServiceEntry: true });
}

function checkHosts(spec: Spec, report: Report): void {
  if (!some(spec.hosts)) report.error(['spec', 'hosts'], 'service entry must have at least one host');
  for (const [i, host] of each(spec.hosts)) {
    report.error(['spec', 'hosts', i], host === '*' ? `invalid host ${host}` : wildcardDomainError(host));
    if (host !== '*' && spec.resolution !== 'DYNAMIC_DNS') report.warn(['spec', 'hosts', i], partialWildcardError(host));
  }
}

function checkAddresses(spec: Spec, report: Report): void {
  for (const [i, address] of each(spec.addresses)) report.error(['spec', 'addresses', i], subnetError(address));
  const hasRange = (spec.addresses ?? []).some((address) => address.includes('/'));
  const resolution = spec.resolution ?? 'NONE';
  if (hasRange && resolution !== 'NONE' && resolution !== 'STATIC') report.error(['spec', 'addresses'], 'CIDR addresses are allowed only for NONE/STATIC resolution types');
}

/** Whether istiod gives the service an address of its own: not when opted out or called as it comes (NONE). */
function getsAddress(spec: Spec, metadata: KubeObject['metadata']): boolean {
  const resolution = spec.resolution ?? 'NONE';
  const label = metadata.labels?.['networking.istio.io/enable-autoallocate-ip'];
  return label?.toLowerCase() !== 'false' && resolution !== 'NONE';
}

function checkPorts(spec: Spec, metadata: KubeObject['metadata'], report: Report): ReadonlySet<string> {
  const names = new Set<string>();
  const numbers = new Set<number>();
  const needsAddress = !some(spec.addresses) && !getsAddress(spec, metadata);
  for (const [i, { name = '', number = 0, protocol = '', targetPort = 0 }] of each(spec.ports)) {
    const at = ['spec', 'ports', i];
    if (names.has(name)) report.error([...at, 'name'], `service entry port name ${quoted(name)} already defined`);
    if (numbers.has(number)) report.error([...at, 'number'], `service entry port ${number} already defined`);
    names.add(name);
    numbers.add(number);
    if (targetPort !== 0) report.error([...at, 'targetPort'], portError(targetPort));
    if (needsAddress && (protocol === '' || protocol === 'TCP')) report.warn(at, 'addresses are required for ports serving TCP (or unset) protocol when IP Autoallocation is not enabled');
    report.error([...at, 'name'], portNameError(name));
    report.error([...at, 'protocol'], protocolError(protocol));
    report.error([...at, 'number'], portError(number));
  }
  return names;
}

function checkResolution(spec: Spec, names: ReadonlySet<string>, metadata: KubeObject['metadata'], report: Report): void {
  switch (spec.resolution ?? 'NONE') {
    case 'NONE':
      if (some(spec.endpoints)) report.error(['spec', 'endpoints'], 'no endpoints should be provided for resolution type none');
      if (spec.workloadSelector !== undefined) report.warn(['spec', 'workloadSelector'], 'workloadSelector should not be set when resolution mode is NONE');
      break;
    case 'STATIC':
      for (const [i, endpoint] of each(spec.endpoints)) checkWorkloadEntry(endpoint, ['spec', 'endpoints', i], { servicePorts: names, allowsNames: false }, report);
      break;
    case 'DYNAMIC_DNS':
      checkDynamic(spec, metadata, report);
      break;
    case 'DNS': case 'DNS_ROUND_ROBIN':
      checkDns(spec, names, report);
  }
}

function checkDns(spec: Spec, names: ReadonlySet<string>, report: Report): void {
  const endpoints = spec.endpoints ?? [];
  if (endpoints.length === 0) {
    const i = (spec.hosts ?? []).findIndex((host) => fqdnError(host) !== undefined);
    const error = i < 0 ? undefined : fqdnError(spec.hosts?.[i] ?? '');
    if (error !== undefined) report.error(['spec', 'hosts', i], `hosts must be FQDN or contain only prefix wildcards if no endpoints are provided for resolution mode ${spec.resolution}, ${error}`);
  }
  if (spec.resolution === 'DNS_ROUND_ROBIN' && endpoints.length > 1) report.error(['spec', 'endpoints'], `there must only be 0 or 1 endpoint for resolution mode ${spec.resolution}`);
  for (const [i, endpoint] of endpoints.entries()) {
    const at = ['spec', 'endpoints', i];
    const { address = '' } = endpoint;
    if (!isIp(address) && fqdnError(address) !== undefined) report.error([...at, 'address'], `endpoint address ${quoted(address)} is not a valid FQDN or an IP address`);
    for (const error of labelErrors(endpoint.labels)) report.error([...at, 'labels'], error);
    checkEntryPorts(endpoint, at, names, report);
  }
  const hasTcp = (spec.ports ?? []).some((port) => ['tcp', 'tls'].includes(protocolFamily(port.protocol)));
  if (some(spec.addresses) && hasTcp && (spec.hosts ?? []).length > 1) report.warn(['spec', 'hosts'], 'service entry can not have more than one host specified simultaneously with address and tcp port');
}

const DYNAMIC_PROTOCOLS: ReadonlySet<string> = new Set(['http', 'tls', 'grpc', 'http2']);
function checkDynamic(spec: Spec, metadata: KubeObject['metadata'], report: Report): void {
  const type = 'DYNAMIC_DNS';
  if (!some(spec.hosts)) report.error(['spec', 'hosts'], `at least one wildcard host must be provided for resolution type ${type}`);
  for (const [i, host] of each(spec.hosts)) if (!host.startsWith('*')) report.error(['spec', 'hosts', i], `host must be wildcarded for resolution mode ${type}`);
  if (some(spec.addresses)) report.error(['spec', 'addresses'], `addresses cannot be set for resolution type ${type}. HTTP route domains will only be generatedfrom the hosts field values`);
  if (some(spec.endpoints)) report.error(['spec', 'endpoints'], `endpoints cannot be set for resolution type ${type}. Destination IP address determined from hostsfield values`);
  for (const [i, port] of each(spec.ports)) {
    if (!DYNAMIC_PROTOCOLS.has((port.protocol ?? '').toLowerCase())) report.error(['spec', 'ports', i, 'protocol'], `only HTTP, TLS, GRPC, and HTTP2 protocols are supported for resolution type ${type}`);
  }
  const waypoint = metadata.labels?.['istio.io/use-waypoint'] ?? '';
  if (spec.location === 'MESH_INTERNAL' && waypoint !== '' && waypoint.toLowerCase() !== 'none') report.error(['spec', 'location'], `location MESH_INTERNAL with resolution type ${type} is not supported when using waypoints`);
}

/** Plain TCP cannot tell several hosts apart. */
function checkManyHosts(spec: Spec, report: Report): void {
  if ((spec.resolution ?? 'NONE') === 'NONE' || (spec.hosts ?? []).length <= 1) return;
  const isPlain = (spec.ports ?? []).some((port) => !['http', 'tls'].includes(protocolFamily(port.protocol)));
  if (isPlain) report.error(['spec', 'hosts'], 'multiple hosts provided with non-HTTP, non-TLS ports');
}
