import type { Agent, RequestOptions } from 'node:http';
import { errorText } from '#shared/base';
import { nodeHttp } from '#server/lib';
import type { ProxyStats } from '../stats/counters.ts';
import { encodeSpans } from './otlp.ts';
import type { FinishedSpan } from './otlp.ts';

/** Spans that wait for the collector; above it the new ones are dropped and counted. */
const QUEUE_SPANS_MAX = 4096;
/** Spans of one export, and how long a span waits at most. */
const BATCH_SPANS_MAX = 512;
const BATCH_MS = 500;
const EXPORT_MS_MAX = 5000;

export type ExporterOptions = {
  /** Base URL of an OTLP/HTTP collector; `/v1/traces` is added when the path is empty. */
  readonly endpoint: string;
  readonly serviceName: string;
  readonly resource: readonly (readonly [string, string])[];
  readonly stats: ProxyStats;
  resolve(host: string): string;
  onError(error: string): void;
};

/** Sends spans by OTLP over HTTP with protobuf bodies. A collector that is away costs spans, never a request. */
export class SpanExporter {
  readonly #options: ExporterOptions;
  readonly #url: URL;
  readonly #resource: readonly (readonly [string, string])[];
  #queue: FinishedSpan[] = [];
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;
  #agent: Agent | undefined;
  #failing = false;
  constructor(options: ExporterOptions) {
    this.#options = options;
    this.#url = new URL(options.endpoint.includes('://') ? options.endpoint : `http://${options.endpoint}`);
    if (this.#url.pathname === '/') this.#url.pathname = '/v1/traces';
    this.#resource = [['service.name', options.serviceName], ...options.resource];
  }
  add(span: FinishedSpan): void {
    if (this.#queue.length >= QUEUE_SPANS_MAX) {
      this.#options.stats.spansDropped++;
      return;
    }
    this.#queue.push(span);
    if (this.#queue.length >= BATCH_SPANS_MAX) this.#start();
    else this.#timer ??= setTimeout(() => this.#start(), BATCH_MS).unref();
  }
  #start(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#sending ??= this.#run().finally(() => {
      this.#sending = undefined;
      if (this.#queue.length > 0) this.#timer ??= setTimeout(() => this.#start(), BATCH_MS).unref();
    });
  }
  async #run(): Promise<void> {
    const { stats, onError } = this.#options;
    while (this.#queue.length > 0) {
      const batch = this.#queue.splice(0, BATCH_SPANS_MAX);
      try {
        await this.#post(encodeSpans(this.#resource, batch));
        stats.spansSent += batch.length;
        this.#failing = false;
      } catch (error) {
        stats.spanExportFailures++;
        stats.spansDropped += batch.length;
        if (!this.#failing) onError(errorText(error)); // once for each outage
        this.#failing = true;
        return;
      }
    }
  }
  async #post(body: Buffer): Promise<void> {
    const { Agent, request } = nodeHttp();
    this.#agent ??= new Agent({ keepAlive: true, maxSockets: 1 });
    const url = this.#url;
    const options: RequestOptions = {
      host: this.#options.resolve(url.hostname), port: url.port === '' ? 80 : Number(url.port), path: url.pathname, method: 'POST', agent: this.#agent, signal: AbortSignal.timeout(EXPORT_MS_MAX),
      headers: { host: url.host, 'content-type': 'application/x-protobuf', 'content-length': body.length },
    };
    await new Promise<void>((resolve, reject) => {
      const call = request(options, (answer) => {
        answer.resume();
        answer.once('end', () => ((answer.statusCode ?? 0) < 300 ? resolve() : reject(new Error(`the collector answered ${answer.statusCode}`))));
        answer.once('error', reject);
      });
      call.once('error', reject);
      call.end(body);
    });
  }
  /** Sends what is left, once. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#sending;
    if (this.#queue.length > 0) await this.#run();
    this.#agent?.destroy();
  }
}
