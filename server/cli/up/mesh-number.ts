import { createServer } from 'node:net';
import type { Server } from 'node:net';

/** Meshes side by side on one machine. */
export const MESHES_MAX = 16;
/** A port of an address that no pod gets; who listens there owns the mesh number. */
const CLAIM_PORT = 64_999;

export type MeshNumber = { readonly number: number; release(): void };

const claim = (n: number): Promise<Server | undefined> =>
  new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', () => resolve(undefined));
    server.listen({ host: `127.${32 + n}.255.254`, port: CLAIM_PORT, exclusive: true }, () => resolve(server));
  });

/** Claims a free block of loopback addresses, `preferred` first (so that a restart keeps its addresses). */
export async function claimMeshNumber(preferred: number | undefined): Promise<MeshNumber> {
  const order = [...(preferred === undefined ? [] : [preferred]), ...Array.from({ length: MESHES_MAX }, (_, i) => i)];
  for (const n of order) {
    const server = await claim(n);
    if (server === undefined) continue;
    server.unref();
    return { number: n, release: () => void server.close() };
  }
  throw new Error(`${MESHES_MAX} meshes run on this machine already, and that is the most: stop one with \`pharos down --data-dir …\`.`);
}
