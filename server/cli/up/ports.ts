import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';

/** Every port the mesh opens on 127.0.0.1, its default, its flag and what it is for. */
export const PORTS = {
  console: { port: 20001, flag: '--console-port', use: 'the console' },
  api: { port: 6443, flag: '--api-port', use: 'the Kubernetes API' },
  gatewayHttp: { port: 8080, flag: '--gateway-port', use: 'the gateway (http)' },
  gatewayHttps: { port: 8443, flag: '--gateway-https-port', use: 'the gateway (https)' },
  prometheus: { port: 9090, flag: '--prometheus-port', use: 'the Prometheus API' },
  jaeger: { port: 16686, flag: '--jaeger-port', use: 'the Jaeger query API' },
  otlpGrpc: { port: 4317, flag: '--otlp-grpc-port', use: 'OTLP over gRPC' },
  otlpHttp: { port: 4318, flag: '--otlp-http-port', use: 'OTLP over HTTP' },
  zipkin: { port: 9411, flag: '--zipkin-port', use: 'Zipkin spans' },
} as const;
export type PortName = keyof typeof PORTS;
export type Ports = Readonly<Record<PortName, number>>;
export const PORT_NAMES = Object.keys(PORTS).filter((name): name is PortName => Object.hasOwn(PORTS, name));

/** The ports with the offset added to each that no flag sets. */
export function choosePorts(offset: number, flags: Partial<Record<PortName, number>>): Ports {
  const of = (name: PortName): number => flags[name] ?? PORTS[name].port + offset;
  return { console: of('console'), api: of('api'), gatewayHttp: of('gatewayHttp'), gatewayHttps: of('gatewayHttps'), prometheus: of('prometheus'), jaeger: of('jaeger'), otlpGrpc: of('otlpGrpc'), otlpHttp: of('otlpHttp'), zipkin: of('zipkin') };
}

/** True when nobody listens on the port. */
export const isFree = (port: number, host = '127.0.0.1'): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });

/** A longer script (an expression) is left out. */
const SCRIPT_CHARS_MAX = 200;
/** The process that listens on a TCP port, as "name (pid 12)"; undefined where /proc does not tell. */
export function holderOf(port: number): string | undefined {
  try {
    const wanted = port.toString(16).toUpperCase().padStart(4, '0');
    const inodes = new Set(['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) => readFileSync(file, 'utf8').split('\n')).map((line) => line.trim().split(/\s+/)).filter((f) => f[1]?.endsWith(`:${wanted}`) === true && f[3] === '0A').map((f) => `socket:[${f[9]}]`));
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) if (holdsAny(pid, inodes)) return `${nameOf(pid)} (pid ${pid})`;
    return undefined;
  } catch {
    return undefined; // no /proc, or another user's process: then the sentence goes without the name
  }
}

/** The program as one would call it: "nginx", or "node server.js" for what an interpreter runs (Node calls each of its processes MainThread). */
function nameOf(pid: string): string {
  const [command = '', ...args] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').filter((part) => part !== '');
  const name = command.slice(command.lastIndexOf('/') + 1).replace(/:$/, '');
  if (name === '') return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  const script = /^(?:node|deno|bun|python[\d.]*|ruby|perl|java)$/.test(name) ? args.find((arg) => !arg.startsWith('-')) : undefined;
  return script === undefined || script.length > SCRIPT_CHARS_MAX ? name : `${name} ${script.slice(script.lastIndexOf('/') + 1)}`;
}

function holdsAny(pid: string, inodes: ReadonlySet<string>): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => inodes.has(linkOf(`/proc/${pid}/fd/${fd}`)));
  } catch {
    return false; // the process ended meanwhile or is not ours
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return ''; // closed meanwhile
  }
}

/** One sentence for each port that is taken: which, what for, who holds it, which flag moves it. Empty when all are free. */
export async function takenPorts(ports: Ports): Promise<readonly string[]> {
  const sentences: string[] = [];
  for (const name of PORT_NAMES) {
    if (await isFree(ports[name])) continue;
    const holder = holderOf(ports[name]);
    sentences.push(`Port ${ports[name]} for ${PORTS[name].use} is taken${holder === undefined ? '' : ` by ${holder}`}: move it with ${PORTS[name].flag} N, or all ports with --port-offset N.`);
  }
  return sentences;
}
