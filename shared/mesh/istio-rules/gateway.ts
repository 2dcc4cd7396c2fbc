import type { FieldPath } from '../check/issue.ts';
import type { GatewayServer, GatewaySpec } from '../kinds/istio/gateway.ts';
import { ipError, isDnsLabel, isIp, partialWildcardError, portError, UNIX_PREFIX, unixPathError, wildcardDomainError } from './names.ts';
import type { Loose } from './proto.ts';
import { each, quoted } from './report.ts';
import type { Report } from './report.ts';
import { checkServerTls } from './server-tls.ts';
import { protocolFamily } from './values.ts';

type Server = Loose<GatewayServer>;
type Port = NonNullable<Server['port']>;

export function checkGateway(spec: Loose<GatewaySpec>, name: string, report: Report): void {
  if (!isDnsLabel(name)) report.error(['metadata', 'name'], `invalid gateway name: ${quoted(name)}`);
  if ((spec.servers ?? []).length === 0) report.error(['spec', 'servers'], 'gateway must have at least one server');
  const portNames = new Set<string>();
  for (const [i, server] of each(spec.servers)) {
    const at: FieldPath = ['spec', 'servers', i];
    checkServer(server, at, report);
    if (server.port === undefined) continue;
    const portName = server.port.name ?? '';
    if (portNames.has(portName)) report.error([...at, 'port', 'name'], `port names in servers must be unique: duplicate name ${portName}`);
    portNames.add(portName);
    if (protocolFamily(server.port.protocol) !== 'http' && server.tls?.httpsRedirect === true) report.warn([...at, 'tls', 'httpsRedirect'], 'tls.httpsRedirect should only be used with http servers');
  }
}

function checkServer(server: Server, at: FieldPath, report: Report): void {
  if ((server.hosts ?? []).length === 0) report.error([...at, 'hosts'], 'server config must contain at least one host');
  for (const [i, host] of each(server.hosts)) checkNamespacedHost(host, 'gateway', [...at, 'hosts', i], report);
  const before = report.issues.filter((issue) => issue.level === 'error').length;
  checkPort(server.port, server.bind ?? '', [...at, 'port'], report);
  const isPortGood = report.issues.filter((issue) => issue.level === 'error').length === before;
  checkBind(server.port, server.bind ?? '', at, report);
  checkServerTls(server.tls, [...at, 'tls'], report);
  if (!isPortGood) return;
  const family = protocolFamily(server.port?.protocol);
  if (family === 'tls' && server.tls === undefined) report.error(at, 'server must have TLS settings for HTTPS/TLS protocols');
  if (family === 'tls' || server.tls === undefined) return;
  if (family !== 'http') report.error([...at, 'tls'], 'server cannot have TLS settings for non HTTPS/TLS ports');
  else if (!isRedirectOnly(server)) report.error([...at, 'tls'], 'server cannot have TLS settings for plain text HTTP ports');
}
/** A plain HTTP port may have TLS settings that only ask for a redirection. */
function isRedirectOnly({ tls }: Server): boolean {
  const mode = tls?.mode ?? 'PASSTHROUGH';
  return (mode === 'PASSTHROUGH' || mode === 'AUTO_PASSTHROUGH') && (tls?.caCertificates ?? '') === '' && (tls?.privateKey ?? '') === '' && (tls?.serverCertificate ?? '') === '';
}

const portText = (port: Port): string => [
  ...((port.number ?? 0) === 0 ? [] : [`number:${port.number}`]), ...((port.protocol ?? '') === '' ? [] : [`protocol:${quoted(port.protocol ?? '')}`]), ...((port.name ?? '') === '' ? [] : [`name:${quoted(port.name ?? '')}`]),
].join('  ');
function checkPort(port: Port | undefined, bind: string, at: FieldPath, report: Report): void {
  if (port === undefined) {
    report.error(at, 'port is required');
    return;
  }
  if (protocolFamily(port.protocol) === 'unsupported') report.error([...at, 'protocol'], `invalid protocol ${quoted(port.protocol ?? '')}, supported protocols are HTTP, HTTP2, GRPC, GRPC-WEB, MONGO, REDIS, MYSQL, TCP`);
  if ((port.number ?? 0) > 0 || !bind.startsWith(UNIX_PREFIX)) report.error([...at, 'number'], portError(port.number));
  if ((port.targetPort ?? 0) > 0) report.error([...at, 'targetPort'], 'targetPort has no impact on Gateways');
  if ((port.name ?? '') === '') report.error([...at, 'name'], `port name must be set: ${portText(port)}`);
}
function checkBind(port: Port | undefined, bind: string, at: FieldPath, report: Report): void {
  if (bind.startsWith(UNIX_PREFIX)) {
    report.error([...at, 'bind'], unixPathError(bind.slice(UNIX_PREFIX.length)));
    if (port !== undefined && (port.number ?? 0) !== 0) report.error([...at, 'port', 'number'], `port number must be 0 for unix domain socket: ${portText(port)}`);
  } else if (bind !== '') report.error([...at, 'bind'], ipError(bind));
}

/** A host of a gateway's server or of a sidecar's egress: namespace/host. */
export function checkNamespacedHost(text: string, where: 'gateway' | 'sidecar', at: FieldPath, report: Report): void {
  const slash = text.indexOf('/');
  if (slash < 0) {
    if (where === 'sidecar') report.error(at, 'host must be of form namespace/dnsName');
    else checkHostPart(text, where, at, report);
    return;
  }
  const namespace = text.slice(0, slash);
  const host = text.slice(slash + 1);
  if (namespace === '' || host === '') report.error(at, 'config namespace and dnsName in host entry cannot be empty');
  const label = where === 'sidecar' ? namespace.replace(/^~/, '') : namespace;
  const isFree = label === '*' || label === '.' || (where === 'sidecar' && label === '');
  if (!isFree && !isDnsLabel(label)) report.error(at, `invalid namespace value ${quoted(namespace)} in ${where}`);
  checkHostPart(host, where, at, report);
}
function checkHostPart(host: string, where: 'gateway' | 'sidecar', at: FieldPath, report: Report): void {
  if (host !== '*' && !host.includes('.')) report.error(at, 'short names (non FQDN) are not allowed');
  const error = wildcardDomainError(host);
  // Istio says it twice for sidecars; a gateway may have an address as its host.
  if (error !== undefined && where === 'sidecar') report.error(at, error);
  if (error !== undefined && !isIp(host)) report.error(at, error);
  report.error(at, partialWildcardError(host));
}
