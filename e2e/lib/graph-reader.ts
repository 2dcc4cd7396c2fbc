import { applyFrame, decodeFrame } from '#shared/graph';
import type { GraphEdge, GraphModel, Held } from '#shared/graph';

/** Reads the console's graph as the browser does: one full frame, or the stream of frames. */
export class GraphReader {
  readonly #console: string;
  readonly #query: string;
  constructor(console: string, query = 'window=60s') {
    this.#console = console;
    this.#query = query;
  }

  /** The graph now. */
  async read(): Promise<GraphModel> {
    const answer = await fetch(`${this.#console}/api/graph?${this.#query}`);
    if (answer.status !== 200) throw new Error(`the graph answered ${answer.status}`);
    const frame = decodeFrame(await answer.json());
    if (!frame.ok) throw new Error(frame.error);
    if (frame.value.type !== 'full') throw new Error('the graph answered with a patch');
    return frame.value.model;
  }

  /** Milliseconds from the beginning of `act` until the rate of an edge that `wanted` picks is higher than before, in the stream. */
  async timeUntilEdgeMoves(act: () => Promise<void>, wanted: (edge: GraphEdge) => boolean, msMax = 15_000): Promise<number> {
    const abort = new AbortController();
    const answer = await fetch(`${this.#console}/api/graph/stream?${this.#query}`, { signal: abort.signal });
    if (answer.body === null) throw new Error('the stream has no body');
    const rateOf = (model: GraphModel): number => model.edges.filter(wanted).reduce((sum, edge) => sum + edge.traffic.rate, 0);
    let start: number | undefined;
    let before = 0;
    const timer = setTimeout(() => abort.abort(), msMax);
    try {
      for await (const model of models(answer.body)) {
        const rate = rateOf(model);
        if (start === undefined) {
          before = rate;
          start = performance.now();
          void act();
        } else if (rate > before * 1.05 + 0.05) return performance.now() - start;
        else before = Math.min(before, rate);
      }
      throw new Error('the stream ended');
    } finally {
      clearTimeout(timer);
      abort.abort();
    }
  }
}

/** Each state of the graph that a stream of server-sent events brings. */
async function* models(body: ReadableStream<Uint8Array>): AsyncGenerator<GraphModel> {
  let held: Held | undefined;
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const event = text.slice(0, end);
      text = text.slice(end + 2);
      if (!/^event: frame$/m.test(event)) continue;
      const data = event.split('\n').filter((line) => line.startsWith('data:')).map((line) => line.slice(5).trimStart()).join('\n');
      const frame = decodeFrame(JSON.parse(data));
      if (!frame.ok) throw new Error(frame.error);
      held = applyFrame(held, frame.value);
      if (held !== undefined) yield held.model;
    }
  }
}
