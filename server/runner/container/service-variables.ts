/** A Service as pods of its namespace see it in their environment. */
export type ServiceFacts = { readonly name: string; readonly clusterIP: string; readonly ports: readonly { readonly name: string; readonly port: number; readonly protocol: string }[] };

/** Docker-link variables of one Service, as the kubelet writes them. */
export function serviceVariables(service: ServiceFacts): ReadonlyMap<string, string> {
  const out = new Map<string, string>();
  const [first] = service.ports;
  if (first === undefined || service.clusterIP === '' || service.clusterIP === 'None') return out;
  const prefix = service.name.toUpperCase().replaceAll('-', '_');
  out.set(`${prefix}_SERVICE_HOST`, service.clusterIP);
  out.set(`${prefix}_SERVICE_PORT`, String(first.port));
  for (const port of service.ports) if (port.name !== '') out.set(`${prefix}_SERVICE_PORT_${port.name.toUpperCase().replaceAll('-', '_')}`, String(port.port));
  const url = (port: { readonly port: number; readonly protocol: string }): string => `${port.protocol.toLowerCase()}://${service.clusterIP}:${port.port}`;
  out.set(`${prefix}_PORT`, url(first));
  for (const port of service.ports) {
    const base = `${prefix}_PORT_${port.port}_${port.protocol.toUpperCase()}`;
    out.set(base, url(port));
    out.set(`${base}_PROTO`, port.protocol.toLowerCase());
    out.set(`${base}_PORT`, String(port.port));
    out.set(`${base}_ADDR`, service.clusterIP);
  }
  return out;
}
