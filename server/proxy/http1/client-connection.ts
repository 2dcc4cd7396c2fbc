import type { Socket } from 'node:net';
import { BodyReader, FRAMING } from './body.ts';
import type { BodySink } from './body.ts';
import type { ResponseHead } from './head.ts';
import { parseResponseHead, RESPONSE_HEAD_BYTES_MAX } from './head.ts';
import { HeldWriter } from './writer.ts';

/** How an upstream stream ended badly. `protocol` = bytes that are no HTTP; `closed` = the peer went away. */
export type ResetKind = 'protocol' | 'closed' | 'local';
/** The user of the connection: one request at a time. */
export type ClientStream = {
  onHead(head: ResponseHead): void;
  onInformational(head: ResponseHead): void;
  onData(data: Buffer): void;
  onEnd(): void;
  onReset(kind: ResetKind): void;
  /** The bytes of one read are all delivered. */
  onReadComplete(): void;
  onDrain(): void;
};
export type ConnectionOwner = { onIdle(connection: ClientConnection): void; onClosed(connection: ClientConnection): void };

/** 1xx answers to one request (a storm of them is an attack or a loop). */
const INFORMATIONAL_MAX = 16;
const HEAD_END = Buffer.from('\r\n\r\n');

/** An HTTP/1.1 connection to an upstream: strict about what comes back, one request at a time, never reused after anything odd. */
export class ClientConnection implements BodySink {
  readonly socket: Socket;
  readonly writer: HeldWriter;
  readonly localAddress: string;
  /** The peer's identity of a TLS connection, "" otherwise. */
  readonly principal: string;
  readonly secretVersion: number;
  /** Requests answered so far. */
  served = 0;
  /** When it became idle; 0 while it never was. */
  idleSince = 0;
  /** How long the peer keeps an idle connection, ms (`Keep-Alive: timeout`). */
  keepAliveMs = Number.POSITIVE_INFINITY;
  rxBytes = 0;
  closed = false;
  /** Ends after the current request: the host was removed, the certificate renewed, or the peer asked for it. */
  draining = false;
  readonly #owner: ConnectionOwner;
  readonly #body = new BodyReader();
  #stream: ClientStream | undefined;
  #pending: Buffer | undefined;
  #headDone = false;
  #requestDone = false;
  #reusable = false;
  #isHead = false;
  #wantsUpgrade = false;
  #informational = 0;
  #tunnel = false;
  #paused = false;
  constructor(socket: Socket, owner: ConnectionOwner, principal: string, secretVersion: number) {
    this.socket = socket;
    this.writer = new HeldWriter(socket);
    this.#owner = owner;
    this.principal = principal;
    this.secretVersion = secretVersion;
    this.localAddress = `${socket.localAddress ?? ''}:${socket.localPort ?? 0}`;
    socket.on('data', (data: Buffer) => this.#onData(data));
    socket.on('drain', () => this.#stream?.onDrain());
    socket.on('end', () => this.#onEnd());
    socket.on('error', () => this.#onClose());
    socket.on('close', () => this.#onClose());
  }
  get busy(): boolean {
    return this.#stream !== undefined;
  }
  /** Begins a request; its head must be written by the caller. */
  begin(stream: ClientStream, isHead: boolean, wantsUpgrade: boolean): void {
    this.#stream = stream;
    this.#headDone = false;
    this.#requestDone = false;
    this.#isHead = isHead;
    this.#wantsUpgrade = wantsUpgrade;
    this.#informational = 0;
    this.#reusable = false;
  }
  /** The request is written to its end. */
  requestDone(): void {
    this.#requestDone = true;
    this.#settle();
  }
  /** Gives the stream up: the connection cannot be used again. */
  abandon(): void {
    this.#stream = undefined;
    this.destroy();
  }
  pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.socket.pause();
  }
  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.socket.resume();
  }
  destroy(): void {
    this.socket.destroy();
    this.#onClose();
  }
  onBody(data: Buffer): void {
    this.#stream?.onData(data);
  }
  #onData(data: Buffer): void {
    this.rxBytes += data.length;
    const stream = this.#stream;
    if (stream === undefined) return this.destroy(); // bytes on an idle connection are never an answer (CVE-2026-48931)
    if (this.#tunnel) stream.onData(data);
    else {
      const joined = this.#pending === undefined ? data : Buffer.concat([this.#pending, data]);
      this.#pending = undefined;
      this.#read(joined, stream);
    }
    stream.onReadComplete();
  }
  #read(data: Buffer, stream: ClientStream): void {
    let from = 0;
    while (!this.#headDone) {
      const end = data.indexOf(HEAD_END, from);
      if (end < 0 || end - from > RESPONSE_HEAD_BYTES_MAX) {
        if (end >= 0 || data.length - from > RESPONSE_HEAD_BYTES_MAX) return this.#protocolError(stream);
        this.#pending = from === 0 ? data : data.subarray(from);
        return;
      }
      const head = parseResponseHead(data.toString('latin1', from, end));
      from = end + 4;
      if ('details' in head || (head.status === 101 && !this.#wantsUpgrade)) return this.#protocolError(stream); // 101 that nobody asked for would open a tunnel
      if (head.status >= 200 || head.status === 101) this.#startBody(head, stream);
      else if (++this.#informational > INFORMATIONAL_MAX) return this.#protocolError(stream);
      else stream.onInformational(head);
      if (this.#stream !== stream) return;
    }
    if (this.#tunnel) {
      if (from < data.length) stream.onData(data.subarray(from));
      return;
    }
    const end = this.#body.read(data, from, this);
    if (this.#stream !== stream) return;
    if (end < 0) return this.#protocolError(stream);
    if (end < data.length) this.#reusable = false; // more than was announced
    if (this.#body.done) this.#settle();
  }
  #startBody(head: ResponseHead, stream: ClientStream): void {
    this.#headDone = true;
    this.#reusable = !head.close && (head.minor === 1 || head.keepAlive) && head.status !== 101;
    this.keepAliveMs = head.keepAliveSeconds < 0 ? Number.POSITIVE_INFINITY : head.keepAliveSeconds * 1000;
    if (head.status === 101) this.#tunnel = true;
    else if (this.#isHead || head.status === 204 || head.status === 304) this.#body.start(FRAMING.none, 0);
    else if (head.chunked) this.#body.start(FRAMING.chunked, 0);
    else if (head.contentLength >= 0) this.#body.start(FRAMING.length, head.contentLength);
    else {
      this.#body.start(FRAMING.untilClose, 0);
      this.#reusable = false;
    }
    stream.onHead(head);
  }
  /** Ends the exchange when the response is complete; the connection is kept only when the request is too. */
  #settle(): void {
    const stream = this.#stream;
    if (stream === undefined || !this.#headDone || this.#tunnel || !this.#body.done) return;
    this.#stream = undefined;
    this.served++;
    if (this.#reusable && this.#requestDone && !this.draining && !this.closed) {
      this.resume();
      this.#owner.onIdle(this); // before the stream hears of its end: a pipelined request may then take this connection
    } else this.destroy();
    stream.onEnd();
  }
  #protocolError(stream: ClientStream): void {
    this.#stream = undefined;
    this.destroy();
    stream.onReset('protocol');
  }
  #onEnd(): void {
    const stream = this.#stream;
    if (stream !== undefined && this.#headDone && !this.#tunnel && this.#body.framing === FRAMING.untilClose && this.#body.finish()) {
      this.#stream = undefined;
      this.served++;
      stream.onEnd();
      stream.onReadComplete();
    }
    this.destroy();
  }
  #onClose(): void {
    if (this.closed) return;
    this.closed = true;
    const stream = this.#stream;
    this.#stream = undefined;
    this.#owner.onClosed(this);
    if (stream === undefined) return;
    if (this.#tunnel) stream.onEnd();
    else stream.onReset(this.#headDone ? 'protocol' : 'closed'); // a body cut short is a protocol error to Envoy's codec; before the head the peer just went away
    stream.onReadComplete();
  }
}
