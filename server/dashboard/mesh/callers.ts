import { setTimeout as sleep } from 'node:timers/promises';
import { peek } from '#shared/base';
import { label, quote, quoteRegex } from '#shared/graph';
import type { Callers, PromRow, SnapshotView } from '#shared/graph';
import { METRIC } from '#shared/telemetry';
import { KubeError } from '#server/lib';
import type { Logger } from '#server/lib';
import { SourceFailure } from '../sources/source-failure.ts';
import type { MeshState } from '../state/mesh-state.ts';
import { parseAccessLine } from '../traces/access-line.ts';

/** How long what the logs told is kept, ms: callers without identity seldom change. */
const KEEP_MS = 5000;
/** Workloads whose logs are read in one round, and lines of each. */
const WORKLOADS_MAX = 10;
const TAIL = 1000;
const SINCE_SECONDS = 60;
const BYTES_MAX = 1024 * 1024;
const PODS_MAX = 3;
/** How long one log may take, and all of a round, ms: a kubelet that hangs takes away only what it would have told. */
const LOG_MS_MAX = 3000;
const ROUND_MS_MAX = 10_000;
/** The first who ask wait this long for the first round, so that the first picture has the names; afterwards nobody waits. */
const FIRST_MS_MAX = 1000;

export type PlainCaller = { readonly caller: string; readonly target: string; readonly rate: number; /** False when the sidecar refused it (STRICT). */ readonly served: boolean };
type Seen = { readonly callers: Callers; readonly plain: readonly PlainCaller[] };
const ipOf = (address: string): string => address.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
const placeOf = (address: string, view: SnapshotView): string => view.podIps.get(ipOf(address))?.workload ?? ipOf(address);

/** What gateways sent on, each. */
const sentQuery = (gateways: readonly string[]): string => `sum by (source_workload, source_workload_namespace) (rate(${METRIC.requests}{reporter="source",source_workload=~${quote([...new Set(gateways.map((key) => quoteRegex(key.slice(key.indexOf('/') + 1))))].join('|'))}}[${SINCE_SECONDS}s])) > 0`;

/**
 * Names callers that have no sidecar. Metrics only say "unknown"; the callee's access log has the caller's address, which is a pod's.
 * Only workloads that plaintext reaches (or that refuse connections) are looked at, and gateways, whose metrics say nothing of their callers.
 */
export class CallerNames {
  readonly #state: MeshState;
  readonly #log: Logger;
  readonly #abort = new AbortController();
  #last: { readonly at: number; readonly seen: Seen } | undefined;
  /** The round that runs: one at a time, in the background. */
  #round: Promise<void> | undefined;
  #patience: Promise<unknown> | undefined;
  constructor(state: MeshState, log: Logger) {
    this.#state = state;
    this.#log = log;
  }

  /** What is known, at once; asked for it, the next round begins when the last is old. Undefined while nothing is known yet. */
  async read(): Promise<Seen | undefined> {
    if (this.#last === undefined || this.#state.clock() - this.#last.at >= KEEP_MS) this.#round ??= this.#refresh();
    if (this.#last === undefined) {
      this.#patience ??= Promise.race([this.#round, sleep(FIRST_MS_MAX, undefined, { ref: false })]);
      await this.#patience;
    }
    return this.#last?.seen;
  }
  async callers(): Promise<Callers | undefined> {
    return (await this.read())?.callers;
  }
  stop(): void {
    this.#abort.abort();
  }

  async #refresh(): Promise<void> {
    try {
      const at = this.#state.clock();
      const seen = await this.#look();
      if (!this.#abort.signal.aborted) this.#last = { at, seen };
    } catch (error) {
      this.#log.error({ err: error }, 'the callers without sidecar could not be read; what was known stays');
    } finally {
      this.#round = undefined;
    }
  }

  async #look(): Promise<Seen> {
    const view = this.#state.view();
    const strict = [...view.workloads.values()].filter((w) => w.sidecar === 'all' && !w.gateway && w.mtlsMode === 'STRICT').map((w) => `${w.namespace}/${w.name}`);
    const query = `sum by (destination_workload, destination_workload_namespace) (rate(${METRIC.requests}{reporter="destination",source_workload="unknown"}[${SINCE_SECONDS}s])) > 0`;
    const rows: readonly PromRow[] = peek(await this.#state.instant(query, undefined, KEEP_MS)) ?? [];
    const rates = new Map(rows.map((row) => [`${label(row, 'destination_workload_namespace')}/${label(row, 'destination_workload')}`, row.value]));
    const inside = [...rates.keys(), ...strict].filter((key) => view.workloads.get(key)?.gateway === false);
    const gateways = [...view.workloads.values()].filter((w) => w.gateway).map((w) => `${w.namespace}/${w.name}`);
    const sent: readonly PromRow[] = gateways.length === 0 ? [] : (peek(await this.#state.instant(sentQuery(gateways), undefined, KEEP_MS)) ?? []);
    for (const row of sent) rates.set(`${label(row, 'source_workload_namespace')}/${label(row, 'source_workload')}`, row.value);
    const targets = [...new Set([...gateways, ...inside])].slice(0, WORKLOADS_MAX);
    const callers = new Map<string, { workload: string; share: number }[]>();
    const plain: PlainCaller[] = [];
    const signal = AbortSignal.any([this.#abort.signal, AbortSignal.timeout(ROUND_MS_MAX)]);
    await Promise.all(targets.map(async (target) => {
      const found = await this.#lines(target, view, signal);
      const served = [...found].filter(([, n]) => n.served > 0);
      const total = served.reduce((sum, [, n]) => sum + n.served, 0);
      const named = served.filter(([caller]) => view.workloads.has(caller)).map(([workload, n]) => ({ workload, share: n.served / total }));
      if (named.length > 0) callers.set(target, named);
      for (const [caller, n] of found) {
        if (view.workloads.get(target)?.gateway === true && !view.workloads.has(caller)) continue; // clients from outside are what a gateway is for
        if (n.served > 0) plain.push({ caller, target, rate: ((rates.get(target) ?? 0) * n.served) / Math.max(1, total), served: true });
        if (n.refused > 0) plain.push({ caller, target, rate: n.refused / SINCE_SECONDS, served: false });
      }
    }));
    return { callers, plain: plain.toSorted((a, b) => a.target.localeCompare(b.target) || a.caller.localeCompare(b.caller)) };
  }

  /** Callers without sidecar by the log of the callee's pods: how many lines were served, how many refused. */
  async #lines(target: string, view: SnapshotView, signal: AbortSignal): Promise<ReadonlyMap<string, { served: number; refused: number }>> {
    const out = new Map<string, { served: number; refused: number }>();
    const workload = view.workloads.get(target);
    for (const pod of workload?.pods.slice(0, PODS_MAX) ?? []) {
      if (signal.aborted) break;
      const text = await this.#state.sources.kubernetes.logs(workload?.namespace ?? '', pod, { container: 'istio-proxy', tailLines: TAIL, sinceSeconds: SINCE_SECONDS, limitBytes: BYTES_MAX }, AbortSignal.any([signal, AbortSignal.timeout(LOG_MS_MAX)])).catch((error: unknown) => {
        if (error instanceof KubeError || error instanceof SourceFailure) return ''; // then these callers stay unknown
        throw error;
      });
      for (const line of text.split('\n')) {
        const record = parseAccessLine(line);
        if (record === undefined) continue;
        const refused = record.flags.includes('NR') && record.code === 0;
        const entered = workload?.gateway === true || record.upstreamCluster.startsWith('inbound|');
        if (!refused && (!entered || record.requestedServerName !== '-')) continue; // a name asked for means TLS
        const caller = placeOf(record.downstreamRemoteAddress, view);
        if (view.workloads.get(caller)?.sidecar === 'all' || caller === target) continue;
        const n = out.get(caller) ?? { served: 0, refused: 0 };
        out.set(caller, { served: n.served + (refused ? 0 : 1), refused: n.refused + (refused ? 1 : 0) });
      }
    }
    return out;
  }
}
