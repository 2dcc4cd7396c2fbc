import { applyOps, hits, faultApplies, headerOf, matchRoute, pickDestination, removeHeader, setHeader } from '#shared/evaluator';
import type { CompiledFault, CompiledRoute, CompiledVirtualHost, Destination, Forward } from '#shared/evaluator';
import { readTarget } from '../http1/head.ts';
import type { RequestHead, ResponseHead } from '../http1/head.ts';
import { OUT } from '../http1/server-connection.ts';
import type { OutFraming, ServerConnection, ServerStream } from '../http1/server-connection.ts';
import { headerLines, statusLine } from '../http1/status.ts';
import { UpstreamRequest } from '../route/upstream-request.ts';
import type { Peer } from '../stats/peer.ts';
import { randomHex, startTrace, writeTrace } from '../trace/context.ts';
import type { TraceContext } from '../trace/context.ts';
import type { SpanExporter } from '../trace/exporter.ts';
import { formatValue } from './format.ts';
import { finishStream } from './finish.ts';
import type { HttpConfig } from './http-config.ts';
import { httpDate } from './http-date.ts';
import { normalizePath } from './normalize-path.ts';
import { exchangeOnResponse, prepareRequest } from './request-headers.ts';
import type { Runtime, Snapshot } from './runtime.ts';
import type { LocalReply, OriginalDestination, Stream } from './stream.ts';

export type StreamOptions = { readonly runtime: Runtime; readonly config: HttpConfig; readonly connection: ServerConnection; readonly head: RequestHead; readonly destination: OriginalDestination | undefined };

/** gRPC status of a local HTTP status (proxy reference §1.5). */
const GRPC_STATUS: ReadonlyMap<number, number> = new Map([[400, 13], [401, 16], [403, 7], [404, 12], [429, 14], [502, 14], [503, 14], [504, 14]]);

/**
 * One request on its way: connection manager, fault filter and router. It holds the configuration it began with to its end.
 * It is the RequestView of the evaluator itself, so that matching a route makes no copy.
 */
export class HttpStream implements ServerStream, Stream {
  readonly runtime: Runtime;
  readonly config: HttpConfig;
  readonly connection: ServerConnection;
  readonly head: RequestHead;
  readonly snapshot: Snapshot;
  readonly destination: OriginalDestination | undefined;
  readonly startWall = Date.now();
  readonly startMono = performance.now();
  readonly method: string;
  path = '';
  authority = '';
  scheme = 'http';
  readonly headers: string[];
  remoteAddress: string;
  requestId = '';
  originalPath = '';
  originalAuthority = '';
  host: CompiledVirtualHost | undefined = undefined;
  route: CompiledRoute | undefined = undefined;
  target: Destination | undefined = undefined;
  upstream: UpstreamRequest | undefined = undefined;
  /** The span that goes upstream in the headers. */
  trace: TraceContext | undefined = undefined;
  /** The span before it, where the hop makes two (a gateway's server span). */
  edgeTrace: TraceContext | undefined = undefined;
  exporter: SpanExporter | undefined = undefined;
  downstreamPeer: Peer | undefined = undefined;
  upstreamPeer: Peer | undefined = undefined;
  peerAsked = false;
  status = 0;
  flags = '';
  details = '';
  serviceTime = '';
  requestBytes = 0;
  responseBytes = 0;
  responseHeadBytes = 0;
  responseHeaders: readonly string[] = [];
  requestEnded = false;
  responseStarted = false;
  finished = false;
  #timer: NodeJS.Timeout | undefined;
  #requestTimer: NodeJS.Timeout | undefined;
  #held: Buffer[] | undefined;
  #lastActive: number;
  #closeAfter = false;
  constructor(options: StreamOptions) {
    this.runtime = options.runtime;
    this.config = options.config;
    this.connection = options.connection;
    this.head = options.head;
    this.snapshot = options.runtime.snapshot;
    this.destination = options.destination;
    this.method = options.head.method;
    this.headers = options.head.headers;
    this.remoteAddress = options.connection.info.remoteAddress;
    this.#lastActive = this.startMono;
    this.config.stats.rqTotal++;
    this.config.stats.rqActive++;
    options.connection.attach(this);
  }
  addFlag(flag: string): void {
    this.flags = this.flags === '' ? flag : `${this.flags},${flag}`;
  }
  format(command: string, argument: string): string | undefined {
    return formatValue(this, command, argument);
  }
  /** Runs the request until it waits for something. */
  start(): void {
    if (!this.#readTarget()) return;
    if (this.connection.requestDone) this.requestEnded = true;
    prepareRequest(this);
    if (this.config.requestTimeoutMs > 0 && !this.requestEnded) this.#requestTimer = setTimeout(() => this.#timedOut('request timeout', 'request_overall_timeout', 408), this.config.requestTimeoutMs);
    if (this.head.expectContinue && !this.config.proxy100Continue && this.head.minor === 1) this.#continueNow();
    const table = this.config.inlineRoutes ?? this.snapshot.routes.get(this.config.routeName);
    const found = table === undefined ? undefined : matchRoute(table, this, this.runtime.dice);
    if (found === undefined) return this.#noRoute();
    this.host = found.host;
    this.route = found.route;
    const { action } = found.route;
    if (this.host.requireTls && this.scheme !== 'https') return this.#redirect(301, `https://${this.authority}${this.path}`, 'direct_response');
    if (action.kind === 'redirect') return this.#redirect(action.status, action.location(this), 'direct_response');
    if (action.kind === 'direct') {
      this.config.stats.direct++;
      return this.reply({ status: action.status, body: action.body, details: 'direct_response', ops: this.route.responseOps });
    }
    this.target = pickDestination(action, this.runtime.dice());
    if (this.head.upgrade !== '' && !this.#mayUpgrade(action)) return;
    const fault = this.config.hasFaultFilter ? (this.target?.fault ?? this.config.fault) : undefined;
    if (fault !== undefined) return this.#faults(fault, action);
    this.#forward(action);
  }
  #readTarget(): boolean {
    const { head, config } = this;
    if (head.minor === 0 && head.host === undefined && config.defaultHost !== '') head.host = config.defaultHost;
    const target = readTarget(head);
    if ('details' in target) {
      this.reply({ status: target.status, body: target.body, details: target.details, ...(target.body === '' ? {} : { flag: 'DPE' }), close: true });
      return false;
    }
    this.path = target.path;
    this.authority = target.authority;
    if (target.path === '*') {
      this.reply({ status: 404, body: '', details: 'absolute_path_rejected' });
      return false;
    }
    if (config.normalizePath || config.mergeSlashes || config.escapedSlashes !== 'KEEP_UNCHANGED') {
      const normal = normalizePath(this.path, config);
      if ('refused' in normal) {
        this.reply({ status: 400, body: '', details: 'path_normalization_failed' });
        return false;
      }
      if ('redirect' in normal) {
        this.#redirect(307, normal.redirect, 'redirect_for_normalized_path');
        return false;
      }
      this.path = normal.path;
    }
    return true;
  }
  #continueNow(): void {
    removeHeader(this.headers, 'expect');
    if (!this.requestEnded) this.connection.writer.text('HTTP/1.1 100 Continue\r\n\r\n');
  }
  #noRoute(): void {
    this.config.stats.noRoute++;
    this.reply({ status: 404, body: '', details: 'route_not_found', flag: 'NR', close: this.method === 'CONNECT' });
  }
  #redirect(status: number, location: string, details: string): void {
    this.config.stats.redirect++;
    this.reply({ status, body: '', details, headers: ['location', location], ops: this.route?.responseOps ?? [] });
  }
  #mayUpgrade(action: Forward): boolean {
    const type = this.head.upgrade.toLowerCase();
    if (type === 'h2c') {
      this.head.upgrade = ''; // HTTP/2 by upgrade is never offered on: the request goes on as HTTP/1.1
      return true;
    }
    if (action.upgrades.get(type) ?? this.config.upgrades.has(type)) return true;
    this.config.stats.rqWsOnNonWsRoute++;
    this.reply({ status: 403, body: '', details: 'upgrade_failed', close: true });
    return false;
  }
  #faults(fault: CompiledFault, action: Forward): void {
    const { dice } = this.runtime;
    if (!faultApplies(fault, this, this.target?.cluster ?? '', dice)) return this.#forward(action);
    const abort = (): boolean => {
      if (fault.abort === undefined || !hits(fault.abort.share, dice)) return false;
      this.config.stats.faultAborts++;
      this.addFlag('FI');
      const { status, grpcStatus } = fault.abort;
      this.reply(grpcStatus === undefined ? { status, body: 'fault filter abort', details: 'fault_filter_abort' } : { status: 200, body: '', details: 'fault_filter_abort', headers: ['content-type', 'application/grpc', 'grpc-status', String(grpcStatus), 'grpc-message', 'fault filter abort'] });
      return true;
    };
    if (fault.delay === undefined || !hits(fault.delay.share, dice)) {
      if (!abort()) this.#forward(action);
      return;
    }
    this.config.stats.faultDelays++;
    this.config.stats.faultActive++;
    this.addFlag('DI');
    this.connection.pauseBody();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.config.stats.faultActive--;
      this.connection.resumeBody();
      if (!abort()) this.#forward(action);
      this.upstream?.flush();
      this.connection.writer.flush();
    }, fault.delay.ms);
  }
  #forward(action: Forward): void {
    const { target, host } = this;
    if (target === undefined || host === undefined) return this.#noRoute();
    this.upstream = new UpstreamRequest(this, action, target, host);
    this.upstream.start();
    const held = this.#held;
    this.#held = undefined;
    for (const data of held ?? []) this.upstream?.onRequestBody(data);
    if (this.requestEnded) this.upstream?.onRequestEnd();
  }
  /** Tracing: our span inside the caller's trace, or a new one. */
  beginTrace(): void {
    const tracing = this.config.tracing ?? this.runtime.defaultTracing;
    if (tracing === undefined) return;
    this.exporter = this.runtime.exporterFor(tracing);
    if (this.exporter === undefined) return;
    const { dice } = this.runtime;
    this.trace = startTrace(this.headers, () => dice() < tracing.randomShare && dice() < tracing.overallShare);
    if (tracing.spawnUpstreamSpan || (this.config.tracing === undefined && this.runtime.mesh?.type === 'router')) {
      this.edgeTrace = this.trace;
      this.trace = { ...this.trace, spanId: randomHex(8), parentId: this.trace.spanId };
    }
    writeTrace(this.trace, this.headers);
  }
  onBody(data: Buffer): void {
    this.requestBytes += data.length;
    this.#lastActive = performance.now();
    if (this.upstream !== undefined) this.upstream.onRequestBody(data);
    else if (!this.finished) (this.#held ??= []).push(data); // a delay fault holds the request; reading is paused meanwhile
  }
  onRequestEnd(): void {
    this.requestEnded = true;
    clearTimeout(this.#requestTimer);
    this.upstream?.onRequestEnd();
  }
  onReadComplete(): void {
    this.upstream?.flush();
  }
  onDrain(): void {
    this.upstream?.resumeResponse();
  }
  onSweep(now: number): void {
    if (this.config.streamIdleMs <= 0 || now - this.#lastActive < this.config.streamIdleMs) return;
    this.config.stats.rqIdleTimeout++;
    this.addFlag('SI');
    this.#timedOut('stream timeout', 'stream_idle_timeout', this.requestEnded ? 504 : 408);
  }
  #timedOut(body: string, details: string, status: number): void {
    if (this.finished) return;
    this.config.stats.rqTimeout++;
    this.upstream?.cancel();
    if (this.responseStarted) this.abortResponse(details, '');
    else this.reply({ status, body, details });
    this.connection.writer.flush();
  }
  onBadBody(): void {
    this.config.stats.cxProtocolError++;
    this.upstream?.cancel();
    if (this.responseStarted) return this.abortResponse('http1.codec_error', 'DPE');
    this.reply({ status: 400, body: 'Bad Request', details: 'http1.codec_error', flag: 'DPE', close: true });
  }
  onAborted(): void {
    if (this.finished) return;
    this.config.stats.cxDestroyRemoteActiveRq++;
    this.config.stats.rqRxReset++;
    this.addFlag('DC');
    this.details = 'downstream_remote_disconnect';
    this.upstream?.cancel();
    this.#finish();
  }

  /** An interim answer (100, 102, 103) on its way to the client. */
  onInformational(head: ResponseHead): void {
    if (this.head.minor === 0 || !this.config.proxy100Continue) return; // Envoy swallows them otherwise
    this.connection.writer.text(`${statusLine(head.status, 1)}${headerLines(head.headers)}\r\n`);
  }
  /** The answer of the upstream begins. */
  onResponseHead(head: ResponseHead, attempts: number, sinceMono: number): void {
    const { headers } = head;
    this.#lastActive = performance.now();
    this.details = 'via_upstream';
    exchangeOnResponse(this, headers);
    if (this.requestEnded) { // an answer that comes before the whole request has no such time
      this.serviceTime = String(Math.floor(this.#lastActive - sinceMono));
      setHeader(headers, 'x-envoy-upstream-service-time', this.serviceTime);
    }
    if (this.host?.attemptCountInResponse === true) setHeader(headers, 'x-envoy-attempt-count', String(attempts));
    for (const ops of this.target?.responseOps ?? []) applyOps(ops, headers, this);
    if (head.status === 101) return this.#acceptUpgrade(head);
    const bodiless = this.method === 'HEAD' || head.status === 204 || head.status === 304;
    const framing = bodiless ? OUT.none : head.contentLength >= 0 ? OUT.length : this.head.minor === 1 ? OUT.chunked : OUT.raw;
    this.#sendHead(head.status, headers, framing);
  }
  #acceptUpgrade(head: ResponseHead): void {
    this.status = 101;
    this.responseStarted = true;
    this.responseHeaders = head.headers;
    this.connection.respondHead(`${statusLine(101, 1)}${headerLines(head.headers)}connection: upgrade\r\nupgrade: ${head.upgrade === '' ? this.head.upgrade : head.upgrade}\r\n\r\n`, OUT.raw);
    this.connection.startTunnel();
    this.upstream?.flush(); // what the client sent before the acceptance
  }
  /** Writes a head with what every answer gets: date, server, how the body is framed, whether the connection stays. */
  #sendHead(status: number, headers: string[], framing: OutFraming, last = ''): void {
    const { config, head } = this;
    if (headerOf(headers, 'date') === undefined) headers.push('date', httpDate(this.startWall));
    if (config.serverHeader === 'OVERWRITE') setHeader(headers, 'server', config.serverName);
    else if (config.serverHeader === 'APPEND_IF_ABSENT' && headerOf(headers, 'server') === undefined) headers.push('server', config.serverName);
    if (config.alwaysSetRequestIdInResponse) setHeader(headers, 'x-request-id', this.requestId);
    if (config.via !== '') headers.push('via', config.via);
    this.#closeAfter = head.close || (head.minor === 0 && !head.keepAlive) || this.runtime.draining || this.connection.draining || !this.connection.requestDone || this.#closeAfter || (framing === OUT.raw);
    let text = statusLine(status, head.minor) + headerLines(headers);
    if (this.#closeAfter) text += 'connection: close\r\n';
    else if (head.minor === 0) text += 'connection: keep-alive\r\n';
    if (framing === OUT.chunked) text += 'transfer-encoding: chunked\r\n';
    text += `${last}\r\n`;
    this.status = status;
    this.responseStarted = true;
    this.responseHeaders = headers;
    this.responseHeadBytes = text.length;
    this.connection.respondHead(text, framing);
  }
  onResponseData(data: Buffer): void {
    this.responseBytes += data.length;
    this.#lastActive = performance.now();
    this.connection.respondData(data);
    if (this.connection.writer.full) this.upstream?.pauseResponse();
  }
  onResponseEnd(): void {
    if (this.finished) return;
    this.connection.respondEnd(this.#closeAfter);
    this.#finish();
  }
  /** An answer that had begun cannot be finished: the client must see that. */
  abortResponse(details: string, flag: string): void {
    if (this.finished) return;
    if (flag !== '') this.addFlag(flag);
    this.details = details;
    this.connection.abort();
    this.#finish();
  }
  /** Answers by ourselves. */
  reply(local: LocalReply): void {
    if (this.finished || this.responseStarted) return;
    if (local.flag !== undefined) this.addFlag(local.flag);
    this.details = local.details;
    if (local.close === true) this.#closeAfter = true;
    const grpc = /^application\/grpc(?:\+|$)/.test(headerOf(this.headers, 'content-type') ?? '') && headerOf(local.headers ?? [], 'grpc-status') === undefined;
    const headers = [...(local.headers ?? [])];
    let { status, body } = local;
    if (grpc) {
      headers.push('content-type', 'application/grpc', 'grpc-status', String(GRPC_STATUS.get(status) ?? 2));
      if (body !== '') headers.push('grpc-message', encodeURI(body).replaceAll('%20', ' '));
      status = 200;
      body = '';
    }
    if (body !== '') headers.push('content-length', String(body.length), 'content-type', 'text/plain');
    for (const ops of local.ops ?? []) applyOps(ops, headers, this);
    this.#sendHead(status, headers, OUT.none, body === '' && status !== 204 && status !== 304 ? 'content-length: 0\r\n' : '');
    if (body !== '' && this.method !== 'HEAD') {
      this.connection.writer.text(body);
      this.responseBytes += body.length;
    }
    this.connection.respondEnd(this.#closeAfter);
    this.#finish();
  }
  #finish(): void {
    if (this.finished) return;
    this.finished = true;
    if (this.#timer !== undefined) {
      clearTimeout(this.#timer);
      this.config.stats.faultActive--;
    }
    if (this.#requestTimer !== undefined) clearTimeout(this.#requestTimer);
    finishStream(this);
  }
}
