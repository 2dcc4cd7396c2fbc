import type { FilterChain, Listener } from '#shared/xds';

type ListenerFilter = NonNullable<Listener['listener_filters']>[number];
export const ORIGINAL_DST: ListenerFilter = { name: 'envoy.filters.listener.original_dst', typed_config: { '@type': 'type.googleapis.com/envoy.extensions.filters.listener.original_dst.v3.OriginalDst' } };
/** 512 bytes hold a ClientHello's beginning; Envoy's default of 64 KiB is for each connection. */
export const TLS_INSPECTOR = { name: 'envoy.filters.listener.tls_inspector', typed_config: { '@type': 'type.googleapis.com/envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector', initial_read_buffer_size: 512 } };
export const HTTP_INSPECTOR = { name: 'envoy.filters.listener.http_inspector', typed_config: { '@type': 'type.googleapis.com/envoy.extensions.filters.listener.http_inspector.v3.HttpInspector' } };

const range = (port: number): object => ({ destination_port_range: { start: port, end: port + 1 } });
function anyOf(ports: readonly number[]): object {
  const [only] = ports;
  return ports.length === 1 && only !== undefined ? range(only) : { or_match: { rules: ports.map(range) } };
}
/** `sniffs` says for each port (0: any other) whether its chains need the inspector; where most do not, it is off. */
function inspector(filter: ListenerFilter, sniffs: ReadonlyMap<number, boolean>): ListenerFilter {
  const ports = (wanted: boolean): readonly number[] => [...sniffs].filter(([port, needs]) => port !== 0 && needs === wanted).map(([port]) => port).sort((a, b) => a - b);
  if (sniffs.get(0) === true) return ports(false).length === 0 ? filter : { ...filter, filter_disabled: anyOf(ports(false)) };
  return ports(true).length === 0 ? filter : { ...filter, filter_disabled: { not_match: anyOf(ports(true)) } };
}

/** The inspectors the chains of virtualInbound need, each only on the ports that need it. */
export function inboundFilters(chains: readonly FilterChain[]): readonly ListenerFilter[] {
  const tls = new Map<number, boolean>();
  const http = new Map<number, boolean>();
  for (const { filter_chain_match: match } of chains) {
    const port = match?.destination_port ?? 0;
    tls.set(port, (tls.get(port) ?? false) || match?.transport_protocol === 'tls');
    http.set(port, (http.get(port) ?? false) || (match?.application_protocols?.some((name) => name === 'http/1.1' || name === 'h2c') ?? false));
  }
  const any = (map: ReadonlyMap<number, boolean>): boolean => [...map.values()].some(Boolean);
  return [ORIGINAL_DST, ...(any(tls) ? [inspector(TLS_INSPECTOR, tls)] : []), ...(any(http) ? [inspector(HTTP_INSPECTOR, http)] : [])];
}
