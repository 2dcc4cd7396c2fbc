import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, createServer, request } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { connect, createServer as createTcpServer } from 'node:net';
import type { Server as TcpServer, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const PART = fileURLToPath(new URL('../../server/cli/part.ts', import.meta.url));
const V3 = 'type.googleapis.com/envoy';
export const FAULT = `${V3}.extensions.filters.http.fault.v3.HTTPFault`;
const READY_MS_MAX = 20_000;
/** What the tests read of each access-log line; Envoy's operators, so that a real Envoy can be put in our place. */
const LOG = { code: '%RESPONSE_CODE%', flags: '%RESPONSE_FLAGS%', details: '%RESPONSE_CODE_DETAILS%', attempts: '%UPSTREAM_REQUEST_ATTEMPT_COUNT%', cluster: '%UPSTREAM_CLUSTER%', proto: '%PROTOCOL%', term: '%CONNECTION_TERMINATION_DETAILS%', utf: '%UPSTREAM_TRANSPORT_FAILURE_REASON%', path: '%REQ(:PATH)%', remote: '%DOWNSTREAM_REMOTE_ADDRESS%' };
export type LogLine = { readonly code: number; readonly flags: string; readonly details: string | null; readonly attempts: number; readonly cluster: string | null; readonly proto: string; readonly term: string | null; readonly utf: string | null; readonly path: string | null; readonly remote: string };
export type Answer = { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: string; readonly aborted: boolean; readonly ms: number };

const portOf = (server: TcpServer | Server): number => {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
};

export const freePort = (): Promise<number> => new Promise((resolve, reject) => {
  const server = createTcpServer();
  server.once('error', reject);
  server.listen(0, '127.0.0.1', () => {
    const port = portOf(server);
    server.close(() => resolve(port));
  });
});

/** More than a proxy lets through, so that an answer of 431 is never the upstream's. */
const UPSTREAM_HEAD_BYTES_MAX = 256 * 1024;
export type Upstream = { readonly port: number; readonly seen: IncomingMessage[]; close(): Promise<void> };
/** An upstream that answers each request by `handler`. */
export async function startUpstream(handler: (request: IncomingMessage, response: ServerResponse) => void): Promise<Upstream> {
  const seen: IncomingMessage[] = [];
  const server: Server = createServer({ maxHeaderSize: UPSTREAM_HEAD_BYTES_MAX }, (incoming, response) => {
    seen.push(incoming);
    handler(incoming, response);
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: portOf(server), seen,
    close: () => new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    }),
  };
}
/** An upstream of bare bytes. */
export async function startTcp(handler: (socket: Socket, data: Buffer) => void): Promise<{ readonly port: number; close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createTcpServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (data: Buffer) => handler(socket, data));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: portOf(server),
    close: () => new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    }),
  };
}

export type BedOptions = {
  readonly manager?: object; readonly routes?: readonly object[]; readonly virtualHosts?: readonly object[]; readonly filters?: readonly object[]; readonly node?: object;
  /** Cluster name to ports, or the whole cluster. */
  readonly clusters: Readonly<Record<string, readonly number[] | object>>; readonly env?: Readonly<Record<string, string>>; readonly listener?: object;
};

export const endpoints = (name: string, ports: readonly number[]): object => ({ cluster_name: name, endpoints: [{ lb_endpoints: ports.map((port) => ({ endpoint: { address: { socket_address: { address: '127.0.0.1', port_value: port } } } })) }] });
const clusterOf = (name: string, given: readonly number[] | object): object => ({ name, type: 'STATIC', connect_timeout: '2s', ...(Array.isArray(given) ? { load_assignment: endpoints(name, given) } : given) });

function bootstrapOf(options: BedOptions, port: number, adminPort: number, logPath: string): object {
  const manager = {
    '@type': `${V3}.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`, stat_prefix: 's',
    access_log: [{ name: 'envoy.access_loggers.file', typed_config: { '@type': `${V3}.extensions.access_loggers.file.v3.FileAccessLog`, path: logPath, log_format: { json_format: LOG } } }],
    http_filters: [...(options.filters ?? []), { name: 'envoy.filters.http.router', typed_config: { '@type': `${V3}.extensions.filters.http.router.v3.Router` } }],
    route_config: { name: 'r', validate_clusters: false, virtual_hosts: options.virtualHosts ?? [{ name: 'v', domains: ['*'], routes: options.routes ?? [{ match: { prefix: '/' }, route: { cluster: 'v1', timeout: '0s' } }] }] },
    ...options.manager,
  };
  return {
    admin: { address: { socket_address: { address: '127.0.0.1', port_value: adminPort } } }, node: { id: 'n', cluster: 'c', ...options.node },
    static_resources: {
      listeners: [{ name: 'l', address: { socket_address: { address: '127.0.0.1', port_value: port } }, filter_chains: [{ filters: [{ name: 'envoy.filters.network.http_connection_manager', typed_config: manager }] }], ...options.listener }],
      clusters: Object.entries(options.clusters).map(([name, given]) => clusterOf(name, given)),
    },
  };
}

/** One proxy process with a static bootstrap, its access log, its admin port. PHAROS_TEST_ENVOY names a real Envoy to run instead. */
export class ProxyBed {
  readonly port: number;
  readonly adminPort: number;
  readonly dir: string;
  readonly child: ChildProcess;
  readonly lines: LogLine[] = [];
  errors = '';
  #held = '';
  #seen = 0;
  #tail: NodeJS.Timeout | undefined;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64 });
  private constructor(options: BedOptions, port: number, adminPort: number) {
    this.port = port;
    this.adminPort = adminPort;
    this.dir = mkdtempSync(`${tmpdir()}/pharos-proxy-`);
    const file = `${this.dir}/bootstrap.json`;
    const envoy = process.env['PHAROS_TEST_ENVOY'];
    const logPath = envoy === undefined ? '/dev/stdout' : `${this.dir}/access.log`; // Node's pipes are sockets, which Envoy cannot open by their path
    writeFileSync(file, JSON.stringify(bootstrapOf(options, port, adminPort, logPath)));
    const [command, args] = envoy === undefined ? [process.execPath, ['--disable-warning=ExperimentalWarning', PART, 'proxy']] : [envoy, ['-c', file, '--concurrency', '1', '-l', 'error', '--file-flush-interval-msec', '10', '--base-id', String(port)]];
    this.child = spawn(command, args, { env: { ...process.env, PHAROS_BOOTSTRAP: file, PHAROS_DRAIN_MS: '200', ...options.env }, stdio: ['ignore', 'pipe', 'pipe'] });
    this.child.stdout?.on('data', (data: Buffer) => this.#read(data.toString('utf8')));
    if (envoy !== undefined) this.#tail = setInterval(() => {
      const text = existsSync(logPath) ? readFileSync(logPath, 'utf8') : '';
      this.#read(text.slice(this.#seen));
      this.#seen = text.length;
    }, 20);
    this.child.stderr?.on('data', (data: Buffer) => void (this.errors += data.toString('utf8')));
  }
  #read(text: string): void {
    const parts = (this.#held + text).split('\n');
    this.#held = parts.pop() ?? '';
    for (const part of parts) if (part !== '') this.lines.push(JSON.parse(part));
  }
  static async start(options: BedOptions): Promise<ProxyBed> {
    const bed = new ProxyBed(options, await freePort(), await freePort());
    const deadline = performance.now() + READY_MS_MAX;
    for (;;) {
      try {
        if ((await (await fetch(`http://127.0.0.1:${bed.adminPort}/ready`)).text()) === 'LIVE\n') return bed;
      } catch {
        await sleep(20); // not listening yet
      }
      if (performance.now() > deadline || bed.child.exitCode !== null) throw new Error(`the proxy did not become ready: ${bed.errors}`);
    }
  }
  /** Starts a proxy that must refuse its bootstrap; how it ended, and what it said as one line of its log. */
  static async refused(options: BedOptions): Promise<{ readonly code: number | null; readonly said: readonly string[] }> {
    const bed = new ProxyBed(options, await freePort(), await freePort());
    const code = await new Promise<number | null>((resolve) => {
      const timer = setTimeout(() => bed.child.kill('SIGKILL'), READY_MS_MAX);
      bed.child.once('close', (ended) => {
        clearTimeout(timer);
        resolve(ended);
      });
    });
    await bed.stop();
    return { code, said: bed.errors.split('\n').filter((line) => line !== '').map((line) => String(JSON.parse(line).msg)) };
  }
  /** One request by Node's client. A body that ends too early gives `aborted`. */
  call(path: string, options: { readonly method?: string; readonly headers?: Readonly<Record<string, string | readonly string[]>>; readonly body?: string | Buffer } = {}): Promise<Answer> {
    const start = performance.now();
    return new Promise((resolve, reject) => {
      const headers: Record<string, string | string[]> = { host: 'svc.ns.svc.cluster.local' };
      for (const [name, v] of Object.entries(options.headers ?? {})) headers[name] = typeof v === 'string' ? v : [...v];
      const outgoing = request({ host: '127.0.0.1', port: this.port, path, method: options.method ?? 'GET', headers, agent: this.#agent }, (answer) => {
        let body = '';
        let aborted = false;
        answer.on('data', (data: Buffer) => void (body += data.toString('latin1')));
        answer.on('error', () => void (aborted = true));
        answer.on('close', () => resolve({ status: answer.statusCode ?? 0, headers: Object.fromEntries(Object.entries(answer.headers).map(([name, v]) => [name, String(v)])), body, aborted: aborted || !answer.complete, ms: performance.now() - start }));
      });
      outgoing.once('error', reject);
      outgoing.end(options.body);
    });
  }
  /** Bytes as they are; what came back until the connection closed or `ms` passed without a byte. */
  raw(bytes: string, ms = 400): Promise<string> {
    return new Promise((resolve) => {
      const socket = connect(this.port, '127.0.0.1');
      let text = '';
      const done = (): void => {
        clearTimeout(timer);
        socket.destroy();
        resolve(text);
      };
      let timer = setTimeout(done, ms + 1000);
      socket.on('data', (data: Buffer) => {
        text += data.toString('latin1');
        clearTimeout(timer);
        timer = setTimeout(done, ms);
      });
      socket.on('error', done);
      socket.on('close', done);
      socket.write(bytes, 'latin1');
    });
  }
  /** The next access-log line that was not taken yet; with `prefix` those of other paths are passed over. */
  async log(prefix = ''): Promise<LogLine> {
    for (let i = 0; i < 500; i++) {
      const line = this.lines.shift();
      if (line !== undefined && prefix !== '' && line.path?.startsWith(prefix) !== true) continue;
      if (line !== undefined) return line;
      await sleep(10);
    }
    throw new Error(`no access-log line came: ${this.errors}`);
  }
  async stat(name: string): Promise<number> {
    const text = await (await fetch(`http://127.0.0.1:${this.adminPort}/stats`)).text();
    return Number(text.split('\n').find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2) ?? Number.NaN);
  }
  async stop(): Promise<void> {
    this.#agent.destroy();
    clearInterval(this.#tail);
    const closed = this.child.exitCode !== null || this.child.signalCode !== null ? Promise.resolve() : new Promise<void>((resolve) => this.child.once('close', () => resolve()));
    this.child.kill('SIGTERM');
    await closed;
    rmSync(this.dir, { recursive: true, force: true });
  }
}
