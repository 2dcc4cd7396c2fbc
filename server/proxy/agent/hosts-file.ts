import { lookup } from 'node:dns/promises';
import { readFileSync, statSync } from 'node:fs';
import { isIP } from 'node:net';

/** The hosts file is looked at again at most this often. */
const CHECK_MS = 1000;

/** Service names of the pod's hosts file, then DNS. Reading is cached, because each request of a captured connection asks. */
export function createResolver(path: string): { now(host: string): string | undefined; lookup(host: string): Promise<string> } {
  let checkedAt = Number.NEGATIVE_INFINITY;
  let changedAt = -1;
  let names = new Map<string, string>();
  const refresh = (): void => {
    const now = performance.now();
    if (now - checkedAt < CHECK_MS) return;
    checkedAt = now;
    try {
      const { mtimeMs } = statSync(path);
      if (mtimeMs === changedAt) return;
      const next = new Map<string, string>();
      for (const line of readFileSync(path, 'utf8').split('\n')) {
        const [address, ...hosts] = line.replace(/#.*/, '').trim().split(/\s+/);
        if (address !== undefined && isIP(address) === 4) for (const host of hosts) if (!next.has(host.toLowerCase())) next.set(host.toLowerCase(), address);
      }
      changedAt = mtimeMs;
      names = next;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error; // no hosts file: DNS alone
    }
  };
  const now = (host: string): string | undefined => {
    if (isIP(host) !== 0) return host;
    refresh();
    return names.get(host.endsWith('.') ? host.slice(0, -1) : host);
  };
  return { now, lookup: async (host) => now(host) ?? (await lookup(host, { family: 4 })).address };
}
