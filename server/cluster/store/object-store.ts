import { errorText } from '#shared/base';
import { openStore } from '#server/lib';
import type { Store } from '#server/lib';
import { asKObject } from '../object/object.ts';
import type { KObject, Meta } from '../object/object.ts';
import { StatusError } from '../status/status-error.ts';
import { Collection, keyOf } from './collection.ts';
import type { Change, Stored } from './history.ts';

/** A new store counts from here, so that version 1 is "too old" as on any cluster that has lived a little. */
const FIRST_REVISION = 1000;
/** Changes that are always kept for watches that resume. */
const HISTORY_REVISIONS_MIN = 1000;
/** Changes that are kept at most, whatever their age: bounds memory. */
const HISTORY_REVISIONS_MAX = 4000;
/** Younger changes are kept too (up to the maximum), ms. */
const HISTORY_MS_MIN = 10 * 60_000;
/** How often superseded rows are deleted from the file, ms. */
const COMPACT_EVERY_MS = 30_000;
/** Rows deleted in one transaction. */
const COMPACT_ROWS_MAX = 1000;
/** A store that another process holds is waited for this long, ms. */
const BUSY_MS = 200;
/** Writes that may wait for their commit; more are refused with 429. */
const WRITES_QUEUED_MAX = 5000;

/** One object, characters of JSON: no larger than a body, so that no row of patches makes it grow for ever. */
const OBJECT_CHARS_MAX = 3 * 1024 * 1024;

const MIGRATIONS = [`
CREATE TABLE revision (rev INTEGER PRIMARY KEY, collection TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL, value TEXT);
CREATE TABLE floor (collection TEXT PRIMARY KEY, rev INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
`];

/** What a write expects (0: the object does not exist) and the new value; undefined deletes. The store sets metadata.resourceVersion. */
export type Write = { readonly collection: Collection; readonly namespace: string; readonly name: string; readonly expect: number; readonly value: KObject | undefined };
/** Somebody else wrote first. `current` is what is there now. */
export class WriteConflict extends Error {
  override readonly name = 'WriteConflict';
  readonly current: Stored | undefined;
  constructor(current: Stored | undefined) {
    super('the object was changed meanwhile');
    this.current = current;
  }
}
type Pending = Write & { readonly resolve: (stored: Stored) => void; readonly reject: (error: Error) => void };
type Accepted = { readonly pending: Pending; readonly change: Change };

/** resourceVersion stands after uid, where Go writes it. */
function withVersion(metadata: Meta, rev: number): Meta {
  if (metadata.resourceVersion !== undefined || metadata.uid === undefined) return { ...metadata, resourceVersion: String(rev) };
  const { name, generateName, namespace, selfLink, uid, ...rest } = metadata;
  return { name, ...(generateName === undefined ? {} : { generateName }), ...(namespace === undefined ? {} : { namespace }), ...(selfLink === undefined ? {} : { selfLink }), uid, resourceVersion: String(rev), ...rest };
}

const diskRefused = (error: unknown): StatusError => {
  const text = errorText(error);
  const why = /disk is full|disk I\/O|readonly/i.test(text) ? `the disk of the data folder took no more (${text}); nothing was stored. Free some space and try again` : `the store refused the write (${text}); nothing was stored`;
  return new StatusError(500, 'InternalError', `Internal error occurred: ${why}`, { causes: [{ message: why }] }, { cause: error });
};

const unopened = (path: string, error: unknown): Error => {
  const text = errorText(error);
  return new Error(/locked/.test(text) ? `another process holds the store ${path}: is this cluster running already?` : `the store ${path} cannot be read (${text}): put back a copy, or remove the file to start anew`, { cause: error });
};
function opened(path: string): Store {
  try {
    return openStore({ path, migrations: MIGRATIONS, busyMs: BUSY_MS });
  } catch (error) {
    throw unopened(path, error);
  }
}

/** All objects of the cluster: in memory for reading, in SQLite for keeping. One counter numbers every change; the writes of one turn of the event loop share one commit, and nothing is visible before it. */
export class ObjectStore {
  readonly #store: Store;
  readonly #collections = new Map<string, Collection>();
  readonly #order: { readonly collection: Collection; readonly at: number }[] = [];
  #orderHead = 0;
  #queue: Pending[] = [];
  #garbage: number[] = [];
  /** Floors of histories that the file does not tell yet. They go with the first transaction that deletes rows and succeeds: without them a restart would take what is left for the whole history. */
  readonly #floors = new Map<string, number>();
  #rev = FIRST_REVISION;
  #flushing = false;
  readonly #compactor: NodeJS.Timeout;
  readonly #onError: (error: unknown) => void;

  /** `onError` hears of watchers that failed. */
  constructor(path: string, onError: (error: unknown) => void = () => {}) {
    this.#onError = onError;
    this.#store = opened(path);
    try {
      // One process owns the file; a second one is refused at once instead of mixing revisions.
      this.#store.db.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA wal_autocheckpoint = 2000; BEGIN EXCLUSIVE; COMMIT');
      this.#load();
    } catch (error) {
      this.#store.close();
      throw unopened(path, error);
    }
    this.#compactor = setInterval(() => this.compact(), COMPACT_EVERY_MS);
    this.#compactor.unref();
  }

  /** The revision of the newest committed change. */
  get revision(): number {
    return this.#rev;
  }
  get collections(): ReadonlyMap<string, Collection> {
    return this.#collections;
  }
  collection(name: string): Collection {
    const known = this.#collections.get(name);
    if (known !== undefined) return known;
    const made = new Collection(name, FIRST_REVISION);
    this.#collections.set(name, made);
    return made;
  }

  /** Stores the value if the object is still at the expected revision. Resolves once it is on the disk. */
  write(write: Write): Promise<Stored> {
    if (this.#queue.length >= WRITES_QUEUED_MAX) return Promise.reject(new StatusError(429, 'TooManyRequests', 'the store has too many writes waiting, please try again later', { retryAfterSeconds: 1 }));
    return new Promise((resolve, reject) => {
      this.#queue.push({ ...write, resolve, reject });
      if (this.#flushing) return;
      this.#flushing = true;
      setImmediate(() => this.#flush());
    });
  }

  /** Deletes what newer revisions have replaced, as far as watches cannot ask for it any more. */
  compact(now = performance.now()): void {
    while (this.#mayForget(now)) {
      const oldest = this.#order[this.#orderHead];
      this.#orderHead += 1;
      const change = oldest?.collection.history.shift();
      if (oldest === undefined || change === undefined) continue;
      if (change.before !== undefined) this.#garbage.push(change.before.rev);
      if (change.type === 'DELETED') this.#garbage.push(change.rev);
      this.#floors.set(oldest.collection.name, change.rev);
    }
    if (this.#orderHead > 1024) this.#order.splice(0, this.#orderHead);
    if (this.#orderHead > 1024) this.#orderHead = 0;
    if (this.#floors.size === 0 && this.#garbage.length === 0) return;
    const rows = this.#garbage.splice(0, COMPACT_ROWS_MAX);
    try {
      this.#store.transaction(() => {
        this.#store.sql("INSERT INTO meta (key, value) VALUES ('rev', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value").run(this.#rev);
        for (const [name, rev] of this.#floors) this.#store.sql('INSERT INTO floor (collection, rev) VALUES (?, ?) ON CONFLICT (collection) DO UPDATE SET rev = excluded.rev').run(name, rev);
        for (const rev of rows) this.#store.sql('DELETE FROM revision WHERE rev = ?').run(rev);
      });
      this.#floors.clear();
      this.lastCompactError = undefined;
    } catch (error) {
      // A full disk: rows and floors are kept for the next time; after a restart the file still has the whole history from its old floors.
      this.#garbage.unshift(...rows);
      this.lastCompactError = errorText(error);
    }
  }
  /** Why the newest compaction failed; undefined when it did not. */
  lastCompactError: string | undefined;
  /** Writes that the disk did not take, for /metrics. */
  refusedWrites = 0;

  close(): void {
    clearInterval(this.#compactor);
    this.#flush();
    this.#store.close();
  }

  #mayForget(now: number): boolean {
    const kept = this.#order.length - this.#orderHead;
    if (kept <= HISTORY_REVISIONS_MIN) return false;
    const oldest = this.#order[this.#orderHead];
    return oldest !== undefined && (kept > HISTORY_REVISIONS_MAX || now - oldest.at > HISTORY_MS_MIN);
  }

  #flush(): void {
    this.#flushing = false;
    const batch = this.#queue;
    if (batch.length === 0) return;
    this.#queue = [];
    const accepted = this.#accept(batch);
    if (accepted.length === 0) return;
    try {
      this.#store.transaction(() => {
        const insert = this.#store.sql('INSERT INTO revision (rev, collection, namespace, name, value) VALUES (?, ?, ?, ?, ?)');
        for (const { pending, change } of accepted) insert.run(change.rev, pending.collection.name, pending.namespace, pending.name, pending.value === undefined ? null : change.stored.json);
      });
    } catch (error) {
      const refused = diskRefused(error);
      this.refusedWrites += accepted.length;
      for (const { pending } of accepted) pending.reject(refused);
      return;
    }
    this.#publish(accepted);
  }

  /** Numbers the writes whose expectation holds, each seeing those before it; the others are refused. */
  #accept(batch: readonly Pending[]): readonly Accepted[] {
    const overlay = new Map<string, Stored | undefined>();
    const accepted: Accepted[] = [];
    let rev = this.#rev;
    for (const pending of batch) {
      const { collection, namespace, name, value } = pending;
      const key = `${collection.name}\n${namespace}/${name}`;
      const current = overlay.has(key) ? overlay.get(key) : collection.get(namespace, name);
      if ((current?.rev ?? 0) !== pending.expect || (value === undefined && current === undefined)) {
        pending.reject(new WriteConflict(current));
        continue;
      }
      rev += 1;
      const object = value ?? { ...current?.object, kind: current?.object.kind ?? '', apiVersion: current?.object.apiVersion ?? '', metadata: { ...current?.object.metadata, name } };
      object.metadata = withVersion(object.metadata, rev);
      const stored: Stored = { rev, object, json: JSON.stringify(object) };
      if (stored.json.length > OBJECT_CHARS_MAX && value !== undefined) {
        rev -= 1;
        pending.reject(new StatusError(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${OBJECT_CHARS_MAX}`));
        continue;
      }
      overlay.set(key, value === undefined ? undefined : stored);
      accepted.push({ pending, change: { rev, type: value === undefined ? 'DELETED' : current === undefined ? 'ADDED' : 'MODIFIED', stored, before: current } });
    }
    return accepted;
  }

  #publish(accepted: readonly Accepted[]): void {
    const at = performance.now();
    for (const { pending, change } of accepted) {
      this.#rev = change.rev;
      pending.collection.apply(keyOf(pending.namespace, pending.name), change);
      this.#order.push({ collection: pending.collection, at });
    }
    for (const { pending, change } of accepted) pending.collection.announce(change, this.#onError);
    for (const { pending, change } of accepted) pending.resolve(change.stored);
    if (this.#order.length - this.#orderHead > HISTORY_REVISIONS_MAX + COMPACT_ROWS_MAX) this.compact(at);
  }

  #load(): void {
    const floors = new Map<string, number>();
    for (const row of this.#store.sql('SELECT collection, rev FROM floor').iterate()) floors.set(String(row['collection']), Number(row['rev']));
    const saved = this.#store.sql("SELECT value FROM meta WHERE key = 'rev'").get();
    this.#rev = Math.max(FIRST_REVISION, Number(saved?.['value'] ?? 0));
    const at = performance.now();
    for (const row of this.#store.sql('SELECT rev, collection, namespace, name, value FROM revision ORDER BY rev').iterate()) {
      const name = String(row['collection']);
      const collection = this.#collections.get(name) ?? new Collection(name, floors.get(name) ?? FIRST_REVISION);
      this.#collections.set(name, collection);
      const json = row['value'];
      this.#replay(collection, { rev: Number(row['rev']), namespace: String(row['namespace']), name: String(row['name']), json: typeof json === 'string' ? json : undefined }, at);
    }
    for (const [name, rev] of floors) if (!this.#collections.has(name)) this.#collections.set(name, new Collection(name, rev));
  }

  #replay(collection: Collection, row: { readonly rev: number; readonly namespace: string; readonly name: string; readonly json: string | undefined }, at: number): void {
    const key = keyOf(row.namespace, row.name);
    const before = collection.byKey(key);
    const object = row.json === undefined ? undefined : asKObject(JSON.parse(row.json));
    if (row.json !== undefined && object === undefined) throw new Error(`revision ${row.rev} of the store is not an object of the cluster`);
    this.#rev = Math.max(this.#rev, row.rev);
    if (row.rev <= collection.history.floor) {
      if (before !== undefined) this.#garbage.push(before.rev);
      if (object === undefined) this.#garbage.push(row.rev);
      collection.load(key, object === undefined || row.json === undefined ? undefined : { rev: row.rev, object, json: row.json });
      return;
    }
    const last = object ?? (before === undefined ? undefined : { ...before.object, metadata: { ...before.object.metadata, resourceVersion: String(row.rev) } });
    if (last === undefined) return; // a deletion of what is not there: nothing to tell
    collection.apply(key, { rev: row.rev, type: object === undefined ? 'DELETED' : before === undefined ? 'ADDED' : 'MODIFIED', stored: { rev: row.rev, object: last, json: row.json ?? JSON.stringify(last) }, before });
    this.#order.push({ collection, at });
  }
}
