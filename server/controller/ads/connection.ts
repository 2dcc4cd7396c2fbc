import { errorText } from '#shared/base';
import { TYPE_URL } from '#shared/xds';
import type { DeltaDiscoveryResponse, DiscoveryResponse, Status } from '#server/wire';
import type { ProxyNode } from '#shared/compiler';
import { SERVED_KINDS, standIn } from '../push/encoded.ts';
import type { Encoded, ServedKind, Unencodable } from '../push/encoded.ts';
import { difference, Subscription } from './subscription.ts';

/** Resources by name, and those that cannot be sent. */
export type Wanted = { readonly items: ReadonlyMap<string, Encoded>; readonly broken: ReadonlyMap<string, Unencodable> };
/** Where a connection gets its resources from. */
export type ResourceSource = {
  /** Everything the proxy may have of a kind, or what it has under the names it asks for. */
  resources(proxy: ProxyNode, kind: ServedKind, names: ReadonlySet<string> | undefined): Wanted;
  readonly revision: number;
  readonly version: string;
};
export type ConnectionEvents = {
  pushed(kind: ServedKind, bytes: number): void;
  rejected(kind: ServedKind, message: string): void;
  /** Something of a kind cannot be made or sent; `isNew`: it is another problem than the last time. */
  failed(kind: ServedKind, message: string, isNew: boolean): void;
  stale(kind: ServedKind): void;
  /** A response was acknowledged or refused, and what followed from it is done. */
  answered(refused: boolean): void;
  /** Everything sent so far has been acknowledged. */
  converged(changedAt: number): void;
};
type Sender = { readonly mode: 'sotw'; send(response: DiscoveryResponse): void } | { readonly mode: 'delta'; send(response: DeltaDiscoveryResponse): void };
export type ConnectionOptions = {
  readonly id: string; readonly proxy: ProxyNode; readonly address: string; readonly proxyVersion: string; readonly connectedAt: string; readonly istiod: string; readonly sender: Sender; readonly source: ResourceSource; readonly events: ConnectionEvents;
  now(): Date;
};
/** A request of either protocol, in one form. */
export type Ask = {
  readonly nonce: string; readonly error: Status | undefined;
  /** Names it wants from now on (state of the world), or undefined in delta. */
  readonly names?: readonly string[]; readonly subscribe?: readonly string[]; readonly unsubscribe?: readonly string[]; readonly initial?: Readonly<Record<string, string>>;
};

/** Longest text kept of why resources cannot be sent, characters. */
const FAILURE_CHARS_MAX = 1000;
const isWide = (kind: ServedKind): boolean => kind === 'cluster' || kind === 'listener';

/** One proxy's stream: what it subscribed to, what it holds, and what it is told next. At most one response of a kind is under way, so a slow proxy gets the newest state and no queue. */
export class AdsConnection {
  readonly options: ConnectionOptions;
  readonly #subscriptions = new Map<ServedKind, Subscription>();
  #nonces = 0;
  #changedAt: number | undefined;
  constructor(options: ConnectionOptions) {
    this.options = options;
  }
  get proxy(): ProxyNode {
    return this.options.proxy;
  }
  subscription(kind: ServedKind): Subscription | undefined {
    return this.#subscriptions.get(kind);
  }
  /** The highest revision up to which the proxy has acknowledged everything. */
  get ackedRevision(): number {
    let lowest: number | undefined;
    for (const subscription of this.#subscriptions.values()) lowest = Math.min(lowest ?? subscription.ackedRevision, subscription.ackedRevision);
    return lowest ?? 0;
  }

  /** A request of the proxy: a subscription, an acknowledgement, a refusal, or several of these. */
  ask(kind: ServedKind, ask: Ask): void {
    const known = this.#subscriptions.get(kind);
    if (known === undefined || ask.nonce === '') return this.#subscribe(kind, known, ask);
    if (ask.nonce !== known.nonceSent) {
      // An answer to an older response; delta still may change its subscription with it.
      this.options.events.stale(kind);
      if (ask.names === undefined) this.#resubscribe(known, ask);
      return;
    }
    this.#settle(known, ask);
    const more = this.#resubscribe(known, ask);
    if (more || known.dirty) this.#evaluate(known, false);
    this.#afterAck(known);
    this.options.events.answered(ask.error !== undefined);
  }

  #subscribe(kind: ServedKind, known: Subscription | undefined, ask: Ask): void {
    const subscription = known ?? new Subscription(kind);
    this.#subscriptions.set(kind, subscription);
    if (known === undefined) {
      for (const [name, version] of Object.entries(ask.initial ?? {})) subscription.held.set(name, version);
      const names = ask.names ?? ask.subscribe ?? [];
      subscription.wildcard = isWide(kind) && (names.length === 0 || names.includes('*'));
      for (const name of names) if (name !== '*') subscription.names.add(name);
      return this.#evaluate(subscription, true);
    }
    if (this.#resubscribe(subscription, ask) || ask.names !== undefined) this.#evaluate(subscription, ask.names !== undefined);
  }

  /** Takes over what a request says about names; true when something has to be answered. */
  #resubscribe(subscription: Subscription, ask: Ask): boolean {
    if (ask.names !== undefined) return this.#setNames(subscription, ask.names);
    let more = false;
    for (const name of ask.subscribe ?? []) {
      if (name === '*') {
        more ||= !subscription.wildcard;
        subscription.wildcard = true;
        continue;
      }
      // Asked for again, it is sent again: a proxy does so when it warms a cluster up.
      subscription.drop(name);
      subscription.names.add(name);
      more = true;
    }
    for (const name of ask.unsubscribe ?? []) {
      if (name === '*') subscription.wildcard = false;
      subscription.names.delete(name);
      subscription.drop(name);
    }
    return more;
  }
  #setNames(subscription: Subscription, names: readonly string[]): boolean {
    if (subscription.wildcard && names.length === 0) return false;
    const next = new Set(names);
    let more = false;
    for (const name of next) more ||= !subscription.names.has(name);
    for (const name of subscription.names) if (!next.has(name)) subscription.drop(name);
    subscription.names.clear();
    for (const name of next) subscription.names.add(name);
    return more;
  }

  #settle(subscription: Subscription, ask: Ask): void {
    if (!subscription.pending) return;
    subscription.pending = false;
    if (ask.error !== undefined && (ask.error.code !== 0 || (ask.error.message ?? '') !== '')) {
      subscription.nack = { message: ask.error.message ?? '', at: this.options.now().toISOString() };
      this.options.events.rejected(subscription.kind, ask.error.message ?? '');
      return;
    }
    subscription.nonceAcked = ask.nonce;
    subscription.nack = undefined;
    if (subscription.failure === undefined) subscription.ackedRevision = subscription.pendingRevision;
  }
  #afterAck(subscription: Subscription): void {
    const clusters = this.#subscriptions.get('cluster');
    if (clusters?.removalsHeld === true && subscription.kind !== 'cluster' && this.#isFollowed()) this.#evaluate(clusters, false);
    for (const other of this.#subscriptions.values()) if (other.pending || other.dirty) return;
    if (this.#changedAt !== undefined) this.options.events.converged(this.#changedAt);
    this.#changedAt = undefined;
  }
  /** No listener or route of the proxy can still name a cluster that is gone: it has accepted the present ones. */
  #isFollowed(): boolean {
    return (['listener', 'route'] as const).every((kind) => this.#subscriptions.get(kind)?.isSettled !== false);
  }

  /** Brings the proxy up to the present state of these kinds. */
  push(kinds: ReadonlySet<ServedKind>, changedAt: number): void {
    const before = this.#nonces;
    for (const kind of SERVED_KINDS) {
      const subscription = this.#subscriptions.get(kind);
      if (subscription === undefined) continue;
      if (kinds.has(kind)) this.#evaluate(subscription, false, kind === 'cluster' && (kinds.has('route') || kinds.has('listener')));
      else if (subscription.isSettled) subscription.ackedRevision = this.options.source.revision;
    }
    if (this.#nonces > before) this.#changedAt ??= changedAt;
    const clusters = this.#subscriptions.get('cluster');
    if (clusters?.removalsHeld === true && !clusters.pending && this.#isFollowed()) this.#evaluate(clusters, false);
  }

  /** Sends what differs. `always` answers even when nothing does; `keepRemoved` leaves what is gone with the proxy for now. */
  #evaluate(subscription: Subscription, always: boolean, keepRemoved = false): void {
    if (subscription.pending) {
      subscription.dirty = true;
      return;
    }
    subscription.dirty = false;
    const { source, sender } = this.options;
    subscription.owed ||= always;
    const made = this.#wanted(subscription);
    if (made === undefined) return;
    const { wanted, kept } = made;
    const found = difference(subscription, wanted);
    const gone = kept.size === 0 ? found.removed : found.removed.filter((name) => !kept.has(name));
    subscription.removalsHeld = gone.length > 0 && (keepRemoved || (subscription.kind === 'cluster' && !this.#isFollowed()));
    const removed = subscription.removalsHeld ? [] : gone;
    const answers = subscription.owed;
    subscription.owed = false;
    if (found.changed.length === 0 && removed.length === 0 && !answers) {
      if (subscription.nack === undefined && subscription.failure === undefined) subscription.ackedRevision = source.revision;
      return;
    }
    if (subscription.kind === 'cluster') this.#warmEndpoints(subscription, found.changed);
    if (sender.mode === 'delta') this.#sendDelta(subscription, sender, found.changed, removed);
    else this.#sendState(subscription, sender, wanted, { ...found, removed }, answers);
  }
  /** What the proxy should have. What cannot be encoded stays as it was sent (`wanted`) or as the proxy says it holds it (`kept`); undefined when nothing could be made: then all stays. */
  #wanted(subscription: Subscription): { readonly wanted: ReadonlyMap<string, Encoded>; readonly kept: { readonly size: number; has(name: string): boolean } } | undefined {
    const { source, proxy } = this.options;
    let made: Wanted;
    try {
      made = source.resources(proxy, subscription.kind, subscription.wildcard ? undefined : subscription.names);
    } catch (error) {
      this.#failed(subscription, errorText(error));
      return undefined;
    }
    const { items, broken } = made;
    if (broken.size === 0) {
      subscription.failure = undefined;
      return { wanted: items, kept: broken };
    }
    const wanted = new Map(items);
    for (const [name, one] of broken) {
      const last = subscription.sent.get(name);
      // What it holds from before it connected is better than a part of it.
      const item = last === undefined && subscription.held.has(name) ? undefined : standIn(one, last);
      if (item !== undefined) wanted.set(name, item);
    }
    this.#failed(subscription, [...broken].map(([name, { problem }]) => `${name}: ${problem}`).join('; '));
    return { wanted, kept: broken };
  }
  #failed(subscription: Subscription, problem: string): void {
    const message = `istiod cannot send all of it: ${problem}`.slice(0, FAILURE_CHARS_MAX);
    const isNew = subscription.failure?.message !== message;
    subscription.failure = { message, at: this.options.now().toISOString() };
    this.options.events.failed(subscription.kind, message, isNew);
  }
  /** A cluster that changed is warmed up anew and waits for its endpoints. */
  #warmEndpoints(clusters: Subscription, changed: readonly (readonly [string, Encoded])[]): void {
    const endpoints = this.#subscriptions.get('endpoint');
    if (endpoints === undefined) return;
    let again = false;
    for (const [name] of changed) {
      if (!clusters.sent.has(name) || !endpoints.names.has(name)) continue;
      endpoints.drop(name);
      again = true;
    }
    if (again) queueMicrotask(() => this.#evaluate(endpoints, false));
  }

  #nextNonce(subscription: Subscription, bytes: number): string {
    const { source, events } = this.options;
    this.#nonces += 1;
    subscription.nonceSent = `${source.version}/${this.options.id}/${this.#nonces}`;
    subscription.pending = true;
    subscription.pendingRevision = source.revision;
    events.pushed(subscription.kind, bytes);
    return subscription.nonceSent;
  }
  #sendDelta(subscription: Subscription, sender: Extract<Sender, { mode: 'delta' }>, changed: readonly (readonly [string, Encoded])[], removed: readonly string[]): void {
    const { source, istiod } = this.options;
    for (const name of removed) subscription.drop(name);
    for (const [name, item] of changed) subscription.sent.set(name, item);
    const nonce = this.#nextNonce(subscription, sizeOf(changed));
    sender.send({
      system_version_info: source.version, type_url: TYPE_URL[subscription.kind], nonce, removed_resources: removed, control_plane: { identifier: istiod },
      resources: changed.map(([name, item]) => ({ name, version: item.version, resource: item.any })),
    });
  }
  #sendState(subscription: Subscription, sender: Extract<Sender, { mode: 'sotw' }>, wanted: ReadonlyMap<string, Encoded>, found: { readonly changed: readonly (readonly [string, Encoded])[]; readonly removed: readonly string[] }, always: boolean): void {
    const { source, istiod } = this.options;
    // Clusters and listeners that are not in a response are gone; of other kinds only what changed is sent.
    const kept = subscription.removalsHeld ? [...subscription.sent].filter(([name]) => !wanted.has(name)) : [];
    const whole = isWide(subscription.kind) || (always && found.changed.length === 0);
    const resources = whole ? [...wanted, ...kept] : found.changed;
    for (const name of found.removed) subscription.drop(name);
    for (const [name, item] of resources) subscription.sent.set(name, item);
    const nonce = this.#nextNonce(subscription, sizeOf(resources));
    sender.send({ version_info: source.version, type_url: TYPE_URL[subscription.kind], nonce, control_plane: { identifier: istiod }, resources: resources.map(([, item]) => item.any) });
  }
}
const sizeOf = (items: readonly (readonly [string, Encoded])[]): number => items.reduce((total, [, item]) => total + item.any.value.length, 0);
