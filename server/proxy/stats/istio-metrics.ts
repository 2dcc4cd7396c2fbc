import { DURATION_BUCKETS_MS, LABELS, METRIC, UNKNOWN } from '#shared/telemetry';
import type { Label } from '#shared/telemetry';
import type { Peer } from './peer.ts';

/** Where requests went, as the cluster's `istio.services` metadata says. */
export type ServiceIdentity = { readonly host: string; readonly name: string; readonly namespace: string };
/** Everything of a request's labels that stays the same for one pair of peers and one cluster. */
export type EdgeKey = {
  readonly reporter: 'source' | 'destination'; readonly source: Peer; readonly destination: Peer; readonly sourcePrincipal: string; readonly destinationPrincipal: string;
  readonly service: ServiceIdentity; readonly policy: 'mutual_tls' | 'none' | 'unknown';
};

/** Series kept; above it new label sets are dropped and counted. */
const SERIES_MAX = 5000;
const BOUNDS: readonly number[] = DURATION_BUCKETS_MS;

class Buckets {
  readonly counts = new Float64Array(BOUNDS.length + 1);
  sum = 0;
  observe(v: number): void {
    let i = 0;
    while (i < BOUNDS.length && v > (BOUNDS[i] ?? 0)) i++;
    this.counts[i] = (this.counts[i] ?? 0) + 1;
    this.sum += v;
  }
}

class HttpSeries {
  readonly labels: string;
  requests = 0;
  readonly duration = new Buckets();
  readonly requestBytes = new Buckets();
  readonly responseBytes = new Buckets();
  constructor(labels: string) {
    this.labels = labels;
  }
}
class TcpSeries {
  readonly labels: string;
  opened = 0;
  closed = 0;
  sent = 0;
  received = 0;
  constructor(labels: string) {
    this.labels = labels;
  }
}

const escape = (v: string): string => (/[\\"\n]/.test(v) ? v.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"') : v);

function labelText(key: EdgeKey, protocol: string, code: string, grpcStatus: string, flags: string): string {
  const { source: s, destination: d } = key;
  const values: Record<Label, string> = {
    reporter: key.reporter,
    source_workload: s.workload, source_canonical_service: s.canonicalService, source_canonical_revision: s.canonicalRevision, source_workload_namespace: s.namespace, source_principal: key.sourcePrincipal,
    source_app: s.app, source_version: s.version, source_cluster: s.cluster,
    destination_workload: d.workload, destination_workload_namespace: d.namespace, destination_principal: key.destinationPrincipal, destination_app: d.app, destination_version: d.version,
    destination_service: key.service.host, destination_canonical_service: d.canonicalService, destination_canonical_revision: d.canonicalRevision, destination_service_name: key.service.name,
    destination_service_namespace: key.service.namespace, destination_cluster: d.cluster,
    request_protocol: protocol, response_code: code, grpc_response_status: grpcStatus, response_flags: flags, connection_security_policy: key.policy,
  };
  const names = protocol === 'tcp' ? LABELS.filter((name) => name !== 'response_code' && name !== 'grpc_response_status') : LABELS;
  return names.map((name) => `${name}="${escape(values[name])}"`).join(',');
}

/** The series of one edge, found by what differs from request to request. */
export class EdgeSeries {
  readonly #key: EdgeKey;
  readonly #owner: IstioMetrics;
  readonly #plain = new Map<number, HttpSeries | undefined>();
  readonly #other = new Map<string, HttpSeries | undefined>();
  #tcp = new Map<string, TcpSeries | undefined>();
  constructor(key: EdgeKey, owner: IstioMetrics) {
    this.#key = key;
    this.#owner = owner;
  }
  http(code: number, flags: string, grpcStatus: string | undefined): HttpSeries | undefined {
    if (flags === '' && grpcStatus === undefined) {
      const found = this.#plain.get(code);
      if (found !== undefined) return found;
      const made = this.#owner.addHttp(labelText(this.#key, 'http', String(code), '', '-'));
      this.#plain.set(code, made);
      return made;
    }
    const id = `${code}|${flags}|${grpcStatus ?? '-'}`;
    if (!this.#other.has(id)) this.#other.set(id, this.#owner.addHttp(labelText(this.#key, grpcStatus === undefined ? 'http' : 'grpc', String(code), grpcStatus ?? '', flags === '' ? '-' : flags)));
    return this.#other.get(id);
  }
  tcp(flags: string): TcpSeries | undefined {
    if (!this.#tcp.has(flags)) this.#tcp.set(flags, this.#owner.addTcp(labelText(this.#key, 'tcp', '', '', flags === '' ? '-' : flags)));
    return this.#tcp.get(flags);
  }
}

/** Istio's standard metrics of this proxy. */
export class IstioMetrics {
  readonly #http: HttpSeries[] = [];
  readonly #tcp: TcpSeries[] = [];
  readonly #byText = new Map<string, EdgeSeries>();
  readonly version: string;
  dropped = 0;
  constructor(version: string) {
    this.version = version;
  }
  /** The edge of a key; the same text of labels is the same edge, whatever objects the key was made from. */
  edge(key: EdgeKey): EdgeSeries {
    const text = labelText(key, 'http', '', '', '');
    let found = this.#byText.get(text);
    if (found === undefined) {
      found = new EdgeSeries(key, this);
      if (this.#byText.size < SERIES_MAX) this.#byText.set(text, found);
    }
    return found;
  }
  addHttp(labels: string): HttpSeries | undefined {
    if (this.#http.length >= SERIES_MAX) {
      this.dropped++;
      return undefined;
    }
    const series = new HttpSeries(labels);
    this.#http.push(series);
    return series;
  }
  addTcp(labels: string): TcpSeries | undefined {
    if (this.#tcp.length >= SERIES_MAX) {
      this.dropped++;
      return undefined;
    }
    const series = new TcpSeries(labels);
    this.#tcp.push(series);
    return series;
  }
  /** Text format 0.0.4. */
  render(): string {
    const out: string[] = [`# TYPE istio_build gauge\nistio_build{component="proxy",tag="${escape(this.version)}"} 1\n`];
    const counter = <T extends { readonly labels: string }>(name: string, series: readonly T[], v: (one: T) => number): void => {
      if (series.length > 0) out.push(`# TYPE ${name} counter\n${series.map((one) => `${name}{${one.labels}} ${v(one)}\n`).join('')}`);
    };
    counter(METRIC.requests, this.#http, (one) => one.requests);
    this.#histogram(out, METRIC.duration, (one) => one.duration);
    this.#histogram(out, METRIC.requestBytes, (one) => one.requestBytes);
    this.#histogram(out, METRIC.responseBytes, (one) => one.responseBytes);
    counter(METRIC.tcpOpened, this.#tcp, (one) => one.opened);
    counter(METRIC.tcpClosed, this.#tcp, (one) => one.closed);
    counter(METRIC.tcpSent, this.#tcp, (one) => one.sent);
    counter(METRIC.tcpReceived, this.#tcp, (one) => one.received);
    return out.join('');
  }
  #histogram(out: string[], name: string, of: (one: HttpSeries) => Buckets): void {
    if (this.#http.length === 0) return;
    out.push(`# TYPE ${name} histogram\n`);
    for (const one of this.#http) {
      const buckets = of(one);
      let total = 0;
      let text = '';
      for (let i = 0; i <= BOUNDS.length; i++) {
        total += buckets.counts[i] ?? 0;
        text += `${name}_bucket{${one.labels},le="${i < BOUNDS.length ? BOUNDS[i] : '+Inf'}"} ${total}\n`;
      }
      out.push(`${text}${name}_sum{${one.labels}} ${buckets.sum}\n${name}_count{${one.labels}} ${total}\n`);
    }
  }
}

/** The namespace of "spiffe://td/ns/NS/sa/SA"; undefined for any other identity. */
export const namespaceOfPrincipal = (principal: string): string | undefined => /^spiffe:\/\/[^/]+\/ns\/([^/]+)\//.exec(principal)?.[1];
export const NO_PRINCIPAL = UNKNOWN;
