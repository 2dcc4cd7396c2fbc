import type { CompiledOps, CompiledRoute, CompiledVirtualHost, Destination, FormatContext, RequestView } from '#shared/evaluator';
import type { ClusterRuntime } from '../cluster/cluster.ts';
import type { Host } from '../endpoint/host.ts';
import type { RequestHead, ResponseHead } from '../http1/head.ts';
import type { ServerConnection } from '../http1/server-connection.ts';
import type { Peer } from '../stats/peer.ts';
import type { TraceContext } from '../trace/context.ts';
import type { SpanExporter } from '../trace/exporter.ts';
import type { HttpConfig } from './http-config.ts';
import type { Runtime, Snapshot } from './runtime.ts';

/** Where a captured request wanted to go. */
export type OriginalDestination = { readonly host: string; readonly port: number };
export type LocalReply = { readonly status: number; readonly body: string; readonly details: string; readonly flag?: string; readonly headers?: readonly string[]; readonly ops?: readonly CompiledOps[]; readonly close?: boolean };

/** What is known of the router's work for a request. */
export type UpstreamView = {
  readonly cluster: ClusterRuntime | undefined; readonly host: Host | undefined; readonly hostAddress: string; readonly localAddress: string;
  /** The peer's identity, "" without mutual TLS. */
  readonly principal: string;
  readonly attempts: number; readonly transportFailure: string;
};

/** A request on its way as the parts that it passes see it: headers, router, metrics, log and span. */
export type Stream = RequestView & FormatContext & {
  readonly runtime: Runtime; readonly config: HttpConfig; readonly connection: ServerConnection; readonly head: RequestHead; readonly snapshot: Snapshot; readonly destination: OriginalDestination | undefined;
  readonly startWall: number; readonly startMono: number; readonly headers: string[];
  path: string; authority: string; scheme: string; remoteAddress: string; requestId: string; originalPath: string; originalAuthority: string;
  readonly host: CompiledVirtualHost | undefined; readonly route: CompiledRoute | undefined; readonly target: Destination | undefined; readonly upstream: UpstreamView | undefined;
  /** The span that goes upstream in the headers. */
  readonly trace: TraceContext | undefined;
  /** The span before it, where the hop makes two (a gateway's server span). */
  readonly edgeTrace: TraceContext | undefined;
  readonly exporter: SpanExporter | undefined;
  downstreamPeer: Peer | undefined; upstreamPeer: Peer | undefined; peerAsked: boolean;
  readonly status: number; readonly flags: string; readonly details: string; readonly serviceTime: string;
  readonly requestBytes: number; readonly responseBytes: number; readonly responseHeadBytes: number; readonly responseHeaders: readonly string[];
  addFlag(flag: string): void;
  /** Tracing: our span inside the caller's trace, or a new one. */
  beginTrace(): void;
  /** An interim answer (100, 102, 103) on its way to the client. */
  onInformational(head: ResponseHead): void;
  /** The answer of the upstream begins. */
  onResponseHead(head: ResponseHead, attempts: number, sinceMono: number): void;
  onResponseData(data: Buffer): void;
  onResponseEnd(): void;
  /** An answer that had begun cannot be finished: the client must see that. */
  abortResponse(details: string, flag: string): void;
  /** Answers by ourselves. */
  reply(local: LocalReply): void;
};
