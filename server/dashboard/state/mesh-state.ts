import type { Reading } from '#shared/base';
import { peek } from '#shared/base';
import { EMPTY_VIEW, graphQueries, NO_ROWS, oldEnoughQuery, scrapedQuery, viewOf } from '#shared/graph';
import type { ClusterObjects, GraphRows, Grouping, PromRow, SnapshotView } from '#shared/graph';
import type { Kubernetes } from '../sources/kubernetes/kubernetes.ts';
import type { Jaeger } from '../sources/jaeger/jaeger.ts';
import type { Prometheus } from '../sources/prometheus/prometheus.ts';

/** Answers of Prometheus are shared between callers for this long, ms; below one scrape, so nobody sees old data. */
const SHARED_MS = 400;
/** Quantiles cost a store more and move slower. */
const SHARED_LATENCY_MS = 2000;
const CACHE_MAX = 64;
/** How often a young store is asked for its age, and an old one, ms. */
const YOUNG_CHECK_MS = 2000;
const OLD_CHECK_MS = 30_000;

export type Sources = { readonly kubernetes: Kubernetes; readonly prometheus: Prometheus; readonly jaeger: Jaeger };
export type RowsKey = { readonly windowSeconds: number; readonly grouping: Grouping; readonly namespaces: readonly string[]; /** End of the window, ms; now when absent. */ readonly to?: number };
export type RowsAnswer = { readonly rows: GraphRows; readonly requests: Reading<readonly PromRow[]>; readonly at: number };

/** The picture of the mesh as the sources give it now: the cluster's view, kept until an object changes, and shared Prometheus answers. */
export class MeshState {
  readonly sources: Sources;
  readonly clock: () => number;
  #view: SnapshotView = EMPTY_VIEW;
  #viewRevision = -1;
  /** When a store was last seen to be older than a window, by window. */
  readonly #oldSince = new Map<number, number>();
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
    if (sharedMs > SHARED_MS) void answer.then((reading) => this.#forgetEmpty(key, answer, reading));
    for (const oldest of this.#shared.keys()) {
      if (this.#shared.size <= CACHE_MAX) break;
      this.#shared.delete(oldest);
    }
    return answer;
  }

  /** "Nothing yet" and failures are not worth keeping: the next scrape may tell more. */
  #forgetEmpty(key: string, answer: Promise<Reading<readonly PromRow[]>>, reading: Reading<readonly PromRow[]>): void {
    const empty = reading.state !== 'value' || reading.value.length === 0;
    if (empty && this.#shared.get(key)?.answer === answer) this.#shared.delete(key);
  }

  /** The rows of one graph. A query that was not answered leaves its list empty; `requests` says why. */
  async rows(key: RowsKey): Promise<RowsAnswer> {
    const at = this.clock();
    const queries = graphQueries({ ...key, young: key.to === undefined && !(await this.#isOldEnough(key.windowSeconds)) });
    const [requests, tcp, edgeLatency, nodeLatency] = await Promise.all([
      this.instant(queries.requests, key.to), this.instant(queries.tcp, key.to), this.instant(queries.edgeLatency, key.to, SHARED_LATENCY_MS), this.instant(queries.nodeLatency, key.to, SHARED_LATENCY_MS),
    ]);
    const rows: GraphRows = { requests: peek(requests) ?? NO_ROWS.requests, tcp: peek(tcp) ?? NO_ROWS.tcp, edgeLatency: peek(edgeLatency) ?? NO_ROWS.edgeLatency, nodeLatency: peek(nodeLatency) ?? NO_ROWS.nodeLatency };
    return { rows, requests, at: key.to ?? at };
  }

  /** Whether the store reaches back over the window; once it does it is asked again only now and then. */
  async #isOldEnough(windowSeconds: number): Promise<boolean> {
    const known = this.#oldSince.get(windowSeconds);
    const now = this.clock();
    if (known !== undefined && now - known < OLD_CHECK_MS) return true;
    const rows = peek(await this.instant(oldEnoughQuery(windowSeconds), undefined, YOUNG_CHECK_MS));
    const old = (rows?.[0]?.value ?? 0) > 0;
    if (old) this.#oldSince.set(windowSeconds, now);
    else if (rows !== undefined) this.#oldSince.delete(windowSeconds);
    return old || (rows === undefined && known !== undefined);
  }

  /** Whether Prometheus knows any sidecar; undefined when it does not answer. */
  async scraped(): Promise<boolean | undefined> {
    const rows = peek(await this.instant(scrapedQuery, undefined, 5000));
    return rows === undefined ? undefined : (rows[0]?.value ?? 0) > 0;
  }
}
