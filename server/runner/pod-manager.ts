import { readdirSync } from 'node:fs';
import type { EventRecorder, KubeClient, Logger, ObjectCache } from '#server/lib';
import { errorText, isRecord } from '#shared/base';
import type { KubeObject } from '#shared/mesh';
import type { ConfigSources, PodFacts } from './container/environment.ts';
import type { KnownImage } from './container/images.ts';
import { EgressProxy } from './net/egress-proxy.ts';
import { forwardConnection } from './net/forward.ts';
import { HostPorts } from './net/host-ports.ts';
import { Listeners } from './net/listeners.ts';
import type { Wanted } from './net/listeners.ts';
import type { ServiceTable } from './net/service-table.ts';
import { nodeResources } from './node/register-node.ts';
import { PodAddresses } from './pod/addresses.ts';
import { addressing, givenEnvironment } from './pod/given-environment.ts';
import { hostsText, linkHosts, writeHostsFile } from './pod/hosts-file.ts';
import type { PodContext } from './pod/pod-context.ts';
import { podSpecOf, SIDECAR } from './pod/pod-schema.ts';
import type { PodSpec } from './pod/pod-schema.ts';
import { PodWorker } from './pod/pod-worker.ts';
import { removeTree } from './pod/remove-tree.ts';
import { statusField } from './pod/restore.ts';
import { StrayHunter } from './process/strays.ts';
import { PodVolumes } from './volumes/pod-volumes.ts';
import type { TokenRequest } from './volumes/pod-volumes.ts';

const HOST_IP = '127.0.0.1';

export type ManagerOptions = {
  readonly client: KubeClient; readonly podPrefix: string; readonly appPrefix: string; readonly podsDir: string; readonly images: readonly KnownImage[]; readonly sources: ConfigSources; readonly table: ServiceTable;
  readonly events: EventRecorder; readonly log: Logger; readonly now: () => Date;
};

/** All pods of this node: one worker each, their addresses, folders, ways in and out. */
export class PodManager {
  readonly #options: ManagerOptions;
  readonly #addresses: PodAddresses;
  readonly #workers = new Map<string, PodWorker>();
  readonly #egress = new Map<string, EgressProxy>();
  readonly #hostPorts = new HostPorts();
  readonly #appForwards = new Listeners();
  readonly #strays = new StrayHunter();
  #stopping = false;

  constructor(options: ManagerOptions) {
    this.#options = options;
    this.#addresses = new PodAddresses({ prefix: options.podPrefix, file: `${options.podsDir}/address-cursor` });
  }

  workers(): readonly PodWorker[] {
    return [...this.#workers.values()];
  }
  find(namespace: string, name: string): PodWorker | undefined {
    return this.workers().findLast((worker) => worker.object.metadata.namespace === namespace && worker.object.metadata.name === name);
  }

  /** Takes over the pods that are there, then follows the watch. Resolves when the API shows the true state of those that ran before. */
  async follow(pods: ObjectCache): Promise<void> {
    const present = pods.list();
    this.#removeFolders(present);
    for (const pod of present) {
      const ip = statusField(pod, 'podIP');
      if (typeof ip === 'string') this.#addresses.reserve(pod.metadata.uid ?? '', ip);
    }
    let restoring = true;
    pods.subscribe((event, object) => this.#onPod(event, object, restoring));
    restoring = false;
    await Promise.all(this.workers().map((worker) => worker.flushStatus()));
  }

  configChanged(kind: 'ConfigMap' | 'Secret', namespace: string, name: string): void {
    for (const worker of this.#workers.values()) if (worker.object.metadata.namespace === namespace) worker.configChanged(kind, name);
  }

  /** Services or headless endpoints changed: every pod's hosts file follows. */
  writeHosts(): void {
    for (const worker of this.#workers.values()) this.#writeHosts(worker.object, worker.spec, worker.podIP, worker.context.dir);
  }

  /** Ends every pod: apps, then sidecars, then the system; what does not end in its time is killed. */
  async stop(graceMs: { readonly apps: number; readonly sidecars: number; readonly system: number }, isSystem: (namespace: string) => boolean): Promise<void> {
    this.#stopping = true;
    const [system, users] = [true, false].map((wanted) => this.workers().filter((worker) => isSystem(worker.object.metadata.namespace ?? '') === wanted));
    await Promise.all((users ?? []).map((worker) => worker.shutDown('apps', graceMs.apps)));
    await Promise.all((users ?? []).map((worker) => worker.shutDown('sidecars', graceMs.sidecars)));
    await Promise.all((system ?? []).map(async (worker) => {
      await worker.shutDown('apps', graceMs.system);
      await worker.shutDown('sidecars', graceMs.sidecars / 4);
    }));
    await Promise.all(this.workers().map((worker) => worker.flushStatus()));
  }

  close(): void {
    for (const worker of this.#workers.values()) worker.close();
    for (const egress of this.#egress.values()) egress.stop();
    this.#hostPorts.stop();
    this.#appForwards.stop();
  }

  #onPod(event: 'ADDED' | 'MODIFIED' | 'DELETED', object: KubeObject, restoring: boolean): void {
    if (this.#stopping) return;
    const worker = this.#workers.get(object.metadata.uid ?? '');
    if (event === 'DELETED') worker?.removed();
    else if (worker !== undefined) worker.update(object);
    else this.#add(object, restoring);
  }

  #add(object: KubeObject, restoring: boolean): void {
    const spec = podSpecOf(object);
    const uid = object.metadata.uid ?? '';
    if (spec === undefined) {
      this.#options.events.record(object, 'Warning', 'FailedValidation', 'the runner cannot read the spec of this pod');
      return;
    }
    const before = statusField(object, 'podIP');
    const podIP = spec.hostNetwork ? HOST_IP : this.#addresses.take(uid, typeof before === 'string' ? before : undefined);
    const restored = restoring && statusField(object, 'startTime') !== undefined;
    const worker = new PodWorker({
      object, client: this.#options.client, podIP, hostIP: HOST_IP, restored, context: (of) => this.#context(object, podIP, of), onGone: () => void this.#remove(uid),
    });
    this.#workers.set(uid, worker);
    this.#openWays(worker);
    worker.start();
  }

  #remove(uid: string): void {
    this.#workers.delete(uid);
    this.#egress.get(uid)?.stop();
    this.#egress.delete(uid);
    this.#addresses.release(uid);
    this.#syncPorts();
  }

  /** The pod's egress proxy and its ports on the node. */
  #openWays(worker: PodWorker): void {
    const { namespace = '' } = worker.object.metadata;
    this.#syncPorts();
    if (!this.#addressing(worker.object, worker.spec, worker.podIP).egress) return;
    const egress = new EgressProxy({ table: this.#options.table, namespace, podIP: worker.podIP });
    this.#egress.set(worker.uid, egress);
    egress.start().catch((error: unknown) => worker.context.record('Warning', 'EgressNotServed', `the pod has no way out by HTTP_PROXY: ${errorText(error)}`));
  }

  #syncPorts(): void {
    this.#hostPorts.sync(this.#workers.values());
    const forwards = new Map<string, Wanted>();
    for (const worker of this.#workers.values()) {
      const { podIP, appIP, sidecar } = this.#addressing(worker.object, worker.spec, worker.podIP);
      if (sidecar || appIP === podIP) continue; // a sidecar dials the app itself
      for (const { containerPort } of worker.spec.containers.flatMap((container) => container.ports ?? [])) {
        forwards.set(`${podIP}:${containerPort}`, {
          host: podIP, port: containerPort, onConnection: (socket) => void forwardConnection(socket, [{ address: appIP, port: containerPort }]),
          onFailure: (code) => worker.context.record('Warning', 'PortNotServed', `${podIP}:${containerPort} cannot be opened: ${code}`),
        });
      }
    }
    this.#appForwards.set(forwards);
  }

  #addressing(object: KubeObject, spec: PodSpec, podIP: string): ReturnType<typeof addressing> {
    return addressing(spec, object.metadata.annotations ?? {}, podIP, this.#options.appPrefix);
  }

  #context(first: KubeObject, podIP: string, of: { readonly object: () => KubeObject; readonly spec: () => PodSpec; readonly changed: () => void }): PodContext {
    const { podsDir, images, sources, table, events, log, now, client } = this.#options;
    const { name, namespace = '', uid = '' } = first.metadata;
    const dir = `${podsDir}/${namespace}_${name}_${uid}`;
    const facts = (): PodFacts => ({ name, namespace, uid, labels: of.object().metadata.labels ?? {}, annotations: of.object().metadata.annotations ?? {}, spec: of.spec(), podIP, hostIP: HOST_IP, allocatable: nodeResources() });
    const addresses = (): ReturnType<typeof addressing> => this.#addressing(of.object(), of.spec(), podIP);
    const volumes = new PodVolumes({
      dir: `${dir}/volumes`, facts, sources, requestToken: (need) => this.#requestToken(of.object(), of.spec(), need), onError: (text) => log.warn({ pod: name, namespace }, text),
    });
    const { server } = client.connection;
    const apiServer = { host: server.hostname, port: server.port === '' ? '443' : server.port };
    return {
      ...of, facts, images, sources, volumes, dir, podsDir, strays: this.#strays, now, log,
      givenEnvironment: (container) => givenEnvironment(container, { spec: of.spec(), name, namespace, addresses: addresses(), table, apiServer }),
      addressOf: (container) => (container.name === SIDECAR ? podIP : addresses().appIP),
      writeHosts: (root) => {
        this.#writeHosts(of.object(), of.spec(), podIP, dir);
        linkHosts(dir, root);
      },
      record: (type, reason, message, fieldPath) => events.record(of.object(), type, reason, message, fieldPath),
    };
  }

  #writeHosts(object: KubeObject, spec: PodSpec, podIP: string, dir: string): void {
    const { name, namespace = '' } = object.metadata;
    writeHostsFile(dir, hostsText({ podIP, hostname: spec.hostname ?? name, services: this.#options.table.hostsLines(namespace), spec }));
  }

  async #requestToken(object: KubeObject, spec: PodSpec, need: Parameters<TokenRequest>[0]): ReturnType<TokenRequest> {
    const { name, namespace = '', uid } = object.metadata;
    const body = {
      apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest',
      spec: { audiences: need.audience === '' ? [] : [need.audience], expirationSeconds: need.expirationSeconds, boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid } },
    };
    const answer = await this.#options.client.request({ method: 'POST', path: `/api/v1/namespaces/${namespace}/serviceaccounts/${spec.serviceAccountName}/token`, body });
    const status = isRecord(answer) && isRecord(answer['status']) ? answer['status'] : {};
    if (typeof status['token'] !== 'string') throw new Error('the API server gave no token');
    const expiresAt = Date.parse(String(status['expirationTimestamp']));
    return { token: status['token'], expiresInMs: Number.isNaN(expiresAt) ? need.expirationSeconds * 1000 : expiresAt - this.#options.now().getTime() };
  }

  /** Folders of pods that the API has no more. */
  #removeFolders(present: readonly KubeObject[]): void {
    const uids = new Set(present.map((pod) => pod.metadata.uid));
    for (const entry of readdirSync(this.#options.podsDir, { withFileTypes: true })) {
      if (entry.isDirectory() && !uids.has(entry.name.slice(entry.name.lastIndexOf('_') + 1))) removeTree(`${this.#options.podsDir}/${entry.name}`, this.#options.log);
    }
  }
}
