import { isRecord, stableHash } from '#shared/base';
import type { Reply } from '#shared/api';
import type { KubeObject } from '#shared/mesh';
import { groupOf } from '#shared/mesh';
import { openStore } from '#server/lib';
import type { Store } from '#server/lib';
import type { Frozen } from '../http/bind.ts';
import { changeWords } from './change-words.ts';
import { meaningOf, meaningText, whoOf } from './meaning.ts';

/** Rows kept; the oldest go first. */
const ROWS_MAX = 20_000;
const PRUNE_EVERY = 500;
/** A first start writes what was created within this time into the log; older objects are only remembered. */
const FIRST_LOOK_MS = 3_600_000;

const MIGRATIONS = [
  `CREATE TABLE changes (id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, who TEXT NOT NULL, grp TEXT NOT NULL, version TEXT NOT NULL, kind TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL, verb TEXT NOT NULL, rv TEXT NOT NULL, before TEXT, after TEXT, summary TEXT NOT NULL, set_id TEXT);
   CREATE INDEX changes_by_object ON changes (grp, kind, namespace, name, id);
   CREATE INDEX changes_by_time ON changes (at);
   CREATE TABLE known (key TEXT PRIMARY KEY, hash TEXT NOT NULL, object TEXT NOT NULL);
   CREATE TABLE undo (id TEXT PRIMARY KEY, at INTEGER NOT NULL, title TEXT NOT NULL, operations TEXT NOT NULL, done_at INTEGER);`,
];

export type Change = Frozen<Extract<Reply<'changes'>, { state: 'value' }>['value'][number]>;
export type StoredChange = Change & { readonly version: string; readonly before: KubeObject | undefined; readonly after: KubeObject | undefined; readonly setId: string | undefined };
type Verb = Change['verb'];
/** An object as a watch saw it; `initial` marks the first list: what differs then changed while the console was away. */
export type Seen = { readonly type: 'seen' | 'gone'; readonly object: KubeObject; readonly initial: boolean };
const keyOf = (object: KubeObject): string => `${groupOf(object.apiVersion).group}/${object.kind}/${object.metadata.namespace ?? ''}/${object.metadata.name}`;

/** Every change of a configuration object, whoever made it, with before and after. Survives restarts; what happened meanwhile is found at the next start. */
export class ChangeLog {
  readonly #store: Store;
  readonly #clock: () => number;
  readonly #hashes = new Map<string, string>();
  /** Writes of the console whose watch event has not come yet, by key and resourceVersion. */
  readonly #expected = new Map<string, { readonly who: string; readonly setId: string | undefined }>();
  readonly #fresh: boolean;
  #sincePrune = 0;
  onChange: (change: StoredChange) => void = () => {};

  readonly #writable: (group: string, kind: string) => boolean;
  constructor(options: { readonly path: string; readonly clock: () => number; /** Kinds the console may write back. */ readonly writable?: (group: string, kind: string) => boolean }) {
    this.#writable = options.writable ?? (() => true);
    this.#store = openStore({ path: options.path, migrations: MIGRATIONS });
    this.#clock = options.clock;
    for (const row of this.#store.sql('SELECT key, hash FROM known').all()) this.#hashes.set(String(row['key']), String(row['hash']));
    this.#fresh = this.#hashes.size === 0;
  }

  /** Changes of the cluster in order, written in one transaction: all or none. */
  record(events: readonly Seen[]): void {
    const hashes = new Map<string, string | undefined>();
    const rows: number[] = [];
    this.#store.transaction(() => {
      for (const event of events) {
        const row = event.type === 'gone' ? this.#gone(event.object, hashes) : this.#seen(event.object, event.initial, hashes);
        if (row !== undefined) rows.push(row);
      }
    });
    for (const [key, hash] of hashes) {
      if (hash === undefined) this.#hashes.delete(key);
      else this.#hashes.set(key, hash);
    }
    for (const row of rows) {
      const stored = this.change(String(row));
      if (stored !== undefined) this.onChange(stored);
    }
  }

  #seen(object: KubeObject, initial: boolean, hashes: Map<string, string | undefined>): number | undefined {
    const key = keyOf(object);
    const text = meaningText(object);
    const hash = stableHash(text);
    const old = hashes.has(key) ? hashes.get(key) : this.#hashes.get(key);
    if (old === hash) return undefined;
    const before = old === undefined ? undefined : this.#knownObject(key);
    const created = Date.parse(object.metadata.creationTimestamp ?? '') || 0;
    const quiet = initial && this.#fresh && this.#clock() - created > FIRST_LOOK_MS;
    const at = initial ? (old === undefined ? created || this.#clock() : (lastWrite(object) ?? this.#clock())) : this.#clock();
    this.#store.sql('INSERT INTO known (key, hash, object) VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET hash = excluded.hash, object = excluded.object').run(key, hash, text);
    hashes.set(key, hash);
    return quiet ? undefined : this.#insert({ verb: old === undefined ? 'created' : 'updated', at, object, before, after: meaningOf(object) });
  }

  #gone(object: KubeObject, hashes: Map<string, string | undefined>): number | undefined {
    const key = keyOf(object);
    const known = hashes.has(key) ? hashes.get(key) !== undefined : this.#hashes.has(key);
    if (!known) return undefined;
    const before = this.#knownObject(key) ?? meaningOf(object);
    this.#store.sql('DELETE FROM known WHERE key = ?').run(key);
    hashes.set(key, undefined);
    return this.#insert({ verb: 'deleted', at: this.#clock(), object, before, after: undefined });
  }

  /** Objects of a kind that were known and are not present any more: deleted while the console was away. */
  missing(group: string, kind: string, present: ReadonlySet<string>): readonly KubeObject[] {
    const prefix = `${group}/${kind}/`;
    return [...this.#hashes.keys()].filter((key) => key.startsWith(prefix) && !present.has(key.slice(prefix.length))).flatMap((key) => this.#knownObject(key) ?? []);
  }

  #knownObject(key: string): KubeObject | undefined {
    const row = this.#store.sql('SELECT object FROM known WHERE key = ?').get(key);
    return row === undefined ? undefined : objectOf(row['object']);
  }

  #insert(c: { readonly verb: Verb; readonly at: number; readonly object: KubeObject; readonly before: KubeObject | undefined; readonly after: KubeObject | undefined }): number {
    const { group, version } = groupOf(c.object.apiVersion);
    const rv = c.object.metadata.resourceVersion ?? '';
    const expectedKey = `${keyOf(c.object)}@${c.verb === 'deleted' ? 'deleted' : rv}`;
    const expected = this.#expected.get(expectedKey);
    this.#expected.delete(expectedKey);
    const who = expected?.who ?? (c.verb === 'deleted' ? 'unknown' : whoOf(c.object));
    const summary = changeWords(c.verb, c.before, c.after);
    const { lastInsertRowid } = this.#store.sql('INSERT INTO changes (at, who, grp, version, kind, namespace, name, verb, rv, before, after, summary, set_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)').run(
      c.at, who, group, version, c.object.kind, c.object.metadata.namespace ?? '', c.object.metadata.name, c.verb, rv, c.before === undefined ? null : JSON.stringify(c.before), c.after === undefined ? null : JSON.stringify(c.after), summary, expected?.setId ?? null,
    );
    this.#sincePrune += 1;
    if (this.#sincePrune >= PRUNE_EVERY) {
      this.#sincePrune = 0;
      this.#store.sql('DELETE FROM changes WHERE id <= (SELECT max(id) FROM changes) - ?').run(ROWS_MAX);
    }
    return Number(lastInsertRowid);
  }

  /** Tells that a write of the console made this version; the watch event may have come before or comes later. */
  attribute(object: KubeObject, verb: 'written' | 'deleted', who: string, setId: string | undefined): void {
    const rv = verb === 'deleted' ? 'deleted' : (object.metadata.resourceVersion ?? '');
    const { group } = groupOf(object.apiVersion);
    const { changes } = verb === 'deleted'
      ? this.#store.sql('UPDATE changes SET who = ?, set_id = ? WHERE id = (SELECT max(id) FROM changes WHERE grp = ? AND kind = ? AND namespace = ? AND name = ?) AND verb = \'deleted\'').run(who, setId ?? null, group, object.kind, object.metadata.namespace ?? '', object.metadata.name)
      : this.#store.sql('UPDATE changes SET who = ?, set_id = ? WHERE grp = ? AND kind = ? AND namespace = ? AND name = ? AND rv = ?').run(who, setId ?? null, group, object.kind, object.metadata.namespace ?? '', object.metadata.name, rv);
    if (Number(changes) === 0) this.#expected.set(`${keyOf(object)}@${rv}`, { who, setId });
    if (this.#expected.size > 1000) this.#expected.clear(); // writes whose event never came
  }

  /** Rows, newest first. */
  list(options: { readonly limit: number; readonly from?: number; readonly to?: number; readonly namespace?: string }): readonly StoredChange[] {
    const rows = this.#store.sql('SELECT * FROM changes WHERE at >= ? AND at <= ? AND (? = \'\' OR namespace = ?) ORDER BY at DESC, id DESC LIMIT ?').all(options.from ?? 0, options.to ?? Number.MAX_SAFE_INTEGER, options.namespace ?? '', options.namespace ?? '', options.limit);
    return rows.map((row) => this.#row(row));
  }
  change(id: string): StoredChange | undefined {
    const row = /^\d+$/.test(id) ? this.#store.sql('SELECT * FROM changes WHERE id = ?').get(Number(id)) : undefined;
    return row === undefined ? undefined : this.#row(row);
  }
  #row(row: Record<string, unknown>): StoredChange {
    const text = (name: string): string => String(row[name] ?? '');
    const key = `${text('grp')}/${text('kind')}/${text('namespace')}/${text('name')}`;
    const verb: Verb = row['verb'] === 'created' ? 'created' : row['verb'] === 'deleted' ? 'deleted' : 'updated';
    const now = this.#hashes.get(key);
    // it can be taken back as long as nobody changed the object again
    const undoable = this.#writable(text('grp'), text('kind')) && (verb === 'deleted' ? now === undefined : now !== undefined && typeof row['after'] === 'string' && now === stableHash(row['after']));
    return {
      id: text('id'), at: Number(row['at']), who: text('who'), kind: text('kind'), group: text('grp'), version: text('version'), namespace: text('namespace'), name: text('name'), verb, summary: text('summary'), undoable, resourceVersion: text('rv'),
      before: objectOf(row['before']), after: objectOf(row['after']), setId: typeof row['set_id'] === 'string' ? row['set_id'] : undefined,
    };
  }

  saveUndo(undo: { readonly id: string; readonly title: string; readonly operations: unknown }): void {
    this.#store.sql('INSERT INTO undo (id, at, title, operations) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET operations = excluded.operations').run(undo.id, this.#clock(), undo.title, JSON.stringify(undo.operations));
  }
  undo(id: string): { readonly id: string; readonly title: string; readonly operations: unknown; readonly done: boolean } | undefined {
    const row = this.#store.sql('SELECT * FROM undo WHERE id = ?').get(id);
    return row === undefined ? undefined : { id, title: String(row['title']), operations: JSON.parse(String(row['operations'])) as unknown, done: row['done_at'] !== null };
  }
  markUndone(id: string): void {
    this.#store.sql('UPDATE undo SET done_at = ? WHERE id = ?').run(this.#clock(), id);
  }
  /** Most pages the file may have (SQLite max_page_count): a bound for small disks, and a full disk for tests. */
  limitPages(pagesMax: number): void {
    this.#store.db.exec(`PRAGMA max_page_count = ${Math.max(1, Math.trunc(pagesMax))}`);
  }
  close(): void {
    this.#store.close();
  }
}

function objectOf(text: unknown): KubeObject | undefined {
  if (typeof text !== 'string') return undefined;
  const value: unknown = JSON.parse(text);
  if (!isRecord(value) || typeof value['apiVersion'] !== 'string' || typeof value['kind'] !== 'string' || !isRecord(value['metadata']) || typeof value['metadata']['name'] !== 'string') return undefined;
  return { ...value, apiVersion: value['apiVersion'], kind: value['kind'], metadata: { ...value['metadata'], name: value['metadata']['name'] } };
}

/** The newest time in managedFields, ms. */
function lastWrite(object: KubeObject): number | undefined {
  const fields: unknown = Reflect.get(object.metadata, 'managedFields');
  if (!Array.isArray(fields)) return undefined;
  const times = fields.flatMap((entry: unknown) => (isRecord(entry) && typeof entry['time'] === 'string' ? [Date.parse(entry['time'])] : [])).filter((t) => Number.isFinite(t));
  return times.length === 0 ? undefined : Math.max(...times);
}
