import { isRecord } from '#shared/base';
import type { Reading } from '#shared/base';
import type { Reply } from '#shared/api';
import { parseClusterName } from '#shared/xds';
import type { Frozen } from '../http/bind.ts';
import type { Kubernetes } from '../sources/kubernetes/kubernetes.ts';
import { parseConfigDump } from './config-dump.ts';
import type { ConfigDump, Origin } from './config-dump.ts';

export const ADMIN_PORT = 15000;
/** A dump is kept for this long: the hops of one trace ask the same few sidecars. */
const DUMP_MS = 3000;
const DUMPS_MAX = 32;

export type ProxyDetail = Frozen<Extract<Reply<'proxy'>, { state: 'value' }>['value']>;
type Certificate = ProxyDetail['certificates'][number];
type Endpoint = ProxyDetail['endpoints'][number];

/** Reads what sidecars run, through the Kubernetes API's pod proxy. */
export class Proxies {
  readonly #kubernetes: Kubernetes;
  readonly #clock: () => number;
  readonly #dumps = new Map<string, { readonly at: number; readonly dump: Promise<ConfigDump> }>();
  constructor(kubernetes: Kubernetes, clock: () => number) {
    this.#kubernetes = kubernetes;
    this.#clock = clock;
  }

  dump(namespace: string, pod: string): Promise<ConfigDump> {
    const key = `${namespace}/${pod}`;
    const known = this.#dumps.get(key);
    if (known !== undefined && this.#clock() - known.at < DUMP_MS) return known.dump;
    const dump = this.#kubernetes.podPage(namespace, pod, ADMIN_PORT, '/config_dump').then((text) => parseConfigDump(JSON.parse(text)));
    dump.catch(() => this.#dumps.delete(key)); // a failure is not kept; whoever waits for it gets it
    this.#dumps.delete(key);
    this.#dumps.set(key, { at: this.#clock(), dump });
    for (const oldest of this.#dumps.keys()) {
      if (this.#dumps.size <= DUMPS_MAX) break;
      this.#dumps.delete(oldest);
    }
    return dump;
  }

  detail(namespace: string, pod: string): Promise<Reading<ProxyDetail>> {
    return this.#kubernetes.reading(async () => {
      const page = (path: string): Promise<unknown> => this.#kubernetes.podPage(namespace, pod, ADMIN_PORT, path).then((text): unknown => JSON.parse(text));
      const [dump, clusters, certs, info] = await Promise.all([this.dump(namespace, pod), page('/clusters?format=json'), page('/certs'), page('/server_info')]);
      return detailOf(pod, dump, clusters, certs, info);
    }, `get pods/proxy in ${namespace}`);
  }

  /** When the certificate of a pod's sidecar ends, ms. */
  async certificateTo(namespace: string, pod: string): Promise<number | undefined> {
    const certs: unknown = JSON.parse(await this.#kubernetes.podPage(namespace, pod, ADMIN_PORT, '/certs'));
    const own = certificatesOf(certs).filter((c) => c.name !== 'ROOTCA');
    return own.length === 0 ? undefined : Math.min(...own.map((c) => c.to));
  }
}

const objectText = (origin: Origin | undefined): { readonly object?: string } => (origin === undefined ? {} : { object: `${origin.kind} ${origin.namespace}/${origin.name}${origin.path === '' ? '' : ` ${origin.path}`}` });

function detailOf(pod: string, dump: ConfigDump, clusters: unknown, certs: unknown, info: unknown): ProxyDetail {
  return {
    pod, version: isRecord(info) && typeof info['version'] === 'string' ? (dump.version || info['version']) : dump.version, state: isRecord(info) && typeof info['state'] === 'string' ? info['state'] : 'unknown',
    listeners: dump.listeners.map((l) => ({ ...l, routes: [...l.routes] })),
    routes: dump.routes.map((r) => ({ config: r.config, host: r.host, domains: [...r.domains], route: r.name, match: r.match, to: r.to, ...objectText(r.object) })),
    clusters: dump.clusters.map((c) => {
      const parts = parseClusterName(c.name);
      return { name: c.name, type: c.type, host: parts?.host ?? c.name, port: parts?.port ?? 0, subset: parts?.subset ?? '', tls: c.tls, ...objectText(c.object) };
    }),
    endpoints: [...endpointsOf(clusters)], certificates: [...certificatesOf(certs)],
  };
}

const num = (v: unknown): number => (Number.isFinite(Number(v)) ? Number(v) : 0);

/** /clusters?format=json: cluster_statuses[].host_statuses[]. */
function endpointsOf(body: unknown): readonly Endpoint[] {
  const statuses: readonly unknown[] = isRecord(body) && Array.isArray(body['cluster_statuses']) ? body['cluster_statuses'] : [];
  return statuses.flatMap((status) => (isRecord(status) && Array.isArray(status['host_statuses']) ? status['host_statuses'].flatMap((host: unknown): Endpoint[] => {
    if (!isRecord(host)) return [];
    const socket = isRecord(host['address']) && isRecord(host['address']['socket_address']) ? host['address']['socket_address'] : {};
    const stats: readonly unknown[] = Array.isArray(host['stats']) ? host['stats'] : [];
    const stat = (name: string): number => num(stats.filter(isRecord).find((s) => s['name'] === name)?.['value']);
    const health = isRecord(host['health_status']) ? host['health_status'] : {};
    const failed = Object.entries(health).filter(([key, v]) => key.startsWith('failed') && v === true).map(([key]) => key.replaceAll('_', ' '));
    return [{ cluster: String(status['name'] ?? ''), address: `${String(socket['address'] ?? '')}:${String(socket['port_value'] ?? '')}`, health: failed.length > 0 ? failed.join(', ') : String(health['eds_health_status'] ?? 'HEALTHY'), requests: stat('rq_total'), errors: stat('rq_error') }];
  }) : []));
}

/** /certs: certificates[].{ca_cert[], cert_chain[]} with serial_number, subject_alt_names, valid_from, expiration_time. */
export function certificatesOf(body: unknown): readonly Certificate[] {
  const all: readonly unknown[] = isRecord(body) && Array.isArray(body['certificates']) ? body['certificates'] : [];
  return all.filter(isRecord).flatMap((entry) => (['cert_chain', 'ca_cert'] as const).flatMap((field) => {
    const certs: readonly unknown[] = Array.isArray(entry[field]) ? entry[field] : [];
    return certs.filter(isRecord).map((cert): Certificate => {
      const names: readonly unknown[] = Array.isArray(cert['subject_alt_names']) ? cert['subject_alt_names'] : [];
      const subject = names.filter(isRecord).map((n) => String(n['uri'] ?? n['dns'] ?? '')).filter((n) => n !== '').join(', ');
      return { name: field === 'ca_cert' ? 'ROOTCA' : 'default', subject: subject === '' ? String(cert['path'] ?? '') : subject, serial: String(cert['serial_number'] ?? ''), from: Date.parse(String(cert['valid_from'] ?? '')) || 0, to: Date.parse(String(cert['expiration_time'] ?? '')) || 0 };
    });
  }));
}
