import type { Server, Socket } from 'node:net';

/**
 * Gives the function that ends a server and every connection of it at once. Call it before the server listens. For servers over TLS this is more
 * than `closeAllConnections`, which knows a connection only after its handshake: one that never begins it would hold the end for 120 s (Node 24).
 */
export function closerOf(server: Server): () => Promise<void> {
  const open = new Set<Socket>();
  let closing = false;
  server.on('connection', (socket: Socket) => {
    if (closing) return void socket.destroy();
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  return () => new Promise((resolve) => {
    closing = true;
    server.close(() => resolve());
    for (const socket of open) socket.destroy();
  });
}
