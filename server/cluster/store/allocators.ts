import { randomInt } from 'node:crypto';
import { at, numberAt, recordsAt } from '../object/object.ts';
import type { KObject } from '../object/object.ts';
import type { Allocators } from '../rest/core.ts';
import { invalidValue } from '../status/field-errors.ts';
import type { FieldError } from '../status/status-error.ts';
import type { ObjectStore } from './object-store.ts';

const NODE_PORT_MIN = 30_000;
const NODE_PORT_MAX = 32_767;
/** Addresses promised to requests that are not stored yet are free again after this, ms. */
const PROMISE_MS = 30_000;

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
  const promised = new Map<string, number>();
  const services = store.collection('/services');
  const addressesOf = (object: KObject): readonly string[] => {
    const ips = at(object, 'spec', 'clusterIPs');
    return Array.isArray(ips) ? ips.map(String) : [];
  };
  const portsOf = (object: KObject): readonly (number | undefined)[] => [...recordsAt(object, 'spec', 'ports').map((port) => numberAt(port, 'nodePort')), numberAt(object, 'spec', 'healthCheckNodePort')];
  const isPromised = (key: string): boolean => (promised.get(key) ?? 0) > performance.now();
  const promise = (key: string): void => {
    for (const [old, until] of promised) if (until < performance.now()) promised.delete(old);
    promised.set(key, performance.now() + PROMISE_MS);
  };
  // A stored Service needs no promise any more; neither does one that failed for other reasons, a little later.
  services.watch((change) => {
    for (const ip of addressesOf(change.stored.object)) promised.delete(ip);
    for (const port of portsOf(change.stored.object)) promised.delete(String(port));
  });
  const takenIps = (): ReadonlySet<string> => new Set(services.list().flatMap(({ object }) => addressesOf(object)));
  const takenPorts = (): ReadonlySet<number | undefined> => new Set(services.list().flatMap(({ object }) => portsOf(object)));
  const refuseIp = (ip: string, why: string): { readonly error: FieldError } => ({ error: invalidValue('spec.clusterIPs', [ip], `failed to allocate IP ${ip}: ${why}`) });
  return {
    allocateIp: (_namespace, _name, wanted) => {
      const taken = takenIps();
      if (wanted !== undefined) {
        const n = toNumber(wanted);
        if (!(n > range.first && n < range.first + range.size)) return refuseIp(wanted, 'the provided network does not match the current range');
        if (taken.has(wanted) || isPromised(wanted)) return refuseIp(wanted, 'provided IP is already allocated');
        promise(wanted);
        return { ip: wanted };
      }
      const start = randomInt(2, range.size - 1);
      for (let i = 0; i < range.size; i++) {
        const offset = 2 + ((start + i) % (range.size - 3));
        const ip = toIp(range.first + offset);
        if (taken.has(ip) || isPromised(ip)) continue;
        promise(ip);
        return { ip };
      }
      return refuseIp('', 'range is full');
    },
    allocatePort: (wanted) => {
      const taken = takenPorts();
      if (wanted !== undefined) {
        if (wanted < NODE_PORT_MIN || wanted > NODE_PORT_MAX) return { error: invalidValue('', wanted, `provided port is not in the valid range. The range of valid ports is ${NODE_PORT_MIN}-${NODE_PORT_MAX}`) };
        if (taken.has(wanted) || isPromised(String(wanted))) return { error: invalidValue('', wanted, 'provided port is already allocated') };
        promise(String(wanted));
        return { port: wanted };
      }
      for (let i = 0; i < 5000; i++) {
        const port = randomInt(NODE_PORT_MIN, NODE_PORT_MAX + 1);
        if (taken.has(port) || isPromised(String(port))) continue;
        promise(String(port));
        return { port };
      }
      return { error: invalidValue('', wanted ?? 0, 'no free node port was found') };
    },
  };
}
