import type { FieldPath } from '../check/issue.ts';
import type { WorkloadEntrySpec, WorkloadGroup } from '../kinds/istio/workload.ts';
import { strictNameError } from './headers.ts';
import { fqdnError, isIp, labelErrors, portError, portNameError, UNIX_PREFIX, unixPathError } from './names.ts';
import type { Loose } from './proto.ts';
import { each, entries, quoted } from './report.ts';
import type { Report } from './report.ts';

type Entry = Loose<WorkloadEntrySpec>;
type Options = { readonly servicePorts?: ReadonlySet<string>; readonly allowsNames: boolean };

/** A workload outside the cluster: on its own, or an endpoint of a ServiceEntry. */
export function checkWorkloadEntry(entry: Entry, at: FieldPath, options: Options, report: Report): void {
  const { address = '', network = '' } = entry;
  if (address === '' && network === '') {
    report.error([...at, 'address'], 'address is required');
    return;
  }
  if (address === '') report.warn([...at, 'address'], `address is unset with network ${quoted(network)}`);
  const isSocket = address.startsWith(UNIX_PREFIX);
  if (isSocket) {
    report.error([...at, 'address'], unixPathError(address.slice(UNIX_PREFIX.length)));
    if (Object.keys(entry.ports ?? {}).length > 0) report.error([...at, 'ports'], `unix endpoint ${address} must not include ports`);
  } else if (address !== '' && !isIp(address)) {
    if (!options.allowsNames) report.error([...at, 'address'], `endpoint address ${quoted(address)} is not a valid IP address`);
    else if (fqdnError(address) !== undefined) report.error([...at, 'address'], `endpoint address ${quoted(address)} is not a valid FQDN or an IP address`);
  }
  checkEntryPorts(entry, at, options.servicePorts, report);
  for (const error of labelErrors(entry.labels)) report.error([...at, 'labels'], error);
  if (isSocket && options.servicePorts !== undefined && options.servicePorts.size !== 1) report.error(at, 'exactly 1 service port required for unix endpoints');
}

export function checkEntryPorts(entry: Entry, at: FieldPath, servicePorts: ReadonlySet<string> | undefined, report: Report): void {
  for (const [name, port] of entries(entry.ports)) {
    const place = [...at, 'ports', name];
    if (servicePorts !== undefined && !servicePorts.has(name)) report.error(place, `endpoint port ${port ?? 0} is not defined by the service entry`);
    report.error(place, portNameError(name));
    report.error(place, portError(port));
  }
}

type Group = Loose<WorkloadGroup['spec']>;
type Probe = NonNullable<Group['probe']>;
const COUNTS = ['periodSeconds', 'initialDelaySeconds', 'timeoutSeconds', 'successThreshold', 'failureThreshold'] as const;

export function checkWorkloadGroup(spec: Group, report: Report): void {
  if (spec.template === undefined) {
    report.error(['spec', 'template'], 'template is required');
    return;
  }
  const labels = labelErrors(spec.metadata?.labels);
  if (labels.length > 0) report.error(['spec', 'metadata', 'labels'], `invalid labels: ${labels.join('; ')}`);
  else if (spec.probe !== undefined) checkProbe(spec.probe, report);
}

function checkProbe(probe: Probe, report: Report): void {
  const at: FieldPath = ['spec', 'probe'];
  for (const field of COUNTS) if ((probe[field] ?? 0) < 0) report.error([...at, field], `${field} must be non-negative`);
  const { httpGet, tcpSocket, exec, grpc } = probe;
  if (httpGet !== undefined) {
    const { scheme = '' } = httpGet;
    report.error([...at, 'httpGet', 'port'], portError(httpGet.port));
    if (scheme !== '' && scheme !== 'HTTPS' && scheme !== 'HTTP') report.error([...at, 'httpGet', 'scheme'], 'httpGet.scheme must be one of "HTTPS", "HTTP"');
    for (const [i, header] of each(httpGet.httpHeaders)) report.error([...at, 'httpGet', 'httpHeaders', i], strictNameError(header.name ?? '', false));
  } else if (tcpSocket !== undefined) report.error([...at, 'tcpSocket', 'port'], portError(tcpSocket.port));
  else if (exec !== undefined) {
    if ((exec.command ?? []).length === 0) report.error([...at, 'exec', 'command'], 'exec.command is required');
  } else report.error(at, `unknown health check method ${grpc === undefined ? '<nil>' : '*v1alpha3.ReadinessProbe_Grpc'}`);
}
