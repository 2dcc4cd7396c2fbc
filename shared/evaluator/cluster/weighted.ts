/** The index of the entry that a number in [0, 1) falls on, by weight. Entries of weight 0 are never picked while another has one. */
export function pickWeighted(weights: readonly number[], total: number, random: number): number {
  let left = Math.floor(random * total);
  for (let i = 0; i < weights.length; i++) {
    left -= weights[i] ?? 0;
    if (left < 0) return i;
  }
  return weights.length - 1;
}
