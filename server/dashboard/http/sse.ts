import type { FastifyReply, FastifyRequest } from 'fastify';
import { constants, createGzip } from 'node:zlib';
import type { Gzip } from 'node:zlib';

/** A comment line is sent when nothing else was for this long, ms, so that a dead connection is noticed. */
const KEEP_ALIVE_MS = 15_000;
/** A client that takes longer than this to read what was sent is cut off, ms. */
const STALLED_MS = 60_000;

/** One event stream. Bytes are never queued behind a slow client: `busy` says that earlier ones have not left. */
export type EventStream = { send(event: string, data: string): void; busy(): boolean; onDrain(listener: () => void): void; readonly closed: Promise<void> };

/** Turns a reply into an event stream (WHATWG server-sent events), gzip where the browser takes it. */
export function openEventStream(request: FastifyRequest, reply: FastifyReply, stalledMs = STALLED_MS): EventStream {
  reply.hijack();
  const socket = reply.raw;
  const zipped = /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''));
  for (const [name, v] of Object.entries(reply.getHeaders())) if (v !== undefined) socket.setHeader(name, v);
  socket.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store, no-transform', 'x-accel-buffering': 'no', ...(zipped ? { 'content-encoding': 'gzip', vary: 'accept-encoding' } : {}) });
  // memLevel 5 and a 16 kB window: 40 kB a stream instead of 270
  const gzip: Gzip | undefined = zipped ? createGzip({ level: 4, memLevel: 5, windowBits: 14, flush: constants.Z_SYNC_FLUSH }) : undefined;
  if (gzip !== undefined) gzip.pipe(socket);
  const out = gzip ?? socket;
  let blocked = false;
  let open = true;
  let stalled: NodeJS.Timeout | undefined;
  const listeners: (() => void)[] = [];
  const write = (text: string): void => {
    if (!open) return;
    if (out.write(text) && !socket.writableNeedDrain) return;
    blocked = true;
    stalled ??= setTimeout(() => socket.destroy(), stalledMs);
  };
  const drained = (): void => {
    if (!blocked || socket.writableNeedDrain || out.writableNeedDrain) return;
    blocked = false;
    clearTimeout(stalled); // before it is forgotten: a timer nobody holds would cut off a client that has long caught up
    stalled = undefined;
    for (const listener of listeners) listener();
  };
  socket.on('drain', drained);
  out.on('drain', drained);
  write(': pharos\nretry: 1000\n\n');
  const timer = setInterval(() => write(':\n\n'), KEEP_ALIVE_MS);
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => {
      open = false;
      clearInterval(timer);
      clearTimeout(stalled);
      gzip?.destroy();
      resolve();
    });
  });
  socket.on('error', () => socket.destroy()); // a reset by the browser: `close` follows
  return { send: (event, data) => write(`event: ${event}\ndata: ${data}\n\n`), busy: () => blocked, onDrain: (listener) => void listeners.push(listener), closed };
}
