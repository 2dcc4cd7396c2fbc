import type { X509Certificate } from 'node:crypto';
import type { Snapshot } from '../filter/runtime.ts';
import type { ListenerSet } from '../listener/listener-set.ts';

/** `/clusters`, Envoy's text form. */
export function clustersText(snapshot: Snapshot): string {
  const lines: string[] = [];
  for (const cluster of snapshot.clusters.values()) {
    lines.push(`${cluster.name}::observability_name::${cluster.name}`, `${cluster.name}::added_via_api::true`);
    for (const host of cluster.allHosts()) {
      const lead = `${cluster.name}::${host.address}`;
      const health = host.health === 'HEALTHY' || host.health === 'UNKNOWN' ? 'healthy' : `/failed_eds_health`;
      lines.push(
        `${lead}::cx_active::${host.cxActive}`, `${lead}::cx_connect_fail::${host.cxConnectFail}`, `${lead}::cx_total::${host.cxTotal}`, `${lead}::rq_active::${host.active}`, `${lead}::rq_error::${host.rqError}`,
        `${lead}::rq_success::${host.rqTotal - host.rqError}`, `${lead}::rq_total::${host.rqTotal}`, `${lead}::hostname::${host.hostname ?? ''}`, `${lead}::health_flags::${health}`, `${lead}::weight::${host.weight}`, `${lead}::priority::${host.priority}`,
      );
    }
  }
  return `${lines.join('\n')}\n`;
}

/** `/clusters?format=json`. */
export const clustersJson = (snapshot: Snapshot): object => ({
  cluster_statuses: [...snapshot.clusters.values()].map((cluster) => ({
    name: cluster.name, added_via_api: true, observability_name: cluster.name,
    host_statuses: cluster.allHosts().map((host) => ({
      address: { socket_address: { address: host.ip, port_value: host.port } }, weight: host.weight, priority: host.priority, health_status: { eds_health_status: host.health },
      stats: [['cx_active', host.cxActive], ['cx_connect_fail', host.cxConnectFail], ['cx_total', host.cxTotal], ['rq_active', host.active], ['rq_error', host.rqError], ['rq_total', host.rqTotal]].map(([name, v]) => ({ name, value: String(v) })),
    })),
  })),
});

export const listenersText = (listeners: ListenerSet): string => listeners.bound().map(({ listener, address }) => `${listener}::${address}\n`).join('');
export const listenersJson = (listeners: ListenerSet): object => ({
  listener_statuses: listeners.bound().map(({ listener, address }) => {
    const colon = address.lastIndexOf(':');
    return { name: listener, local_address: { socket_address: { address: address.slice(0, colon), port_value: Number(address.slice(colon + 1)) } } };
  }),
});

const DAY_MS = 86_400_000;
/** `/certs`: what the proxy shows and trusts. */
export function certsJson(certificate: X509Certificate | undefined, nowMs: number): object {
  if (certificate === undefined) return { certificates: [] };
  const until = Date.parse(certificate.validTo);
  return {
    certificates: [{
      ca_cert: [], cert_chain: [{
        path: '<inline>', serial_number: certificate.serialNumber.toLowerCase(), subject_alt_names: [{ uri: (certificate.subjectAltName ?? '').replace(/^URI:/, '') }], days_until_expiration: String(Math.max(0, Math.floor((until - nowMs) / DAY_MS))),
        valid_from: new Date(certificate.validFrom).toISOString(), expiration_time: new Date(until).toISOString(),
      }],
    }],
  };
}
