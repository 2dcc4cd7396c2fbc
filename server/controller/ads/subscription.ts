import type { Encoded, ServedKind } from '../push/encoded.ts';

export type Nack = { readonly message: string; readonly at: string };
/** Why a proxy cannot be given all of a kind; for what is missing it keeps what it had. */
export type Failure = Nack;

/** What a proxy asked for of one kind, what it was sent and what it accepted. */
export class Subscription {
  readonly kind: ServedKind;
  wildcard = false;
  readonly names = new Set<string>();
  /** What the proxy has been sent last, by name. */
  readonly sent = new Map<string, Encoded>();
  /** Versions the proxy said it holds when it came (delta), before anything was sent. */
  readonly held = new Map<string, string>();
  nonceSent = '';
  nonceAcked = '';
  /** A response has been sent and not been acknowledged. */
  pending = false;
  /** Something changed while a response was pending. */
  dirty = false;
  /** Clusters that are gone are still with the proxy until its listeners and routes no longer name them. */
  removalsHeld = false;
  pendingRevision = 0;
  ackedRevision = 0;
  nack: Nack | undefined;
  failure: Failure | undefined;
  /** A question is open because nothing could be made to answer it with. */
  owed = false;
  constructor(kind: ServedKind) {
    this.kind = kind;
  }
  /** The proxy has taken over, or been told of, all that there is: nothing is under way, refused or impossible to make. */
  get isSettled(): boolean {
    return !this.pending && !this.dirty && this.nack === undefined && this.failure === undefined;
  }
  wants(name: string): boolean {
    return this.wildcard || this.names.has(name);
  }
  versionOf(name: string): string | undefined {
    return this.sent.get(name)?.version ?? this.held.get(name);
  }
  /** Names the proxy holds, whoever gave them. */
  *holds(): Iterable<string> {
    yield* this.sent.keys();
    for (const name of this.held.keys()) if (!this.sent.has(name)) yield name;
  }
  drop(name: string): void {
    this.sent.delete(name);
    this.held.delete(name);
  }
}

export type Difference = { readonly changed: readonly (readonly [string, Encoded])[]; readonly removed: readonly string[] };
/** What a proxy has to be told so that it holds `wanted`. */
export function difference(subscription: Subscription, wanted: ReadonlyMap<string, Encoded>): Difference {
  const changed: (readonly [string, Encoded])[] = [];
  for (const [name, item] of wanted) if (subscription.versionOf(name) !== item.version) changed.push([name, item]);
  const removed: string[] = [];
  for (const name of subscription.holds()) if (!wanted.has(name)) removed.push(name);
  return { changed, removed };
}
