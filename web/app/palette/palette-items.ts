/** One thing the palette offers. */
export type PaletteItem = { readonly id: string; readonly group: 'Go to' | 'Services' | 'Workloads' | 'Configuration' | 'Time and namespaces' | 'Do'; readonly text: string; readonly hint?: string | undefined; readonly keys?: string | undefined; readonly run: () => void };

/** How well a text answers a search: whole beginning, beginning of a word, letters in order; undefined when it does not. */
export function scoreOf(text: string, search: string): number | undefined {
  const low = text.toLowerCase();
  const wanted = search.toLowerCase().trim();
  if (wanted === '') return 0;
  if (low.startsWith(wanted)) return 100 - low.length / 100;
  const word = low.search(new RegExp(`[\\s/.:-]${wanted.replaceAll(/[^a-z0-9]/g, (c) => `\\${c}`)}`));
  if (word !== -1) return 80 - word / 100;
  if (low.includes(wanted)) return 60 - low.length / 100;
  let at = 0;
  for (const letter of wanted.replaceAll(' ', '')) {
    at = low.indexOf(letter, at);
    if (at === -1) return undefined;
    at += 1;
  }
  return 20 - at / 100;
}

const ITEMS_MAX = 60;
/** The items that answer a search, best first inside their groups, groups by their best item. */
export function rank(items: readonly PaletteItem[], search: string): readonly PaletteItem[] {
  const scored = items.flatMap((item) => {
    const score = scoreOf(`${item.text} ${item.hint ?? ''}`, search) ?? (search === '' ? 0 : undefined);
    return score === undefined ? [] : [{ item, score }];
  });
  const best = new Map<string, number>();
  for (const { item, score } of scored) best.set(item.group, Math.max(best.get(item.group) ?? -1, score));
  if (search !== '') scored.sort((a, b) => (best.get(b.item.group) ?? 0) - (best.get(a.item.group) ?? 0) || a.item.group.localeCompare(b.item.group) || b.score - a.score);
  return scored.slice(0, ITEMS_MAX).map(({ item }) => item);
}
