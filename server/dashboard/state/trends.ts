import type { Reading } from '#shared/base';
import { peek } from '#shared/base';
import { quote, quoteRegex } from '#shared/graph';
import type { PromLine } from '#shared/graph';
import { METRIC } from '#shared/telemetry';
import type { MeshState } from './mesh-state.ts';
import type { Window } from './window.ts';

/** Points of a trend in a list. */
const TREND_POINTS = 30;
/** A trend shows more than the window it stands beside. */
const TREND_WINDOWS = 10;
const TREND_SECONDS_MIN = 300;
/** Averaging of one point, seconds at least: two scrapes of a store that scrapes each 15 s. */
const RATE_SECONDS_MIN = 30;
const SHARED_MS = 5000;
const SHARED_MAX = 128;

export type Trend = { readonly from: number; readonly to: number; readonly stepSeconds: number; readonly rateSeconds: number };

/** The time a trend beside `window` covers. */
export function trendOf(window: Window, now: number): Trend {
  const seconds = Math.max(TREND_SECONDS_MIN, window.seconds * TREND_WINDOWS);
  const stepSeconds = Math.max(1, Math.round(seconds / TREND_POINTS));
  const to = Math.floor((window.to ?? now) / 1000 / stepSeconds) * stepSeconds * 1000;
  return { from: to - stepSeconds * 1000 * (TREND_POINTS - 1), to, stepSeconds, rateSeconds: Math.max(RATE_SECONDS_MIN, stepSeconds) };
}

/** Range queries, shared for some seconds: trends move slowly and are asked by every open page. */
export class Trends {
  readonly #state: MeshState;
  readonly #shared = new Map<string, { readonly at: number; readonly answer: Promise<Reading<readonly PromLine[]>> }>();
  constructor(state: MeshState) {
    this.#state = state;
  }
  range(query: string, trend: Pick<Trend, 'from' | 'to' | 'stepSeconds'>): Promise<Reading<readonly PromLine[]>> {
    const key = `${trend.from} ${trend.to} ${trend.stepSeconds} ${query}`;
    const now = this.#state.clock();
    const known = this.#shared.get(key);
    if (known !== undefined && now - known.at < SHARED_MS) return known.answer;
    const answer = this.#state.sources.prometheus.range(query, trend);
    this.#shared.delete(key);
    this.#shared.set(key, { at: now, answer });
    for (const oldest of this.#shared.keys()) {
      if (this.#shared.size <= SHARED_MAX) break;
      this.#shared.delete(oldest);
    }
    return answer;
  }
  /** One line of numbers; gaps are zero, since a counter that is not there counted nothing. Empty when the store does not answer. */
  async line(query: string, trend: Trend): Promise<readonly number[]> {
    const lines = peek(await this.range(query, trend));
    return lines === undefined ? [] : filled(lines[0], trend);
  }
  /** Lines by the joined values of two labels. */
  async lines(query: string, trend: Trend, labels: readonly [string, string]): Promise<ReadonlyMap<string, readonly number[]>> {
    const lines = peek(await this.range(query, trend)) ?? [];
    return new Map(lines.map((line) => [`${String(line.labels[labels[1]] ?? '')}/${String(line.labels[labels[0]] ?? '')}`, filled(line, trend)]));
  }
}

function filled(line: PromLine | undefined, trend: Trend): readonly number[] {
  const at = new Map((line?.points ?? []).map(([time, v]) => [time, v]));
  const out: number[] = [];
  for (let time = trend.from; time <= trend.to; time += trend.stepSeconds * 1000) out.push(Number((at.get(time) ?? 0).toPrecision(4)));
  return out;
}

/** Requests per second by place, from the caller's side where it reports. */
export function requestsBy(labels: readonly string[], seconds: number, matchers = ''): string {
  const side = (reporter: string): string => `sum by (${labels.join(', ')}) (rate(${METRIC.requests}{reporter="${reporter}"${matchers === '' ? '' : `,${matchers}`}}[${seconds}s]))`;
  return `${side('source')} or ${side('destination')}`;
}

/** `label=~"a|b"` for exact names. */
export const oneOf = (label: string, names: readonly string[]): string => `${label}=~${quote(names.map(quoteRegex).join('|'))}`;
