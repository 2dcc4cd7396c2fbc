import type { Store } from '#server/lib';

/** Name of the operation that stands for all above the limit of a service. */
export const OTHER_OPERATIONS = '(other operations)';
/** How stale the time an operation was last seen may be on disk, ms. */
const SEEN_MS = 60_000;

export type Operation = { readonly id: number; readonly service: number; readonly serviceName: string; readonly name: string; readonly kind: number; seen: number };

/** Services and operations with their ids. New rows are written at once, within the transaction of the batch; `reload` puts memory right after a failed one. */
export class Names {
  readonly #store: Store;
  readonly #operationsMax: number;
  readonly #services = new Map<string, number>();
  readonly #byKey = new Map<string, Operation>();
  readonly #byId = new Map<number, Operation>();
  readonly #counts = new Map<number, number>();
  constructor(store: Store, operationsMax: number) {
    this.#store = store;
    this.#operationsMax = operationsMax;
    this.reload();
  }
  reload(): void {
    for (const map of [this.#services, this.#byKey, this.#byId, this.#counts]) map.clear();
    for (const row of this.#store.sql('SELECT id, name FROM services').iterate()) this.#services.set(String(row['name']), Number(row['id']));
    for (const row of this.#store.sql('SELECT o.id, o.service, s.name AS service_name, o.name, o.kind, o.seen FROM operations o JOIN services s ON s.id = o.service').iterate()) {
      this.#remember({ id: Number(row['id']), service: Number(row['service']), serviceName: String(row['service_name']), name: String(row['name']), kind: Number(row['kind']), seen: Number(row['seen']) });
    }
  }
  #remember(operation: Operation): void {
    this.#byKey.set(`${operation.service}\n${operation.kind}\n${operation.name}`, operation);
    this.#byId.set(operation.id, operation);
    this.#counts.set(operation.service, (this.#counts.get(operation.service) ?? 0) + 1);
  }
  services(): readonly string[] {
    const used = new Set([...this.#byId.values()].map((o) => o.serviceName));
    return [...used].sort();
  }
  serviceId(name: string): number | undefined {
    return this.#services.get(name);
  }
  serviceName(id: number): string | undefined {
    for (const [name, known] of this.#services) if (known === id) return name;
    return undefined;
  }
  operations(service: string): readonly Operation[] {
    const id = this.#services.get(service);
    return [...this.#byId.values()].filter((o) => o.service === id);
  }
  operation(id: number): Operation | undefined {
    return this.#byId.get(id);
  }
  /** The operation's row, made when new; above the limit of its service the one that stands for all others. */
  intern(service: string, name: string, kind: number, now: number): Operation {
    const serviceId = this.#service(service);
    const full = (this.#counts.get(serviceId) ?? 0) >= this.#operationsMax;
    const known = this.#byKey.get(`${serviceId}\n${kind}\n${name}`) ?? (full ? this.#byKey.get(`${serviceId}\n${kind}\n${OTHER_OPERATIONS}`) : undefined);
    if (known !== undefined) {
      if (now - known.seen > SEEN_MS) {
        known.seen = now;
        this.#store.sql('UPDATE operations SET seen = ? WHERE id = ?').run(now, known.id);
      }
      return known;
    }
    const stored = full ? OTHER_OPERATIONS : name;
    const { lastInsertRowid } = this.#store.sql('INSERT INTO operations (service, name, kind, seen) VALUES (?, ?, ?, ?)').run(serviceId, stored, kind, now);
    const made: Operation = { id: Number(lastInsertRowid), service: serviceId, serviceName: service, name: stored, kind, seen: now };
    this.#remember(made);
    return made;
  }
  #service(name: string): number {
    const known = this.#services.get(name);
    if (known !== undefined) return known;
    const id = Number(this.#store.sql('INSERT INTO services (name) VALUES (?)').run(name).lastInsertRowid);
    this.#services.set(name, id);
    return id;
  }
  /** Forgets operations that no kept span has: all not seen since `before` (ms). */
  forget(before: number): void {
    this.#store.sql('DELETE FROM operations WHERE seen < ?').run(before - SEEN_MS);
    this.reload();
  }
}
