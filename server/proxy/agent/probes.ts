import { isRecord } from '#shared/base';
import { nodeHttp } from '#server/lib';
import type { AdminActions } from '../admin/server.ts';
import type { AgentOptions } from '../options.ts';

const PROBE_MS = 1000;
const SCRAPE_MS = 3000;
const SCRAPE_BYTES_MAX = 16 * 1024 * 1024;
const record = (v: unknown): Record<string, unknown> => (isRecord(v) ? v : {});

/** The application's own probes, as the injector kept them in ISTIO_KUBE_APP_PROBERS when it pointed the kubelet at us. */
export function createProbes(agent: AgentOptions): AdminActions['probe'] {
  return (path) => {
    if (!Object.hasOwn(agent.probers, path)) return undefined;
    const prober = record(agent.probers[path]);
    const seconds = Number(prober['timeoutSeconds'] ?? 1);
    if (isRecord(prober['tcpSocket'])) return { ip: agent.appIp, port: Number(prober['tcpSocket']['port']), path: '/', headers: {}, timeoutMs: seconds * PROBE_MS };
    const get = record(prober['httpGet']);
    const headers: Record<string, string> = Object.create(null);
    for (const header of Array.isArray(get['httpHeaders']) ? get['httpHeaders'] : []) headers[String(record(header)['name'])] = String(record(header)['value']);
    return { ip: agent.appIp, port: Number(get['port']), path: typeof get['path'] === 'string' && get['path'] !== '' ? get['path'] : '/', headers, timeoutMs: seconds * PROBE_MS };
  };
}

/** The application's metrics, merged into ours as Istio's agent does; an application that does not answer adds nothing. */
export function scrapeApplication(ip: string, target: { readonly path: string; readonly port: number }): Promise<string> {
  return new Promise((resolve) => {
    const call = nodeHttp().request({ host: ip, port: target.port, path: target.path, signal: AbortSignal.timeout(SCRAPE_MS) }, (answer) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      answer.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > SCRAPE_BYTES_MAX) answer.destroy();
        else chunks.push(chunk);
      });
      answer.once('close', () => resolve(answer.statusCode === 200 && answer.complete ? Buffer.concat(chunks).toString('utf8') : ''));
    });
    call.once('error', () => resolve(''));
    call.end();
  });
}
