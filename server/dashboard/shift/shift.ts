import { peek } from '#shared/base';
import type { Reply } from '#shared/api';
import { label, pairsOf } from '#shared/graph';
import { span } from '#shared/health';
import type { RolloutReply } from '../changes/rollouts.ts';
import type { Writer } from '../changes/writer.ts';
import { E } from '../errors.ts';
import type { Frozen } from '../http/bind.ts';
import type { WatchedKind } from '../sources/kubernetes/kinds.ts';
import type { MeshState } from '../state/mesh-state.ts';
import type { Window } from '../state/window.ts';
import { effectWords, planSteps, shiftWrites } from './shift-plan.ts';
import type { Kinds } from './shift-plan.ts';
import { groundOf, shiftState } from './shift-state.ts';
import type { Observed, ShiftGround, ShiftState } from './shift-state.ts';

export type ShiftRequest = { readonly namespace: string; readonly service: string; readonly weights: Readonly<Record<string, number>>; readonly baseVirtualService?: string | undefined; readonly baseDestinationRule?: string | undefined };
const ISTIO = 'networking.istio.io';

/** Moves traffic between the versions of a service. */
export class Shift {
  readonly #state: MeshState;
  readonly #writer: Writer;
  constructor(options: { readonly state: MeshState; readonly writer: Writer }) {
    this.#state = options.state;
    this.#writer = options.writer;
  }

  #kinds(): Kinds {
    const { kubernetes } = this.#state.sources;
    const need = (kind: string): WatchedKind => {
      const found = kubernetes.kindOf(ISTIO, kind);
      if (found === undefined) throw E.make('KIND_UNKNOWN', { kind });
      return found;
    };
    return { virtualService: need('VirtualService'), destinationRule: need('DestinationRule') };
  }

  #ground(namespace: string, name: string): ShiftGround {
    const { kubernetes } = this.#state.sources;
    const view = this.#state.view();
    const service = view.services.get(`${namespace}/${name}`);
    if (service === undefined) throw E.make('NOT_FOUND', { what: `Service ${namespace}/${name}` });
    return groundOf(view, service, { virtualServices: kubernetes.objects(ISTIO, 'VirtualService'), destinationRules: kubernetes.objects(ISTIO, 'DestinationRule') });
  }

  /** Requests, shares and errors of each version over the window; undefined when Prometheus does not answer. */
  async observed(namespace: string, name: string, window: Window): Promise<Observed | undefined> {
    const { rows, requests } = await this.#state.rows({ windowSeconds: window.seconds, grouping: 'service-version', namespaces: [namespace], ...(window.to === undefined ? {} : { to: window.to }) });
    if (peek(requests) === undefined) return undefined;
    const of = { ...rows, requests: rows.requests.filter((row) => label(row, 'destination_service_name') === name) };
    const rates = new Map<string, { rate: number; error: number }>();
    for (const pair of pairsOf(of)) {
      if (pair.service?.namespace !== namespace || pair.destination === undefined) continue;
      const sum = rates.get(pair.destination.name) ?? { rate: 0, error: 0 };
      rates.set(pair.destination.name, { rate: sum.rate + pair.traffic.rate, error: sum.error + pair.traffic.error });
    }
    const total = [...rates.values()].reduce((sum, r) => sum + r.rate, 0);
    const each = (f: (r: { rate: number; error: number }) => number): ReadonlyMap<string, number> => new Map([...rates].map(([workload, r]) => [workload, f(r)]));
    return { shares: each((r) => Number((r.rate / total).toPrecision(4))), requests: each((r) => Math.round(r.rate * window.seconds)), errors: each((r) => Number((r.error / r.rate).toPrecision(3))) };
  }

  async get(namespace: string, name: string, window: Window): Promise<ShiftState> {
    return shiftState(this.#ground(namespace, name), await this.observed(namespace, name, window));
  }

  async plan(request: ShiftRequest, window: Window): Promise<Frozen<Reply<'shiftPlan'>>> {
    const ground = this.#ground(request.namespace, request.service);
    const writes = shiftWrites(ground, this.#kinds(), request.weights);
    return { steps: planSteps(writes), effect: effectWords(ground, request.weights, await this.observed(request.namespace, request.service, window), span(window.seconds)) };
  }

  /** Refuses when one of the two objects is not what the caller saw; the API server checks once more by resourceVersion. */
  async apply(request: ShiftRequest): Promise<RolloutReply> {
    const ground = this.#ground(request.namespace, request.service);
    const changed = (seen: string | undefined, object: { readonly metadata: { readonly resourceVersion?: string } } | undefined): boolean => (seen ?? '') !== (object?.metadata.resourceVersion ?? '');
    if (changed(request.baseVirtualService, ground.virtualService?.object)) throw E.make('CONFLICT', { what: `VirtualService ${ground.virtualService?.object.metadata.name ?? request.service}` });
    if (changed(request.baseDestinationRule, ground.destinationRule?.object)) throw E.make('CONFLICT', { what: `DestinationRule ${ground.destinationRule?.object.metadata.name ?? request.service}` });
    const writes = shiftWrites(ground, this.#kinds(), request.weights);
    return this.#writer.apply(writes, `${request.service} ${Object.values(request.weights).join('/')} (${Object.keys(request.weights).join('/')})`);
  }
}
