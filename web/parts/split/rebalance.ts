/** Weights of a split: whole per cent that add up to 100. */
export type Weights = Readonly<Record<string, number>>;

/**
 * One weight set to a value; the others share what is left in the proportion they had (evenly, when they all were zero).
 * Whole numbers by the largest remainder, so the sum is always 100.
 */
export function rebalance(weights: Weights, subset: string, value: number): Weights {
  const others = Object.keys(weights).filter((name) => name !== subset);
  const own = others.length === 0 ? 100 : Math.min(100, Math.max(0, Math.round(value)));
  const left = 100 - own;
  const total = others.reduce((sum, name) => sum + (weights[name] ?? 0), 0);
  const exact = others.map((name) => ({ name, share: total === 0 ? left / others.length : (left * (weights[name] ?? 0)) / total }));
  const floors = new Map(exact.map(({ name, share }) => [name, Math.floor(share)]));
  let rest = left - [...floors.values()].reduce((sum, v) => sum + v, 0);
  for (const { name } of exact.toSorted((a, b) => b.share - Math.floor(b.share) - (a.share - Math.floor(a.share)))) {
    if (rest <= 0) break;
    floors.set(name, (floors.get(name) ?? 0) + 1);
    rest -= 1;
  }
  return Object.fromEntries(Object.keys(weights).map((name) => [name, name === subset ? own : (floors.get(name) ?? 0)]));
}

export const sameWeights = (a: Weights, b: Weights): boolean => Object.keys(a).length === Object.keys(b).length && Object.entries(a).every(([name, value]) => b[name] === value);
