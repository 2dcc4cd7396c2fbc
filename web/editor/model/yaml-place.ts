/** Where a position of a YAML text is: the path of the mapping or value there, what is typed so far, and which keys the mapping has already. */
export type YamlPlace = {
  /** Keys from the root; a list item is "[]". */
  readonly path: readonly string[];
  /** A key is being written (of the object at `path`), or the value of the field at `path`. */
  readonly what: 'key' | 'value';
  readonly typed: string;
  /** Offset where the typed part begins. */
  readonly from: number;
  readonly siblings: ReadonlySet<string>;
};

type Line = { readonly indent: number; readonly dashes: number; readonly key: string | undefined; readonly rest: string };
const KEY = /^("(?:[^"\\]|\\.)*"|'[^']*'|[^\s#:'"[{][^:#]*?)\s*:(?:\s+|$)/;
const unquote = (key: string): string => (/^(['"]).*\1$/.test(key) ? key.slice(1, -1) : key);

/** One line by its indentation: `  - key: rest`. Every dash opens a list item whose content begins after it. */
function readLine(text: string): Line | undefined {
  if (/^\s*(#|$)/.test(text) || text.startsWith('---')) return undefined;
  let indent = text.length - text.trimStart().length;
  let body = text.slice(indent);
  let dashes = 0;
  while (/^-(\s|$)/.test(body)) {
    const inner = body.slice(1);
    const gap = inner.length - inner.trimStart().length;
    indent += 1 + gap;
    body = inner.trimStart();
    dashes += 1;
  }
  const match = KEY.exec(body);
  return { indent, dashes, key: match === null ? undefined : unquote(match[1] ?? ''), rest: match === null ? body : body.slice(match[0].length) };
}

/** Indentation at which the outermost dash of a line stands. */
const dashIndent = (text: string): number => text.length - text.trimStart().length;

/** The path of the object whose keys stand at `indent`, read upwards from line `at` (exclusive). */
function pathAbove(lines: readonly string[], at: number, indent: number, dashesHere: number): string[] {
  const path: string[] = [];
  let wanted = indent;
  if (dashesHere > 0) {
    path.unshift(...Array.from({ length: dashesHere }, () => '[]'));
    wanted = dashIndent(lines[at] ?? '');
  }
  let listOpen = dashesHere > 0;
  for (let i = at - 1; i >= 0; i--) {
    const text = lines[i] ?? '';
    const line = readLine(text);
    if (line === undefined) continue;
    const outer = dashIndent(text);
    if (!listOpen && line.dashes > 0 && line.indent === wanted) {
      // the item that our siblings belong to begins on this line
      path.unshift(...Array.from({ length: line.dashes }, () => '[]'));
      wanted = outer;
      listOpen = true;
      continue;
    }
    // a list may stand at the same indentation as the key that holds it
    const holds = line.key !== undefined && line.rest.trim() === '' && (line.indent < wanted || (listOpen && line.indent === wanted && line.dashes === 0));
    if (!holds || line.key === undefined) continue;
    path.unshift(line.key);
    wanted = line.indent;
    listOpen = false;
    if (line.dashes > 0) {
      path.unshift(...Array.from({ length: line.dashes }, () => '[]'));
      wanted = outer;
      listOpen = true;
    }
    if (wanted === 0 && !listOpen) break;
  }
  return path;
}

/** Keys of the mapping that the line `at` belongs to. */
function siblingsOf(lines: readonly string[], at: number, indent: number): ReadonlySet<string> {
  const found = new Set<string>();
  const scan = (step: 1 | -1): void => {
    for (let i = at + step; i >= 0 && i < lines.length; i += step) {
      const line = readLine(lines[i] ?? '');
      if (line === undefined) continue;
      const outer = dashIndent(lines[i] ?? '');
      if (line.indent < indent || (line.dashes > 0 && outer < indent && step === 1)) return;
      if (line.indent === indent && line.key !== undefined) found.add(line.key);
      if (line.dashes > 0 && outer < indent) return; // the first key of our own item
    }
  };
  scan(-1);
  scan(1);
  return found;
}

/** Reads the place of `offset` in the text. Block style only; inside `{}` or `[]` on one line the field that holds them is the place. */
export function yamlPlace(text: string, offset: number): YamlPlace {
  const before = text.slice(0, offset);
  const at = before.split('\n').length - 1;
  const lines = text.split('\n');
  const full = lines[at] ?? '';
  const column = offset - (before.lastIndexOf('\n') + 1);
  const left = full.slice(0, column);
  const line = readLine(`${left}x`) ?? { indent: column, dashes: 0, key: undefined, rest: '' };
  const indent = line.indent;
  const path = pathAbove(lines, at, indent, line.dashes);
  if (line.key !== undefined) {
    const typed = line.rest.slice(0, -1);
    return { path: [...path, line.key], what: 'value', typed, from: offset - typed.length, siblings: new Set() };
  }
  const typed = left.slice(Math.min(indent, left.length));
  const hasDash = line.dashes > 0;
  const own = line.dashes > 0 ? new Set<string>() : siblingsOf(lines, at, indent);
  return { path, what: 'key', typed, from: offset - typed.length, siblings: hasDash ? siblingsBelow(lines, at, indent) : own };
}

function siblingsBelow(lines: readonly string[], at: number, indent: number): ReadonlySet<string> {
  const found = new Set<string>();
  for (let i = at + 1; i < lines.length; i++) {
    const line = readLine(lines[i] ?? '');
    if (line === undefined) continue;
    if (line.indent < indent || (line.dashes > 0 && dashIndent(lines[i] ?? '') < indent)) break;
    if (line.indent === indent && line.key !== undefined) found.add(line.key);
  }
  return found;
}
