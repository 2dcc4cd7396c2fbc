import type { Socket } from 'node:net';
import type { PodWorker } from '../pod/pod-worker.ts';
import { allContainers } from '../pod/pod-schema.ts';
import { forwardConnection } from './forward.ts';
import { Listeners } from './listeners.ts';
import type { Wanted } from './listeners.ts';
import { rotate } from './service-proxy.ts';

/** Reachable from other machines only when a manifest asks for it by hostIP; the default is this machine. */
const DEFAULT_HOST = '127.0.0.1';
type Claim = { readonly worker: PodWorker; readonly port: number };

/** hostPort: forwards from the node's address to the pod. Several pods may claim one port (an old and a new one in a rollout); ready ones get the connections. */
export class HostPorts {
  readonly #listeners = new Listeners();
  #claims = new Map<string, Claim[]>();
  #turn = 0;

  sync(workers: Iterable<PodWorker>): void {
    const claims = new Map<string, Claim[]>();
    for (const worker of workers) {
      if (worker.podIP === DEFAULT_HOST) continue; // hostNetwork: it listens there itself
      for (const port of allContainers(worker.spec).flatMap((container) => container.ports ?? [])) {
        if (port.hostPort === undefined || port.hostPort === 0 || port.protocol !== 'TCP') continue;
        const key = `${port.hostIP === undefined || port.hostIP === '' ? DEFAULT_HOST : port.hostIP}:${port.hostPort}`;
        claims.set(key, [...(claims.get(key) ?? []), { worker, port: port.containerPort }]);
      }
    }
    this.#claims = claims;
    this.#listeners.set(new Map([...claims].map(([key, list]) => [key, this.#wanted(key, list)])));
  }

  stop(): void {
    this.#listeners.stop();
  }

  #wanted(key: string, list: readonly Claim[]): Wanted {
    const colon = key.lastIndexOf(':');
    return {
      host: key.slice(0, colon), port: Number(key.slice(colon + 1)), onConnection: (socket) => this.#forward(key, socket),
      onFailure: (code) => list.at(-1)?.worker.context.record('Warning', 'HostPortNotServed', `the host port ${key} cannot be opened: ${code === 'EADDRINUSE' ? 'another process listens there; it is tried again' : code}`),
    };
  }

  #forward(key: string, socket: Socket): void {
    const claims = this.#claims.get(key) ?? [];
    const ready = claims.filter((claim) => claim.worker.isReady);
    const chosen = ready.length > 0 ? rotate(ready, this.#turn++) : claims.slice(-1);
    void forwardConnection(socket, chosen.map((claim) => ({ address: claim.worker.podIP, port: claim.port })));
  }
}
