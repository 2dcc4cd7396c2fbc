import type { Container, Probe } from '#shared/mesh';

/** Port of the agent beside the proxy; probes of the application go through it, so that mutual TLS does not stand in their way. */
export const STATUS_PORT = 15_020;
const KINDS = [['livenessProbe', 'livez'], ['readinessProbe', 'readyz'], ['startupProbe', 'startupz']] as const;
const SECONDS = 1;

const portNumber = (container: Container, port: number | string): number => (typeof port === 'number' ? port : Number(container.ports?.find((known) => known.name === port)?.containerPort ?? port));
/** The original probe as the agent gets it. */
function original(container: Container, probe: Probe): object | undefined {
  const timeoutSeconds = probe.timeoutSeconds ?? SECONDS;
  if (probe.httpGet !== undefined) {
    const { httpGet } = probe;
    return { httpGet: { path: httpGet.path ?? '/', port: portNumber(container, httpGet.port), scheme: httpGet.scheme ?? 'HTTP', ...(httpGet.httpHeaders === undefined ? {} : { httpHeaders: httpGet.httpHeaders }) }, timeoutSeconds };
  }
  if (probe.tcpSocket !== undefined) return { tcpSocket: { port: portNumber(container, probe.tcpSocket.port) }, timeoutSeconds };
  if (probe.grpc !== undefined) return { grpc: { port: probe.grpc.port, service: probe.grpc.service ?? '' }, timeoutSeconds };
  return undefined;
}
function redirected(probe: Probe, path: string): Probe {
  const { tcpSocket: _tcp, grpc: _grpc, httpGet, ...rest } = probe;
  return { ...rest, httpGet: { path, port: STATUS_PORT, scheme: 'HTTP', ...(httpGet?.httpHeaders === undefined ? {} : { httpHeaders: httpGet.httpHeaders }) } };
}

/** Containers whose HTTP, TCP and gRPC probes ask the agent, and what the agent asks in their place. */
export function rewriteProbes(containers: readonly Container[]): { readonly containers: readonly Container[]; readonly probers: Readonly<Record<string, object>> } {
  const probers = new Map<string, object>();
  const rewritten = containers.map((container): Container => {
    let next = container;
    for (const [kind, word] of KINDS) {
      const probe = container[kind];
      const kept = probe === undefined ? undefined : original(container, probe);
      if (probe === undefined || kept === undefined) continue;
      const path = `/app-health/${container.name}/${word}`;
      probers.set(path, kept);
      next = { ...next, [kind]: redirected(probe, path) };
    }
    return next;
  });
  return { containers: rewritten, probers: Object.fromEntries([...probers].sort(([a], [b]) => (a < b ? -1 : 1))) };
}
