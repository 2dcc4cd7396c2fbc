import { mkdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { asKubeObject, isKubeError, TIMER_MS_MAX } from '#server/lib';
import type { KubeClient } from '#server/lib';
import { errorText } from '#shared/base';
import type { KubeObject } from '#shared/mesh';
import { ContainerRunner } from '../container/container-runner.ts';
import { MountError } from '../volumes/payload.ts';
import type { PodContext } from './pod-context.ts';
import { isNativeSidecar, podSpecOf, SIDECAR } from './pod-schema.ts';
import type { ContainerSpec, PodSpec } from './pod-schema.ts';
import { podStatus } from './pod-status.ts';
import { removeTree } from './remove-tree.ts';
import { isFinishedPod, restoreContainers, statusField } from './restore.ts';
import { StatusWriter } from './status-writer.ts';

/** Volumes that cannot be filled are tried again after this, doubled, and at once when what they need appears. */
const MOUNT_RETRY_MS_MIN = 500;
const MOUNT_RETRY_MS_MAX = 120_000;
/** Before the containers of a ready pod hear SIGTERM, its endpoints get this long to be taken out everywhere. */
const DRAIN_MS = 250;
/** A pod removed by force (grace 0) still gets this long to end. */
const FORCED_MS = 1000;

export type WorkerOptions = {
  readonly object: KubeObject;
  readonly client: KubeClient;
  readonly podIP: string;
  readonly hostIP: string;
  /** Makes the context of the pod's containers; `changed` and `object` are the worker's. */
  readonly context: (of: { readonly object: () => KubeObject; readonly spec: () => PodSpec; readonly changed: () => void }) => PodContext;
  /** The pod ran under an earlier run of the runner. */
  readonly restored: boolean;
  /** Its processes are gone and its folder too; the API no longer has it. */
  readonly onGone: () => void;
};

/** The life of one pod on this node. */
export class PodWorker {
  readonly uid: string;
  readonly podIP: string;
  readonly context: PodContext;
  readonly #options: WorkerOptions;
  readonly #writer: StatusWriter;
  readonly #init: readonly ContainerRunner[];
  readonly #containers: readonly ContainerRunner[];
  #object: KubeObject;
  #spec: PodSpec;
  #sandboxReady = false;
  #initialized = false;
  #startTime: string | undefined;
  #failure: { readonly reason: string; readonly message: string } | undefined;
  #stopping = false;
  #frozen = false;
  #wasReady = false;
  #life: Promise<void> | undefined;
  #ending: Promise<void> | undefined;
  #deadline: NodeJS.Timeout | undefined;
  #wake: () => void = () => {};

  constructor(options: WorkerOptions) {
    this.#options = options;
    this.#object = options.object;
    this.#spec = specOf(options.object);
    this.uid = options.object.metadata.uid ?? '';
    this.podIP = options.podIP;
    this.context = options.context({ object: () => this.#object, spec: () => this.#spec, changed: () => this.#changed() });
    const started = statusField(options.object, 'startTime');
    this.#startTime = typeof started === 'string' ? started : undefined;
    const before = options.restored ? restoreContainers(options.object, this.#time()) : new Map<string, never>();
    const make = (kind: 'initContainers' | 'containers', spec: ContainerSpec, i: number): ContainerRunner => new ContainerRunner({
      context: this.context, spec: () => this.#spec[kind]?.[i] ?? spec, fieldPath: `spec.${kind}{${spec.name}}`, before: before.get(spec.name),
      restarts: (code) => !this.#stopping && (isNativeSidecar(spec) && kind === 'initContainers' ? true : kind === 'initContainers' ? code !== 0 && this.#spec.restartPolicy !== 'Never' : this.#spec.restartPolicy === 'Always' || (this.#spec.restartPolicy === 'OnFailure' && code !== 0)),
    });
    this.#init = (this.#spec.initContainers ?? []).map((spec, i) => make('initContainers', spec, i));
    this.#initialized = this.#init.length === 0;
    this.#containers = this.#spec.containers.map((spec, i) => make('containers', spec, i));
    this.#writer = new StatusWriter({
      client: options.client, pod: () => this.#object, log: this.context.log, status: () => this.#status(),
      onWritten: (answer) => {
        const object = asKubeObject(answer, { apiVersion: 'v1', kind: 'Pod' });
        if (object !== undefined && Number(object.metadata.resourceVersion) > Number(this.#object.metadata.resourceVersion)) this.#object = object;
      },
    });
  }

  get object(): KubeObject {
    return this.#object;
  }
  get spec(): PodSpec {
    return this.#spec;
  }
  /** Takes new connections of hostPorts first: all its containers are ready. */
  get isReady(): boolean {
    return !this.#stopping && this.#initialized && this.#containers.every((container) => container.status().ready);
  }
  container(name: string): ContainerRunner | undefined {
    return [...this.#init, ...this.#containers].find((container) => container.name === name);
  }

  start(): void {
    if (isFinishedPod(this.#object)) this.#frozen = true;
    else if (this.#options.restored && this.#spec.restartPolicy === 'Never' && restoreContainers(this.#object, '').size > 0) this.#fail({ reason: 'Terminated', message: 'Pod was terminated in response to imminent node shutdown.' });
    else {
      this.#startTime ??= this.#time();
      this.#life = this.#live();
    }
    if (this.#object.metadata.deletionTimestamp !== undefined) this.#terminate();
    this.#armDeadline();
  }

  /** The API shows a newer state of the pod. */
  update(object: KubeObject): void {
    const before = this.#object;
    const spec = podSpecOf(object);
    if (spec === undefined) return;
    const oldSpec = this.#spec;
    this.#object = Number(object.metadata.resourceVersion) >= Number(before.metadata.resourceVersion) ? object : before;
    this.#spec = spec;
    if (object.metadata.deletionTimestamp !== undefined) {
      this.#terminate();
      return;
    }
    if (JSON.stringify(object.metadata.annotations) !== JSON.stringify(before.metadata.annotations) || JSON.stringify(object.metadata.labels) !== JSON.stringify(before.metadata.labels)) this.#metadataChanged();
    for (const [i, container] of this.#containers.entries()) {
      if (spec.containers[i]?.image !== oldSpec.containers[i]?.image) container.restart(`Container ${container.name} definition changed, will be restarted`);
    }
  }

  /** A ConfigMap or Secret of the pod's namespace changed. */
  configChanged(kind: 'ConfigMap' | 'Secret', name: string): void {
    if (this.context.volumes.uses(kind, name)) this.context.volumes.refresh();
    this.#wake();
    for (const container of [...this.#init, ...this.#containers]) if (container.status().state.kind === 'waiting') container.wake();
  }

  /** The API no longer has the pod: it was deleted by force. */
  removed(): void {
    this.#writer.stop();
    this.#terminate(FORCED_MS);
  }

  /** Ends containers because the runner ends; the pod stays in the API and starts again with the next run. */
  async shutDown(which: 'apps' | 'sidecars', graceMs: number): Promise<void> {
    this.#stopping = true;
    this.#wake();
    const sidecars = this.#sidecars();
    const chosen = [...this.#init, ...this.#containers].filter((container) => sidecars.includes(container) === (which === 'sidecars'));
    await Promise.all(chosen.map((container) => container.stop(graceMs, { hook: false })));
  }

  async flushStatus(): Promise<void> {
    await this.#writer.flush();
  }
  /** Ends timers and writes; after the containers have ended. */
  close(): void {
    clearTimeout(this.#deadline);
    this.context.volumes.stop();
    this.#writer.stop();
  }

  #metadataChanged(): void {
    this.context.volumes.refresh();
    for (const container of [...this.#init, ...this.#containers]) if (container.status().state.kind === 'waiting') container.wake();
  }

  async #live(): Promise<void> {
    for (const container of this.#containers) if (this.#init.length > 0) container.waitFor('PodInitializing');
    for (const container of this.#init) container.waitFor('PodInitializing');
    this.#changed();
    try {
      await this.#setUp();
      if (!(await this.#initialize())) return;
      for (const container of this.#containers) {
        if (this.#stopping) return;
        void container.start();
        await container.whenLaunched;
      }
      await Promise.all(this.#containers.map((container) => container.start()));
      if (this.#stopping) return;
      await this.#endSidecars(this.#graceMs());
      this.#sandboxReady = false;
      this.#changed();
    } catch (error) {
      this.context.log.error({ pod: this.#object.metadata.name, error: errorText(error) }, 'the pod broke');
      this.context.record('Warning', 'FailedSync', `error determining status: ${errorText(error)}`);
    }
  }

  /** Folders and volumes; waits until all can be filled. */
  async #setUp(): Promise<void> {
    for (let wait = MOUNT_RETRY_MS_MIN; !this.#stopping; wait = Math.min(MOUNT_RETRY_MS_MAX, wait * 2)) {
      try {
        mkdirSync(this.context.dir, { recursive: true, mode: 0o700 });
        await this.context.volumes.setUp();
        this.#sandboxReady = true;
        this.#changed();
        return;
      } catch (error) {
        this.context.record('Warning', error instanceof MountError ? 'FailedMount' : 'FailedCreatePodSandBox', errorText(error));
        await this.#pause(wait);
      }
    }
  }

  /** Init containers one after the other; native sidecars only have to start. False when the pod cannot go on. */
  async #initialize(): Promise<boolean> {
    for (const [i, container] of this.#init.entries()) {
      if (this.#stopping) return false;
      const spec = this.#spec.initContainers?.[i];
      if (spec !== undefined && isNativeSidecar(spec)) {
        void container.start();
        if (!(await container.whenStarted)) return false;
        continue;
      }
      await container.start();
      const { state } = container.status();
      if (state.kind !== 'terminated' || state.exitCode !== 0) {
        await this.#endSidecars(this.#graceMs());
        this.#changed();
        return false;
      }
    }
    this.#initialized = true;
    for (const container of this.#containers) container.waitFor('ContainerCreating');
    this.#changed();
    return !this.#stopping;
  }

  /** Native sidecars, and a classic istio-proxy beside other containers: they end after the apps. */
  #sidecars(): readonly ContainerRunner[] {
    const native = this.#init.filter((_container, i) => isNativeSidecar(this.#spec.initContainers?.[i] ?? { restartPolicy: null }));
    const classic = this.#containers.length > 1 ? this.#containers.filter((container) => container.name === SIDECAR) : [];
    return [...native, ...classic];
  }

  async #endSidecars(graceMs: number): Promise<void> {
    for (const sidecar of this.#sidecars().toReversed()) await sidecar.stop(graceMs);
  }

  #graceMs(): number {
    return (this.#object.metadata.deletionGracePeriodSeconds ?? this.#spec.terminationGracePeriodSeconds) * 1000;
  }

  /** Ends the pod; called again with a shorter grace it ends sooner. */
  #terminate(graceMs = this.#graceMs()): void {
    const wasReady = this.isReady;
    this.#stopping = true;
    this.#wake();
    if (this.#ending === undefined) this.#ending = this.#endWhole(graceMs, wasReady);
    else for (const container of [...this.#init, ...this.#containers]) if (container.isRunning) void container.stop(graceMs);
  }

  /** Whatever breaks on the way, the node forgets the pod: its address and ports are free again. */
  async #endWhole(graceMs: number, wasReady: boolean): Promise<void> {
    try {
      await this.#end(graceMs, wasReady);
    } catch (error) {
      this.context.log.error({ pod: this.#object.metadata.name, error: errorText(error) }, 'the end of a pod broke');
    } finally {
      this.#options.onGone();
    }
  }

  async #end(graceMs: number, wasReady: boolean): Promise<void> {
    const deadline = performance.now() + graceMs;
    if (wasReady && graceMs > DRAIN_MS * 4) await sleep(DRAIN_MS);
    const sidecars = this.#sidecars();
    await Promise.all([...this.#init, ...this.#containers].filter((container) => !sidecars.includes(container)).map((container) => container.stop(deadline - performance.now())));
    await this.#endSidecars(Math.max(FORCED_MS, deadline - performance.now()));
    await this.#life;
    this.#sandboxReady = false;
    if (!this.#frozen) await this.#writer.flush();
    this.close();
    await this.#deleteFromApi();
    removeTree(this.context.dir, this.context.log);
  }

  async #deleteFromApi(): Promise<void> {
    const { name, namespace = '', uid } = this.#object.metadata;
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds: 0, preconditions: { uid } };
    for (let wait = 100; ; wait = Math.min(5000, wait * 2)) {
      try {
        await this.#options.client.request({ method: 'DELETE', path: `/api/v1/namespaces/${namespace}/pods/${name}`, body });
        return;
      } catch (error) {
        if (isKubeError(error, 404) || isKubeError(error, 409)) return;
        this.context.log.warn({ pod: name, error: errorText(error) }, 'a pod that has ended was not removed; it is tried again');
        await sleep(wait, undefined, { ref: false });
      }
    }
  }

  #armDeadline(): void {
    const seconds = this.#spec.activeDeadlineSeconds;
    if (seconds === null || seconds === undefined || this.#frozen) return;
    const left = Date.parse(this.#startTime ?? '') + seconds * 1000 - this.context.now().getTime();
    this.#deadline = setTimeout(() => {
      if (left > TIMER_MS_MAX) return this.#armDeadline();
      this.context.record('Normal', 'DeadlineExceeded', 'Pod was active on the node longer than the specified deadline');
      this.#fail({ reason: 'DeadlineExceeded', message: 'Pod was active on the node longer than the specified deadline' });
    }, Math.min(TIMER_MS_MAX, Math.max(0, left)));
    this.#deadline.unref();
  }

  #fail(failure: { readonly reason: string; readonly message: string }): void {
    this.#failure = failure;
    this.#stopping = true;
    this.#wake();
    void Promise.all([...this.#init, ...this.#containers].map((container) => container.stop(this.#graceMs()))).then(() => this.#changed());
  }

  #changed(): void {
    if (this.#frozen) return;
    const ready = this.isReady;
    this.#writer.changed(ready !== this.#wasReady);
    this.#wasReady = ready;
  }

  #status(): Record<string, unknown> {
    const view = {
      spec: this.#spec, init: this.#init.map((container) => container.status()), containers: this.#containers.map((container) => container.status()), sandboxReady: this.#sandboxReady, initialized: this.#initialized, podIP: this.podIP,
      hostIP: this.#options.hostIP, startTime: this.#startTime, generation: this.#object.metadata.generation, failure: this.#failure,
    };
    return podStatus(view, statusField(this.#object, 'conditions'), this.#time());
  }

  #time(): string {
    return `${this.context.now().toISOString().slice(0, 19)}Z`;
  }

  async #pause(ms: number): Promise<void> {
    if (this.#stopping) return;
    const end = new AbortController();
    this.#wake = () => end.abort();
    try {
      await sleep(ms, undefined, { signal: end.signal, ref: false });
    } catch (error) {
      if (!end.signal.aborted) throw error;
    }
  }
}

function specOf(object: KubeObject): PodSpec {
  const spec = podSpecOf(object);
  if (spec === undefined) throw new Error(`pod ${object.metadata.namespace ?? ''}/${object.metadata.name} has a spec that cannot be read`);
  return spec;
}
