// For tests: a cluster of this process and a client that sends what it is told, as whom it is told.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { createLog, nodeHttps } from '#server/lib';
import { isRecord } from '#shared/base';
import { startCluster } from '../start-cluster.ts';

export type Sent = { readonly body?: unknown; readonly type?: string; readonly user?: string };
export type Answer = { readonly code: number; readonly body: Record<string, unknown>; readonly text: string };
export type TestCluster = {
  readonly url: string;
  readonly dir: string;
  /** One request on kept connections; `user` is impersonated by the administrator. */
  send(method: string, path: string, sent?: Sent): Promise<Answer>;
  stop(): Promise<void>;
};

/** Longest wait for one answer, ms. */
const ANSWER_MS_MAX = 30_000;

/** An object's JSON, or the text as it is. */
const bodyOf = (v: unknown): string | undefined => (v === undefined || typeof v === 'string' ? v : JSON.stringify(v));

export async function startTestCluster(options: { readonly controllers?: false } = { controllers: false }): Promise<TestCluster> {
  const dir = mkdtempSync(`${tmpdir()}/pharos-cluster-`);
  const log = createLog('test');
  log.level = 'warn';
  const cluster = await startCluster({ dataDir: dir, host: '127.0.0.1', port: 0, serviceCidr: '127.108.0.0/16', kubeletToken: 'unused', log, ...options });
  const part = (name: string): Buffer => Buffer.from(new RegExp(`${name}: (\\S+)`).exec(cluster.adminKubeconfig)?.[1] ?? '', 'base64');
  const { Agent, request } = nodeHttps();
  const agent = new Agent({ keepAlive: true, ca: part('certificate-authority-data'), cert: part('client-certificate-data'), key: part('client-key-data') });
  return {
    url: cluster.url, dir,
    send: (method, path, { body, type = 'application/json', user } = {}) => new Promise((resolve, reject) => {
      const out = request(`${cluster.url}${path}`, { method, agent, timeout: ANSWER_MS_MAX, headers: { 'content-type': type, ...(user === undefined ? {} : { 'impersonate-user': user }) } }, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => void (text += chunk));
        response.once('error', reject);
        response.once('end', () => {
          const parsed: unknown = /json/.test(response.headers['content-type'] ?? '') && !text.includes('}\n{') && text !== '' ? JSON.parse(text) : {};
          resolve({ code: response.statusCode ?? 0, body: isRecord(parsed) ? parsed : {}, text });
        });
      });
      out.once('timeout', () => out.destroy(new Error(`no answer to ${method} ${path} within ${ANSWER_MS_MAX / 1000} s`)));
      out.once('error', reject);
      out.end(bodyOf(body));
    }),
    stop: async () => {
      agent.destroy();
      await cluster.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
