import { isMap, isNode, isPair, isScalar, isSeq, LineCounter, parseAllDocuments, stringify } from 'yaml';
import type { Document, Node, Range } from 'yaml';
import { errorText } from '#shared/base';
import type { Reply } from '#shared/api';
import type { KubeObject } from '#shared/mesh';

export type Marker = Reply<'configCheck'>[number];
export type Path = readonly (string | number)[];
/** Aliases a text may expand to; more is a "billion laughs". */
const ALIASES_MAX = 100;

/** A text of the editor: its one document, and where each field stands in it. */
export class YamlText {
  readonly text: string;
  readonly problems: readonly Marker[];
  readonly value: unknown;
  readonly #lines = new LineCounter();
  readonly #document: Document | undefined;

  constructor(text: string) {
    this.text = text;
    const problems: Marker[] = [];
    const documents = [...parseAllDocuments(text, { lineCounter: this.#lines, prettyErrors: false, uniqueKeys: true })].filter((document) => document.contents !== null || document.errors.length > 0);
    for (const document of documents) for (const error of document.errors) problems.push(this.#marker(error.pos, 'error', error.message, '', 'syntax'));
    if (documents.length !== 1 && problems.length === 0) problems.push(this.#marker([0, Math.max(1, text.length)], 'error', documents.length === 0 ? 'The text is empty.' : 'The text holds several documents; the editor saves one object at a time.', '', 'syntax'));
    this.#document = documents[0];
    this.value = problems.length === 0 ? this.#toValue(problems) : undefined;
    this.problems = problems;
  }

  #toValue(problems: Marker[]): unknown {
    try {
      const value: unknown = this.#document?.toJS({ maxAliasCount: ALIASES_MAX });
      return value;
    } catch (error) {
      problems.push(this.#marker([0, Math.max(1, this.text.length)], 'error', errorText(error), '', 'syntax'));
      return undefined;
    }
  }

  #marker(range: readonly [number, number], level: Marker['level'], message: string, path: string, source: Marker['source']): Marker {
    const from = this.#lines.linePos(range[0]);
    const to = this.#lines.linePos(Math.max(range[1], range[0] + 1));
    const place = (pos: { line: number; col: number }): { line: number; column: number } => ({ line: Math.max(1, pos.line), column: Math.max(1, pos.col) });
    const [start, end] = [place(from), place(to)];
    return { line: start.line, column: start.column, endLine: end.line, endColumn: end.column, level, message, path, source };
  }

  /** A marker at the field of a path; at its nearest parent when the field is not there. `onKey` marks the key itself (unknown fields, missing parts). */
  at(path: Path, level: Marker['level'], message: string, source: Marker['source'], onKey = false): Marker {
    return this.#marker(this.#rangeOf(path, onKey), level, message, pathText(path), source);
  }

  #rangeOf(path: Path, onKey: boolean): readonly [number, number] {
    let node: unknown = this.#document?.contents;
    let range: readonly [number, number] = [0, Math.min(1, this.text.length)];
    for (const [depth, key] of path.entries()) {
      const last = depth === path.length - 1;
      if (isMap(node)) {
        const pair = node.items.find((item) => isPair(item) && (isScalar(item.key) ? String(item.key.value) : '') === String(key));
        if (pair === undefined) return range;
        const keyRange = isNode(pair.key) ? spanOf(pair.key, this.text) : undefined;
        if (keyRange !== undefined) range = keyRange;
        node = pair.value;
        if (last && onKey) return range;
      } else if (isSeq(node) && typeof key === 'number') {
        node = node.items[key];
        if (node === undefined) return range;
      } else return range;
      const whole = isNode(node) ? spanOf(node, this.text) : undefined;
      // a list item without a key of its own is marked by its first line
      if (whole !== undefined && (last ? isScalar(node) : typeof key === 'number')) range = isScalar(node) ? whole : firstLine(whole, this.text);
    }
    return range;
  }
}

function spanOf(node: Node, text: string): readonly [number, number] | undefined {
  const range: Range | null | undefined = node.range;
  if (range === null || range === undefined) return undefined;
  return [range[0], Math.max(range[0] + 1, Math.min(range[1], text.length))];
}
function firstLine(range: readonly [number, number], text: string): readonly [number, number] {
  const end = text.indexOf('\n', range[0]);
  return [range[0], end < 0 ? range[1] : Math.min(end, range[1])];
}

/** `spec.http[0].route`; names that need it are quoted in brackets. */
export const pathText = (path: Path): string => path.map((key, i) => (typeof key === 'number' ? `[${key}]` : /^[A-Za-z_][\w-]*$/.test(key) ? `${i === 0 ? '' : '.'}${key}` : `[${key}]`)).join('');

/** A field as the API server writes it (`spec.http[0].match["x"]`, `metadata.labels[a.b/c]`) as a path. */
export function parsePath(text: string): Path {
  const path: (string | number)[] = [];
  for (const match of text.matchAll(/\[(?:"([^"]*)"|([^\]]*))\]|([^.[\]]+)/g)) {
    const key = match[1] ?? match[2] ?? match[3] ?? '';
    path.push(match[2] !== undefined && /^\d+$/.test(key) ? Number(key) : key);
  }
  return path;
}

/** An object as YAML for people: no managedFields, the usual order of the top level. */
export function yamlOf(object: KubeObject): string {
  const { managedFields: _managed, ...metadata } = { managedFields: undefined, ...object.metadata };
  const { apiVersion, kind, metadata: _metadata, status, ...rest } = object;
  return stringify({ apiVersion, kind, metadata, ...rest, ...(status === undefined ? {} : { status }) }, { lineWidth: 0, aliasDuplicateObjects: false });
}
