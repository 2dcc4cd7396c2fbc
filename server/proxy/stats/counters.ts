/** Envoy's counters and gauges, kept as plain numbers and named only when they are read. */
export class ClusterStats {
  cxTotal = 0;
  cxActive = 0;
  cxConnectFail = 0;
  cxConnectTimeout = 0;
  cxDestroyLocal = 0;
  cxDestroyRemote = 0;
  cxDestroyWithActiveRq = 0;
  cxProtocolError = 0;
  cxRxBytes = 0;
  cxTxBytes = 0;
  rqTotal = 0;
  rqActive = 0;
  rqPendingTotal = 0;
  rqPendingActive = 0;
  rqPendingFailureEject = 0;
  rqCompleted = 0;
  rqTimeout = 0;
  rqPerTryTimeout = 0;
  rqRetry = 0;
  rqRetrySuccess = 0;
  rqRetryLimitExceeded = 0;
  rqRxReset = 0;
  rqTxReset = 0;
  noneHealthy = 0;
  panic = 0;
  sslHandshakes = 0;
  sslFailVerify = 0;
  readonly rqByCode = new Map<number, number>();
  readonly rqTime = new Histogram();
  readonly cxConnectMs = new Histogram();
}

/** Bounds of Envoy's default histograms, ms or bytes. */
export const ENVOY_BUCKETS = [0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 300_000, 600_000, 1_800_000, 3_600_000] as const;

export class Histogram {
  readonly counts = new Float64Array(ENVOY_BUCKETS.length + 1);
  sum = 0;
  observe(v: number): void {
    let i = 0;
    while (i < ENVOY_BUCKETS.length && v > (ENVOY_BUCKETS[i] ?? 0)) i++;
    this.counts[i] = (this.counts[i] ?? 0) + 1;
    this.sum += v;
  }
}

/** Counters of one `stat_prefix` of the HTTP connection manager. */
export class HttpStats {
  cxTotal = 0;
  cxActive = 0;
  cxDestroyRemoteActiveRq = 0;
  cxDrainClose = 0;
  cxProtocolError = 0;
  rqTotal = 0;
  rqActive = 0;
  rqCompleted = 0;
  rqRxReset = 0;
  rqTimeout = 0;
  rqHeaderTimeout = 0;
  rqIdleTimeout = 0;
  rqTooLarge = 0;
  rqNonRelativePath = 0;
  rqWsOnNonWsRoute = 0;
  noRoute = 0;
  noCluster = 0;
  redirect = 0;
  direct = 0;
  faultDelays = 0;
  faultAborts = 0;
  faultActive = 0;
  readonly byClass = [0, 0, 0, 0, 0, 0];
}

export class ListenerStats {
  cxTotal = 0;
  cxActive = 0;
  cxDestroy = 0;
  noFilterChainMatch = 0;
  cxLimited = 0;
  sslHandshake = 0;
  sslConnectionError = 0;
  sslFailVerifySan = 0;
  sslFailVerifyNoCert = 0;
  sslFailVerifyError = 0;
}

export class TypeStats {
  attempt = 0;
  success = 0;
  rejected = 0;
  failure = 0;
  version = '';
  updatedAt = 0;
}

const keep = <T>(map: Map<string, T>, key: string, make: () => T): T => {
  let found = map.get(key);
  if (found === undefined) {
    found = make();
    map.set(key, found);
  }
  return found;
};

/** All counters of the process. Names come from the configuration, so the maps are as large as it is. */
export class ProxyStats {
  readonly clusters = new Map<string, ClusterStats>();
  readonly http = new Map<string, HttpStats>();
  readonly listeners = new Map<string, ListenerStats>();
  readonly xds = new Map<string, TypeStats>();
  readonly startedAt: number;
  controlPlaneConnected = 0;
  xdsConnects = 0;
  xdsConnectFailures = 0;
  logLinesWritten = 0;
  logLinesDropped = 0;
  spansSent = 0;
  spansDropped = 0;
  spanExportFailures = 0;
  certificateRenewals = 0;
  certificateFailures = 0;
  listenerCreateFailures = 0;
  constructor(startedAt: number) {
    this.startedAt = startedAt;
  }
  cluster(name: string): ClusterStats {
    return keep(this.clusters, name, () => new ClusterStats());
  }
  httpFor(prefix: string): HttpStats {
    return keep(this.http, prefix, () => new HttpStats());
  }
  listener(name: string): ListenerStats {
    return keep(this.listeners, name, () => new ListenerStats());
  }
  type(name: string): TypeStats {
    return keep(this.xds, name, () => new TypeStats());
  }
}
