import type { Registry } from '#server/lib';
import type { OtlpExportResult, OtlpTraces } from '#server/wire';
import type { TraceLimits } from '../limits.ts';
import { checkSpans } from './check-spans.ts';
import type { TraceWriter } from './trace-writer.ts';

/** Takes decoded spans from any protocol: checks, stores, counts. */
export class Receiver {
  readonly #writer: TraceWriter;
  readonly #limits: TraceLimits;
  readonly #received;
  readonly #refused;
  constructor(options: { readonly writer: TraceWriter; readonly limits: TraceLimits; readonly registry: Registry }) {
    this.#writer = options.writer;
    this.#limits = options.limits;
    this.#received = options.registry.counter('pharos_traces_spans_received_total', 'Spans received, by protocol.');
    this.#refused = options.registry.counter('pharos_traces_spans_refused_total', 'Spans refused because they are malformed, and requests that could not be read at all (reason="request").');
  }
  /** Resolves when the good spans are stored; says how many were refused and why. */
  async take(traces: OtlpTraces, protocol: string): Promise<OtlpExportResult> {
    const { spans, rejected, reason } = checkSpans(traces, this.#limits);
    this.#received.inc({ protocol }, spans.length + rejected);
    if (rejected > 0) this.#refused.inc({ protocol, reason: 'span' }, rejected);
    await this.#writer.add(spans);
    return { rejectedSpans: rejected, errorMessage: reason };
  }
  /** A request that could not be read. */
  refuse(protocol: string): void {
    this.#refused.inc({ protocol, reason: 'request' });
  }
}
