import type { Store } from '#server/lib';
import type { TraceLimits } from '../limits.ts';

/** Names of the service and the operation that stand for all above their limits. */
const OTHER_SERVICES = '(other services)';
export const OTHER_OPERATIONS = '(other operations)';
/** How stale the time an operation was last seen may be on disk, ms. */
const SEEN_MS = 60_000;

export type Operation = { readonly id: number; readonly service: number; readonly serviceName: string; readonly name: string; readonly kind: number; seen: number };
export type NameLimits = Pick<TraceLimits, 'servicesMax' | 'operationsMax' | 'operationsAllMax' | 'nameCharsMax'>;

/** Services and operations with their ids. New rows are written at once, within the transaction of the batch; `reload` puts memory right after a failed one. */
export class Names {
  readonly #store: Store;
  readonly #limits: NameLimits;
  readonly #services = new Map<string, number>();
  readonly #serviceNames = new Map<number, string>();
  readonly #byKey = new Map<string, Operation>();
  readonly #byId = new Map<number, Operation>();
  readonly #counts = new Map<number, number>();
  /** Ids are not given again while the process lives: spans that wait for their parents remember them. */
  #nextService = 1;
  constructor(store: Store, limits: NameLimits) {
    this.#store = store;
    this.#limits = limits;
    this.reload();
  }
  reload(): void {
    for (const map of [this.#services, this.#serviceNames, this.#byKey, this.#byId, this.#counts]) map.clear();
    for (const row of this.#store.sql('SELECT id, name FROM services').iterate()) this.#rememberService(Number(row['id']), String(row['name']));
    for (const row of this.#store.sql('SELECT o.id, o.service, s.name AS service_name, o.name, o.kind, o.seen FROM operations o JOIN services s ON s.id = o.service').iterate()) {
      this.#remember({ id: Number(row['id']), service: Number(row['service']), serviceName: String(row['service_name']), name: String(row['name']), kind: Number(row['kind']), seen: Number(row['seen']) });
    }
  }
  #rememberService(id: number, name: string): void {
    this.#services.set(name, id);
    this.#serviceNames.set(id, name);
    this.#nextService = Math.max(this.#nextService, id + 1);
  }
  #remember(operation: Operation): void {
    this.#byKey.set(`${operation.service}\n${operation.kind}\n${operation.name}`, operation);
    this.#byId.set(operation.id, operation);
    this.#counts.set(operation.service, (this.#counts.get(operation.service) ?? 0) + 1);
  }
  services(): readonly string[] {
    const used = new Set([...this.#byId.values()].map((o) => o.serviceName));
    used.delete(OTHER_SERVICES);
    return [...used].sort();
  }
  isListed(service: string): boolean {
    return service !== OTHER_SERVICES && this.#services.has(service);
  }
  /** The id under which the spans of a service are stored; those that are not listed share one. */
  serviceId(name: string): number | undefined {
    return this.#services.get(name) ?? this.#services.get(OTHER_SERVICES);
  }
  serviceName(id: number): string | undefined {
    return this.#serviceNames.get(id);
  }
  /** Operations of a listed service. */
  operations(service: string): readonly Operation[] {
    return this.isListed(service) ? this.operationsWith(service) : [];
  }
  /** Operations under which the spans of a service may stand. */
  operationsWith(service: string): readonly Operation[] {
    const id = this.serviceId(service);
    return [...this.#byId.values()].filter((o) => o.service === id);
  }
  operation(id: number): Operation | undefined {
    return this.#byId.get(id);
  }
  /** The operation's row, made when new; above the limits the one that stands for all others. */
  intern(service: string, name: string, kind: number, now: number): Operation {
    const serviceId = this.#service(service);
    const { operationsMax, operationsAllMax, nameCharsMax } = this.#limits;
    const full = (this.#counts.get(serviceId) ?? 0) >= operationsMax || this.#byId.size >= operationsAllMax || name.length > nameCharsMax;
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
    const made: Operation = { id: Number(lastInsertRowid), service: serviceId, serviceName: this.#serviceNames.get(serviceId) ?? service, name: stored, kind, seen: now };
    this.#remember(made);
    return made;
  }
  #service(name: string): number {
    const full = this.#services.size >= this.#limits.servicesMax || name.length > this.#limits.nameCharsMax;
    const known = this.#services.get(name) ?? (full ? this.#services.get(OTHER_SERVICES) : undefined);
    if (known !== undefined) return known;
    const stored = full ? OTHER_SERVICES : name;
    const id = this.#nextService;
    this.#store.sql('INSERT INTO services (id, name) VALUES (?, ?)').run(id, stored);
    this.#rememberService(id, stored);
    return id;
  }
  /** Forgets what no kept span has: operations not seen since `before` (ms), and services without any, with their calls. */
  forget(before: number): void {
    if (Number(this.#store.sql('DELETE FROM operations WHERE seen < ?').run(before - SEEN_MS).changes) === 0) return;
    if (Number(this.#store.sql('DELETE FROM services WHERE id NOT IN (SELECT service FROM operations)').run().changes) > 0) {
      this.#store.sql('DELETE FROM links WHERE parent NOT IN (SELECT id FROM services) OR child NOT IN (SELECT id FROM services)').run();
    }
    this.reload();
  }
}
