import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { TIMER_MS_MAX } from '#server/lib';
import { errorText } from '#shared/base';
import { LogWriter } from '../logs/log-writer.ts';
import type { PodContext } from '../pod/pod-context.ts';
import type { ContainerSpec } from '../pod/pod-schema.ts';
import { probeLoop } from '../probe/probe-loop.ts';
import { StartError, startProcess } from '../process/start-process.ts';
import type { RunningProcess } from '../process/start-process.ts';
import { Backoff, goSeconds } from './backoff.ts';
import { ConfigError } from './environment.ts';
import { runHandler, runHook } from './handlers.ts';
import { lookupImage } from './images.ts';
import type { Runnable } from './images.ts';
import { containerDir, prepareRun, terminationMessage } from './prepare.ts';
import type { Prepared } from './prepare.ts';
import type { ContainerState, ContainerStatus, Terminated } from './status.ts';

/** A reference that is missing is looked for again after this, and at once when a ConfigMap, Secret or the pod changes. */
const CONFIG_RETRY_MS = 5000;
/** ErrImagePull is shown for this long, then ImagePullBackOff until the next try. */
const PULL_ERROR_MS = 2000;
/** A hook may take as long as the container's grace; a container without any gets this much. */
const HOOK_MS_MAX = 30_000;
/** How the container runtime's exit looks when the command could not be started. */
const START_ERROR_CODE = 128;

export type RunnerOptions = {
  readonly context: PodContext;
  readonly spec: () => ContainerSpec;
  /** As Events name the container: `spec.containers{app}`. */
  readonly fieldPath: string;
  /** Whether it starts again after such an end. */
  readonly restarts: (exitCode: number) => boolean;
  /** What an earlier run of the runner left in the pod's status. */
  readonly before: { readonly restartCount: number; readonly lastState: Terminated | undefined } | undefined;
};
type Run = { readonly process: RunningProcess; readonly prepared: Prepared; readonly writer: LogWriter; readonly startedAt: Date; readonly startMs: number; readonly probes: AbortController };

/** One container over all its runs: image lookup, start, hooks, probes, logs, back-off, end. */
export class ContainerRunner {
  readonly #options: RunnerOptions;
  readonly #context: PodContext;
  readonly #crashes = new Backoff();
  readonly #pulls = new Backoff();
  #state: ContainerState = { kind: 'waiting', reason: 'ContainerCreating' };
  #lastState: Terminated | undefined;
  #restartCount: number;
  #containerId = '';
  #ready = false;
  #started = false;
  #run: Run | undefined;
  #writer: LogWriter | undefined;
  #stopping = false;
  #killTimer: NodeJS.Timeout | undefined;
  #stopTask: Promise<void> | undefined;
  #loop: Promise<void> | undefined;
  #wake: () => void = () => {};
  #markStarted: (started: boolean) => void = () => {};
  /** Resolves once it has started (its startup probe passed), or with false when it never will. */
  readonly whenStarted: Promise<boolean>;
  /** Resolves when its process runs and its postStart hook is through: the next container's turn. */
  readonly whenLaunched: Promise<void>;
  #markLaunched: () => void = () => {};

  constructor(options: RunnerOptions) {
    this.#options = options;
    this.#context = options.context;
    this.#restartCount = options.before?.restartCount ?? 0;
    this.#lastState = options.before?.lastState;
    this.whenStarted = new Promise((resolve) => {
      this.#markStarted = resolve;
    });
    this.whenLaunched = new Promise((resolve) => {
      this.#markLaunched = resolve;
    });
  }

  get name(): string {
    return this.#options.spec().name;
  }
  get isRunning(): boolean {
    return this.#run !== undefined;
  }
  /** The log writer of the present or last run. */
  get writer(): LogWriter | undefined {
    return this.#writer;
  }
  /** The log file of the last run, or of the one before it. */
  logPath(previous: boolean): string | undefined {
    const waitsAgain = this.#state.kind === 'waiting' && this.#lastState !== undefined;
    if (this.#state.kind === 'waiting' && !waitsAgain) return undefined;
    const index = previous && !waitsAgain ? this.#restartCount - 1 : this.#restartCount;
    return index < 0 ? undefined : this.#logFile(index);
  }

  status(): ContainerStatus {
    const { name, image } = this.#options.spec();
    return { name, image, imageID: this.#containerId === '' ? '' : image, containerID: this.#containerId, state: this.#state, lastState: this.#lastState, restartCount: this.#restartCount, ready: this.#ready, started: this.#started };
  }

  /** Why it waits, before its turn has come (`PodInitializing`). */
  waitFor(reason: string): void {
    if (this.#loop === undefined) this.#state = { kind: 'waiting', reason };
  }

  /** Runs it until it is done or stopped; the promise resolves then. */
  start(): Promise<void> {
    this.#loop ??= this.#runAll().finally(() => {
      this.#markLaunched();
      this.#markStarted(false);
    });
    return this.#loop;
  }

  /** Something it may wait for changed: its pod, a ConfigMap, a Secret. */
  wake(): void {
    this.#pulls.reset();
    this.#wake();
  }

  /** Ends the present run because the definition changed; the loop then takes the new one. */
  restart(why: string): void {
    if (this.#run === undefined) {
      this.wake();
      return;
    }
    this.#record('Normal', 'Killing', why);
    this.#endRun(this.#graceMs());
  }

  /** Ends it: preStop hook, SIGTERM, and SIGKILL when the grace is over. A later call may only shorten the grace. */
  stop(graceMs: number, options: { readonly hook: boolean } = { hook: true }): Promise<void> {
    this.#stopping = true;
    this.#wake();
    const run = this.#run;
    if (run !== undefined) {
      if (this.#stopTask === undefined) this.#record('Normal', 'Killing', `Stopping container ${this.name}`);
      this.#killAfter(run, graceMs);
    }
    this.#stopTask ??= this.#stopOnce(run, graceMs, options.hook);
    return this.#stopTask;
  }

  async #stopOnce(run: Run | undefined, graceMs: number, hook: boolean): Promise<void> {
    const preStop = this.#options.spec().lifecycle?.preStop;
    if (run !== undefined && hook && preStop && graceMs > 0) await Promise.race([this.#preStop(run, graceMs), run.process.ended]);
    run?.process.signal('SIGTERM');
    await this.#loop;
    clearTimeout(this.#killTimer);
  }

  async #preStop(run: Run, graceMs: number): Promise<void> {
    const spec = this.#options.spec();
    const hook = spec.lifecycle?.preStop;
    if (!hook) return;
    const done = await runHook(hook, spec, this.#context, run.prepared, Math.min(graceMs, HOOK_MS_MAX));
    if (!done.ok) this.#record('Warning', 'FailedPreStopHook', `PreStopHook failed: ${done.message}`);
  }

  #killAfter(run: Run, graceMs: number): void {
    clearTimeout(this.#killTimer);
    const kill = (): void => run.process.signal('SIGKILL');
    if (graceMs <= 0) kill();
    else this.#killTimer = setTimeout(kill, Math.min(TIMER_MS_MAX, graceMs));
  }

  #graceMs(): number {
    return this.#context.spec().terminationGracePeriodSeconds * 1000;
  }

  /** Runs it again and again; whatever goes wrong on our side (a full disk, no more processes) is a reason to wait, not to give up. */
  async #runAll(): Promise<void> {
    while (!this.#stopping) {
      const run = this.#lookUp();
      if (run === undefined) {
        this.#markLaunched();
        await this.#pullBackOff();
        continue;
      }
      const exit = await this.#runOnce(run).catch((error: unknown) => this.#onBroken(error));
      if (exit === undefined) {
        this.#markLaunched(); // one that cannot be made yet does not hold up the others
        await this.#pause(CONFIG_RETRY_MS);
        continue;
      }
      if (this.#stopping || !this.#options.restarts(exit.exitCode)) return;
      await this.#backOff(exit);
      if (this.#stopping) return;
      this.#restartCount += 1;
      this.#lastState = exit;
    }
  }

  #onBroken(error: unknown): undefined {
    this.#run = undefined;
    this.#record('Warning', 'Failed', `Error: ${errorText(error)}`);
    this.#set({ kind: 'waiting', reason: 'RunContainerError', message: errorText(error) });
    return undefined;
  }

  async #backOff(exit: Terminated): Promise<void> {
    const wait = this.#crashes.next(Date.parse(exit.finishedAt) - Date.parse(exit.startedAt));
    if (wait === 0) return;
    const { metadata } = this.#context.object();
    const pod = `${metadata.name}_${metadata.namespace ?? ''}(${metadata.uid ?? ''})`;
    this.#lastState = exit;
    this.#set({ kind: 'waiting', reason: 'CrashLoopBackOff', message: `back-off ${goSeconds(wait)} restarting failed container=${this.name} pod=${pod}` });
    this.#record('Warning', 'BackOff', `Back-off restarting failed container ${this.name} in pod ${pod}`);
    await this.#pause(wait, false);
  }

  /** What runs it; undefined (and the state of a failed pull) when nothing does. */
  #lookUp(): Runnable | undefined {
    const spec = this.#options.spec();
    const found = lookupImage(this.#context.images, spec, this.#context.object().metadata.annotations ?? {});
    if (found.ok) {
      this.#pulls.reset();
      this.#record('Normal', 'Pulled', `Container image "${spec.image}" already present on machine`);
      return found.run;
    }
    this.#record('Normal', 'Pulling', `Pulling image "${spec.image}"`);
    this.#record('Warning', 'Failed', `Failed to pull image "${spec.image}": ${found.message}`);
    this.#record('Warning', 'Failed', 'Error: ErrImagePull');
    this.#set({ kind: 'waiting', reason: 'ErrImagePull', message: found.message });
    return undefined;
  }

  async #pullBackOff(): Promise<void> {
    const wait = this.#pulls.next(0) || this.#pulls.next(0); // unlike a restart, a pull is never tried again at once
    if (await this.#pause(PULL_ERROR_MS)) return;
    const message = this.#state.kind === 'waiting' ? (this.#state.message ?? '') : '';
    const { image } = this.#options.spec();
    this.#record('Normal', 'BackOff', `Back-off pulling image "${image}"`);
    this.#record('Warning', 'Failed', 'Error: ImagePullBackOff');
    this.#set({ kind: 'waiting', reason: 'ImagePullBackOff', message: `Back-off pulling image "${image}": ErrImagePull: ${message}` });
    await this.#pause(wait - PULL_ERROR_MS);
  }

  /** One run from start to end; undefined when it could not be prepared yet. */
  async #runOnce(runnable: Runnable): Promise<Terminated | undefined> {
    const spec = this.#options.spec();
    const containerId = randomBytes(32).toString('hex');
    const startedAt = this.#context.now();
    let prepared: Prepared;
    try {
      prepared = prepareRun(spec, runnable, containerId, this.#context);
    } catch (error) {
      const reason = error instanceof ConfigError ? 'CreateContainerConfigError' : 'CreateContainerError';
      this.#record('Warning', 'Failed', `Error: ${errorText(error)}`);
      this.#set({ kind: 'waiting', reason, message: errorText(error) });
      return undefined;
    }
    this.#containerId = `pharos://${containerId}`;
    this.#record('Normal', 'Created', `Created container: ${spec.name}`);
    this.#writer = this.#openLog();
    if (runnable.noop) {
      this.#record('Normal', 'Started', `Started container ${spec.name}`);
      await this.#writer.end();
      return this.#terminated({ exitCode: 0, startedAt, message: '' });
    }
    let process: RunningProcess;
    try {
      process = await startProcess({ ...prepared, dir: containerDir(this.#context, spec.name), containerId });
    } catch (error) {
      if (!(error instanceof StartError)) throw error;
      this.#record('Warning', 'Failed', `Error: ${error.message}`);
      await this.#writer.end();
      return this.#terminated({ exitCode: START_ERROR_CODE, startedAt, message: error.message, reason: 'StartError' });
    }
    return this.#watch({ process, prepared, writer: this.#writer, startedAt, startMs: performance.now(), probes: new AbortController() }, spec);
  }

  async #watch(run: Run, spec: ContainerSpec): Promise<Terminated> {
    const { process, writer } = run;
    writer.read(process.stdout, 'stdout');
    writer.read(process.stderr, 'stderr');
    this.#run = run;
    this.#set({ kind: 'running', startedAt: seconds(run.startedAt) });
    this.#record('Normal', 'Started', `Started container ${spec.name}`);
    if (this.#stopping) process.signal('SIGKILL');
    else this.#afterStart(run, spec).catch((error: unknown) => this.#context.log.error({ container: spec.name, error: errorText(error) }, 'the hooks and probes of a container broke'));
    const exit = await process.ended;
    run.probes.abort();
    clearTimeout(this.#killTimer);
    this.#run = undefined;
    await this.#context.strays.end(this.#containerId.replace('pharos://', ''));
    await new Promise(setImmediate); // the streams' last lines
    await writer.end();
    return this.#terminated({ exitCode: exit.code, startedAt: run.startedAt, message: terminationMessage(spec, run.prepared.root) });
  }

  async #afterStart(run: Run, spec: ContainerSpec): Promise<void> {
    const hook = spec.lifecycle?.postStart;
    if (hook) {
      const done = await runHook(hook, spec, this.#context, run.prepared, HOOK_MS_MAX);
      if (!done.ok && this.#run === run) {
        this.#record('Warning', 'FailedPostStartHook', `PostStartHook failed: ${done.message}`);
        this.#record('Normal', 'Killing', `FailedPostStartHook`);
        this.#endRun(this.#graceMs());
        this.#markLaunched();
        return;
      }
    }
    this.#markLaunched();
    if (spec.startupProbe) {
      const passed = await this.#startup(run, spec);
      if (!passed) return;
    }
    if (this.#run !== run || run.probes.signal.aborted) return;
    this.#started = true;
    if (!spec.readinessProbe) this.#ready = true;
    this.#markStarted(true);
    this.#context.changed();
    this.#startProbes(run, spec);
  }

  #startup(run: Run, spec: ContainerSpec): Promise<boolean> {
    const probe = spec.startupProbe;
    if (!probe) return Promise.resolve(true);
    return new Promise((resolve) => {
      const own = new AbortController();
      const end = (passed: boolean): void => {
        own.abort();
        resolve(passed);
      };
      run.probes.signal.addEventListener('abort', () => end(false), { once: true });
      this.#probe(run, spec, probe, 'Startup', own.signal, (ok) => {
        if (!ok) {
          this.#record('Normal', 'Killing', `Container ${spec.name} failed startup probe, will be restarted`);
          this.#endRun(probe.terminationGracePeriodSeconds === null || probe.terminationGracePeriodSeconds === undefined ? this.#graceMs() : probe.terminationGracePeriodSeconds * 1000);
        }
        end(ok);
      });
    });
  }

  #startProbes(run: Run, spec: ContainerSpec): void {
    const { readinessProbe, livenessProbe } = spec;
    if (readinessProbe) {
      this.#probe(run, spec, readinessProbe, 'Readiness', run.probes.signal, (ok) => {
        if (this.#ready === ok) return;
        this.#ready = ok;
        this.#context.changed();
      });
    }
    if (livenessProbe) {
      this.#probe(run, spec, livenessProbe, 'Liveness', run.probes.signal, (ok) => {
        if (ok) return;
        this.#record('Normal', 'Killing', `Container ${spec.name} failed liveness probe, will be restarted`);
        run.probes.abort();
        this.#endRun(livenessProbe.terminationGracePeriodSeconds === null || livenessProbe.terminationGracePeriodSeconds === undefined ? this.#graceMs() : livenessProbe.terminationGracePeriodSeconds * 1000);
      });
    }
  }

  #probe(run: Run, spec: ContainerSpec, probe: NonNullable<ContainerSpec['livenessProbe']>, kind: string, signal: AbortSignal, onVerdict: (ok: boolean) => void): void {
    const check = (timeoutMs: number): ReturnType<typeof runHandler> => runHandler(probe, spec, this.#context, run.prepared, timeoutMs);
    probeLoop(probe, check, { onVerdict: (ok) => onVerdict(ok), onFailure: (message) => this.#record('Warning', 'Unhealthy', `${kind} probe failed: ${message}`) }, signal).catch((error: unknown) => {
      this.#context.log.error({ container: spec.name, error: errorText(error) }, 'a probe broke');
    });
  }

  /** Ends the present run, not the container: preStop, SIGTERM, then SIGKILL. */
  #endRun(graceMs: number): void {
    const run = this.#run;
    if (run === undefined || this.#stopping) return;
    run.probes.abort();
    this.#killAfter(run, graceMs);
    this.#preStop(run, graceMs)
      .catch((error: unknown) => this.#context.log.error({ container: this.name, error: errorText(error) }, 'a preStop hook broke'))
      .finally(() => run.process.signal('SIGTERM'));
  }

  #terminated(end: { readonly exitCode: number; readonly startedAt: Date; readonly message: string; readonly reason?: string }): Terminated {
    const reason = end.reason ?? (end.exitCode === 0 ? 'Completed' : 'Error');
    const state: Terminated = {
      kind: 'terminated', exitCode: end.exitCode, reason, ...(end.message === '' ? {} : { message: end.message }), startedAt: seconds(end.startedAt), finishedAt: seconds(this.#context.now()), containerID: this.#containerId,
    };
    this.#ready = false;
    this.#started = false;
    this.#set(state);
    return state;
  }

  #set(state: ContainerState): void {
    this.#state = state;
    this.#context.changed();
  }

  #logFile(index: number): string {
    return `${containerDir(this.#context, this.name)}/logs/${index}.log`;
  }

  /** The log of this run; those before the previous one go. */
  #openLog(): LogWriter {
    for (const suffix of ['', '.1']) rmSync(`${this.#logFile(this.#restartCount - 2)}${suffix}`, { force: true });
    return new LogWriter({ path: this.#logFile(this.#restartCount), now: () => this.#context.now(), onDropped: (bytes, why) => this.#context.log.warn({ container: this.name, bytes, why }, 'log lines were dropped') });
  }

  #record(type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.#context.record(type, reason, message, this.#options.fieldPath);
  }

  /** Waits; `wakeable` waits end early (true) when something changed. Always ends early when it is being stopped. */
  async #pause(ms: number, wakeable = true): Promise<boolean> {
    if (this.#stopping || ms <= 0) return this.#stopping;
    const end = new AbortController();
    this.#wake = () => {
      if (wakeable || this.#stopping) end.abort();
    };
    try {
      await sleep(ms, undefined, { signal: end.signal, ref: false });
    } catch (error) {
      if (!end.signal.aborted) throw error;
    }
    this.#wake = () => {};
    return end.signal.aborted;
  }
}

const seconds = (date: Date): string => `${date.toISOString().slice(0, 19)}Z`;
