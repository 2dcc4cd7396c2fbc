/** Protocol of a Service port as Istio names it; `auto` is sniffed. */
export type PortProtocol = 'HTTP' | 'HTTP2' | 'HTTPS' | 'GRPC' | 'GRPC-Web' | 'TCP' | 'TLS' | 'UDP' | 'Mongo' | 'MySQL' | 'Redis' | 'auto';

const BY_NAME: ReadonlyMap<string, PortProtocol> = new Map([
  ['http', 'HTTP'], ['http2', 'HTTP2'], ['https', 'HTTPS'], ['grpc', 'GRPC'], ['grpc-web', 'GRPC-Web'], ['tcp', 'TCP'], ['tls', 'TLS'], ['udp', 'UDP'], ['mongo', 'Mongo'], ['mysql', 'MySQL'], ['redis', 'Redis'],
]);
const BY_APP_PROTOCOL: ReadonlyMap<string, PortProtocol> = new Map([['kubernetes.io/h2c', 'HTTP2'], ['kubernetes.io/ws', 'HTTP'], ['kubernetes.io/wss', 'HTTPS']]);
/** SMTP, DNS, MySQL, MongoDB: the server speaks first, so sniffing would wait for ever. */
const SERVER_FIRST_PORTS: ReadonlySet<number> = new Set([25, 53, 3306, 27_017]);

const named = (text: string): PortProtocol | undefined => {
  const lower = text.toLowerCase();
  if (lower === 'grpc-web' || lower.startsWith('grpc-web-')) return 'GRPC-Web';
  const dash = lower.indexOf('-');
  return BY_NAME.get(dash < 0 ? lower : lower.slice(0, dash));
};

/** istio: pkg/config/kube/conversion.go ConvertProtocol. */
export function portProtocol(port: { readonly port: number; readonly name?: string | undefined; readonly protocol?: string | undefined; readonly appProtocol?: string | undefined }): PortProtocol {
  if (port.protocol === 'UDP') return 'UDP';
  const app = port.appProtocol === undefined ? undefined : (BY_APP_PROTOCOL.get(port.appProtocol) ?? named(port.appProtocol));
  const found = port.appProtocol === undefined || port.appProtocol === '' ? named(port.name ?? '') : app;
  return found ?? (SERVER_FIRST_PORTS.has(port.port) ? 'TCP' : 'auto');
}

const HTTP_FAMILY: ReadonlySet<PortProtocol> = new Set(['HTTP', 'HTTP2', 'GRPC', 'GRPC-Web']);
export const isHttp = (protocol: PortProtocol): boolean => HTTP_FAMILY.has(protocol);
export const isHttpOrSniffed = (protocol: PortProtocol): boolean => isHttp(protocol) || protocol === 'auto';
/** HTTP/2 without TLS towards the upstream. */
export const isHttp2 = (protocol: PortProtocol): boolean => protocol === 'HTTP2' || protocol === 'GRPC' || protocol === 'GRPC-Web';
/** Protocol of a Gateway server's port (istio: protocol.Parse). */
export const gatewayProtocol = (text: string): PortProtocol => BY_NAME.get(text.toLowerCase()) ?? 'auto';
