import type { Socket } from 'node:net';

/** A client that takes nothing of what is left for this long is cut: it would hold the socket and its buffer for ever. */
const STALLED_MS_MAX = 30_000;
const LOOK_MS = 1000;

/**
 * Sends what is written and the end, and closes `lingerMs` after that (0: at once). A client that reads slowly gets all of it, however
 * long that takes; one that does not read at all is cut.
 */
export function endSocket(socket: Socket, lingerMs: number): void {
  if (socket.destroyed) return;
  const close = (): void => {
    if (lingerMs === 0) socket.destroy();
    else setTimeout(() => socket.destroy(), lingerMs).unref();
  };
  if (socket.writableFinished) return close();
  socket.once('finish', close);
  socket.end();
  let left = socket.writableLength;
  if (left === 0) return;
  let movedAt = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    if (socket.writableLength < left) {
      left = socket.writableLength;
      movedAt = now;
    } else if (now - movedAt >= STALLED_MS_MAX) socket.destroy();
  }, LOOK_MS).unref();
  socket.once('finish', () => clearInterval(timer));
  socket.once('close', () => clearInterval(timer));
}
