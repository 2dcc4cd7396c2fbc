import { setTimeout as sleep } from 'node:timers/promises';
import { checkGrpc } from '#server/lib';
import { errorText } from '#shared/base';
import type { PodContext } from '../pod/pod-context.ts';
import type { ContainerSpec, HookSpec, ProbeSpec } from '../pod/pod-schema.ts';
import { checkHttp, checkTcp } from '../probe/check.ts';
import type { Check } from '../probe/check.ts';
import { runCommand } from '../probe/run-command.ts';

/** Injection makes probes of the application ask the sidecar's agent, which owns this port at the pod IP. */
const AGENT_PORT = 15_020;

/** Environment and folder of a running container, for commands that run beside it. */
export type Inside = { readonly env: ReadonlyMap<string, string>; readonly cwd: string };

function portOf(spec: ContainerSpec, port: number | string): number | undefined {
  if (typeof port === 'number') return port;
  return spec.ports?.find((known) => known.name === port)?.containerPort ?? (/^\d+$/.test(port) ? Number(port) : undefined);
}

type Handler = Pick<ProbeSpec, 'httpGet' | 'tcpSocket' | 'exec'> & { readonly grpc?: ProbeSpec['grpc'] };

/** Runs the handler of a probe or hook against the container. What cannot even be tried (a command that is no command line) is a failed check. */
export async function runHandler(handler: Handler, spec: ContainerSpec, context: PodContext, inside: Inside, timeoutMs: number): Promise<Check> {
  try {
    return await handle(handler, spec, context, inside, timeoutMs);
  } catch (error) {
    return { ok: false, message: errorText(error) };
  }
}
function handle(handler: Handler, spec: ContainerSpec, context: PodContext, inside: Inside, timeoutMs: number): Promise<Check> {
  const at = (port: number | string, host: string): { readonly host: string; readonly port: number; readonly timeoutMs: number } | undefined => {
    const found = portOf(spec, port);
    const own = found === AGENT_PORT ? context.facts().podIP : context.addressOf(spec);
    return found === undefined ? undefined : { host: host === '' ? own : host, port: found, timeoutMs };
  };
  const noPort = (port: number | string): Promise<Check> => Promise.resolve({ ok: false, message: `couldn't find port: ${port}` });
  if (handler.httpGet) {
    const target = at(handler.httpGet.port, handler.httpGet.host);
    return target === undefined ? noPort(handler.httpGet.port) : checkHttp(target, handler.httpGet);
  }
  if (handler.tcpSocket) {
    const target = at(handler.tcpSocket.port, handler.tcpSocket.host);
    return target === undefined ? noPort(handler.tcpSocket.port) : checkTcp(target);
  }
  if (handler.grpc) return checkGrpc({ host: context.addressOf(spec), port: handler.grpc.port, timeoutMs }, handler.grpc.service ?? '');
  if (handler.exec) return runCommand({ argv: handler.exec.command, env: inside.env, cwd: inside.cwd, timeoutMs });
  return Promise.resolve({ ok: true, message: '' });
}

/** Runs a lifecycle hook; `timeoutMs` bounds it. */
export async function runHook(hook: HookSpec, spec: ContainerSpec, context: PodContext, inside: Inside, timeoutMs: number): Promise<Check> {
  if (hook.sleep) {
    await sleep(Math.min(timeoutMs, hook.sleep.seconds * 1000), undefined, { ref: false });
    return { ok: true, message: '' };
  }
  return runHandler(hook, spec, context, inside, timeoutMs);
}
