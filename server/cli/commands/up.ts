import { spawn } from 'node:child_process';
import { mkdirSync, openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { createShutdown } from '#server/lib';
import type { KubeClient } from '#server/lib';
import { isRecord } from '#shared/base';
import { DEFAULT_DATA_DIR, dataPaths } from '../paths.ts';
import type { DataPaths } from '../paths.ts';
import { lockHolder, takeLock } from '../up/lock.ts';
import { choosePorts, PORT_NAMES, PORTS, takenPorts } from '../up/ports.ts';
import type { PortName, Ports } from '../up/ports.ts';
import { createProgress } from '../up/progress.ts';
import type { Progress } from '../up/progress.ts';
import { resetData } from '../up/reset-data.ts';
import { installDemo, startMesh } from '../up/start-mesh.ts';
import type { StartedMesh } from '../up/start-mesh.ts';
import { readState, removeState, writeState } from '../up/state-file.ts';
import type { State } from '../up/state-file.ts';
import { watchParts } from '../up/watch-parts.ts';
import type { PartsWatch } from '../up/watch-parts.ts';

/** How long `up` waits for every part before it says which are missing (it goes on running). */
const READY_MS_MAX = 90_000;
const flagKey = (name: PortName): string => PORTS[name].flag.slice(2).replaceAll(/-(\w)/g, (_, c: string) => c.toUpperCase());

type UpOptions = { readonly dataDir: string; readonly portOffset: string; readonly detach?: boolean; readonly reset?: boolean; readonly [flag: string]: string | boolean | undefined };

function portsFrom(options: UpOptions): Ports {
  const flags: Partial<Record<PortName, number>> = {};
  for (const name of PORT_NAMES) {
    const text = options[flagKey(name)];
    if (text === undefined) continue;
    flags[name] = wholeNumber(PORTS[name].flag, String(text), 65_535);
  }
  return choosePorts(wholeNumber('--port-offset', options.portOffset, 40_000), flags);
}

function wholeNumber(flag: string, text: string, max: number): number {
  const n = Number(text);
  if (!Number.isInteger(n) || n < 0 || n > max) throw new Error(`${flag} takes a whole number from 0 to ${max}, not ${text}.`);
  return n;
}

const urlsOf = (ports: Ports): State['urls'] => ({
  console: `http://127.0.0.1:${ports.console}`, kubernetes: `https://127.0.0.1:${ports.api}`, gateway: `http://127.0.0.1:${ports.gatewayHttp}`, gatewayHttps: `https://127.0.0.1:${ports.gatewayHttps}`,
  prometheus: `http://127.0.0.1:${ports.prometheus}`, jaeger: `http://127.0.0.1:${ports.jaeger}`, otlpGrpc: `http://127.0.0.1:${ports.otlpGrpc}`, otlpHttp: `http://127.0.0.1:${ports.otlpHttp}`, zipkin: `http://127.0.0.1:${ports.zipkin}`,
});

/** Waits until istiod answers injection requests (its CA stands in the webhook), so that no pod of the demo is created without a sidecar. */
async function injectionReady(client: KubeClient, deadline: number): Promise<void> {
  for (;;) {
    const found = await client.request({ method: 'GET', path: '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations' });
    const items = isRecord(found) && Array.isArray(found['items']) ? found['items'] : [];
    if (JSON.stringify(items).includes('"caBundle"')) return;
    if (performance.now() > deadline) throw new Error('istiod did not register its injection webhook: see `kubectl -n istio-system logs deploy/istiod`.');
    await sleep(25);
  }
}

async function waitForParts(watch: PartsWatch, progress: Progress, deadline: number): Promise<readonly string[]> {
  for (;;) {
    const missing = watch.parts().filter((part) => part.state === 'starting').map((part) => part.name);
    progress.waiting(missing);
    if (missing.length === 0 && watch.parts().length > 0) return [];
    if (performance.now() > deadline) return missing;
    await sleep(50);
  }
}

function printWelcome(progress: Progress, state: State, ms: number): void {
  progress.say(`
  Ready in ${(ms / 1000).toFixed(1)} s.

  Console      ${state.urls.console}
  Gateway      ${state.urls.gateway}/productpage
  Prometheus   ${state.urls.prometheus}
  Jaeger       ${state.urls.jaeger}

  export KUBECONFIG=${state.kubeconfig}

  Three things to try:
    1. Open ${state.urls.console}/graph, select reviews and shift half of its traffic to v3.
    2. kubectl apply -f server/samples/manifests/virtual-service-ratings-test-abort.yaml, then follow an error from the graph to the rule.
    3. npx pharos run --name hello --version v1 --port 8000 -- python3 -m http.server 8000 --bind 127.0.0.1

  Ctrl-C stops everything.`);
}

async function bringUp(mesh: StartedMesh, watch: PartsWatch, progress: Progress, start: number): Promise<void> {
  const deadline = performance.now() + READY_MS_MAX;
  if (mesh.fresh) {
    progress.waiting(['istiod']);
    await injectionReady(mesh.client, deadline);
    await installDemo(mesh.client);
  }
  const missing = await waitForParts(watch, progress, deadline);
  for (const name of missing) progress.failed(name, `is not ready after ${((performance.now() - start) / 1000).toFixed(0)} s: see \`kubectl describe\` and \`kubectl logs\``);
}

async function runMesh(paths: DataPaths, ports: Ports): Promise<void> {
  const start = performance.now();
  const holder = takeLock(paths.lock);
  if (typeof holder === 'number') throw new Error(`process ${holder} already runs the mesh in ${paths.dir}: stop it with \`pharos down\`, or choose another folder with --data-dir and other ports with --port-offset.`);
  const taken = await takenPorts(ports);
  if (taken.length > 0) {
    holder.release();
    throw new Error(taken.join('\n'));
  }
  const before = readState(paths.state);
  const progress = createProgress(process.stdout);
  const shutdown = createShutdown({ stepMsMax: 4500, onError: (step, error) => progress.failed(step, String(error)) });
  shutdown.add('lock', holder.release);
  shutdown.add('state', () => removeState(paths.state));
  shutdown.onSignals(() => progress.say('  Stopping …'), () => progress.say('  Stopped. `npm start` goes on from here.'));
  const state: State = { pid: process.pid, startedAt: new Date().toISOString(), meshNumber: before?.meshNumber ?? 0, state: 'starting', urls: urlsOf(ports), kubeconfig: paths.kubeconfig, parts: [] };
  try {
    const mesh = await startMesh({ paths, ports, shutdown, preferredNumber: before?.meshNumber, onStep: (name, ms) => progress.done(name, ms) });
    state.meshNumber = mesh.meshNumber;
    writeState(paths.state, state);
    const watch = watchParts(mesh.client, (part) => {
      if (part.state === 'ready' && part.readyMs !== undefined && state.state === 'starting') progress.done(part.name, part.readyMs, part.namespace);
      state.parts = [...watch.parts()];
      writeState(paths.state, state);
    });
    shutdown.add('status', () => watch.stop());
    await bringUp(mesh, watch, progress, start);
    state.state = 'ready';
    state.parts = [...watch.parts()];
    writeState(paths.state, state);
    progress.end();
    printWelcome(progress, state, performance.now() - start);
  } catch (error) {
    progress.end();
    await shutdown.run('start failed');
    throw error;
  }
}

/** Starts the same command as a process of its own and waits until it is ready. */
async function detach(paths: DataPaths, argv: readonly string[]): Promise<void> {
  mkdirSync(paths.dir, { recursive: true, mode: 0o700 });
  const out = openSync(paths.log, 'w', 0o600);
  const child = spawn(process.execPath, [fileURLToPath(new URL('../bin.mjs', import.meta.url)), ...argv.filter((arg) => arg !== '--detach' && arg !== '-d' && arg !== '--reset')], { detached: true, stdio: ['ignore', out, out] });
  let ended: number | undefined;
  child.once('exit', (code) => void (ended = code ?? 1));
  for (;;) {
    await sleep(100);
    if (ended !== undefined) throw new Error(`the mesh did not start: see ${paths.log}`);
    const state = lockHolder(paths.lock) === child.pid ? readState(paths.state) : undefined;
    if (state?.state === 'ready') {
      console.log(`Pharos runs as process ${child.pid}. Console: ${state.urls.console}\nexport KUBECONFIG=${state.kubeconfig}`);
      child.unref();
      process.exit(0);
    }
  }
}

/** `pharos up`: the whole mesh. */
export function upCommand(program: Command): void {
  const command = program.command('up', { isDefault: false }).summary('start the mesh and the console').description('Starts the whole mesh on this machine: Kubernetes API, control plane, sidecars, stores, demo and console. State is kept in the data folder.')
    .option('--data-dir <dir>', 'where its state is kept', DEFAULT_DATA_DIR).option('--port-offset <n>', 'added to every default port', '0').option('-d, --detach', 'run in the background; returns when it is ready').option('--reset', 'forget the state first');
  for (const name of PORT_NAMES) command.option(`${PORTS[name].flag} <port>`, `${PORTS[name].use} (default: ${PORTS[name].port})`);
  command.addHelpText('after', '\nExamples:\n  pharos up\n  pharos up --detach\n  pharos up --data-dir .pharos-two --port-offset 100\n  pharos up --gateway-port 8090 --reset')
    .action(async (options: UpOptions) => {
      const paths = dataPaths(options.dataDir);
      const ports = portsFrom(options);
      const running = lockHolder(paths.lock);
      if (running !== undefined) throw new Error(`process ${running} already runs the mesh in ${paths.dir}: stop it with \`pharos down\`, or choose another folder with --data-dir and other ports with --port-offset.`);
      if (options.reset === true) resetData(paths);
      if (options.detach === true) await detach(paths, process.argv.slice(2));
      else await runMesh(paths, ports);
    });
}
