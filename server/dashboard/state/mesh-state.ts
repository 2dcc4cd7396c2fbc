import type { Reading } from '#shared/base';
import { peek } from '#shared/base';
import { EMPTY_VIEW, graphQueries, NO_ROWS, scrapedQuery, viewOf } from '#shared/graph';
import type { ClusterObjects, GraphRows, Grouping, PromRow, SnapshotView } from '#shared/graph';
import type { Kubernetes } from '../sources/kubernetes/kubernetes.ts';
import type { Jaeger } from '../sources/jaeger/jaeger.ts';
import type { Prometheus } from '../sources/prometheus/prometheus.ts';

/** Answers of Prometheus are shared between callers for this long, ms; below one scrape, so nobody sees old data. */
const SHARED_MS = 400;
/** Quantiles cost a store more and move slower. */
const SHARED_LATENCY_MS = 2000;
const CACHE_MAX = 64;

export type Sources = { readonly kubernetes: Kubernetes; readonly prometheus: Prometheus; readonly jaeger: Jaeger };
export type RowsKey = { readonly windowSeconds: number; readonly grouping: Grouping; readonly namespaces: readonly string[]; /** End of the window, ms; now when absent. */ readonly to?: number };
export type RowsAnswer = { readonly rows: GraphRows; readonly requests: Reading<readonly PromRow[]>; readonly at: number };

/** The picture of the mesh as the sources give it now: the cluster's view, kept until an object changes, and shared Prometheus answers. */
export class MeshState {
  readonly sources: Sources;
  readonly clock: () => number;
  #view: SnapshotView = EMPTY_VIEW;
  #viewRevision = -1;
  readonly #shared = new Map<string, { readonly at: number; readonly answer: Promise<Reading<readonly PromRow[]>> }>();

  constructor(sources: Sources, clock: () => number) {
    this.sources = sources;
    this.clock = clock;
  }

  view(): SnapshotView {
    const { kubernetes } = this.sources;
    if (kubernetes.revision !== this.#viewRevision) {
      this.#viewRevision = kubernetes.revision;
      const istio = 'networking.istio.io';
      const objects: ClusterObjects = {
        Namespace: kubernetes.objects('', 'Namespace'), Pod: kubernetes.objects('', 'Pod'), Service: kubernetes.objects('', 'Service'),
        Deployment: kubernetes.objects('apps', 'Deployment'), StatefulSet: kubernetes.objects('apps', 'StatefulSet'), DaemonSet: kubernetes.objects('apps', 'DaemonSet'),
        VirtualService: kubernetes.objects(istio, 'VirtualService'), DestinationRule: kubernetes.objects(istio, 'DestinationRule'), Gateway: kubernetes.objects(istio, 'Gateway'), ServiceEntry: kubernetes.objects(istio, 'ServiceEntry'),
        PeerAuthentication: kubernetes.objects('security.istio.io', 'PeerAuthentication'),
      };
      this.#view = viewOf(objects);
    }
    return this.#view;
  }

  /** An instant query, shared between all who ask the same within `sharedMs`. */
  instant(query: string, time?: number, sharedMs = SHARED_MS): Promise<Reading<readonly PromRow[]>> {
    const key = `${time ?? ''} ${query}`;
    const now = this.clock();
    const known = this.#shared.get(key);
    if (known !== undefined && now - known.at < sharedMs) return known.answer;
    const answer = this.sources.prometheus.instant(query, time);
    this.#shared.delete(key);
    this.#shared.set(key, { at: now, answer });
    for (const oldest of this.#shared.keys()) {
      if (this.#shared.size <= CACHE_MAX) break;
      this.#shared.delete(oldest);
    }
    return answer;
  }

  /** The rows of one graph. A query that was not answered leaves its list empty; `requests` says why. */
  async rows(key: RowsKey): Promise<RowsAnswer> {
    const queries = graphQueries(key);
    const at = this.clock();
    const [requests, tcp, edgeLatency, nodeLatency] = await Promise.all([
      this.instant(queries.requests, key.to), this.instant(queries.tcp, key.to), this.instant(queries.edgeLatency, key.to, SHARED_LATENCY_MS), this.instant(queries.nodeLatency, key.to, SHARED_LATENCY_MS),
    ]);
    const rows: GraphRows = { requests: peek(requests) ?? NO_ROWS.requests, tcp: peek(tcp) ?? NO_ROWS.tcp, edgeLatency: peek(edgeLatency) ?? NO_ROWS.edgeLatency, nodeLatency: peek(nodeLatency) ?? NO_ROWS.nodeLatency };
    return { rows, requests, at: key.to ?? at };
  }

  /** Whether Prometheus knows any sidecar; undefined when it does not answer. */
  async scraped(): Promise<boolean | undefined> {
    const rows = peek(await this.instant(scrapedQuery, undefined, 5000));
    return rows === undefined ? undefined : (rows[0]?.value ?? 0) > 0;
  }
}
