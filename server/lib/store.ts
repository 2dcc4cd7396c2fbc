import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { StatementSync } from 'node:sqlite';

export type { DatabaseSync, StatementSync } from 'node:sqlite';

/** An open SQLite database: WAL, synchronous FULL (a committed write survives a power cut), foreign keys on. The only door to node:sqlite. */
export type Store = {
  readonly db: DatabaseSync;
  /** A prepared statement, prepared once per text. */
  sql(text: string): StatementSync;
  /** Runs `work` in one transaction; rolls back when it throws. */
  transaction<T>(work: () => T): T;
  close(): void;
};

/** A file that another process holds is waited for this long, ms. */
const BUSY_MS = 5000;

/** Opens (and creates) the file, then runs the migrations it has not seen, in order; `:memory:` is allowed. */
export function openStore(options: { readonly path: string; readonly migrations: readonly string[]; readonly synchronous?: 'FULL' | 'NORMAL'; readonly busyMs?: number }): Store {
  if (options.path !== ':memory:') mkdirSync(dirname(options.path), { recursive: true, mode: 0o700 });
  const db = new DatabaseSync(options.path, { timeout: options.busyMs ?? BUSY_MS });
  db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${options.synchronous ?? 'FULL'}; PRAGMA foreign_keys = ON;`);
  const statements = new Map<string, StatementSync>();
  const sql = (text: string): StatementSync => {
    const known = statements.get(text);
    if (known !== undefined) return known;
    const made = db.prepare(text);
    statements.set(text, made);
    return made;
  };
  const transaction = <T>(work: () => T): T => {
    db.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      db.exec('COMMIT');
      return result;
    } catch (error) {
      if (db.isTransaction) db.exec('ROLLBACK');
      throw error;
    }
  };
  const row = db.prepare('PRAGMA user_version').get();
  const seen = Number(row?.['user_version'] ?? 0);
  for (const [index, migration] of options.migrations.entries()) {
    if (index < seen) continue;
    transaction(() => {
      db.exec(migration);
      db.exec(`PRAGMA user_version = ${index + 1}`);
    });
  }
  return { db, sql, transaction, close: () => db.close() };
}
