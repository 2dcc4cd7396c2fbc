/** Every limit of the metrics store, with its unit last. Hitting one is counted in /metrics and, where it costs data, said in runtimeinfo. */
export type MetricsLimits = {
  /** Time between two scrapes of a target, ms. */
  readonly scrapeMs: number;
  /** How long a scrape may take; the next one waits for it, ms. */
  readonly scrapeTimeoutMs: number;
  /** Text of one scrape, bytes; larger text fails the scrape. */
  readonly scrapeBytesMax: number;
  /** Samples of one scrape; more fail the scrape. */
  readonly scrapeSamplesMax: number;
  /** Labels of one series, and the length of a name and a value, bytes; more fail the scrape. */
  readonly labelsMax: number;
  readonly labelNameBytesMax: number;
  readonly labelValueBytesMax: number;
  /** Series kept; further ones are left out and counted. */
  readonly seriesMax: number;
  /** Targets found by discovery; further ones are not scraped. */
  readonly targetsMax: number;
  /** Age of the oldest samples, ms. */
  readonly retentionMs: number;
  /** Sealed samples on disk, bytes. */
  readonly retentionBytesMax: number;
  /** Sealed samples held in memory; older ones are read from disk when asked for, bytes. */
  readonly residentBytesMax: number;
  /** One query: time, samples touched, queries at once, and queries that wait. */
  readonly queryMsMax: number;
  readonly querySamplesMax: number;
  readonly queriesMax: number;
  readonly queriesWaitingMax: number;
  /** Points per series of a range query (Prometheus: 11 000). */
  readonly pointsMax: number;
  /** How far back an instant selector looks, ms. */
  readonly lookbackMs: number;
  /** Body of a POST, bytes. */
  readonly bodyBytesMax: number;
};

export const METRICS_LIMITS: MetricsLimits = {
  scrapeMs: 1000,
  scrapeTimeoutMs: 5000,
  scrapeBytesMax: 32 * 1024 * 1024,
  scrapeSamplesMax: 100_000,
  labelsMax: 128,
  labelNameBytesMax: 1024,
  labelValueBytesMax: 16 * 1024,
  seriesMax: 500_000,
  targetsMax: 2_000,
  retentionMs: 24 * 3_600_000,
  retentionBytesMax: 512 * 1024 * 1024,
  residentBytesMax: 16 * 1024 * 1024,
  queryMsMax: 120_000,
  querySamplesMax: 50_000_000,
  queriesMax: 20,
  queriesWaitingMax: 200,
  pointsMax: 11_000,
  lookbackMs: 5 * 60_000,
  bodyBytesMax: 10 * 1024 * 1024,
};
