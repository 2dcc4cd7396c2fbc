/** The schema of the trace store, oldest first; never edit one that was released. */
export const MIGRATIONS: readonly string[] = [
  `CREATE TABLE strings (id INTEGER PRIMARY KEY, text TEXT NOT NULL);
   CREATE TABLE services (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
   CREATE TABLE operations (id INTEGER PRIMARY KEY, service INTEGER NOT NULL, name TEXT NOT NULL, kind INTEGER NOT NULL, seen INTEGER NOT NULL, UNIQUE (service, name, kind));
   CREATE TABLE traces (trace BLOB PRIMARY KEY, seen INTEGER NOT NULL) WITHOUT ROWID;
   CREATE INDEX traces_by_age ON traces (seen);
   CREATE TABLE spans (seq INTEGER PRIMARY KEY, trace BLOB NOT NULL, span BLOB NOT NULL, operation INTEGER NOT NULL, service INTEGER NOT NULL,
     start_us INTEGER NOT NULL, duration_ns INTEGER NOT NULL, signature INTEGER NOT NULL, body BLOB NOT NULL);
   CREATE UNIQUE INDEX spans_by_trace ON spans (trace, span, operation);
   CREATE INDEX spans_by_service ON spans (service, start_us);
   CREATE TABLE links (minute INTEGER NOT NULL, parent INTEGER NOT NULL, child INTEGER NOT NULL, calls INTEGER NOT NULL, PRIMARY KEY (minute, parent, child)) WITHOUT ROWID;`,
];
