import { collectionPath, isKubeError } from '#server/lib';
import type { WorkQueue } from '#server/lib';
import { isRecord } from '#shared/base';
import { groupOf } from '#shared/mesh';
import type { KubeObject, OwnerReference } from '#shared/mesh';
import type { Collection } from '../collection.ts';
import type { ControllerContext } from '../context.ts';
import { discover } from '../discovery.ts';
import type { ServedResource } from '../discovery.ts';
import { FOREGROUND, hasFinalizer, isDying, isReachable, ORPHAN, OwnerGraph, waitsForDependents } from './graph.ts';
import type { GraphNode } from './graph.ts';

/** Kinds that neither own nor are owned; watching them would cost and give nothing. */
const IGNORED: readonly string[] = ['events'];
/** Kinds no other controller watches are watched a little later, so that the start of the mesh comes first. */
const START_MS = 2000;
/** New CRDs come in a bunch; discovery is asked once for all. */
const DISCOVER_MS = 250;

/** Deletes what lost its owners, and carries out foreground and orphan deletion. */
export class GarbageCollector {
  readonly #context: ControllerContext;
  readonly #graph = new OwnerGraph();
  readonly #queue: WorkQueue;
  readonly #watched = new Set<string>();
  readonly #resources = new Map<string, ServedResource>();
  #timer: NodeJS.Timeout | undefined;

  constructor(context: ControllerContext) {
    this.#context = context;
    const core = ([['', 'pods'], ['', 'services'], ['', 'configmaps'], ['', 'serviceaccounts'], ['', 'nodes'], ['apps', 'deployments'], ['apps', 'replicasets'], ['discovery.k8s.io', 'endpointslices']] as const)
      .map(([group, plural]) => ({ group, version: 'v1', plural, kind: '', namespaced: true, verbs: ['delete', 'list', 'watch'] }));
    this.#queue = context.queue('garbage', core.map((entry) => context.collection(entry.group, entry.version, entry.plural)), (uid) => this.#sync(uid));
    for (const entry of core) this.#watch(entry);
    const crds = context.collection('apiextensions.k8s.io', 'v1', 'customresourcedefinitions');
    let first = true;
    crds.cache.subscribe(() => {
      if (!first) this.#discoverSoon(DISCOVER_MS);
    });
    this.#discoverSoon(START_MS);
    first = false;
    context.onStop(() => clearTimeout(this.#timer));
  }

  #discoverSoon(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#discover().catch((error: unknown) => {
        this.#context.log.warn({ error: error instanceof Error ? error.message : String(error) }, 'discovery failed; it is tried again');
        this.#discoverSoon(START_MS);
      });
    }, ms);
    this.#timer.unref();
  }

  async #discover(): Promise<void> {
    for (const resource of await discover(this.#context.client)) {
      this.#resources.set(`${resource.group}/${resource.kind}`, resource);
      if (['delete', 'list', 'watch'].every((verb) => resource.verbs.includes(verb)) && !IGNORED.includes(resource.plural)) this.#watch(resource);
    }
  }

  #watch(resource: ServedResource): void {
    const key = `${resource.group}/${resource.plural}`;
    if (this.#watched.has(key)) return;
    this.#watched.add(key);
    const of = this.#context.collection(resource.group, resource.version, resource.plural);
    of.cache.subscribe((event, object, before) => {
      if (event === 'DELETED') this.#onGone(object);
      else this.#onChange({ object, of }, before);
    });
  }

  #onChange(node: GraphNode, before: KubeObject | undefined): void {
    const { object } = node;
    const uid = object.metadata.uid ?? '';
    this.#graph.put(node, before);
    const owners = object.metadata.ownerReferences ?? [];
    const lost = owners.some((owner) => {
      const known = this.#graph.get(owner.uid);
      return known === undefined || waitsForDependents(known.object);
    });
    if (lost || waitsForDependents(object) || (isDying(object) && hasFinalizer(object, ORPHAN))) this.#queue.add(uid);
    for (const owner of before?.metadata.ownerReferences ?? []) {
      const known = this.#graph.get(owner.uid);
      if (known !== undefined && waitsForDependents(known.object)) this.#queue.add(owner.uid);
    }
  }

  #onGone(object: KubeObject): void {
    this.#graph.remove(object);
    for (const dependent of this.#graph.dependentsOf(object.metadata.uid ?? '')) this.#queue.add(dependent.object.metadata.uid ?? '');
    for (const owner of object.metadata.ownerReferences ?? []) {
      const known = this.#graph.get(owner.uid);
      if (known !== undefined && waitsForDependents(known.object)) this.#queue.add(owner.uid);
    }
  }

  async #sync(uid: string): Promise<void> {
    const node = this.#graph.get(uid);
    if (node === undefined) return;
    const { object } = node;
    if (isDying(object) && hasFinalizer(object, ORPHAN)) return this.#orphan(node);
    if (waitsForDependents(object)) return this.#deleteDependents(node);
    if (isDying(object)) return;
    const owners = object.metadata.ownerReferences ?? [];
    if (owners.length === 0) return;
    const kept: OwnerReference[] = [];
    let waiting = false;
    for (const owner of owners) {
      const found = await this.#ownerOf(owner, object);
      if (found === undefined) continue;
      if (found !== 'elsewhere' && waitsForDependents(found) && owner.blockOwnerDeletion === true) waiting = true;
      else kept.push(owner);
    }
    if (kept.length === owners.length) return;
    if (kept.length > 0) await node.of.patch(object, { metadata: { ownerReferences: kept, resourceVersion: object.metadata.resourceVersion } });
    else await this.#removeNode(node, waiting);
  }

  async #removeNode(node: GraphNode, waiting: boolean): Promise<void> {
    const { object, of } = node;
    const dependents = this.#graph.dependentsOf(object.metadata.uid ?? '');
    if (waiting && dependents.some((dependent) => waitsForDependents(dependent.object))) {
      // Perhaps a circle: two that wait for each other would wait for ever, so this one blocks nobody any more.
      const ownerReferences = (object.metadata.ownerReferences ?? []).map((owner) => ({ ...owner, blockOwnerDeletion: false }));
      await of.patch(object, { metadata: { ownerReferences, resourceVersion: object.metadata.resourceVersion } });
    }
    await of.remove(object, { propagationPolicy: this.#policyOf(node, waiting) });
  }

  #policyOf({ object }: GraphNode, waiting: boolean): 'Background' | 'Foreground' | 'Orphan' {
    if (hasFinalizer(object, ORPHAN)) return 'Orphan';
    if (hasFinalizer(object, FOREGROUND)) return 'Foreground';
    return waiting && this.#graph.dependentsOf(object.metadata.uid ?? '').length > 0 ? 'Foreground' : 'Background';
  }

  /** The owner as we or the server know it; undefined when it does not exist. "elsewhere" is one we do not watch, but the server has. */
  async #ownerOf(owner: OwnerReference, dependent: KubeObject): Promise<KubeObject | 'elsewhere' | undefined> {
    const known = this.#graph.get(owner.uid);
    if (known !== undefined) return isReachable(known.object, dependent) ? known.object : undefined;
    const { group } = groupOf(owner.apiVersion);
    if (!this.#resources.has(`${group}/${owner.kind}`)) await this.#discover();
    const resource = this.#resources.get(`${group}/${owner.kind}`);
    if (resource === undefined) throw new Error(`the owner ${owner.kind} ${owner.name} is of a kind that is not served`);
    if (resource.namespaced && dependent.metadata.namespace === undefined) return undefined;
    const path = collectionPath({ ...resource, ...(resource.namespaced ? { namespace: dependent.metadata.namespace ?? '' } : {}) });
    try {
      const found = await this.#context.client.request({ method: 'GET', path: `${path}/${encodeURIComponent(owner.name)}` });
      return isRecord(found) && isRecord(found['metadata']) && found['metadata']['uid'] === owner.uid ? 'elsewhere' : undefined;
    } catch (error) {
      if (isKubeError(error, 404)) return undefined;
      throw error;
    }
  }

  async #deleteDependents(node: GraphNode): Promise<void> {
    const uid = node.object.metadata.uid ?? '';
    const dependents = this.#graph.dependentsOf(uid);
    const blocking = dependents.filter(({ object }) => object.metadata.ownerReferences?.some((owner) => owner.uid === uid && owner.blockOwnerDeletion === true) === true);
    for (const { object } of dependents) if (!isDying(object)) this.#queue.add(object.metadata.uid ?? '');
    if (blocking.length === 0) await this.#dropFinalizer(node, FOREGROUND);
  }

  async #orphan(node: GraphNode): Promise<void> {
    const { uid } = node.object.metadata;
    for (const { object, of } of this.#graph.dependentsOf(uid ?? '')) {
      const ownerReferences = (object.metadata.ownerReferences ?? []).filter((owner) => owner.uid !== uid);
      await of.patch(object, { metadata: { ownerReferences, resourceVersion: object.metadata.resourceVersion } });
    }
    await this.#dropFinalizer(node, ORPHAN);
  }

  async #dropFinalizer({ object, of }: GraphNode, finalizer: string): Promise<void> {
    try {
      await dropFinalizer(of, object, finalizer);
    } catch (error) {
      if (isKubeError(error, 404)) of.cache.gone(object);
      else throw error;
    }
  }
}

async function dropFinalizer(of: Collection, object: KubeObject, finalizer: string): Promise<void> {
  const finalizers = (object.metadata.finalizers ?? []).filter((known) => known !== finalizer);
  const answer = await of.patch(object, { metadata: { finalizers, resourceVersion: object.metadata.resourceVersion } });
  if (finalizers.length === 0 && answer !== undefined) of.cache.gone(object);
}
