import type { Socket } from 'node:net';
import type { EventRecorder } from '#server/lib';
import { forwardConnection } from './forward.ts';
import { Listeners } from './listeners.ts';
import type { Wanted } from './listeners.ts';
import type { Endpoint, ServiceTable, ServiceView } from './service-table.ts';

const failureText = (address: string, code: string): string => {
  if (code === 'EACCES') return `${address} is not served on this node: ports under 1024 are for privileged users. Names and the sidecars work all the same; \`sysctl net.ipv4.ip_unprivileged_port_start=0\` would allow it.`;
  if (code === 'EADDRINUSE') return `${address} is not served on this node: another process listens there (perhaps on 0.0.0.0). It is tried again.`;
  return `${address} is not served on this node: ${code}`;
};

/** Starts a list at a turning position, so that connections are spread and each has others to fall back to. */
export const rotate = <T>(list: readonly T[], by: number): readonly T[] => (list.length === 0 ? list : [...list.slice(by % list.length), ...list.slice(0, by % list.length)]);
const hashOf = (text: string): number => [...text].reduce((sum, c) => (sum * 31 + c.charCodeAt(0)) % 1_000_003, 7);

/** kube-proxy's part: accepts on ClusterIP:port (and 127.0.0.1:nodePort) and forwards the bytes to a ready endpoint. */
export class ServiceProxy {
  readonly #table: ServiceTable;
  readonly #events: EventRecorder;
  readonly #nodeIP: string;
  readonly #listeners = new Listeners();
  #turn = 0;

  constructor(options: { readonly table: ServiceTable; readonly events: EventRecorder; readonly nodeIP: string }) {
    this.#table = options.table;
    this.#events = options.events;
    this.#nodeIP = options.nodeIP;
  }

  sync(): void {
    const wanted = new Map<string, Wanted>();
    for (const service of this.#table.all()) {
      if (service.type === 'ExternalName' || !service.clusterIP.startsWith('127.')) continue;
      for (const port of service.ports) {
        if (port.protocol !== 'TCP') continue;
        this.#want(wanted, service, port.port, service.clusterIP, port.port);
        if (port.nodePort !== undefined && port.nodePort > 0) this.#want(wanted, service, port.port, this.#nodeIP, port.nodePort);
      }
    }
    this.#listeners.set(wanted);
  }

  stop(): void {
    this.#listeners.stop();
  }

  #want(wanted: Map<string, Wanted>, service: ServiceView, servicePort: number, host: string, port: number): void {
    wanted.set(`${host}:${port}`, {
      host, port, onConnection: (socket) => void forwardConnection(socket, this.#candidates(service, servicePort, socket)),
      onFailure: (code) => this.#events.record(service.object, 'Warning', 'PortNotServed', failureText(`${host}:${port}`, code)),
    });
  }

  #candidates(service: ServiceView, port: number, socket: Socket): readonly Endpoint[] {
    const current = this.#table.get(service.namespace, service.name);
    const endpoints = current === undefined ? [] : (this.#table.endpoints(current, port) ?? []);
    return rotate(endpoints, service.affinity ? hashOf(socket.remoteAddress ?? '') : this.#turn++);
  }
}
