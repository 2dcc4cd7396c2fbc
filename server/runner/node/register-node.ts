import { readFileSync, statfsSync } from 'node:fs';
import { availableParallelism, release, totalmem } from 'node:os';
import { isKubeError } from '#server/lib';
import type { EventRecorder, KubeClient, Logger } from '#server/lib';
import { errorText, isRecord } from '#shared/base';
import type { KubeObject } from '#shared/mesh';

/** The kubelet renews its lease each 10 s; it counts for 40 s. */
const LEASE_EVERY_MS = 10_000;
const LEASE_SECONDS = 40;
/** An unchanged node status is written anew after 5 min, as nodeStatusReportFrequency says. */
const STATUS_EVERY_MS = 300_000;
const PODS_MAX = 110;
/** Kept back for the runner and the system; pods may have the rest. */
const RESERVED_BYTES = 512 * 1024 * 1024;

export type NodeOptions = { readonly client: KubeClient; readonly name: string; readonly hostIP: string; readonly podCidr: string; readonly podsDir: string; readonly kubeletPort: number; readonly events: EventRecorder; readonly log: Logger; readonly now: () => Date };
export type RegisteredNode = { readonly object: KubeObject; stop(): void };

const osRelease = (): string => {
  try {
    return /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? process.platform;
  } catch {
    return process.platform; // not a Linux with that file
  }
};
const fileText = (path: string): string => {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return ''; // not readable to us
  }
};
const architecture = (): string => (process.arch === 'x64' ? 'amd64' : process.arch);
export const nodeResources = (): { readonly cpu: number; readonly memory: number } => ({ cpu: availableParallelism(), memory: Math.max(0, totalmem() - RESERVED_BYTES) });

function statusBody(options: NodeOptions, version: string, before: unknown, time: string): Record<string, unknown> {
  const known = (Array.isArray(before) ? before : []).filter(isRecord);
  const condition = (type: string, status: string, reason: string, message: string): Record<string, unknown> => {
    const old = known.find((c) => c['type'] === type);
    return { type, status, lastHeartbeatTime: time, lastTransitionTime: old !== undefined && old['status'] === status ? old['lastTransitionTime'] : time, reason, message };
  };
  const { cpu, memory } = nodeResources();
  const { bsize, blocks } = statfsSync(options.podsDir);
  const disk = { 'ephemeral-storage': `${Math.floor((bsize * blocks) / 1024)}Ki`, 'hugepages-2Mi': '0', pods: String(PODS_MAX) };
  return {
    capacity: { cpu: String(cpu), memory: `${Math.floor(totalmem() / 1024)}Ki`, ...disk }, allocatable: { cpu: String(cpu), memory: `${Math.floor(memory / 1024)}Ki`, ...disk },
    conditions: [
      condition('MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'), condition('DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
      condition('PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'), condition('Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'),
    ],
    addresses: [{ type: 'InternalIP', address: options.hostIP }, { type: 'Hostname', address: options.name }], daemonEndpoints: { kubeletEndpoint: { Port: options.kubeletPort } },
    nodeInfo: {
      machineID: fileText('/etc/machine-id'), systemUUID: fileText('/etc/machine-id'), bootID: fileText('/proc/sys/kernel/random/boot_id'), kernelVersion: release(), osImage: osRelease(), containerRuntimeVersion: 'pharos://0.1.0',
      kubeletVersion: version, kubeProxyVersion: '', operatingSystem: process.platform === 'win32' ? 'windows' : process.platform, architecture: architecture(),
    },
  };
}

async function serverVersion(client: KubeClient): Promise<string> {
  const answer = await client.request({ method: 'GET', path: '/version' });
  return isRecord(answer) && typeof answer['gitVersion'] === 'string' ? answer['gitVersion'] : 'v1.34.0';
}

/** Creates the Node or takes over the one that is there, keeps its lease and its status. */
export async function registerNode(options: NodeOptions): Promise<RegisteredNode> {
  const { client, name, log, now } = options;
  const path = `/api/v1/nodes/${name}`;
  const version = await serverVersion(client);
  const time = (): string => `${now().toISOString().slice(0, 19)}Z`;
  let object = await ensureNode(options);
  const writeStatus = async (): Promise<void> => {
    const current = await client.request({ method: 'GET', path });
    const before = isRecord(current) && isRecord(current['status']) ? current['status']['conditions'] : undefined;
    const answer = await client.request({ method: 'PATCH', path: `${path}/status`, body: { status: statusBody(options, version, before, time()) }, contentType: 'application/merge-patch+json' });
    if (isRecord(answer) && isRecord(answer['metadata'])) object = { ...object, ...answer, metadata: { ...object.metadata, ...answer['metadata'] } };
  };
  await writeStatus();
  await renewLease(options);
  options.events.record(object, 'Normal', 'Starting', 'Starting kubelet.');
  options.events.record(object, 'Normal', 'NodeReady', `Node ${name} status is now: NodeReady`);
  const guarded = (work: () => Promise<void>): void => void work().catch((error: unknown) => log.warn({ error: errorText(error) }, 'the node was not renewed; it is tried again'));
  const timers = [setInterval(() => guarded(() => renewLease(options)), LEASE_EVERY_MS), setInterval(() => guarded(writeStatus), STATUS_EVERY_MS)];
  for (const timer of timers) timer.unref();
  return { get object() { return object; }, stop: () => timers.forEach((timer) => clearInterval(timer)) };
}

async function ensureNode(options: NodeOptions): Promise<KubeObject> {
  const { client, name } = options;
  const labels = { 'beta.kubernetes.io/arch': architecture(), 'beta.kubernetes.io/os': process.platform, 'kubernetes.io/arch': architecture(), 'kubernetes.io/hostname': name, 'kubernetes.io/os': process.platform, 'node-role.kubernetes.io/control-plane': '' };
  const body = { apiVersion: 'v1', kind: 'Node', metadata: { name, labels }, spec: { podCIDR: options.podCidr, podCIDRs: [options.podCidr] } };
  const base: KubeObject = { apiVersion: 'v1', kind: 'Node', metadata: { name, uid: name } };
  try {
    const made = await client.request({ method: 'POST', path: '/api/v1/nodes', body });
    return merged(base, made);
  } catch (error) {
    if (!isKubeError(error, 409)) throw error;
    return merged(base, await client.request({ method: 'PATCH', path: `/api/v1/nodes/${name}`, body: { metadata: { labels } }, contentType: 'application/merge-patch+json' }));
  }
}

const merged = (base: KubeObject, answer: unknown): KubeObject => (isRecord(answer) && isRecord(answer['metadata']) ? { ...base, metadata: { ...base.metadata, ...answer['metadata'] } } : base);

async function renewLease({ client, name, now }: NodeOptions): Promise<void> {
  const path = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';
  const spec = { holderIdentity: name, leaseDurationSeconds: LEASE_SECONDS, renewTime: now().toISOString().replace('Z', '000Z') };
  try {
    await client.request({ method: 'PATCH', path: `${path}/${name}`, body: { spec }, contentType: 'application/merge-patch+json' });
  } catch (error) {
    if (!isKubeError(error, 404)) throw error;
    await client.request({ method: 'POST', path, body: { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name, namespace: 'kube-node-lease' }, spec } });
  }
}
