import type { ServerResponse } from 'node:http';
import type { Exchange } from '../http/exchange.ts';
import type { View } from '../resources/resource.ts';
import type { Selection } from '../selectors/selection.ts';
import { forbiddenField } from '../status/field-errors.ts';
import { badRequest, expired, invalid, StatusError } from '../status/status-error.ts';
import type { Collection } from '../store/collection.ts';
import type { Change, ChangeType, Stored } from '../store/history.ts';
import { tableOf } from '../table/table.ts';
import { tableOptions } from '../table/table-options.ts';
import { textIn } from './answer.ts';
import { collectionOf } from './core.ts';
import type { Core } from './core.ts';
import { selectionOf, versionNumber } from './list.ts';
import { intOption } from './write-options.ts';

/** Unread bytes of one watch, beyond what it began with; a client that reads slower is cut off and resumes from its version. */
const WATCH_QUEUE_BYTES_MAX = 16 * 1024 * 1024;
/** How often a watch that asked for bookmarks gets one, ms. */
const BOOKMARK_EVERY_MS = 60_000;
/** A bookmark comes this long before the end of a watch with timeoutSeconds, ms. */
const BOOKMARK_BEFORE_END_MS = 500;
/** A watch from a version that the store has not reached stays silent for this long, as on the real server, which waits for other servers. Here no such version was ever given out, so it comes from another store (one that was reset): then it is told to list anew, ms. */
const AHEAD_MS = 2000;
/** Length of a watch that names none, seconds: this and up to twice as long. */
const WATCH_SECONDS_MIN = 1800;

/** Open watches and what became of them, for /metrics. */
export const watchCounters = { open: 0, opened: 0, events: 0, tooSlow: 0 };

type WatchQuery = { readonly since: number | undefined; readonly sendInitial: boolean; readonly bookmarks: boolean; readonly seconds: number | undefined };

function watchQuery(exchange: Exchange): WatchQuery {
  const { query } = exchange;
  const bookmarks = exchange.flag('allowWatchBookmarks');
  const version = query.get('resourceVersion') ?? '';
  const match = query.get('resourceVersionMatch') ?? '';
  const initial = query.get('sendInitialEvents');
  const errors = [];
  if (initial === null && match !== '') errors.push(forbiddenField('resourceVersionMatch', 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided'));
  if (initial !== null && match !== 'NotOlderThan') errors.push(match === '' ? forbiddenField('resourceVersionMatch', 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan') : { field: 'resourceVersionMatch', reason: 'FieldValueNotSupported', detail: `Unsupported value: ${JSON.stringify(match)}: supported values: "NotOlderThan"` });
  if (initial === 'true' && !bookmarks) errors.push(forbiddenField('allowWatchBookmarks', 'sendInitialEvents requires allowWatchBookmarks to be set to true'));
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', errors);
  const since = version === '' || version === '0' ? undefined : versionNumber(version, (why) => new StatusError(500, '', `invalid resource version: ${why}`));
  // 0 is the same as no time.
  const seconds = intOption(exchange, 'timeoutSeconds') || undefined;
  return { since: initial === 'true' ? undefined : since, sendInitial: initial === 'true' || (initial === null && since === undefined), bookmarks, seconds };
}

/** Streams changes as JSON lines until the client leaves, the time is over or the server stops. */
export function watchObjects(core: Core, exchange: Exchange, view: View, namespace: string | undefined): void {
  const query = watchQuery(exchange);
  const selection = selectionOf(exchange, view);
  if (exchange.form.as === 'PartialObjectMetadataList') throw badRequest('a watch cannot answer with lists');
  const stream = new WatchStream(core, exchange, { view, namespace, selection, query });
  stream.start();
}

type Options = { readonly view: View; readonly namespace: string | undefined; readonly selection: Selection; readonly query: WatchQuery };

class WatchStream {
  readonly #core: Core;
  readonly #exchange: Exchange;
  readonly #response: ServerResponse;
  readonly #options: Options;
  readonly #collection: Collection;
  #stop: () => void = () => {};
  #hasColumns = false;
  #isOver = false;
  #isFirst = true;
  #timers: NodeJS.Timeout[] = [];
  #sentRev = 0;
  /** What was written at once at the start: the state, or the changes since the client's version. It counts only once, however large the collection is. */
  #firstBytes = 0;

  constructor(core: Core, exchange: Exchange, options: Options) {
    this.#core = core;
    this.#exchange = exchange;
    this.#response = exchange.response;
    this.#options = options;
    this.#collection = collectionOf(core, options.view);
  }

  start(): void {
    const { query, view, namespace } = this.#options;
    if (view.version.deprecation !== undefined) this.#exchange.warn(view.version.deprecation);
    this.#response.writeHead(200, this.#exchange.headers('application/json'));
    this.#response.flushHeaders();
    watchCounters.open += 1;
    watchCounters.opened += 1;
    this.#response.once('close', () => this.#end());
    const { since } = query;
    const { floor } = this.#collection.history;
    if (since !== undefined && since < floor) return this.#expire(`too old resource version: ${since} (${floor})`);
    if (since !== undefined && since > this.#core.store.revision) {
      const why = `resource version ${since} is not of this cluster, which is at ${this.#core.store.revision}`;
      this.#timers.push(setTimeout(() => this.#expire(why), AHEAD_MS));
      return this.#setTimers(false);
    }
    this.#stop = this.#collection.watch((change) => this.#guarded(change));
    const first = this.#core.store.revision;
    if (query.sendInitial) {
      for (const stored of this.#collection.list(namespace)) if (this.#options.selection.matches(stored.object)) this.#object('ADDED', stored);
      if (query.since === undefined && query.bookmarks && this.#exchange.query.get('sendInitialEvents') === 'true') this.#bookmark(first, true);
    } else if (since !== undefined) for (const change of this.#collection.history.since(since)) this.#onChange(change);
    this.#isFirst = false;
    this.#firstBytes = this.#response.writableLength;
    this.#setTimers(this.#options.query.bookmarks);
  }

  /** 410: every client lists anew after it. */
  #expire(why: string): void {
    this.#frame('ERROR', JSON.stringify(expired(why).toStatus()));
    this.#response.end();
  }

  #setTimers(bookmarks: boolean): void {
    const { seconds } = this.#options.query;
    const ms = (seconds ?? WATCH_SECONDS_MIN * (1 + Math.random())) * 1000;
    // setTimeout takes 2^31 - 1 ms at most.
    this.#timers.push(setTimeout(() => this.#response.end(), Math.min(ms, 2_147_483_000)));
    if (bookmarks) {
      this.#timers.push(setInterval(() => this.#bookmark(this.#core.store.revision, false), BOOKMARK_EVERY_MS));
      if (ms > BOOKMARK_BEFORE_END_MS * 2) this.#timers.push(setTimeout(() => this.#bookmark(this.#core.store.revision, false), Math.min(ms - BOOKMARK_BEFORE_END_MS, 2_147_483_000)));
    }
    for (const timer of this.#timers) timer.unref();
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    watchCounters.open -= 1;
    this.#stop();
    for (const timer of this.#timers) clearTimeout(timer);
  }

  /** A change that cannot be shown ends this watch, whose client then lists anew; leaving it out would be a lie. */
  #guarded(change: Change): void {
    try {
      this.#onChange(change);
    } catch (error) {
      this.#response.destroy();
      throw error;
    }
  }

  #onChange(change: Change): void {
    const { namespace, selection } = this.#options;
    if (change.rev <= this.#sentRev) return;
    this.#sentRev = change.rev;
    if (namespace !== undefined && change.stored.object.metadata.namespace !== namespace) return;
    const isIn = change.type !== 'DELETED' && selection.matches(change.stored.object);
    const wasIn = change.before !== undefined && selection.matches(change.before.object);
    if (isIn) this.#object(wasIn ? 'MODIFIED' : 'ADDED', change.stored);
    else if (wasIn && change.before !== undefined) this.#object('DELETED', change.type === 'DELETED' ? change.stored : atRevision(change.before, change.rev));
  }

  #object(type: ChangeType, stored: Stored): void {
    const { view } = this.#options;
    const { as, version } = this.#exchange.form;
    watchCounters.events += 1;
    if (as === 'Table') {
      const table = tableOf(view, [stored], tableOptions(this.#exchange, { metadata: { resourceVersion: stored.object.metadata.resourceVersion ?? '' }, withColumns: !this.#hasColumns }));
      this.#hasColumns = true;
      return this.#frame(type, JSON.stringify(table));
    }
    if (as === 'PartialObjectMetadata') return this.#frame(type, JSON.stringify({ kind: as, apiVersion: `meta.k8s.io/${version}`, metadata: stored.object.metadata }));
    this.#frame(type, textIn(view, stored));
  }

  #bookmark(rev: number, isInitialEnd: boolean): void {
    const { view } = this.#options;
    const metadata = { resourceVersion: String(rev), creationTimestamp: null, ...(isInitialEnd ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {}) };
    const { as, version } = this.#exchange.form;
    const { kind } = view.resource;
    if (as === 'Table') this.#frame('BOOKMARK', JSON.stringify({ kind: 'Table', apiVersion: `meta.k8s.io/${version}`, metadata: { resourceVersion: String(rev) }, columnDefinitions: null, rows: [{ cells: [], object: { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${version}`, metadata } }] }));
    else if (as === 'PartialObjectMetadata') this.#frame('BOOKMARK', JSON.stringify({ kind: as, apiVersion: `meta.k8s.io/${version}`, metadata }));
    else this.#frame('BOOKMARK', JSON.stringify({ kind, apiVersion: view.apiVersion, metadata }));
  }

  #frame(type: string, object: string): void {
    if (!this.#isFirst && this.#response.writableLength > WATCH_QUEUE_BYTES_MAX + this.#firstBytes) {
      watchCounters.tooSlow += 1;
      this.#response.destroy();
      return;
    }
    // Once drained, the start is not allowed for any more.
    if (this.#firstBytes > 0 && this.#response.writableLength === 0) this.#firstBytes = 0;
    this.#response.write(`{"type":"${type}","object":${object}}\n`);
  }
}

/** The last matching state of an object that left the selection, with the version of the change that took it out. */
function atRevision(before: Stored, rev: number): Stored {
  const object = { ...before.object, metadata: { ...before.object.metadata, resourceVersion: String(rev) } };
  return { rev, object, json: JSON.stringify(object) };
}
