import { DURATION_BUCKETS_MS, LABELS, METRIC, UNKNOWN } from '#shared/telemetry';
import type { Label } from '#shared/telemetry';
import { UNKNOWN_PEER } from './peer.ts';
import type { Peer } from './peer.ts';

/** Where requests went, as the cluster's `istio.services` metadata says. */
export type ServiceIdentity = { readonly host: string; readonly name: string; readonly namespace: string };
/** Everything of a request's labels that stays the same for one pair of peers and one cluster. */
export type EdgeKey = {
  readonly reporter: 'source' | 'destination'; readonly source: Peer; readonly destination: Peer; readonly sourcePrincipal: string; readonly destinationPrincipal: string;
  readonly service: ServiceIdentity; readonly policy: 'mutual_tls' | 'none' | 'unknown';
};

const BOUNDS: readonly number[] = DURATION_BUCKETS_MS;
/** Text of all series; new label sets above it are dropped and counted. A scrape takes 32 MiB, and other metrics need room. */
const TEXT_BYTES_MAX = 24 * 1024 * 1024;
/** Above this new label sets do not name the other end: it is unknown, and the requests still count. */
const NAMED_BYTES_MAX = 20 * 1024 * 1024;
/** The same for what callers without a certificate say of themselves. */
const UNPROVEN_BYTES_MAX = 4 * 1024 * 1024;
/** Lines of a series in the text, and the bytes of a line beside its labels. */
const HTTP_LINES = 1 + 3 * (BOUNDS.length + 3);
const TCP_LINES = 4;
const LINE_BYTES = 64;
/** How far the name of the other end can be relied on. */
type Standing = 'named' | 'unproven' | 'unknown';

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

/** Codes that gRPC knows; any other is UNKNOWN to its clients too (grpc statuscodes.md). */
const GRPC_STATUS: ReadonlySet<string> = new Set(Array.from({ length: 17 }, (_, code) => String(code)));
const GRPC_UNKNOWN = '2';
const unnamed = (key: EdgeKey): EdgeKey => ({ ...key, [key.reporter === 'source' ? 'destination' : 'source']: UNKNOWN_PEER });

/** The series of one edge, found by what differs from request to request. */
export class EdgeSeries {
  readonly #key: EdgeKey;
  readonly #owner: IstioMetrics;
  readonly #standing: Standing;
  readonly #plain = new Map<number, HttpSeries | undefined>();
  readonly #other = new Map<string, HttpSeries | undefined>();
  #tcp = new Map<string, TcpSeries | undefined>();
  constructor(key: EdgeKey, owner: IstioMetrics, standing: Standing) {
    this.#key = key;
    this.#owner = owner;
    this.#standing = standing;
  }
  http(code: number, flags: string, grpcStatus: string | undefined): HttpSeries | undefined {
    if (flags === '' && grpcStatus === undefined) {
      const found = this.#plain.get(code);
      if (found !== undefined || this.#plain.has(code)) return found;
      const made = this.#makeHttp(code, flags, grpcStatus);
      this.#plain.set(code, made);
      return made;
    }
    const status = grpcStatus === undefined || grpcStatus === '' || GRPC_STATUS.has(grpcStatus) ? grpcStatus : GRPC_UNKNOWN;
    const id = `${code}|${flags}|${status ?? '-'}`;
    if (!this.#other.has(id)) this.#other.set(id, this.#makeHttp(code, flags, status));
    return this.#other.get(id);
  }
  #makeHttp(code: number, flags: string, status: string | undefined): HttpSeries | undefined {
    const made = this.#owner.addHttp(labelText(this.#key, status === undefined ? 'http' : 'grpc', String(code), status ?? '', flags === '' ? '-' : flags), this.#standing);
    return made ?? (this.#standing === 'unknown' ? undefined : this.#owner.edge(unnamed(this.#key)).http(code, flags, status));
  }
  tcp(flags: string): TcpSeries | undefined {
    if (!this.#tcp.has(flags)) this.#tcp.set(flags, this.#owner.addTcp(labelText(this.#key, 'tcp', '', '', flags === '' ? '-' : flags), this.#standing));
    return this.#tcp.get(flags);
  }
}

/** Istio's standard metrics of this proxy. */
export class IstioMetrics {
  readonly #http: HttpSeries[] = [];
  readonly #tcp: TcpSeries[] = [];
  readonly #byText = new Map<string, EdgeSeries>();
  readonly version: string;
  #textBytes = 0;
  #unprovenBytes = 0;
  /** Label sets that were not counted, and those that count with an unknown other end, because the text would grow too large. */
  dropped = 0;
  unnamed = 0;
  constructor(version: string) {
    this.version = version;
  }
  /** The edge of a key; the same text of labels is the same edge, whatever objects the key was made from. */
  edge(key: EdgeKey): EdgeSeries {
    const text = labelText(key, 'http', '', '', '');
    const known = this.#byText.get(text);
    if (known !== undefined) return known;
    const bare = unnamed(key);
    const isUnproven = (key.reporter === 'source' ? key.destination : key.source).unproven === true;
    const standing: Standing = labelText(bare, 'http', '', '', '') === text ? 'unknown' : isUnproven ? 'unproven' : 'named';
    const hasRoom = this.#hasRoom(standing);
    if (!hasRoom && standing !== 'unknown') {
      this.unnamed++;
      return this.edge(bare);
    }
    const found = new EdgeSeries(key, this, standing);
    // One that is not kept gets no series either, as there never is room again: no two series have the same labels.
    if (hasRoom) this.#byText.set(text, found);
    return found;
  }
  #hasRoom(standing: Standing): boolean {
    return this.#textBytes < (standing === 'unknown' ? TEXT_BYTES_MAX : NAMED_BYTES_MAX) && (standing !== 'unproven' || this.#unprovenBytes < UNPROVEN_BYTES_MAX);
  }
  /** Takes the room of a series; false when there is none. */
  #take(labels: string, lines: number, standing: Standing): boolean {
    if (!this.#hasRoom(standing)) {
      if (standing === 'unknown') this.dropped++;
      else this.unnamed++;
      return false;
    }
    const bytes = lines * (Buffer.byteLength(labels) + LINE_BYTES);
    this.#textBytes += bytes;
    if (standing === 'unproven') this.#unprovenBytes += bytes;
    return true;
  }
  addHttp(labels: string, standing: Standing): HttpSeries | undefined {
    if (!this.#take(labels, HTTP_LINES, standing)) return undefined;
    const series = new HttpSeries(labels);
    this.#http.push(series);
    return series;
  }
  addTcp(labels: string, standing: Standing): TcpSeries | undefined {
    if (!this.#take(labels, TCP_LINES, standing)) return undefined;
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
