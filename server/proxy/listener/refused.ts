import { BoundedMap } from '#shared/base';

/** Callers remembered; the one that was not seen for longest is dropped. */
const CALLERS_MAX = 200;
export type RefusedEntry = { readonly sourceIp: string; readonly port: number; readonly reason: 'plaintext' | 'no_filter_chain'; count: number };

/** Connections that no filter chain took, by caller, so that the console can say which pod was turned away. */
export class RefusedConnections {
  readonly #entries = new BoundedMap<string, RefusedEntry>(CALLERS_MAX);
  count(sourceIp: string, port: number, reason: RefusedEntry['reason']): void {
    const key = `${sourceIp} ${port} ${reason}`;
    const found = this.#entries.get(key);
    if (found === undefined) this.#entries.set(key, { sourceIp, port, reason, count: 1 });
    else found.count++;
  }
  list(): readonly RefusedEntry[] {
    return [...this.#entries.values()];
  }
}
