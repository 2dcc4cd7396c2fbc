import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLog } from '#server/lib';
import { proxyOptionsFromEnv } from '../options.ts';
import { startProxy } from '../start-proxy.ts';
import type { Proxy } from '../start-proxy.ts';

/** Addresses for tests: a block of its own for each test process, so that runs beside each other do not meet. */
const block = 200 + Math.floor(Math.random() * 40);
let nextHost = 1 + Math.floor(Math.random() * 200) * 256;
export const freshIp = (): string => {
  nextHost++;
  return `127.${block}.${(nextHost >> 8) & 255}.${(nextHost & 255) || 1}`;
};

export type Pod = { readonly ip: string; readonly appIp: string; readonly proxy: Proxy; readonly lines: readonly string[]; readonly stop: () => Promise<void> };
export type PodOptions = { readonly name: string; readonly istiodPort: number; readonly type?: 'sidecar' | 'router'; readonly env?: Readonly<Record<string, string>>; readonly hosts?: Readonly<Record<string, string>>; readonly ip?: string };

/** Starts a sidecar as the runner would: environment and files of a pod. The token is the account's name, which the fake control plane believes. */
export async function startPod(options: PodOptions): Promise<Pod> {
  const dir = mkdtempSync(`${tmpdir()}/pharos-pod-`);
  writeFileSync(`${dir}/token`, options.name);
  mkdirSync(`${dir}/etc`);
  writeFileSync(`${dir}/etc/hosts`, Object.entries(options.hosts ?? {}).map(([name, ip]) => `${ip} ${name}\n`).join(''));
  const [ip, appIp] = [options.ip ?? freshIp(), freshIp()];
  const env = {
    POD_NAME: `${options.name}-1`, POD_NAMESPACE: 'default', SERVICE_ACCOUNT: options.name, PHAROS_POD_IP: ip, PHAROS_APP_IP: appIp, PHAROS_TOKEN_PATH: `${dir}/token`, PHAROS_HOSTS_PATH: `${dir}/etc/hosts`,
    PROXY_CONFIG: JSON.stringify({ discoveryAddress: `127.0.0.1:${options.istiodPort}` }), PHAROS_XDS_PLAINTEXT: 'true', ISTIO_META_CLUSTER_ID: 'Kubernetes', ISTIO_META_WORKLOAD_NAME: `${options.name}-v1`,
    ISTIO_METAJSON_LABELS: JSON.stringify({ app: options.name, version: 'v1', 'service.istio.io/canonical-name': options.name, 'service.istio.io/canonical-revision': 'v1' }), PHAROS_PROXY_TYPE: options.type ?? 'sidecar', PHAROS_DRAIN_MS: '0', LOG_LEVEL: 'silent', ...options.env,
  };
  const log = createLog('proxy');
  log.level = 'silent';
  const lines: string[] = [];
  const logSink = { line: (text: string): void => void lines.push(text), flush: (): void => undefined, stop: (): Promise<void> => Promise.resolve() };
  const proxy = await startProxy({ ...proxyOptionsFromEnv(env, log, []), logSink });
  return {
    ip, appIp, proxy, lines, stop: async () => {
      await proxy.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** Waits until `check` gives true; fails with `what` after half a minute. */
export async function until(what: string, check: () => boolean | Promise<boolean>): Promise<void> {
  for (const deadline = performance.now() + 30_000; performance.now() < deadline; await sleep(10)) if (await check()) return;
  throw new Error(`${what}: not within 30 s`);
}
export const isReady = async (pod: Pod): Promise<boolean> => (await fetch(`http://${pod.ip}:15021/healthz/ready`)).status === 200;
export const metricsOf = async (pod: Pod): Promise<string> => (await fetch(`http://${pod.ip}:15090/stats/prometheus`)).text();
