import { setTimeout as sleep } from 'node:timers/promises';
import { buildGraph, diffGraphs, encodeFrame, isQuiet, NO_ROWS } from '#shared/graph';
import type { BuildOptions, Callers, GraphModel, GraphRows, Grouping } from '#shared/graph';
import type { MeshState } from '../state/mesh-state.ts';

export type ViewKey = { readonly windowSeconds: number; readonly grouping: Grouping; readonly namespaces: readonly string[] };
export const keyText = (key: ViewKey): string => `${key.windowSeconds} ${key.grouping} ${key.namespaces.join(',')}`;

/** Shortest and longest time between two pictures, ms. */
const CADENCE_MS_MIN = 400;
const CADENCE_MS_MAX = 5000;
/** At most this share of the time is spent asking and building. */
const BUSY_SHARE = 0.25;
/** Pictures a scrape interval: more would show the same samples again. */
const PER_SCRAPE = 2.5;
/** A producer nobody looks at stays for this long, so that a reload finds its revision. */
const LINGER_MS = 10_000;
/** A patch that puts more elements than this share of the graph is sent as a full frame: columns are smaller than objects. */
const PATCH_SHARE_MAX = 0.3;
const PATCH_ELEMENTS_MIN = 50;

/** Where frames go. `busy` is true while earlier bytes have not left. */
export type Subscriber = { readonly busy: () => boolean; send(event: string, text: string): void; readonly revision: { current: number } };

const clockText = (ms: number): string => new Date(ms).toISOString().slice(11, 19);

/** Makes one view of the graph, once for all who look at it. */
export class GraphProducer {
  readonly key: ViewKey;
  readonly #state: MeshState;
  readonly #callers: () => Promise<Callers | undefined>;
  readonly #subscribers = new Set<Subscriber>();
  readonly #onIdle: () => void;
  readonly #onFailure: (error: unknown) => void;
  readonly #abort = new AbortController();
  #rows: GraphRows = NO_ROWS;
  #rowsAt: number | undefined;
  #model: GraphModel | undefined;
  #revision: number;
  #fullText: { readonly revision: number; readonly text: string } | undefined;
  #lookedAt: number;
  framesSent = 0;
  lastMs = 0;

  constructor(options: { readonly key: ViewKey; readonly state: MeshState; readonly callers: () => Promise<Callers | undefined>; readonly onIdle: () => void; readonly onFailure?: (error: unknown) => void }) {
    this.#onFailure = options.onFailure ?? (() => {});
    this.key = options.key;
    this.#state = options.state;
    this.#callers = options.callers;
    this.#onIdle = options.onIdle;
    this.#revision = options.state.clock(); // never a revision of an earlier run
    this.#lookedAt = options.state.clock();
  }

  /** Rows, cluster and reasons as one model now. */
  async model(to?: number): Promise<GraphModel> {
    const { windowSeconds, grouping, namespaces } = this.key;
    const [answer, callers] = await Promise.all([this.#state.rows({ windowSeconds, grouping, namespaces, ...(to === undefined ? {} : { to }) }), this.#callers()]);
    const answered = answer.requests.state === 'value';
    if (answered) {
      this.#rows = answer.rows;
      this.#rowsAt = answer.at;
    }
    const missing: NonNullable<BuildOptions['missing']>[number][] = [];
    if (!answered) missing.push({ ...sentence(answer.requests, this.#rowsAt), partial: this.#rowsAt !== undefined });
    const view = this.#state.view();
    const { kubernetes } = this.#state.sources;
    if (view.namespaces.length === 0 && view.workloads.size === 0) {
      missing.push({ text: kubernetes.monitor.configured ? `The Kubernetes API does not answer: names and versions come from metrics alone. ${kubernetes.monitor.error?.message ?? ''}`.trim() : 'No Kubernetes API is configured: names and versions come from metrics alone.', help: kubernetes.monitor.configured ? 'Check the kubeconfig; it is tried again by itself.' : 'Start the console with --kubeconfig FILE.', partial: true });
    }
    const end = answered ? answer.at : (this.#rowsAt ?? answer.at); // a picture that is not fed ages: its time stands still
    const scraped = answered && answer.rows.requests.length === 0 && answer.rows.tcp.length === 0 ? await this.#state.scraped() : undefined;
    return buildGraph(this.#rows, view, { window: { from: end - windowSeconds * 1000, to: end }, grouping, namespaces, missing, measured: answered || this.#rowsAt !== undefined, ...(scraped === undefined ? {} : { scraped }), ...(callers === undefined ? {} : { callers }) });
  }

  subscribe(subscriber: Subscriber): () => void {
    this.#subscribers.add(subscriber);
    this.#lookedAt = this.#state.clock();
    if (this.#model !== undefined && subscriber.revision.current !== this.#revision) this.#sendFull(subscriber);
    return () => {
      this.#subscribers.delete(subscriber);
      this.#lookedAt = this.#state.clock();
    };
  }
  /** A slow client has caught up: it gets the newest picture whole, whatever it missed. */
  drained(subscriber: Subscriber): void {
    if (this.#model !== undefined && subscriber.revision.current !== this.#revision && !subscriber.busy()) this.#sendFull(subscriber);
  }
  get subscribers(): number {
    return this.#subscribers.size;
  }

  async run(): Promise<void> {
    const { signal } = this.#abort;
    while (!signal.aborted) {
      const start = performance.now();
      try {
        this.#publish(await this.model());
      } catch (error) {
        if (signal.aborted) return;
        this.#onFailure(error); // a picture that cannot be made must not end the stream of those who look
      }
      this.lastMs = performance.now() - start;
      if (this.#subscribers.size === 0 && this.#state.clock() - this.#lookedAt > LINGER_MS) {
        this.#onIdle();
        return;
      }
      const scrape = this.#state.sources.prometheus.scrapeMs();
      const cadence = Math.min(CADENCE_MS_MAX, Math.max(CADENCE_MS_MIN, this.lastMs / BUSY_SHARE, scrape === undefined ? 0 : scrape / PER_SCRAPE));
      await sleep(Math.max(10, cadence - this.lastMs), undefined, { signal }).catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
    }
  }
  stop(): void {
    this.#abort.abort();
  }

  #publish(model: GraphModel): void {
    const before = this.#model;
    const patch = before === undefined ? undefined : diffGraphs(before, model);
    const at = model.window.to;
    if (patch !== undefined && isQuiet(patch)) {
      for (const subscriber of this.#subscribers) if (!subscriber.busy()) subscriber.send('ping', JSON.stringify({ at, revision: this.#revision }));
      return;
    }
    const base = this.#revision;
    this.#revision += 1;
    this.#model = model;
    const elements = patch === undefined ? Number.POSITIVE_INFINITY : patch.nodes.put.length + patch.edges.put.length;
    const small = elements <= Math.max(PATCH_ELEMENTS_MIN, PATCH_SHARE_MAX * (model.nodes.length + model.edges.length));
    const text = patch !== undefined && small ? JSON.stringify(encodeFrame({ type: 'patch', revision: this.#revision, base, at, patch })) : undefined;
    for (const subscriber of this.#subscribers) {
      if (subscriber.busy()) continue; // it gets a full frame when it has caught up
      if (text === undefined || subscriber.revision.current !== base) this.#sendFull(subscriber);
      else {
        subscriber.revision.current = this.#revision;
        this.framesSent += 1;
        subscriber.send('frame', text);
      }
    }
  }

  #sendFull(subscriber: Subscriber): void {
    if (this.#model === undefined) return;
    if (this.#fullText?.revision !== this.#revision) this.#fullText = { revision: this.#revision, text: JSON.stringify(encodeFrame({ type: 'full', revision: this.#revision, at: this.#model.window.to, model: this.#model })) };
    subscriber.revision.current = this.#revision;
    this.framesSent += 1;
    subscriber.send('frame', this.#fullText.text);
  }
}

type Answer = Awaited<ReturnType<MeshState['rows']>>['requests'];
/** Why there are no numbers, in words. */
function sentence(requests: Answer, lastAt: number | undefined): { readonly text: string; readonly help: string } {
  const seen = lastAt === undefined ? '' : ` The graph shows what was known at ${clockText(lastAt)} UTC.`;
  if (requests.state === 'error' || requests.state === 'stale') return { text: `${requests.error.message.replace(/[.]$/, '')}.${requests.error.since > 0 ? ` Since ${clockText(requests.error.since)} UTC.` : ''}${seen}`, help: requests.error.next };
  return { text: `Prometheus gave no answer.${seen}`, help: 'See the Mesh page.' };
}
