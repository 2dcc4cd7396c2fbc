import { PAGES } from '../pages.ts';

/** One shortcut: the command it runs, the keys as they are printed, and its words for the sheet. */
export type Shortcut = { readonly id: string; readonly keys: string; readonly words: string; /** A held key runs it again and again: only for moving along. */ readonly repeats?: true; readonly group: 'Go to' | 'Everywhere' | 'Rows' | 'Graph' | 'Trace' };

/** The one map of keys: the handler, the hints on buttons and the sheet all read it. "g o" is g and then o; Mod is Ctrl, or Cmd on a Mac. */
export const SHORTCUTS: readonly Shortcut[] = [
  ...PAGES.map((page): Shortcut => ({ id: `go.${page.id}`, keys: `g ${page.letter}`, words: page.label, group: 'Go to' })),
  { id: 'palette', keys: 'Mod K', words: 'Search and commands', group: 'Everywhere' },
  { id: 'help', keys: '?', words: 'This sheet', group: 'Everywhere' },
  { id: 'filter', keys: '/', words: 'Filter', group: 'Everywhere' },
  { id: 'window.shorter', keys: '[', words: 'Shorter time window', group: 'Everywhere' },
  { id: 'window.longer', keys: ']', words: 'Longer time window', group: 'Everywhere' },
  { id: 'live.toggle', keys: '.', words: 'Live or paused', group: 'Everywhere' },
  { id: 'undo', keys: 'u', words: 'Undo the last change made here', group: 'Everywhere' },
  { id: 'up', keys: 'Esc', words: 'Up one level', group: 'Everywhere' },
  { id: 'rows.down', keys: 'j', words: 'Next row', repeats: true, group: 'Rows' },
  { id: 'rows.up', keys: 'k', words: 'Row before', repeats: true, group: 'Rows' },
  { id: 'rows.open', keys: 'Enter', words: 'Open', group: 'Rows' },
  { id: 'rows.inspect', keys: 'Space', words: 'Inspect', group: 'Rows' },
  { id: 'graph.wrong', keys: 'w', words: 'Only what is wrong or changed', group: 'Graph' },
  { id: 'graph.next-failing', keys: 'e', words: 'Next failing node', group: 'Graph' },
  { id: 'graph.outline', keys: 'o', words: 'Outline of the graph (for the keyboard)', group: 'Graph' },
  { id: 'graph.table', keys: 't', words: 'Graph as a table', group: 'Graph' },
  { id: 'graph.fit', keys: 'f', words: 'Fit the graph into view', group: 'Graph' },
  { id: 'graph.tidy', keys: 'l', words: 'Lay the graph out anew', group: 'Graph' },
  { id: 'trace.critical', keys: 'c', words: 'Critical path', group: 'Trace' },
];

export const KEYS_BY_COMMAND: ReadonlyMap<string, string> = new Map(SHORTCUTS.map((s) => [s.id, s.keys]));

/** What a pressed key is called in the map: "g", "Esc", "Space", "Mod K". */
export function nameOfKey(event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey'>): string | undefined {
  if (event.altKey) return undefined;
  const name = event.key === ' ' ? 'Space' : event.key === 'Escape' ? 'Esc' : event.key;
  if (event.ctrlKey || event.metaKey) return `Mod ${name.toUpperCase()}`;
  return name;
}

/** Finds the command for a key after a first key ("g"); `waiting` says that the key begins a sequence. */
export function commandFor(key: string, first: string | undefined): { readonly id: string | undefined; readonly waiting: boolean; readonly repeats: boolean } {
  const sequence = first === undefined ? key : `${first} ${key}`;
  const found = SHORTCUTS.find((s) => s.keys === sequence);
  const id = found?.id;
  return { id, waiting: id === undefined && first === undefined && SHORTCUTS.some((s) => s.keys.startsWith(`${key} `)), repeats: found?.repeats ?? false };
}
