/** Every limit of the trace store, with its unit last. Hitting one is counted in /metrics. */
export type TraceLimits = {
  /** Traces kept; Jaeger's all-in-one keeps 100 000. */
  readonly tracesMax: number;
  /** Size of the database, bytes. */
  readonly storeBytesMax: number;
  /** Age of a trace (by arrival), ms. */
  readonly ageMsMax: number;
  /** Spans that wait for the next commit; above it senders get 503 (HTTP) or UNAVAILABLE (gRPC) and try again. */
  readonly pendingSpansMax: number;
  /** Body of one export before and after inflation, bytes; OTLP recommends 64 MiB. */
  readonly bodyBytesMax: number;
  /** Attributes and events of one span; a span with more is refused. */
  readonly attributesMax: number;
  /** Text and values of one span with its resource and scope, bytes; a larger one is refused. */
  readonly spanBytesMax: number;
  /** Resources and scopes of one export, counted once for each span they are stored with, bytes; further spans are refused. */
  readonly repeatedBytesMax: number;
  /** How long spans are collected before one commit, ms. */
  readonly commitMs: number;
  /** Services listed; the names of further ones are kept with their spans, not listed. */
  readonly servicesMax: number;
  /** Operation names listed per service; further names are kept with their spans but not listed. */
  readonly operationsMax: number;
  /** Operation names listed of all services together. */
  readonly operationsAllMax: number;
  /** Length of a service's or an operation's name that is listed; longer ones are kept with their spans. */
  readonly nameCharsMax: number;
  /** Strings of the dictionary; further values are stored with each span. */
  readonly dictionaryMax: number;
  /** Spans of one trace in an answer; the rest is left out and said in `warnings`. */
  readonly answerSpansMax: number;
};

export const TRACE_LIMITS: TraceLimits = {
  tracesMax: 100_000,
  storeBytesMax: 1024 * 1024 * 1024,
  ageMsMax: 48 * 3_600_000,
  pendingSpansMax: 50_000,
  bodyBytesMax: 64 * 1024 * 1024,
  attributesMax: 1024,
  spanBytesMax: 1024 * 1024,
  repeatedBytesMax: 256 * 1024 * 1024,
  commitMs: 40,
  servicesMax: 2_000,
  operationsMax: 2_000,
  operationsAllMax: 50_000,
  nameCharsMax: 1_024,
  dictionaryMax: 20_000,
  answerSpansMax: 100_000,
};
