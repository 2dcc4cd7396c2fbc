import { X509Certificate } from 'node:crypto';
import { isRecord, peek } from '#shared/base';
import type { Reading } from '#shared/base';
import type { Reply } from '#shared/api';
import { label } from '#shared/graph';
import type { PromRow } from '#shared/graph';
import { KubeError } from '#server/lib';
import { allSynced, NoIstiod, syncState } from '../changes/acks.ts';
import type { Istiod, Sync } from '../changes/acks.ts';
import type { Frozen } from '../http/bind.ts';
import type { Proxies } from '../proxies/proxies.ts';
import { SourceFailure } from '../sources/source-failure.ts';
import { within } from '../sources/within.ts';
import type { MeshState } from '../state/mesh-state.ts';
import { sourceStates } from '../state/source-states.ts';
import type { CallerNames } from './callers.ts';
import { LOAD_MAKER, rateOf } from './load-maker.ts';

type MeshReply = Frozen<Reply<'mesh'>>;
type ProxyRow = Extract<MeshReply['proxies'], { state: 'value' }>['value'][number];

/** Certificates are asked of this many sidecars at most; a big mesh would be asked for minutes. */
const CERTIFICATES_MAX = 60;
/** A certificate lives for hours: its end is kept this long, ms. */
const CERTIFICATE_MS = 60_000;
const CERTIFICATES_KEPT_MAX = 5000;
/** The page waits this long for what it can do without, ms: whether the trace store answers, certificates, figures of istiod. What comes later is there the next time. */
const EXTRAS_MS = 1500;
const STATE_WORDS = { synced: 'SYNCED', stale: 'STALE', 'not-sent': 'NOT SENT', error: 'ERROR' } as const;

export class MeshPage {
  readonly #state: MeshState;
  readonly #istiod: Istiod;
  readonly #proxies: Proxies;
  readonly #callers: CallerNames;
  readonly #certificates = new Map<string, { readonly at: number; readonly to: number | undefined }>();
  constructor(options: { readonly state: MeshState; readonly istiod: Istiod; readonly proxies: Proxies; readonly callers: CallerNames }) {
    this.#state = options.state;
    this.#istiod = options.istiod;
    this.#proxies = options.proxies;
    this.#callers = options.callers;
  }

  async page(): Promise<MeshReply> {
    const { kubernetes } = this.#state.sources;
    // nobody may have looked at a trace yet: this page says whether its store answers
    const { jaeger } = this.#state.sources;
    const [syncs] = await Promise.all([this.#syncs(), jaeger.monitor.state().state === 'unknown' ? within(jaeger.services(), EXTRAS_MS) : undefined]);
    const [controlPlane, proxies, root, mtls] = await Promise.all([this.#controlPlane(syncs), this.#proxyRows(syncs), this.#root(), this.#mtls()]);
    const load = kubernetes.cached('apps', 'Deployment', LOAD_MAKER.namespace, LOAD_MAKER.name);
    const workload = this.#state.view().workloads.get(`${LOAD_MAKER.namespace}/${LOAD_MAKER.name}`);
    return {
      controlPlane, proxies, sources: sourceStates(this.#state.sources), root, mtls,
      ...(load === undefined ? {} : { loadMaker: { ratePerSecond: rateOf(load), state: workload !== undefined && workload.ready > 0 ? 'running' : 'not ready' } }),
    };
  }

  async #syncs(): Promise<Reading<readonly Sync[]>> {
    const { kubernetes } = this.#state.sources;
    if (!kubernetes.monitor.configured) return { state: 'not-asked', reason: 'No Kubernetes API is configured.' };
    try {
      return await kubernetes.reading(() => this.#istiod.syncs(), `get pods/proxy in ${this.#state.view().rootNamespace}`);
    } catch (error) {
      // an API that does not answer says nothing of what runs
      if (error instanceof NoIstiod && kubernetes.monitor.error !== undefined) return { state: 'error', error: kubernetes.monitor.error };
      if (error instanceof NoIstiod) return { state: 'no-data', reason: 'No running istiod was found (label app=istiod).' };
      if (error instanceof SyntaxError || (error instanceof Error && error.name === '$ZodError')) return { state: 'error', error: { source: 'istiod', code: 'BAD_ANSWER', message: `istiod's /debug/syncz has another form: ${error.message.slice(0, 200)}`, next: 'Check its version.', since: this.#state.clock() } };
      throw error;
    }
  }

  async #controlPlane(syncs: Reading<readonly Sync[]>): Promise<MeshReply['controlPlane']> {
    const pods = this.#istiod.pods();
    if (pods.length === 0) return syncs.state === 'value' ? { state: 'no-data', reason: 'No running istiod was found.' } : emptied(syncs);
    const told = (query: string, keptMs: number): Promise<readonly PromRow[]> => within(this.#state.instant(query, undefined, keptMs).then(peek), EXTRAS_MS).then((rows) => rows ?? []);
    const [pushes, p95, builds] = await Promise.all([told('sum by (pod) (pilot_xds_pushes)', 5000), told('histogram_quantile(0.95, sum by (le, pod) (rate(pilot_proxy_convergence_time_bucket[5m]))) * 1000', 5000), told('istio_build{component="pilot"}', 60_000)]);
    const of = (rows: typeof pushes, pod: string): number | undefined => rows.find((row) => label(row, 'pod') === pod)?.value;
    return {
      state: 'value', at: this.#state.clock(), value: pods.map((pod) => {
        const own = (peek(syncs) ?? []).filter((sync) => sync.from === pod.name || sync.from.startsWith(`${pod.name}.`));
        const [n, ms] = [of(pushes, pod.name), of(p95, pod.name)];
        const build = builds.find((row) => label(row, 'pod') === pod.name) ?? builds[0];
        return { pod: pod.name, version: build === undefined ? '' : label(build, 'tag'), ready: pod.ready, ...(n === undefined ? {} : { pushes: n }), ...(ms === undefined ? {} : { pushP95Ms: Math.round(ms * 10) / 10 }), proxies: own.length };
      }),
    };
  }

  async #proxyRows(syncs: Reading<readonly Sync[]>): Promise<MeshReply['proxies']> {
    if (syncs.state !== 'value') return emptied(syncs);
    const certificates = new Map(await Promise.all(syncs.value.slice(0, CERTIFICATES_MAX).map(async (sync): Promise<[string, number | undefined]> => [sync.proxy, await this.#certificateTo(sync)])));
    const rows = syncs.value.map((sync): ProxyRow => {
      const { namespace, pod } = placeOf(sync);
      const connected = sync.connected_at === undefined ? undefined : typeof sync.connected_at === 'number' ? sync.connected_at : Date.parse(sync.connected_at);
      const to = certificates.get(sync.proxy);
      const nack = sync.last_nack;
      return {
        pod, namespace, type: sync.proxy_type ?? 'sidecar', version: sync.proxy_version ?? sync.istio_version ?? '', istiod: sync.from, cds: STATE_WORDS[syncState(sync, 'cluster')], lds: STATE_WORDS[syncState(sync, 'listener')], eds: STATE_WORDS[syncState(sync, 'endpoint')], rds: STATE_WORDS[syncState(sync, 'route')],
        ...(connected === undefined || Number.isNaN(connected) ? {} : { connectedAt: connected }), ...(to === undefined ? {} : { certificateTo: to }), ...(nack === undefined || nack === null || allSynced(sync) ? {} : { lastError: nack.message }),
      };
    });
    return { state: 'value', value: rows, at: syncs.at };
  }

  /** What is known, while a new look goes on behind it; the first time it is waited for a moment. */
  async #certificateTo(sync: Sync): Promise<number | undefined> {
    const known = this.#certificates.get(sync.proxy);
    const now = this.#state.clock();
    if (known !== undefined && now - known.at < CERTIFICATE_MS) return known.to;
    if (this.#certificates.size > CERTIFICATES_KEPT_MAX) this.#certificates.clear();
    this.#certificates.set(sync.proxy, { at: now, to: known?.to }); // asked once in that time, however many look
    const { namespace, pod } = placeOf(sync);
    const asked = this.#proxies.certificateTo(namespace, pod).then((to) => {
      this.#certificates.set(sync.proxy, { at: now, to });
      return to;
    }).catch((error: unknown) => {
      if (error instanceof KubeError || error instanceof SourceFailure || error instanceof SyntaxError) return undefined; // this sidecar does not tell; the row stands without it
      throw error;
    });
    return (await within(asked, EXTRAS_MS)) ?? known?.to;
  }

  /** The mesh's root certificate as istiod publishes it to every namespace. */
  async #root(): Promise<MeshReply['root']> {
    const { kubernetes } = this.#state.sources;
    const namespace = this.#state.view().rootNamespace;
    if (!kubernetes.monitor.configured) return { state: 'not-asked', reason: 'No Kubernetes API is configured.' };
    return kubernetes.reading(async () => {
      const map = await kubernetes.request({ method: 'GET', path: `/api/v1/namespaces/${namespace}/configmaps/istio-ca-root-cert` });
      const pem = isRecord(map) && isRecord(map['data']) ? map['data']['root-cert.pem'] : undefined;
      const certificate = new X509Certificate(typeof pem === 'string' ? pem : '');
      return { subject: certificate.subject.replaceAll('\n', ', '), to: Date.parse(certificate.validTo) };
    }, `get configmaps in ${namespace}`);
  }

  /** What is set for each namespace, and who still calls in plain text. */
  async #mtls(): Promise<MeshReply['mtls']> {
    const view = this.#state.view();
    const plain = (await this.#callers.read())?.plain ?? [];
    return view.namespaces.filter((ns) => [...view.workloads.values()].some((w) => w.namespace === ns.name)).map((ns) => ({
      namespace: ns.name, mode: ns.mtlsMode, ...(ns.mtlsObject === undefined ? {} : { object: ns.mtlsObject }),
      plaintextCallers: plain.filter((p) => p.target.startsWith(`${ns.name}/`)).map((p) => ({ caller: p.served ? p.caller : `${p.caller} (refused)`, target: p.target, rate: Number(p.rate.toPrecision(3)) })),
    }));
  }
}

function placeOf(sync: Sync): { readonly namespace: string; readonly pod: string } {
  const dot = sync.proxy.lastIndexOf('.');
  return { pod: sync.proxy.slice(0, dot), namespace: sync.proxy.slice(dot + 1) };
}
/** A reading without a value, whatever type the value would have. */
function emptied<T>(reading: Reading<T>): Exclude<Reading<never>, { readonly state: 'value' | 'stale' }> {
  return reading.state === 'value' || reading.state === 'stale' ? { state: 'no-data', reason: 'nothing' } : reading;
}
