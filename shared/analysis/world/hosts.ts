import { fullHost, hostsMatch, isVisible, isWildcard } from '#shared/mesh';
import type { Labels, ObjectRef } from '#shared/mesh';

/** A host somebody can call, from a Service or a ServiceEntry. */
export type HostFacts = {
  readonly host: string; readonly namespace: string; readonly ref: ObjectRef; readonly ports: readonly number[]; readonly exportTo: readonly string[];
  /** Labels of the pods behind it; undefined when no selector says so. */
  readonly selector: Labels | undefined; readonly isService: boolean;
};

/** Finds the host a rule means. */
export class HostRegistry {
  readonly #exact = new Map<string, HostFacts[]>();
  readonly #wildcards: HostFacts[] = [];
  constructor(hosts: readonly HostFacts[]) {
    for (const one of hosts) {
      if (isWildcard(one.host)) this.#wildcards.push(one);
      else this.#exact.set(one.host, [...(this.#exact.get(one.host) ?? []), one]);
    }
  }
  /** The host as a rule in a namespace sees it: short names are completed, what is not exported there is left out. */
  find(host: string, namespace: string): HostFacts | undefined {
    const full = fullHost(host, namespace);
    const isSeen = (one: HostFacts): boolean => isVisible(one.exportTo, one.namespace, namespace);
    return this.#exact.get(full)?.find(isSeen) ?? this.#wildcards.find((one) => hostsMatch(one.host, full) && isSeen(one));
  }
  /** Whether any known host is one of those a pattern stands for. */
  hasAny(pattern: string, namespace: string): boolean {
    if (!isWildcard(pattern)) return this.find(pattern, namespace) !== undefined;
    for (const host of this.#exact.keys()) if (hostsMatch(pattern, host)) return true;
    return this.#wildcards.some((one) => hostsMatch(one.host, pattern));
  }
  /** Names like one that was not found, for a suggestion. */
  alike(host: string, namespace: string): string | undefined {
    const [short = ''] = host.split('.');
    const candidates = [...this.#exact.values()].flat().filter((one) => one.isService);
    const near = candidates.find((one) => one.namespace === namespace && isNear(one.host.split('.')[0] ?? '', short)) ?? candidates.find((one) => one.host.split('.')[0] === short);
    if (near === undefined) return undefined;
    return near.namespace === namespace ? near.host.split('.')[0] : near.host;
  }
}

/** Whether two names differ by one letter: one more, one less, one other, or two swapped. */
export function isNear(a: string, b: string): boolean {
  if (a === b || a.length + b.length < 4 || Math.abs(a.length - b.length) > 1) return a === b;
  let start = 0;
  while (start < a.length && a[start] === b[start]) start += 1;
  const restA = a.slice(start);
  const restB = b.slice(start);
  const isSwapped = restA.length === restB.length && restA[0] === restB[1] && restA[1] === restB[0] && restA.slice(2) === restB.slice(2);
  return restA.slice(1) === restB.slice(1) || restA.slice(1) === restB || restA === restB.slice(1) || isSwapped;
}
