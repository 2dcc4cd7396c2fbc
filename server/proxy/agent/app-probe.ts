import { connect } from 'node:net';
import { checkGrpc, nodeHttp, nodeHttps } from '#server/lib';
import { errorText, isRecord } from '#shared/base';
import type { AgentOptions } from '../options.ts';

const SECOND_MS = 1000;
export type ProbeAnswer = { readonly status: number; readonly body: string };
const OK: ProbeAnswer = { status: 200, body: '' };
const failed = (why: string): ProbeAnswer => ({ status: 500, body: `${why}\n` });
const record = (v: unknown): Record<string, unknown> => (isRecord(v) ? v : {});

/** tcpSocket: a connection that is accepted; nothing is sent. */
function dial(host: string, port: number, timeoutMs: number): Promise<ProbeAnswer> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const done = (answer: ProbeAnswer): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => done(failed(`no connection within ${timeoutMs} ms`)), timeoutMs);
    socket.once('connect', () => done(OK));
    socket.on('error', (error) => done(failed(errorText(error))));
  });
}

/** httpGet: the application's own status. Certificates are not checked, as the kubelet does not. */
function get(host: string, wanted: Record<string, unknown>, timeoutMs: number): Promise<ProbeAnswer> {
  const headers: Record<string, string> = Object.create(null);
  for (const header of Array.isArray(wanted['httpHeaders']) ? wanted['httpHeaders'] : []) headers[String(record(header)['name'])] = String(record(header)['value']);
  const path = typeof wanted['path'] === 'string' && wanted['path'] !== '' ? wanted['path'] : '/';
  const target = { host, port: Number(wanted['port']), path: path.startsWith('/') ? path : `/${path}`, headers: { 'user-agent': 'kube-probe', ...headers }, signal: AbortSignal.timeout(timeoutMs), agent: false };
  return new Promise((resolve) => {
    const call = String(wanted['scheme'] ?? 'HTTP').toUpperCase() === 'HTTPS' ? nodeHttps().request({ ...target, rejectUnauthorized: false }) : nodeHttp().request(target);
    call.once('response', (answer) => {
      answer.once('error', () => undefined); // the status is what counts
      answer.resume();
      resolve({ status: answer.statusCode ?? 500, body: '' });
    });
    call.once('error', (error) => resolve(failed(errorText(error))));
    call.end();
  });
}

/** The application's own probe of a path, as the injector kept it in ISTIO_KUBE_APP_PROBERS when it pointed the kubelet at us; undefined when there is none. */
export function probeApplication(agent: AgentOptions, path: string): Promise<ProbeAnswer> | undefined {
  if (!Object.hasOwn(agent.probers, path)) return undefined;
  const prober = record(agent.probers[path]);
  const timeoutMs = Number(prober['timeoutSeconds'] ?? 1) * SECOND_MS;
  const { tcpSocket, grpc } = prober;
  if (isRecord(tcpSocket)) return dial(agent.appIp, Number(tcpSocket['port']), timeoutMs);
  if (isRecord(grpc)) return checkGrpc({ host: agent.appIp, port: Number(grpc['port']), timeoutMs }, String(grpc['service'] ?? '')).then((health) => (health.ok ? OK : failed(health.message)));
  return get(agent.appIp, record(prober['httpGet']), timeoutMs);
}
