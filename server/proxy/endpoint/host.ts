import type { BalancedHost, TlsView } from '#shared/evaluator';
import type { Metadata } from '#shared/xds';
import { peerOfWorkload } from '../stats/peer.ts';
import type { Peer } from '../stats/peer.ts';

export type HostOptions = {
  readonly ip: string; readonly port: number; readonly weight: number; readonly health: string; readonly priority: number; readonly hostname: string | undefined;
  readonly metadata: Metadata | undefined; readonly tls: TlsView;
};

/** One endpoint of a cluster. It is replaced when anything but weight, health and priority changes, so that its pool and its decisions stay true. */
export class Host implements BalancedHost {
  readonly ip: string;
  readonly port: number;
  readonly address: string;
  readonly hostname: string | undefined;
  readonly tls: TlsView;
  readonly metadata: Metadata | undefined;
  /** What its metadata says of its workload, for metrics when the peer itself sends nothing. */
  readonly peer: Peer | undefined;
  weight: number;
  health: string;
  priority: number;
  active = 0;
  rqTotal = 0;
  rqError = 0;
  cxTotal = 0;
  cxActive = 0;
  cxConnectFail = 0;
  removed = false;
  constructor(options: HostOptions) {
    this.ip = options.ip;
    this.port = options.port;
    this.address = `${options.ip}:${options.port}`;
    this.hostname = options.hostname;
    this.tls = options.tls;
    this.metadata = options.metadata;
    this.peer = peerOfWorkload(options.metadata?.filter_metadata?.['istio']?.['workload']);
    this.weight = options.weight;
    this.health = options.health;
    this.priority = options.priority;
  }
  /** Whether an update leaves this the same endpoint. */
  isSame(options: HostOptions): boolean {
    return this.ip === options.ip && this.port === options.port && this.tls.key === options.tls.key && this.hostname === options.hostname && JSON.stringify(this.metadata) === JSON.stringify(options.metadata);
  }
}
