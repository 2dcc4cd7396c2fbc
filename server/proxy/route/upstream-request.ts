import { applyOps, backOffMs, headerOf, removeHeader, setHeader, wouldRetry } from '#shared/evaluator';
import type { CompiledRetry, CompiledVirtualHost, Destination, Forward, TryOutcome } from '#shared/evaluator';
import type { ClusterRuntime } from '../cluster/cluster.ts';
import type { ConnectFailure, Pool, Waiter } from '../cluster/pool.ts';
import type { Host } from '../endpoint/host.ts';
import type { Stream } from '../filter/stream.ts';
import { addOwnPeer } from '../filter/request-headers.ts';
import type { ClientConnection, ClientStream, ResetKind } from '../http1/client-connection.ts';
import type { ResponseHead } from '../http1/head.ts';
import { headerLines } from '../http1/status.ts';

/** Bytes of a request body that are kept for a connection that is not there yet or for another try; above it there is no other try. */
const BUFFER_BYTES_MAX = 1024 * 1024;
/** A reused connection that was idle for this long and closes without a byte was closed before the request came: it is sent again, once. */
const STALE_IDLE_MS = 500;
const SAFE_TO_REPEAT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);
/** Methods whose lack of a body needs no words; for others Envoy writes `content-length: 0`. */
const BODILESS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'DELETE', 'TRACE', 'CONNECT']);

const detail = (text: string): string => text.replaceAll(' ', '_');

/** The router's work for one request: host, connection, tries, time limits. */
export class UpstreamRequest implements ClientStream, Waiter {
  readonly #stream: Stream;
  readonly #action: Forward;
  readonly #target: Destination;
  readonly #virtualHost: CompiledVirtualHost;
  readonly #cluster: ClusterRuntime | undefined;
  readonly #retry: CompiledRetry | undefined;
  #retriesLeft = 0;
  readonly #timeoutMs: number;
  #perTryMs = 0;
  attempts = 0;
  transportFailure = '';
  principal = '';
  localAddress = '';
  host: Host | undefined = undefined;
  readonly #tried: Host[] = [];
  #pool: Pool | undefined;
  #connection: ClientConnection | undefined;
  #body: Buffer[] = [];
  #bodyBytes = 0;
  #keepBody = true;
  #requestEnded = false;
  #responding = false;
  #done = false;
  #staleTried = false;
  #idleBefore = 0;
  #tryStarted = 0;
  /** When the router had the whole request: what `x-envoy-upstream-service-time` counts from. */
  #completeAt = performance.now();
  #routeTimer: NodeJS.Timeout | undefined;
  #tryTimer: NodeJS.Timeout | undefined;
  #waitTimer: NodeJS.Timeout | undefined;
  constructor(stream: Stream, action: Forward, target: Destination, virtualHost: CompiledVirtualHost) {
    this.#stream = stream;
    this.#action = action;
    this.#target = target;
    this.#virtualHost = virtualHost;
    const name = action.clusterHeader === undefined ? target.cluster : headerOf(stream.headers, action.clusterHeader);
    this.#cluster = name === undefined ? undefined : stream.snapshot.clusters.get(name);
    this.#retry = action.retry;
    this.#timeoutMs = action.timeoutMs;
    this.#perTryMs = action.retry?.perTryTimeoutMs ?? 0;
    this.#retriesLeft = this.#retry?.retriesMax ?? 0;
  }
  get cluster(): ClusterRuntime | undefined {
    return this.#cluster;
  }
  get hostAddress(): string {
    return this.host?.address ?? '';
  }
  start(): void {
    const stream = this.#stream;
    if (this.#cluster === undefined) {
      stream.config.stats.noCluster++;
      return stream.reply({ status: this.#action.clusterMissingStatus, body: '', details: 'cluster_not_found', flag: 'NC' });
    }
    this.#rewrite();
    if (this.#timeoutMs > 0 && this.#perTryMs >= this.#timeoutMs) this.#perTryMs = 0; // Envoy ignores a try's limit that is not below the whole one
    const expected = this.#perTryMs > 0 ? this.#perTryMs : this.#timeoutMs;
    if (expected > 0) setHeader(stream.headers, 'x-envoy-expected-rq-timeout-ms', String(expected));
    addOwnPeer(stream, this.#cluster.external || this.#cluster.isOriginal);
    this.#try();
  }
  #rewrite(): void {
    const stream = this.#stream;
    const { rewritePath } = this.#action;
    for (const ops of this.#target.requestOps) applyOps(ops, stream.headers, stream);
    if (rewritePath !== undefined) {
      stream.originalPath = stream.path;
      setHeader(stream.headers, 'x-envoy-original-path', stream.path);
      stream.path = rewritePath(stream.path);
    }
    if (this.#target.hostRewrite !== undefined) this.#rewriteHost(this.#target.hostRewrite);
  }
  #rewriteHost(host: string): void {
    const stream = this.#stream;
    if (stream.originalAuthority === '') stream.originalAuthority = stream.authority;
    setHeader(stream.headers, 'x-envoy-original-host', stream.originalAuthority);
    stream.authority = host;
  }
  #try(): void {
    const cluster = this.#cluster;
    if (cluster === undefined) return;
    this.attempts++;
    if (cluster.isOriginal) return this.#tryOriginal(cluster);
    const avoid = this.attempts > 1 && this.#retry?.avoidsPreviousHosts === true;
    this.#connect(cluster, cluster.pick(avoid ? this.#tried : [], this.#retry?.hostPicksMax ?? 1));
  }
  /** ORIGINAL_DST: where the caller wanted to go; outbound that is a name, so it is looked up first. */
  #tryOriginal(cluster: ClusterRuntime): void {
    const { destination, connection, runtime } = this.#stream;
    if (destination === undefined) return this.#connect(cluster, cluster.originalHost(connection.info.localAddress.replace(/:\d+$/, ''), connection.info.localPort));
    const now = runtime.resolveNow(destination.host);
    if (now !== undefined) return this.#connect(cluster, cluster.originalHost(now, destination.port));
    runtime.resolve(destination.host).then((ip) => {
      if (!this.#done) this.#connect(cluster, cluster.originalHost(ip, destination.port));
    }, () => {
      if (this.#done) return;
      this.#fail(503, `upstream connect error or disconnect/reset before headers. reset reason: remote connection failure`, 'upstream_reset_before_response_started{remote_connection_failure|dns_resolution_failure}', 'DF');
    });
  }
  #connect(cluster: ClusterRuntime, host: Host | undefined): void {
    if (host === undefined) {
      cluster.stats.noneHealthy++;
      return this.#fail(503, 'no healthy upstream', 'no_healthy_upstream', 'UH');
    }
    this.host = host;
    this.#tried.push(host);
    if (this.#action.autoHostRewrite && host.hostname !== undefined && host.hostname !== '') this.#rewriteHost(host.hostname);
    this.#pool = cluster.pool(host);
    this.#pool.acquire(this);
  }
  onConnection(connection: ClientConnection): void {
    const stream = this.#stream;
    const { host } = this;
    const stats = this.#cluster?.stats;
    if (host === undefined || stats === undefined) return;
    this.#connection = connection;
    this.principal = connection.principal;
    this.localAddress = connection.localAddress;
    this.#idleBefore = connection.idleSince > 0 ? performance.now() - connection.idleSince : 0;
    this.#tryStarted = performance.now();
    host.active++;
    host.rqTotal++;
    stats.rqActive++;
    stats.rqTotal++;
    connection.begin(this, stream.method === 'HEAD', stream.head.upgrade !== '');
    connection.writer.text(this.#head());
    for (const data of this.#body) this.#write(connection, data);
    if (!this.#keepBody) this.#body = [];
    if (this.#requestEnded) this.#endRequest(connection);
    if (!stream.connection.reading) connection.writer.flush();
    stream.connection.resumeBody();
  }
  #head(): string {
    const stream = this.#stream;
    const { head, headers } = stream;
    if (this.#virtualHost.attemptCountInRequest) setHeader(headers, 'x-envoy-attempt-count', String(this.attempts));
    let text = `${stream.method} ${stream.path} HTTP/1.1\r\nhost: ${stream.authority}\r\n${headerLines(headers)}`;
    if (head.chunked) text += 'transfer-encoding: chunked\r\n';
    else if (head.contentLength < 0 && head.upgrade === '' && !BODILESS.has(stream.method)) text += 'content-length: 0\r\n';
    if (head.upgrade !== '') text += `connection: upgrade\r\nupgrade: ${head.upgrade}\r\n`;
    return `${text}\r\n`;
  }
  #write(connection: ClientConnection, data: Buffer): void {
    if (this.#stream.head.chunked) connection.writer.chunk(data);
    else connection.writer.data(data);
    if (connection.writer.full) this.#stream.connection.pauseBody();
  }
  #endRequest(connection: ClientConnection): void {
    if (this.#stream.head.chunked) connection.writer.text('0\r\n\r\n');
    if (this.#perTryMs > 0) this.#tryTimer ??= setTimeout(() => this.#tryTimedOut(), this.#perTryMs);
    connection.requestDone();
  }
  onRequestBody(data: Buffer): void {
    if (this.#done) return;
    if (this.#keepBody) {
      this.#bodyBytes += data.length;
      const wanted = this.#connection === undefined || this.#retry !== undefined;
      if (this.#bodyBytes > BUFFER_BYTES_MAX && this.#connection !== undefined) {
        this.#keepBody = false;
        this.#body = [];
      } else if (wanted) this.#body.push(data);
    }
    if (this.#connection === undefined) {
      if (this.#bodyBytes > BUFFER_BYTES_MAX) this.#stream.connection.pauseBody();
      return;
    }
    this.#write(this.#connection, data);
  }
  onRequestEnd(): void {
    if (this.#done || this.#requestEnded) return;
    this.#requestEnded = true;
    this.#completeAt = performance.now();
    if (this.#timeoutMs > 0) this.#routeTimer = setTimeout(() => this.#routeTimedOut(), this.#timeoutMs);
    if (this.#connection !== undefined) this.#endRequest(this.#connection);
  }
  flush(): void {
    this.#connection?.writer.flush();
  }
  onDrain(): void {
    this.#stream.connection.resumeBody();
  }
  pauseResponse(): void {
    this.#connection?.pause();
  }
  resumeResponse(): void {
    this.#connection?.resume();
  }

  onConnectFailure(failure: ConnectFailure): void {
    if (this.#cluster !== undefined) this.#cluster.stats.rqPendingFailureEject++;
    if (this.host !== undefined) this.host.rqError++;
    this.transportFailure = failure.transport;
    if (this.#again({ kind: 'connect-failure' })) return;
    const more = failure.transport === '' ? '' : `|${failure.transport}`;
    this.#fail(503, this.#resetText(failure.reason, failure.transport.startsWith('TLS_error') ? failure.transport : ''), `upstream_reset_before_response_started{${detail(failure.reason)}${more}}`, 'UF');
  }
  #resetText(reason: string, transport: string): string {
    const lead = this.attempts > 1 ? 'retried and the latest reset reason' : 'reset reason';
    return `upstream connect error or disconnect/reset before headers. ${lead}: ${reason}${transport === '' ? '' : `, transport failure reason: ${transport}`}`;
  }
  onInformational(head: ResponseHead): void {
    this.#stream.onInformational(head);
    this.#stream.connection.writer.flush();
  }
  onHead(head: ResponseHead): void {
    this.#clearTryTimer();
    const { status } = head;
    if (this.host !== undefined && status >= 500) this.host.rqError++;
    const stats = this.#cluster?.stats;
    this.#countCode(status);
    if (this.#retry !== undefined && this.#mayTryAgain({ kind: 'response', status, headers: head.headers })) {
      this.#leaveConnection();
      return this.#schedule();
    }
    if (this.attempts > 1 && status < 500 && stats !== undefined) stats.rqRetrySuccess++;
    this.#responding = true;
    this.#body = [];
    if (status === 101 && this.#routeTimer !== undefined) clearTimeout(this.#routeTimer);
    this.#stream.onResponseHead(head, this.attempts, this.#completeAt);
  }
  onData(data: Buffer): void {
    this.#stream.onResponseData(data);
  }
  onEnd(): void {
    if (this.#done) return;
    const stats = this.#cluster?.stats;
    if (stats !== undefined) {
      stats.rqCompleted++;
      stats.rqTime.observe(performance.now() - this.#tryStarted);
    }
    this.#settle();
    this.#stream.onResponseEnd();
  }
  onReadComplete(): void {
    if (!this.#stream.connection.reading) this.#stream.connection.writer.flush();
  }
  onReset(kind: ResetKind): void {
    if (this.#done) return;
    this.#clearTryTimer();
    this.#release();
    if (this.#cluster !== undefined) {
      this.#cluster.stats.rqRxReset++;
      if (kind === 'protocol') this.#cluster.stats.cxProtocolError++;
      if (kind === 'closed') this.#cluster.stats.cxDestroyRemote++;
      if (kind !== 'local') this.#cluster.stats.cxDestroyWithActiveRq++;
    }
    if (this.host !== undefined) this.host.rqError++;
    if (this.#responding) {
      this.#settle();
      return this.#stream.abortResponse('upstream_reset_after_response_started{protocol_error}', 'UPE');
    }
    if (kind === 'closed' && this.#isStale()) {
      this.#staleTried = true;
      this.attempts--;
      this.#try();
      return this.flush();
    }
    if (this.#again({ kind: 'reset', requestSent: true })) return;
    if (kind === 'protocol') return this.#fail(502, this.#resetText('protocol error', ''), 'upstream_reset_before_response_started{protocol_error}', 'UPE');
    this.#fail(503, this.#resetText('connection termination', ''), 'upstream_reset_before_response_started{connection_termination}', 'UC');
  }
  #isStale(): boolean {
    return !this.#staleTried && this.#idleBefore >= STALE_IDLE_MS && this.#requestEnded && this.#bodyBytes === 0 && SAFE_TO_REPEAT.has(this.#stream.method);
  }
  /** Whether the policy wants another try and allows it; when only the number forbids it, that is flagged. */
  #mayTryAgain(outcome: TryOutcome): boolean {
    const policy = this.#retry;
    if (policy === undefined || this.#responding || !wouldRetry(policy, outcome)) return false;
    const stats = this.#cluster?.stats;
    if (this.#retriesLeft <= 0) {
      if (stats !== undefined) stats.rqRetryLimitExceeded++;
      this.#stream.addFlag('URX');
      return false;
    }
    if (!this.#keepBody) return false;
    this.#retriesLeft--;
    if (stats !== undefined) stats.rqRetry++;
    return true;
  }
  #again(outcome: TryOutcome): boolean {
    if (!this.#mayTryAgain(outcome)) return false;
    this.#schedule();
    return true;
  }
  #schedule(): void {
    const policy = this.#retry;
    if (policy === undefined) return;
    const pause = backOffMs(policy, this.attempts, this.#stream.runtime.dice);
    this.#waitTimer = setTimeout(() => {
      this.#waitTimer = undefined;
      this.#try();
      this.flush();
      this.#stream.connection.writer.flush();
    }, pause);
  }
  #tryTimedOut(): void {
    this.#tryTimer = undefined;
    if (this.#cluster !== undefined) this.#cluster.stats.rqPerTryTimeout++;
    if (this.host !== undefined) this.host.rqError++;
    this.#leaveConnection();
    if (this.#again({ kind: 'per-try-timeout' })) return;
    this.#fail(504, 'upstream request timeout', 'upstream_per_try_timeout', 'UT');
  }
  #routeTimedOut(): void {
    if (this.#done) return;
    if (this.#cluster !== undefined) this.#cluster.stats.rqTimeout++;
    if (this.host !== undefined) this.host.rqError++;
    this.#leaveConnection();
    if (!this.#responding) return this.#fail(504, 'upstream request timeout', 'response_timeout', 'UT');
    this.#settle();
    this.#stream.abortResponse('response_timeout', 'UT');
  }
  #clearTryTimer(): void {
    if (this.#tryTimer === undefined) return;
    clearTimeout(this.#tryTimer);
    this.#tryTimer = undefined;
  }
  /** The try's books are closed once, however it ends. */
  #release(): void {
    if (this.#connection === undefined) return;
    this.#connection = undefined;
    if (this.host !== undefined) this.host.active--;
    if (this.#cluster !== undefined) this.#cluster.stats.rqActive--;
  }
  #leaveConnection(): void {
    const connection = this.#connection;
    if (connection === undefined) {
      this.#pool?.cancel(this);
      return;
    }
    if (this.#cluster !== undefined) this.#cluster.stats.rqTxReset++;
    this.#release();
    connection.abandon();
  }
  #settle(): void {
    this.#done = true;
    this.#clearTryTimer();
    if (this.#routeTimer !== undefined) clearTimeout(this.#routeTimer);
    if (this.#waitTimer !== undefined) clearTimeout(this.#waitTimer);
    this.#release();
    this.#body = [];
  }
  /** Answers of the upstream, and those that we give in its place (Envoy: charge upstream code). */
  #countCode(status: number): void {
    const codes = this.#cluster?.stats.rqByCode;
    codes?.set(status, (codes.get(status) ?? 0) + 1);
  }
  #fail(status: number, body: string, details: string, flag: string): void {
    this.#countCode(status);
    this.#settle();
    removeHeader(this.#stream.headers, 'x-envoy-expected-rq-timeout-ms');
    this.#stream.reply({ status, body, details, flag });
    if (!this.#stream.connection.reading) this.#stream.connection.writer.flush();
  }
  /** The client is gone, or the stream ended otherwise: the upstream must stop working on it. */
  cancel(): void {
    if (this.#done) return;
    this.#leaveConnection();
    this.#settle();
  }
}
