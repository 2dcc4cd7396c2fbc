/** One line of the sidecar's access log, whatever its form (Istio text, JSON, ALS). Times in milliseconds, sizes in bytes. */
export type AccessRecord = {
  readonly start: number;
  readonly method: string;
  readonly path: string;
  readonly protocol: string;
  readonly code: number;
  readonly flags: readonly string[];
  readonly codeDetails: string;
  readonly terminationDetails: string;
  readonly transportFailure: string;
  readonly bytesReceived: number;
  readonly bytesSent: number;
  readonly duration: number;
  readonly upstreamServiceTime: number | undefined;
  readonly forwardedFor: string;
  readonly userAgent: string;
  readonly requestId: string;
  readonly authority: string;
  readonly upstreamHost: string;
  readonly upstreamCluster: string;
  readonly upstreamLocalAddress: string;
  readonly downstreamLocalAddress: string;
  readonly downstreamRemoteAddress: string;
  readonly requestedServerName: string;
  readonly routeName: string;
};
