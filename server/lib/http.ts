import type { Server } from 'node:https';

/**
 * Node's HTTP modules without the ES module in front of them: importing 'node:http' reads each of its exports, WebSocket among them, and that
 * loads the whole of undici (6 MB in every process, measured on Node 24). https is read only where it is used: 3 MB.
 */
export const nodeHttp = (): typeof import('node:http') => process.getBuiltinModule('node:http');
export const nodeHttps = (): typeof import('node:https') => process.getBuiltinModule('node:https');

/**
 * Makes a server over TLS keep what comes while it waits. Node pauses a connection whose next request comes while an answer (from 64 KiB) is not
 * yet marked as written: a client that pipelines, or merely one that is quicker than a busy event loop. Node's parser reads the TLS handle
 * directly, and a handle hands out each record it has decrypted, paused or not: the parser fails with HPE_PAUSED and the connection is reset
 * (Node 24). With a listener for data the bytes go through the stream, which keeps them until the connection is resumed. No cost measured.
 */
export function keepPausedBytes(server: Server): void {
  server.on('secureConnection', (socket) => socket.on('data', ignore));
}
const ignore = (): void => {};
