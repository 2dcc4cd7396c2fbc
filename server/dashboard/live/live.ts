import type { Callers } from '#shared/graph';
import type { Logger } from '#server/lib';
import type { MeshState } from '../state/mesh-state.ts';
import { GraphProducer, keyText } from './graph-producer.ts';
import type { ViewKey } from './graph-producer.ts';

/** Views that are made at once; the one looked at longest ago by nobody goes first. */
const PRODUCERS_MAX = 32;

/** One producer per view of the graph, shared by everyone who looks at that view. */
export class Live {
  readonly #producers = new Map<string, GraphProducer>();
  readonly #state: MeshState;
  readonly #log: Logger;
  readonly callers: () => Promise<Callers | undefined>;
  constructor(options: { readonly state: MeshState; readonly log: Logger; readonly callers: () => Promise<Callers | undefined> }) {
    this.#state = options.state;
    this.#log = options.log;
    this.callers = options.callers;
  }

  /** The running producer of a view. */
  producer(key: ViewKey): GraphProducer {
    const text = keyText(key);
    const known = this.#producers.get(text);
    if (known !== undefined) return known;
    if (this.#producers.size >= PRODUCERS_MAX) this.#dropIdle();
    const made = new GraphProducer({ key, state: this.#state, callers: this.callers, onIdle: () => this.#producers.delete(text), onFailure: (error) => this.#log.error({ err: error, view: text }, 'a picture of the graph could not be made; the next one is tried') });
    this.#producers.set(text, made);
    made.run().catch((error: unknown) => {
      this.#log.error({ err: error, view: text }, 'a view of the graph ended; it starts again when somebody looks');
      this.#producers.delete(text);
    });
    return made;
  }

  #dropIdle(): void {
    for (const [text, producer] of this.#producers) {
      if (producer.subscribers > 0) continue;
      producer.stop();
      this.#producers.delete(text);
      return;
    }
  }

  get stats(): { readonly producers: number; readonly subscribers: number; readonly frames: number } {
    let subscribers = 0;
    let frames = 0;
    for (const producer of this.#producers.values()) {
      subscribers += producer.subscribers;
      frames += producer.framesSent;
    }
    return { producers: this.#producers.size, subscribers, frames };
  }
  stop(): void {
    for (const producer of this.#producers.values()) producer.stop();
    this.#producers.clear();
  }
}
