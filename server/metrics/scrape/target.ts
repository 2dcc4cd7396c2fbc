/** What to scrape and the labels its series get. */
export type TargetSpec = {
  readonly job: string;
  readonly url: string;
  /** Labels after relabelling, job and instance among them. */
  readonly labels: Readonly<Record<string, string>>;
  /** Labels as discovery found them (`__meta_…`, `__address__`). */
  readonly discovered: Readonly<Record<string, string>>;
};
/** Identity of a target: same URL and labels, same target. */
export const targetKey = (target: TargetSpec): string => `${target.job} ${target.url} ${JSON.stringify(Object.entries(target.labels).sort(([a], [b]) => (a < b ? -1 : 1)))}`;

/** A target of a fixed list: "host:port" or a URL. */
export function staticTarget(address: string, labels: Readonly<Record<string, string>> = {}): TargetSpec {
  const url = new URL(/^https?:\/\//.test(address) ? address : `http://${address}/metrics`);
  if (url.pathname === '/') url.pathname = '/metrics';
  const job = labels['job'] ?? 'static';
  return { job, url: url.href, labels: { job, instance: url.host, ...labels }, discovered: { __address__: url.host, __metrics_path__: url.pathname, __scheme__: url.protocol.slice(0, -1), job } };
}
