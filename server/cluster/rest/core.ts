import type { Exchange } from '../http/exchange.ts';
import type { KObject } from '../object/object.ts';
import type { Registry } from '../resources/registry.ts';
import type { StrategyContext, View } from '../resources/resource.ts';
import type { Collection } from '../store/collection.ts';
import type { Stored } from '../store/history.ts';
import type { ObjectStore } from '../store/object-store.ts';

export type Operation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';
/** What admission gets to see. `object` is absent for a delete, `old` for a create. */
export type AdmissionRequest = {
  readonly exchange: Exchange; readonly view: View; readonly operation: Operation; readonly subresource: string; readonly namespace: string; readonly name: string;
  readonly object: KObject | undefined; readonly old: KObject | undefined; readonly isDryRun: boolean; readonly options: object;
};
/** Steps between decoding and storing that may change or refuse an object. */
export type Admission = {
  mutate(request: AdmissionRequest, object: KObject): Promise<KObject>;
  validate(request: AdmissionRequest): Promise<void>;
};
/** Addresses and ports that one request is given for Services: promised to it until `release`, which comes when they are stored or the request has failed. */
export type Reservation = Pick<StrategyContext, 'allocateIp' | 'allocatePort'> & { release(): void };
/** `isDryRun`: only looked up, promised to nobody. */
export type Allocators = { reserve(isDryRun: boolean): Reservation };

/** What every handler works with. */
export type Core = {
  readonly store: ObjectStore;
  readonly registry: Registry;
  readonly admission: Admission;
  readonly allocators: Allocators;
  now(): Date;
  newUid(): string;
  /** Random characters of a generated name. */
  randomName(length: number): string;
};

export const collectionOf = (core: Core, view: View): Collection => core.store.collection(view.resource.collection);
/** RFC 3339 with whole seconds, as metadata carries it. */
export const timeText = (date: Date): string => `${date.toISOString().slice(0, 19)}Z`;

/** The context of one request; `release` it at its end. */
export type RequestContext = StrategyContext & Pick<Reservation, 'release'>;
export function strategyContext(core: Core, exchange: Exchange, isDryRun: boolean): RequestContext {
  let reservation: Reservation | undefined;
  const reserve = (): Reservation => (reservation ??= core.allocators.reserve(isDryRun));
  return {
    now: () => core.now(),
    find: (collection, namespace, name) => core.store.collection(collection).get(namespace, name)?.object,
    isDryRun, user: exchange.user.name, warn: (text) => exchange.warn(text),
    allocateIp: (wanted) => reserve().allocateIp(wanted), allocatePort: (wanted) => reserve().allocatePort(wanted), release: () => reservation?.release(),
  };
}

/** An answer that is not stored: of a dry run, or made on the fly. */
export const unstored = (object: KObject): Stored => ({ rev: 0, object, json: JSON.stringify(object) });
