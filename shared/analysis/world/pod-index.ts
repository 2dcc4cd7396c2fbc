import { selects } from '#shared/mesh';
import type { Labels } from '#shared/mesh';
import type { PodFacts } from './facts.ts';

const NONE: readonly PodFacts[] = [];
const pair = (key: string, value: string): string => `${key}=${value}`;

/** Pods by label, so that a selector does not look at every pod: thousands of selectors meet thousands of pods. */
export class PodIndex {
  readonly all: readonly PodFacts[];
  readonly #byNamespace: ReadonlyMap<string, readonly PodFacts[]>;
  readonly #byLabel = new Map<string, PodFacts[]>();
  constructor(all: readonly PodFacts[]) {
    this.all = all;
    this.#byNamespace = Map.groupBy(all, (pod) => pod.namespace);
    for (const pod of all) {
      for (const [key, value] of Object.entries(pod.labels)) {
        const label = pair(key, value);
        for (const at of [label, `${pod.namespace}/${label}`]) {
          const known = this.#byLabel.get(at);
          if (known === undefined) this.#byLabel.set(at, [pod]);
          else known.push(pod);
        }
      }
    }
  }
  /** Pods of a namespace, or of all where it is undefined, that a selector chooses; no selector chooses all. */
  chosen(namespace: string | undefined, selector: Labels | undefined): readonly PodFacts[] {
    let fewest = namespace === undefined ? this.all : (this.#byNamespace.get(namespace) ?? NONE);
    const within = namespace === undefined ? '' : `${namespace}/`;
    const labels = Object.entries(selector ?? {});
    for (const [key, value] of labels) {
      const pods = this.#byLabel.get(`${within}${pair(key, value)}`) ?? NONE;
      if (pods.length < fewest.length) fewest = pods;
    }
    return labels.length === 0 ? fewest : fewest.filter((pod) => selects(selector, pod.labels));
  }
}
