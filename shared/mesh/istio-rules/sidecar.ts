import type { FieldPath } from '../check/issue.ts';
import type { Sidecar } from '../kinds/istio/sidecar.ts';
import { checkConnectionPool } from './connection-pool.ts';
import { checkDestination } from './destination.ts';
import { checkNamespacedHost } from './gateway.ts';
import { fqdnError, ipError, portError, portNameError, UNIX_PREFIX, unixPathError } from './names.ts';
import type { Loose } from './proto.ts';
import { each } from './report.ts';
import type { Report } from './report.ts';
import { checkServerTls } from './server-tls.ts';
import { checkSelectorLabels } from './shared-fields.ts';
import { protocolError, protocolFamily } from './values.ts';

type Spec = Loose<Sidecar['spec']>;
type Ingress = NonNullable<Spec['ingress']>[number];
type Egress = NonNullable<Spec['egress']>[number];
const UNIQUE_PORTS = 'sidecar: ports on IP bound listeners must be unique';

export function checkSidecar(spec: Spec, namespace: string, report: Report): void {
  const before = report.issues.length;
  checkSelectorLabels(spec.workloadSelector?.labels, ['spec', 'workloadSelector', 'labels'], report);
  if (report.issues.length > before) return; // Istio looks no further
  if (spec.workloadSelector !== undefined && Object.keys(spec.workloadSelector.labels ?? {}).length === 0) {
    report.warn(['spec', 'workloadSelector'], 'sidecar: workload selector specified without labels, will be applied to all services in namespace');
  }
  const isEmpty = (spec.egress ?? []).length === 0 && (spec.ingress ?? []).length === 0 && spec.outboundTrafficPolicy === undefined && spec.inboundConnectionPool === undefined;
  if (isEmpty) {
    report.error(['spec'], 'sidecar: empty configuration provided');
    return;
  }
  const ports = new Set<number>();
  for (const [i, ingress] of each(spec.ingress)) checkIngress(ingress, ports, ['spec', 'ingress', i], report);
  checkConnectionPool(spec.inboundConnectionPool, ['spec', 'inboundConnectionPool'], report);
  checkEgressList(spec.egress ?? [], namespace, report);
  checkOutbound(spec, report);
}

function checkIngress(ingress: Ingress, ports: Set<number>, at: FieldPath, report: Report): void {
  const { port } = ingress;
  if (port === undefined) {
    report.error([...at, 'port'], 'sidecar: port is required for ingress listeners');
    return;
  }
  if ((port.targetPort ?? 0) > 0) report.error([...at, 'port', 'targetPort'], 'targetPort has no impact on Sidecars');
  if ((port.name ?? '') !== '') report.error([...at, 'port', 'name'], portNameError(port.name ?? ''));
  report.error([...at, 'port', 'protocol'], protocolError(port.protocol));
  report.error([...at, 'port', 'number'], portError(port.number));
  if ((ingress.bind ?? '') !== '') report.error([...at, 'bind'], ipError(ingress.bind ?? ''));
  if (ports.has(port.number ?? 0)) report.error([...at, 'port', 'number'], UNIQUE_PORTS);
  ports.add(port.number ?? 0);
  if ((ingress.defaultEndpoint ?? '') !== '') checkEndpoint(ingress.defaultEndpoint ?? '', [...at, 'defaultEndpoint'], report);
  checkIngressTls(ingress, [...at, 'tls'], report);
  checkConnectionPool(ingress.connectionPool, [...at, 'connectionPool'], report);
  if (ingress.connectionPool?.http !== undefined && protocolFamily(port.protocol) !== 'http') {
    report.warn([...at, 'connectionPool'], `sidecar: HTTP connection pool settings are configured for port ${port.number ?? 0} ("${port.name ?? ''}") but its protocol is not HTTP (${port.protocol ?? ''}); only TCP settings will apply`);
  }
}

const LOCAL: ReadonlySet<string> = new Set(['', '127.0.0.1', '0.0.0.0', '::1', '::']);
/** Where the app behind a port listens: this machine only. */
function checkEndpoint(endpoint: string, at: FieldPath, report: Report): void {
  if (endpoint.startsWith(UNIX_PREFIX)) {
    report.error(at, unixPathError(endpoint.slice(UNIX_PREFIX.length)));
    return;
  }
  const match = /^(?:\[([^\]]*)\]|([^:]*)):(.*)$/.exec(endpoint);
  const host = match?.[1] ?? match?.[2] ?? '';
  const port = match?.[3] ?? '';
  if (match === null) report.error(at, `address ${endpoint}: missing port in address`);
  if (!LOCAL.has(host)) report.error(at, 'sidecar: defaultEndpoint must be of form 127.0.0.1:<port>,0.0.0.0:<port>,[::1]:port,[::]:port,unix://filepath or unset');
  report.error(at, /^[-+]?\d+$/.test(port) ? portError(Number(port)) : `sidecar: defaultEndpoint port (${port}) is not a number: strconv.Atoi: parsing "${port}": invalid syntax`);
}

function checkIngressTls({ tls, port }: Ingress, at: FieldPath, report: Report): void {
  if (tls === undefined) return;
  const unsupported: readonly (readonly [boolean, string])[] = [
    [(tls.subjectAltNames ?? []).length > 0, 'sidecar: subjectAltNames is not supported in ingress tls'], [tls.httpsRedirect === true, 'sidecar: httpsRedirect is not supported'],
    [(tls.credentialName ?? '') !== '', 'sidecar: credentialName is not currently supported'], [(tls.credentialNames ?? []).length > 0, 'sidecar: credentialNames is not currently supported'],
    [(tls.tlsCertificates ?? []).length > 0, 'sidecar: tls_certificates is not currently supported'],
    [tls.mode === 'ISTIO_MUTUAL' || tls.mode === 'AUTO_PASSTHROUGH', `configuration is invalid: cannot set mode to ${tls.mode} in sidecar ingress tls`],
  ];
  for (const [isUsed, message] of unsupported) if (isUsed) report.error(at, message);
  if (protocolFamily(port?.protocol) !== 'tls') report.error(at, 'server cannot have TLS settings for non HTTPS/TLS ports');
  checkServerTls(tls, at, report);
}

function checkEgressList(list: readonly Egress[], namespace: string, report: Report): void {
  const ports = new Set<number>();
  const sockets = new Set<string>();
  for (const [i, egress] of list.entries()) {
    const at: FieldPath = ['spec', 'egress', i];
    if (egress.port === undefined) {
      if (i !== list.length - 1) report.error(at, 'sidecar: the egress listener with empty port should be the last listener in the list');
    } else {
      checkEgressPort(egress, at, report);
      const number = egress.port.number ?? 0;
      const bind = egress.bind ?? '';
      if (number === 0 && sockets.has(bind)) report.error([...at, 'bind'], 'sidecar: unix domain socket values for listeners must be unique');
      if (number !== 0 && ports.has(number)) report.error([...at, 'port', 'number'], UNIQUE_PORTS);
      if (number === 0) sockets.add(bind);
      else ports.add(number);
    }
    checkEgressHosts(egress, namespace, at, report);
  }
}

function checkEgressPort(egress: Egress, at: FieldPath, report: Report): void {
  const port = egress.port ?? {};
  const bind = egress.bind ?? '';
  if ((port.targetPort ?? 0) > 0) report.error([...at, 'port', 'targetPort'], 'targetPort has no impact on Sidecars');
  if ((port.name ?? '') !== '') report.error([...at, 'port', 'name'], portNameError(port.name ?? ''));
  report.error([...at, 'port', 'protocol'], protocolError(port.protocol));
  if ((port.number ?? 0) === 0) {
    report.error([...at, 'bind'], bind.startsWith(UNIX_PREFIX) ? unixPathError(bind.slice(UNIX_PREFIX.length)) : 'sidecar: ports with 0 value must have a unix domain socket bind address');
    if (egress.captureMode === 'IPTABLES') report.error([...at, 'captureMode'], 'sidecar: captureMode must be DEFAULT/NONE for unix domain socket listeners');
    return;
  }
  report.error([...at, 'port', 'number'], portError(port.number));
  if (bind !== '') report.error([...at, 'bind'], ipError(bind));
}

function checkEgressHosts(egress: Egress, namespace: string, at: FieldPath, report: Report): void {
  if ((egress.hosts ?? []).length === 0) report.error([...at, 'hosts'], 'sidecar: egress listener must contain at least one host');
  const seen = new Map<string, Set<string>>();
  for (const [i, text] of each(egress.hosts)) {
    const place = [...at, 'hosts', i];
    const slash = text.indexOf('/');
    if (slash >= 0 && !text.startsWith('~')) {
      const owner = text.slice(0, slash) === '.' ? namespace : text.slice(0, slash);
      const service = text.slice(slash + 1);
      const services = seen.get(owner) ?? new Set<string>();
      const isDouble = service === '*' ? services.size > 0 : services.has(service) || services.has('*');
      if (isDouble) report.warn(place, `duplicated egress host: ${text}`);
      seen.set(owner, services.add(service));
    }
    checkNamespacedHost(text, 'sidecar', place, report);
  }
  if (seen.get('*')?.has('*') === true && seen.size > 1) report.warn([...at, 'hosts'], '`*/*` host select all resources, no other hosts can be added');
}

function checkOutbound({ outboundTrafficPolicy: policy }: Spec, report: Report): void {
  const at: FieldPath = ['spec', 'outboundTrafficPolicy'];
  const proxy = policy?.egressProxy;
  if (proxy === undefined) return;
  if (policy?.mode !== 'ALLOW_ANY') {
    report.error(at, 'sidecar: egress_proxy must be set only with ALLOW_ANY outbound_traffic_policy mode');
    return;
  }
  report.error([...at, 'egressProxy', 'host'], fqdnError(proxy.host ?? ''));
  if (proxy.port === undefined) report.error([...at, 'egressProxy', 'port'], 'sidecar: egress_proxy port must be non-nil');
  else checkDestination(proxy, [...at, 'egressProxy'], report);
}
