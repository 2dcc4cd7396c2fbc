import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { pickWeighted } from '#shared/evaluator';
import { UNKNOWN } from '#shared/telemetry';
import type { ClusterRuntime } from '../cluster/cluster.ts';
import type { Host } from '../endpoint/host.ts';
import type { OriginalDestination } from '../filter/stream.ts';
import type { Direction } from '../filter/http-config.ts';
import type { Runtime } from '../filter/runtime.ts';
import type { ConnectionInfo } from '../http1/server-connection.ts';
import type { LogEntry } from '../stats/access-log.ts';
import { UNKNOWN_PEER } from '../stats/peer.ts';
import type { TcpConfig } from './tcp-config.ts';

export type TcpOptions = { readonly runtime: Runtime; readonly config: TcpConfig; readonly socket: Socket; readonly info: ConnectionInfo; readonly direction: Direction; readonly destination: OriginalDestination | undefined };

/** One line and one count for a connection that is over or was never let in. */
export function connectionEntry(info: ConnectionInfo, over: Partial<LogEntry>): LogEntry {
  return {
    startMs: Date.now(), method: '-', path: '-', originalPath: '', protocol: '-', code: 0, flags: '', details: '', terminationDetails: '', transportFailure: '', bytesReceived: 0, bytesSent: 0, durationMs: 0, upstreamServiceTime: '', forwardedFor: '',
    userAgent: '', requestId: '', authority: '', upstreamHost: '', upstreamCluster: '', upstreamLocalAddress: '', downstreamLocalAddress: info.localAddress, downstreamRemoteAddress: info.remoteAddress, directRemoteAddress: info.remoteAddress,
    serverName: info.serverName, routeName: '', peerPrincipal: info.peer?.principal ?? '', attempts: 0, requestHeader: () => undefined, responseHeader: () => undefined, ...over,
  };
}

function writeEntry(runtime: Runtime, config: TcpConfig, entry: LogEntry): void {
  if (config.logs.length === 0) {
    if (runtime.defaultLog !== undefined) runtime.writeLog(runtime.defaultLog(entry), entry);
  } else for (const log of config.logs) if (log.onlyFlag === undefined || entry.flags.includes(log.onlyFlag)) runtime.writeLog(log.format(entry), entry);
}

async function pickHost(cluster: ClusterRuntime, options: TcpOptions): Promise<Host | undefined> {
  if (!cluster.isOriginal) return cluster.pick([], 1);
  const { destination, info, runtime } = options;
  if (destination === undefined) return cluster.originalHost(info.localAddress.replace(/:\d+$/, ''), info.localPort);
  return cluster.originalHost(runtime.resolveNow(destination.host) ?? (await runtime.resolve(destination.host)), destination.port);
}

/** Copies bytes both ways; an end on one side is passed on, the other direction goes on (proxy reference §1.16). */
function splice(from: Socket, to: Socket, count: (bytes: number) => void): void {
  from.on('data', (data: Buffer) => {
    count(data.length);
    if (!to.write(data)) {
      from.pause();
      to.once('drain', () => from.resume());
    }
  });
  from.on('end', () => to.end());
}

/** envoy.filters.network.tcp_proxy: a cluster's host for each connection. TLS to the upstream is for HTTP only so far: TCP inside the mesh comes later. */
export async function proxyTcp(options: TcpOptions): Promise<void> {
  const { runtime, config, socket, info } = options;
  const startWall = Date.now();
  const start = performance.now();
  const name = config.clusters[pickWeighted(config.weights, config.totalWeight, runtime.dice())] ?? '';
  const cluster = runtime.snapshot.clusters.get(name);
  let received = 0;
  let sent = 0;
  let upstreamHost = '';
  let done = false;
  const finish = (flags: string, transportFailure: string): void => {
    if (done) return;
    done = true;
    socket.destroy();
    const durationMs = performance.now() - start;
    writeEntry(runtime, config, connectionEntry(info, { startMs: startWall, flags, transportFailure, bytesReceived: received, bytesSent: sent, durationMs, upstreamHost, upstreamCluster: name }));
    countTcp(options, cluster, flags, received, sent);
  };
  socket.on('error', () => finish('DC', ''));
  socket.on('close', () => finish('', ''));
  if (cluster === undefined) return finish('NC', '');
  let host: Host | undefined;
  try {
    host = await pickHost(cluster, options);
  } catch (error) {
    return finish('DF', error instanceof Error ? error.message : String(error));
  }
  if (done) return;
  if (host === undefined) return finish('UH', '');
  upstreamHost = host.address;
  const { ip, port, localAddress, timeoutMs } = cluster.dial(host);
  const upstream = connect({ host: ip, port, noDelay: true, allowHalfOpen: true, ...(localAddress === undefined ? {} : { localAddress }) });
  upstream.setTimeout(timeoutMs, () => upstream.destroy(new Error('connection timeout')));
  cluster.stats.cxTotal++;
  cluster.stats.cxActive++;
  upstream.once('connect', () => {
    upstream.setTimeout(config.idleTimeoutMs);
    splice(socket, upstream, (bytes) => void (received += bytes));
    splice(upstream, socket, (bytes) => void (sent += bytes));
    socket.resume();
  });
  let failed = '';
  upstream.on('error', (error) => {
    failed = error.message;
  });
  upstream.on('close', () => {
    cluster.stats.cxActive--;
    if (failed !== '' && sent === 0) cluster.stats.cxConnectFail++;
    finish(failed !== '' && sent === 0 ? 'UF' : '', failed);
  });
  socket.on('close', () => upstream.destroy());
}

function countTcp(options: TcpOptions, cluster: ClusterRuntime | undefined, flags: string, received: number, sent: number): void {
  const { mesh } = options.runtime;
  if (mesh === undefined || options.direction === 'none') return;
  const inbound = options.direction === 'inbound';
  const name = cluster?.service ?? { host: cluster?.name ?? UNKNOWN, name: cluster?.name ?? UNKNOWN, namespace: UNKNOWN };
  const edge = mesh.metrics.edge({
    reporter: inbound ? 'destination' : 'source', source: inbound ? UNKNOWN_PEER : mesh.peer, destination: inbound ? mesh.peer : UNKNOWN_PEER, sourcePrincipal: options.info.peer?.principal ?? UNKNOWN, destinationPrincipal: UNKNOWN,
    service: name, policy: inbound ? (options.info.secure ? 'mutual_tls' : 'none') : 'unknown',
  });
  const series = edge.tcp(flags);
  if (series === undefined) return;
  series.opened++;
  series.closed++;
  series.sent += sent;
  series.received += received;
}
