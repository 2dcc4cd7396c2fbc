import { formatOpenMetricsFloat } from '../promql/parse/go-text.ts';
import type { MetricsLimits } from '../limits.ts';

/** Text that is no exposition; the whole scrape fails and nothing of it is stored. */
export class ScrapeError extends Error {
  override readonly name = 'ScrapeError';
}

export type SeriesLabels = readonly (readonly [string, string])[];
export type Metadata = { readonly type: string; readonly help: string; readonly unit: string };
export type ParserHost = {
  /** The slot of a series that was not seen at this place before; -1 leaves its samples out. */
  slotOf(labels: SeriesLabels): number;
  metadata(name: string, change: Partial<Metadata>): void;
};

const COMMENT = -2;
/** Lines further on in the last text that are tried when a line does not match, before the line counts as new. */
const LOOK_AHEAD = 8;
const [NEWLINE, SPACE, TAB, CR, HASH, QUOTE, BACKSLASH, OPEN, CLOSE] = [10, 32, 9, 13, 35, 34, 92, 123, 125];

/** Where each line of one text stands and which series it is. */
class Lines {
  starts = new Int32Array(256);
  lengths = new Int32Array(256);
  slots = new Int32Array(256);
  n = 0;
  add(start: number, length: number, slot: number): void {
    if (this.n === this.starts.length) {
      for (const key of ['starts', 'lengths', 'slots'] as const) {
        const grown = new Int32Array(this.n * 2);
        grown.set(this[key]);
        this[key] = grown;
      }
    }
    this.starts[this.n] = start;
    this.lengths[this.n] = length;
    this.slots[this.n] = slot;
    this.n += 1;
  }
}

/**
 * Reads Prometheus's text format 0.0.4 (and what OpenMetrics adds to its lines). Targets send the same series in the same order, so
 * each line is first compared with the line at its place in the last text; only new lines are taken apart.
 */
export class TextParser {
  readonly #host: ParserHost;
  readonly #limits: MetricsLimits;
  #last: Buffer = Buffer.alloc(0);
  #lines = new Lines();
  #next = new Lines();
  /** The samples of the text parsed last. */
  slots = new Int32Array(256);
  values = new Float64Array(256);
  n = 0;
  #value = 0;
  #at = 0;
  constructor(host: ParserHost, limits: MetricsLimits) {
    this.#host = host;
    this.#limits = limits;
  }
  /** Forgets the last text: its slots mean nothing any more. */
  reset(): void {
    this.#lines.n = 0;
  }
  /** Parses `body`, which the parser keeps until the next call; returns the buffer it kept before. Throws ScrapeError. */
  parse(body: Buffer): Buffer {
    const before = this.#lines;
    const now = this.#next;
    now.n = 0;
    this.n = 0;
    this.#at = 0;
    let place = 0;
    try {
      while (this.#at < body.length) {
        const start = this.#at;
        const found = this.#match(body, start, before, place);
        if (found >= 0) {
          place = found + 1;
          const length = before.lengths[found] ?? 0;
          const slot = before.slots[found] ?? 0;
          now.add(start, length, slot);
          this.#at = start + length;
          if (slot === COMMENT) this.#at += 1;
          else this.#sample(body, slot);
        } else this.#line(body, now);
      }
    } catch (error) {
      this.#lines.n = 0;
      throw error;
    }
    this.#lines = now;
    this.#next = before;
    const given = this.#last;
    this.#last = body;
    return given;
  }
  /** The place in the last text of the line that begins at `start`; -1 when it is new. */
  #match(body: Buffer, start: number, before: Lines, place: number): number {
    const end = Math.min(before.n, place + LOOK_AHEAD);
    for (let i = place; i < end; i++) {
      const length = before.lengths[i] ?? 0;
      const stop = start + length;
      const next = body[stop];
      if (before.slots[i] === COMMENT ? next !== NEWLINE : next !== SPACE && next !== TAB) continue;
      const from = before.starts[i] ?? 0;
      if (body[stop - 1] === this.#last[from + length - 1] && body.compare(this.#last, from, from + length, start, stop) === 0) return i;
    }
    return -1;
  }
  /** A line that is taken apart: comment, blank, or a sample of a series not seen at this place. */
  #line(body: Buffer, now: Lines): void {
    let at = this.#at;
    while (body[at] === SPACE || body[at] === TAB || body[at] === CR) at += 1;
    const newline = body.indexOf(NEWLINE, at);
    const end = newline < 0 ? body.length : newline;
    if (at === end) {
      this.#at = end + 1;
      return;
    }
    if (body[at] === HASH) {
      this.#comment(body.toString('utf8', at, end));
      if (newline >= 0) now.add(this.#at, end - this.#at, COMMENT);
      this.#at = end + 1;
      return;
    }
    const seriesEnd = endOfSeries(body, at, end);
    const labels = parseSeries(body.toString('utf8', at, seriesEnd), this.#limits);
    const slot = this.#host.slotOf(labels);
    now.add(at, seriesEnd - at, slot);
    this.#at = seriesEnd;
    this.#sample(body, slot);
  }
  #comment(text: string): void {
    const match = /^#\s*(HELP|TYPE|UNIT)\s+("(?:[^"\\]|\\.)*"|\S+)(?:\s+(.*))?$/.exec(text);
    if (match === null) return;
    const name = (match[2] ?? '').replaceAll('"', '').slice(0, this.#limits.labelValueBytesMax);
    const rest = (match[3] ?? '').trim();
    if (match[1] === 'TYPE') this.#host.metadata(name, { type: ['counter', 'gauge', 'histogram', 'summary', 'info', 'stateset', 'gaugehistogram'].includes(rest) ? rest : 'unknown' });
    else if (match[1] === 'HELP') this.#host.metadata(name, { help: rest.replaceAll(/\\([\\n"])/g, (_, c: string) => (c === 'n' ? '\n' : c)).slice(0, 4096) });
    else this.#host.metadata(name, { unit: rest });
  }
  /** The value after a series, and what else the line holds (a timestamp, an exemplar); both are passed over. */
  #sample(body: Buffer, slot: number): void {
    this.#readValue(body);
    let at = this.#at;
    const c = body[at];
    if (c !== NEWLINE && at < body.length) {
      const newline = body.indexOf(NEWLINE, at);
      const end = newline < 0 ? body.length : newline;
      const rest = body.toString('latin1', at, end);
      if (!/^[ \t]*(?:-?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?)?[ \t]*(?:#.*)?\r?$/.test(rest)) throw new ScrapeError(`unexpected text after the value: ${JSON.stringify(rest.slice(0, 80))}`);
      at = end;
    }
    this.#at = at + 1;
    if (slot < 0) return;
    if (this.n === this.slots.length) {
      if (this.n >= this.#limits.scrapeSamplesMax) throw new ScrapeError(`sample limit exceeded: more than ${this.#limits.scrapeSamplesMax} samples`);
      const slots = new Int32Array(this.n * 2);
      slots.set(this.slots);
      this.slots = slots;
      const values = new Float64Array(this.n * 2);
      values.set(this.values);
      this.values = values;
    }
    this.slots[this.n] = slot;
    this.values[this.n] = this.#value;
    this.n += 1;
  }
  #readValue(body: Buffer): void {
    let at = this.#at;
    while (body[at] === SPACE || body[at] === TAB) at += 1;
    const start = at;
    let v = 0;
    let c = body[at] ?? NEWLINE;
    while (c >= 48 && c <= 57) {
      v = v * 10 + (c - 48);
      at += 1;
      c = body[at] ?? NEWLINE;
    }
    const ended = c === NEWLINE || c === SPACE || c === TAB || c === CR;
    if (ended && at > start && at - start <= 15) {
      this.#value = v;
      this.#at = at;
      return;
    }
    while (at < body.length && !(c === NEWLINE || c === SPACE || c === TAB || c === CR)) {
      at += 1;
      c = body[at] ?? NEWLINE;
    }
    this.#value = numberOf(body.toString('latin1', start, Math.min(at, start + 64)));
    this.#at = at;
  }
}

/** A number as Go's ParseFloat reads it. */
function numberOf(text: string): number {
  if (/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text)) return Number(text);
  const lower = text.toLowerCase();
  if (/^[+-]?inf(inity)?$/.test(lower)) return lower.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  if (/^[+-]?nan$/.test(lower)) return Number.NaN;
  throw new ScrapeError(`expected value after metric, got ${JSON.stringify(text.slice(0, 40))}`);
}

/** First byte after the series part of a line: its name, and its labels up to the closing brace. */
function endOfSeries(body: Buffer, from: number, end: number): number {
  let at = from;
  while (at < end && body[at] !== OPEN && body[at] !== SPACE && body[at] !== TAB) at += 1;
  let open = at;
  while (body[open] === SPACE || body[open] === TAB) open += 1;
  if (body[open] !== OPEN) return at;
  let quoted = false;
  for (at = open + 1; at < end; at++) {
    const c = body[at];
    if (quoted && c === BACKSLASH) at += 1;
    else if (c === QUOTE) quoted = !quoted;
    else if (c === CLOSE && !quoted) return at + 1;
  }
  throw new ScrapeError(`the labels of a series do not end: ${JSON.stringify(body.toString('utf8', from, Math.min(end, from + 80)))}`);
}

const NAME = /[a-zA-Z_:][\w:]*/y;
const LABEL = /[ \t]*(?:([a-zA-Z_][\w]*|"(?:[^"\\]|\\.)*")[ \t]*=[ \t]*)?"((?:[^"\\]|\\.)*)"[ \t]*(,?)/y;
const unescape = (text: string): string => (text.includes('\\') ? text.replaceAll(/\\([\\n"])/g, (_, c: string) => (c === 'n' ? '\n' : c)) : text);

/** The labels of the series part of a line, `__name__` among them. */
export function parseSeries(text: string, limits: MetricsLimits): SeriesLabels {
  const labels: (readonly [string, string])[] = [];
  NAME.lastIndex = 0;
  let name = NAME.exec(text)?.[0] ?? '';
  let at = name.length;
  while (text[at] === ' ' || text[at] === '\t') at += 1;
  if (text[at] === '{') {
    at += 1;
    let more = true;
    while (!/^[ \t]*\}/.test(text.slice(at, at + 64))) {
      LABEL.lastIndex = at;
      const match = LABEL.exec(text);
      if (match === null || !more) throw new ScrapeError(`expected a label, got ${JSON.stringify(text.slice(at, at + 40))}`);
      at = LABEL.lastIndex;
      more = match[3] === ',';
      const value = unescape(match[2] ?? '');
      if (match[1] === undefined) {
        if (name !== '') throw new ScrapeError(`the metric has two names: ${name} and ${value}`);
        name = value;
      } else {
        const key = match[1].startsWith('"') ? unescape(match[1].slice(1, -1)) : match[1];
        if (key.length > limits.labelNameBytesMax || value.length > limits.labelValueBytesMax) throw new ScrapeError(`the label ${key.slice(0, 80)} or its value is too long (limits ${limits.labelNameBytesMax} and ${limits.labelValueBytesMax} bytes)`);
        labels.push([key, value]);
        if (labels.length > limits.labelsMax) throw new ScrapeError(`a series has more than ${limits.labelsMax} labels`);
      }
    }
    at = text.indexOf('}', at) + 1;
  }
  if (name === '' || at !== text.length) throw new ScrapeError(`"INVALID" is not a valid start token: ${JSON.stringify(text.slice(0, 40))}`);
  const bucket = name.endsWith('_bucket');
  const normal = labels.map(([key, value]): readonly [string, string] => (((key === 'le' && bucket) || key === 'quantile') && /^[+-]?[\d.]/.test(value) && Number.isFinite(Number(value)) ? [key, formatOpenMetricsFloat(Number(value))] : [key, value]));
  return [['__name__', name], ...normal];
}
