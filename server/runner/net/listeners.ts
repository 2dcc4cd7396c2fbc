import type { Server, Socket } from 'node:net';
import { listen } from './forward.ts';

/** A port that another process holds is tried again after this. */
const RETRY_MS = 15_000;

export type Wanted = { readonly host: string; readonly port: number; readonly onConnection: (socket: Socket) => void; readonly onFailure: (code: string) => void };
type Entry = { wanted: Wanted; server: Server | undefined; readonly sockets: Set<Socket>; retry: NodeJS.Timeout | undefined; told: boolean; closed: boolean };

/** A set of listeners kept equal to what is wanted. A refused port is told once and (if only taken) tried again. */
export class Listeners {
  readonly #entries = new Map<string, Entry>();

  /** Opens what is new, closes what is wanted no more; open connections of a closed one end by themselves. */
  set(wanted: ReadonlyMap<string, Wanted>): void {
    for (const [key, entry] of this.#entries) if (!wanted.has(key)) this.#close(key, entry, false);
    for (const [key, want] of wanted) {
      const known = this.#entries.get(key);
      if (known !== undefined) {
        known.wanted = want;
        continue;
      }
      const entry: Entry = { wanted: want, server: undefined, sockets: new Set(), retry: undefined, told: false, closed: false };
      this.#entries.set(key, entry);
      void this.#open(entry);
    }
  }

  stop(): void {
    for (const [key, entry] of this.#entries) this.#close(key, entry, true);
  }

  async #open(entry: Entry): Promise<void> {
    const { host, port } = entry.wanted;
    try {
      const server = await listen(host, port, (socket) => {
        entry.sockets.add(socket);
        socket.once('close', () => entry.sockets.delete(socket));
        entry.wanted.onConnection(socket);
      });
      if (entry.closed) server.close();
      else entry.server = server;
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'UNKNOWN';
      if (!entry.told) entry.wanted.onFailure(code);
      entry.told = true;
      if (code !== 'EADDRINUSE' || entry.closed) return; // EACCES stays: the port is under 1024 and we are nobody
      entry.retry = setTimeout(() => void this.#open(entry), RETRY_MS);
      entry.retry.unref();
    }
  }

  #close(key: string, entry: Entry, hard: boolean): void {
    entry.closed = true;
    clearTimeout(entry.retry);
    entry.server?.close();
    if (hard) for (const socket of entry.sockets) socket.destroy();
    this.#entries.delete(key);
  }
}
