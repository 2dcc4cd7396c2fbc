import { randomInt } from 'node:crypto';
import { at, numberAt, recordsAt } from '../object/object.ts';
import type { KObject } from '../object/object.ts';
import type { Allocators, Reservation } from '../rest/core.ts';
import { invalidValue } from '../status/field-errors.ts';
import type { FieldError } from '../status/status-error.ts';
import type { Collection } from './collection.ts';
import type { ObjectStore } from './object-store.ts';

const NODE_PORT_MIN = 30_000;
const NODE_PORT_MAX = 32_767;

const toNumber = (ip: string): number => ip.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
const toIp = (n: number): string => [24, 16, 8, 0].map((shift) => Math.floor(n / 2 ** shift) % 256).join('.');
export type Range = { readonly first: number; readonly size: number };
export function parseCidr(cidr: string): Range {
  const [ip = '', bits = '32'] = cidr.split('/');
  const size = 2 ** (32 - Number(bits));
  return { first: Math.floor(toNumber(ip) / size) * size, size };
}
/** The first address of the range: that of the Service `kubernetes`. */
export const firstAddress = (range: Range): string => toIp(range.first + 1);

/** Cluster addresses and node ports of Services. What is taken is read from the stored Services, so that nothing leaks. */
export function createAllocators(store: ObjectStore, cidr: string): Allocators {
  const range = parseCidr(cidr);
  /** What requests under way were given and have not stored yet. */
  const promised = new Set<string>();
  return { reserve: (isDryRun) => new RequestReservation(store.collection('/services'), range, isDryRun ? new Set(promised) : promised) };
}

const addressesOf = (object: KObject): readonly string[] => {
  const ips = at(object, 'spec', 'clusterIPs');
  return Array.isArray(ips) ? ips.map(String) : [];
};
const portsOf = (object: KObject): readonly (number | undefined)[] => [...recordsAt(object, 'spec', 'ports').map((port) => numberAt(port, 'nodePort')), numberAt(object, 'spec', 'healthCheckNodePort')];
const refuseIp = (ip: string, why: string): { readonly error: FieldError } => ({ error: invalidValue('spec.clusterIPs', [ip], `failed to allocate IP ${ip}: ${why}`) });

/** What one request is given. */
class RequestReservation implements Reservation {
  readonly #services: Collection;
  readonly #range: Range;
  readonly #promised: Set<string>;
  readonly #own: string[] = [];
  constructor(services: Collection, range: Range, promised: Set<string>) {
    this.#services = services;
    this.#range = range;
    this.#promised = promised;
  }

  allocateIp(wanted: string | undefined): { readonly ip: string } | { readonly error: FieldError } {
    const { first, size } = this.#range;
    const taken = new Set(this.#services.list().flatMap(({ object }) => addressesOf(object)));
    if (wanted !== undefined) {
      const n = toNumber(wanted);
      if (!(n > first && n < first + size)) return refuseIp(wanted, 'the provided network does not match the current range');
      if (taken.has(wanted) || !this.#promise(wanted)) return refuseIp(wanted, 'provided IP is already allocated');
      return { ip: wanted };
    }
    const start = randomInt(2, size - 1);
    for (let i = 0; i < size; i++) {
      const offset = 2 + ((start + i) % (size - 3));
      const ip = toIp(first + offset);
      if (!taken.has(ip) && this.#promise(ip)) return { ip };
    }
    return refuseIp('', 'range is full');
  }

  allocatePort(wanted: number | undefined): { readonly port: number } | { readonly error: FieldError } {
    const taken = new Set(this.#services.list().flatMap(({ object }) => portsOf(object)));
    if (wanted !== undefined) {
      if (wanted < NODE_PORT_MIN || wanted > NODE_PORT_MAX) return { error: invalidValue('', wanted, `provided port is not in the valid range. The range of valid ports is ${NODE_PORT_MIN}-${NODE_PORT_MAX}`) };
      if (taken.has(wanted) || !this.#promise(String(wanted))) return { error: invalidValue('', wanted, 'provided port is already allocated') };
      return { port: wanted };
    }
    for (let i = 0; i < 5000; i++) {
      const port = randomInt(NODE_PORT_MIN, NODE_PORT_MAX + 1);
      if (!taken.has(port) && this.#promise(String(port))) return { port };
    }
    return { error: invalidValue('', wanted ?? 0, 'no free node port was found') };
  }

  release(): void {
    for (const key of this.#own.splice(0)) this.#promised.delete(key);
  }

  /** False when a request under way has it already. */
  #promise(key: string): boolean {
    if (this.#promised.has(key)) return false;
    this.#promised.add(key);
    this.#own.push(key);
    return true;
  }
}
