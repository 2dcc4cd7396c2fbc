import type { Socket } from 'node:net';
import type { PeerCertificate } from '../tls/spiffe.ts';
import { BodyReader, FRAMING } from './body.ts';
import type { BodySink } from './body.ts';
import { endSocket } from './end-socket.ts';
import { HEAD_ERROR, illegalBytes, parseRequestHead } from './head.ts';
import type { HeadError, RequestHead } from './head.ts';
import { HeldWriter } from './writer.ts';

/** What is known of a downstream connection. Addresses are "ip:port". */
export type ConnectionInfo = {
  readonly remoteIp: string; readonly remoteAddress: string; readonly localAddress: string; readonly localPort: number;
  readonly secure: boolean; readonly serverName: string; readonly peer: PeerCertificate | undefined;
};
/** The stream of one request. */
export type ServerStream = {
  onBody(data: Buffer): void;
  onRequestEnd(): void;
  onReadComplete(): void;
  onDrain(): void;
  /** The body of the request is no valid HTTP: answer 400 where that is still possible. */
  onBadBody(): void;
  /** The client went away before the stream was finished. */
  onAborted(): void;
  /** Checked now and then: ends a stream that waits for too long. */
  onSweep(now: number): void;
};
export type Handlers = {
  start(connection: ServerConnection, head: RequestHead): ServerStream | undefined;
  /** A head that is no HTTP or over a limit. Has to answer and close. */
  refuse(connection: ServerConnection, error: HeadError, bytes: number): void;
  closed(connection: ServerConnection): void;
  readonly headBytesMax: number;
  readonly headersTimeoutMs: number;
  readonly idleTimeoutMs: number;
};
export const OUT = { none: 0, length: 1, chunked: 2, raw: 3 } as const;
export type OutFraming = (typeof OUT)[keyof typeof OUT];

const HEAD_END = Buffer.from('\r\n\r\n');
/** After our last byte the client may still send for this long, so that a reset does not take the answer from it (Envoy: delayed_close_timeout). */
const DELAYED_CLOSE_MS = 1000;

/** A reset where the transport can say one; TLS tells by the missing close_notify. */
function cut(socket: Socket): void {
  if ('encrypted' in socket) socket.destroy();
  else socket.resetAndDestroy();
}

/** An HTTP/1.1 connection from a client: one request at a time, later ones wait unread. */
export class ServerConnection implements BodySink {
  readonly socket: Socket;
  readonly info: ConnectionInfo;
  readonly writer: HeldWriter;
  handlers: Handlers;
  closed = false;
  /** Every answer from now on closes the connection. */
  draining = false;
  #stream: ServerStream | undefined;
  readonly #body = new BodyReader();
  #pending: Buffer | undefined;
  #out: OutFraming = OUT.none;
  #inRead = false;
  #ending = false;
  #tunnel = false;
  #holds = false;
  /** Bytes of the unfinished head that were looked at. */
  #checked = 0;
  #paused = false;
  #headTimer: NodeJS.Timeout | undefined;
  #idleSince = performance.now();
  constructor(socket: Socket, info: ConnectionInfo, handlers: Handlers) {
    this.socket = socket;
    this.info = info;
    this.handlers = handlers;
    this.writer = new HeldWriter(socket);
    socket.on('data', (data: Buffer) => this.#onData(data));
    socket.on('drain', () => this.#stream?.onDrain());
    socket.on('end', () => this.#onClose()); // a half-closed client is gone, as for Envoy
    socket.on('error', () => this.#onClose());
    socket.on('close', () => this.#onClose());
  }
  get stream(): ServerStream | undefined {
    return this.#stream;
  }
  get requestDone(): boolean {
    return this.#body.done;
  }
  /** True while bytes of this connection are being worked on: writes are held until the end of that. */
  get reading(): boolean {
    return this.#inRead;
  }
  onBody(data: Buffer): void {
    this.#stream?.onBody(data);
  }
  #onData(data: Buffer): void {
    if (this.#ending) return; // what comes after the last answer is dropped
    this.#inRead = true;
    if (this.#tunnel) this.#stream?.onBody(data);
    else {
      const joined = this.#pending === undefined ? data : Buffer.concat([this.#pending, data]);
      this.#pending = undefined;
      this.#read(joined);
    }
    this.#inRead = false;
    this.#readComplete();
  }
  #read(data: Buffer): void {
    let from = 0;
    while (from < data.length && !this.#ending && !this.closed) {
      if (this.#stream === undefined) {
        const next = this.#readHead(data, from);
        if (next < 0) return;
        from = next;
      } else if (this.#body.done || this.#holds) {
        this.#pending = from === 0 ? data : data.subarray(from); // a pipelined request waits for its turn
        this.#pause();
        return;
      } else {
        from = this.#body.read(data, from, this);
        if (from < 0) return this.#stream?.onBadBody();
        if (this.#body.done) this.#stream?.onRequestEnd();
      }
    }
  }
  /** Reads a head at `from`; the index after it, or -1 when there is nothing more to do with these bytes. */
  #readHead(data: Buffer, start: number): number {
    const from = start + (data[start] === 13 && data[start + 1] === 10 ? 2 : 0); // one empty line before a request is let pass (RFC 9112 §2.2)
    const end = data.indexOf(HEAD_END, from);
    if (end < 0 || end - from > this.handlers.headBytesMax) {
      if (end >= 0 || data.length - from > this.handlers.headBytesMax) {
        this.handlers.refuse(this, HEAD_ERROR.tooLarge, data.length - from);
        return -1;
      }
      const illegal = this.#illegalSoFar(data, from);
      if (illegal !== undefined) {
        this.handlers.refuse(this, illegal, data.length - from);
        return -1;
      }
      this.#pending = from === 0 ? data : data.subarray(from);
      if (this.handlers.headersTimeoutMs > 0) this.#headTimer ??= setTimeout(() => this.#headTimedOut(), this.handlers.headersTimeoutMs).unref();
      return -1;
    }
    this.#clearHeadTimer();
    this.#checked = 0;
    const head = parseRequestHead(data.toString('latin1', from, end));
    if ('details' in head) {
      this.handlers.refuse(this, head, end - from);
      return -1;
    }
    const tunnelled = head.upgrade !== '' || head.method === 'CONNECT';
    this.#body.start(head.chunked ? FRAMING.chunked : head.contentLength > 0 ? FRAMING.length : FRAMING.none, head.contentLength);
    this.#holds = tunnelled && this.#body.done; // bytes after an upgrade wait until it is accepted (CVE-2026-73548)
    const stream = this.handlers.start(this, head);
    if (stream === undefined) return this.#ending ? -1 : end + 4;
    return end + 4;
  }
  /** The stream of the request whose head was just given to `start`. Called by the stream itself, before it does anything. */
  attach(stream: ServerStream): void {
    this.#stream = stream;
  }
  /** Looks at the new part of an unfinished head: bare line ends or control bytes need no wait for an end that may never come. */
  #illegalSoFar(data: Buffer, from: number): HeadError | undefined {
    const start = from + Math.max(0, this.#checked - 1);
    const end = data.at(-1) === 13 ? data.length - 1 : data.length;
    this.#checked = end - from;
    return illegalBytes(start > from && data[start - 1] === 13 ? `\r${data.toString('latin1', start, end)}` : data.toString('latin1', start, end));
  }
  #headTimedOut(): void {
    this.#headTimer = undefined;
    this.handlers.refuse(this, { status: 408, details: 'request_header_timeout', body: 'request header timeout' }, this.#pending?.length ?? 0);
  }
  #clearHeadTimer(): void {
    if (this.#headTimer === undefined) return;
    clearTimeout(this.#headTimer);
    this.#headTimer = undefined;
  }
  #pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.socket.pause();
  }
  #resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.socket.resume();
  }
  /** The upstream takes no more of the request body for now. */
  pauseBody(): void {
    if (!this.#body.done || this.#tunnel) this.#pause();
  }
  resumeBody(): void {
    if (this.#pending === undefined) this.#resume();
  }
  respondHead(text: string, framing: OutFraming): void {
    this.#out = framing;
    this.writer.text(text);
  }
  respondData(data: Buffer): void {
    if (this.#out === OUT.chunked) this.writer.chunk(data);
    else if (this.#out !== OUT.none) this.writer.data(data);
  }
  /** The answer is complete. With `close` the connection ends after it. */
  respondEnd(close: boolean): void {
    if (this.#out === OUT.chunked) this.writer.text('0\r\n\r\n');
    this.#out = OUT.none;
    this.#stream = undefined;
    this.#idleSince = performance.now();
    if (close || this.draining || !this.#body.done) return this.close();
    if (!this.#inRead) this.writer.flush();
    if (this.#pending !== undefined) queueMicrotask(() => this.#nextRequest());
    else this.#resume();
  }
  #nextRequest(): void {
    const data = this.#pending;
    if (data === undefined || this.#stream !== undefined || this.closed || this.#ending) return;
    this.#pending = undefined;
    this.#inRead = true;
    this.#read(data);
    this.#inRead = false;
    if (this.#pending === undefined) this.#resume();
    this.#readComplete();
  }
  #readComplete(): void {
    this.#stream?.onReadComplete();
    this.writer.flush();
  }
  /** Both sides agreed on an upgrade: from now on bytes pass as they are. */
  startTunnel(): void {
    this.#tunnel = true;
    this.#holds = false;
    this.#out = OUT.raw;
    const early = this.#pending;
    this.#pending = undefined;
    if (early !== undefined) this.#stream?.onBody(early);
    this.#resume();
  }
  /** Sends what is written and closes; the client may finish sending. */
  close(): void {
    if (this.#ending || this.closed) return;
    this.#ending = true;
    this.#clearHeadTimer();
    this.#pending = undefined;
    this.writer.flush();
    this.#resume();
    endSocket(this.socket, DELAYED_CLOSE_MS);
  }
  /** Cuts the connection: an answer that cannot be finished must not look finished. */
  abort(): void {
    this.writer.flush();
    this.#stream = undefined;
    if (this.#out === OUT.raw) cut(this.socket); // without a length the end of the connection is the end of the answer: it must be no clean one
    else endSocket(this.socket, 0); // what was written goes out first, then the connection ends in the middle of the body
    this.#onClose();
  }
  /** Closes now when nothing is going on, else after the answer. */
  drain(): void {
    this.draining = true;
    if (this.#stream === undefined && !this.#ending && this.#pending === undefined) this.close();
  }
  sweep(now: number): void {
    if (this.#stream !== undefined) this.#stream.onSweep(now);
    else if (this.handlers.idleTimeoutMs > 0 && now - this.#idleSince > this.handlers.idleTimeoutMs) this.close();
  }
  #onClose(): void {
    if (this.closed) return;
    this.closed = true;
    this.#clearHeadTimer();
    const stream = this.#stream;
    this.#stream = undefined;
    if (!this.#ending) endSocket(this.socket, 0);
    this.handlers.closed(this);
    stream?.onAborted();
  }
}
