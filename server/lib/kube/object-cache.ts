import { BoundedMap, isRecord } from '#shared/base';
import type { KubeObject } from '#shared/mesh';
import type { KubeClient } from './client.ts';
import { asKubeObject, createReflector } from './reflector.ts';
import type { WatchEvent, WatchTarget } from './reflector.ts';

/** Uids of deleted objects that are remembered, so that a late answer to a write does not bring one back. */
const DELETED_MAX = 5000;

export type CacheHandler = (event: WatchEvent, object: KubeObject, before: KubeObject | undefined) => void;
/** One collection, shared by all who read it, that already shows the writes made through it. */
export type ObjectCache = {
  readonly target: WatchTarget;
  /** Resolves after the first full list. */
  readonly synced: Promise<void>;
  list(): readonly KubeObject[];
  inNamespace(namespace: string): readonly KubeObject[];
  get(namespace: string, name: string): KubeObject | undefined;
  byUid(uid: string): KubeObject | undefined;
  /** Objects whose ownerReferences name the uid. */
  ownedBy(uid: string): readonly KubeObject[];
  /** Adds a reader; it first gets what is there as ADDED. */
  subscribe(handler: CacheHandler): void;
  /** Takes the server's answer to a write, so that the next read sees it before the watch brings it. */
  wrote(answer: unknown): KubeObject | undefined;
  /** Takes note that a delete removed the object for good. */
  gone(object: KubeObject): void;
  stop(): void;
};

const keyOf = (namespace: string, name: string): string => `${namespace}/${name}`;
const versionOf = (object: KubeObject): number => Number(object.metadata.resourceVersion ?? 0);

export const createObjectCache = (client: KubeClient, target: WatchTarget, onError?: (error: Error | undefined) => void): ObjectCache => new Cache(client, target, onError);

class Cache implements ObjectCache {
  readonly target: WatchTarget;
  readonly synced: Promise<void>;
  readonly #objects = new Map<string, KubeObject>();
  readonly #namespaces = new Map<string, Map<string, KubeObject>>();
  readonly #uids = new Map<string, KubeObject>();
  readonly #owned = new Map<string, Set<string>>();
  readonly #deleted = new BoundedMap<string, true>(DELETED_MAX);
  readonly #handlers: CacheHandler[] = [];
  readonly #stop: () => void;
  #kind = '';

  constructor(client: KubeClient, target: WatchTarget, onError?: (error: Error | undefined) => void) {
    this.target = target;
    const reflector = createReflector(client, target, { onChange: (event, object) => this.#onChange(event, object), ...(onError === undefined ? {} : { onError }) });
    this.synced = reflector.synced;
    this.#stop = () => reflector.stop();
  }

  list(): readonly KubeObject[] {
    return [...this.#objects.values()];
  }
  inNamespace(namespace: string): readonly KubeObject[] {
    return [...(this.#namespaces.get(namespace)?.values() ?? [])];
  }
  get(namespace: string, name: string): KubeObject | undefined {
    return this.#objects.get(keyOf(namespace, name));
  }
  byUid(uid: string): KubeObject | undefined {
    return this.#uids.get(uid);
  }
  ownedBy(uid: string): readonly KubeObject[] {
    return [...(this.#owned.get(uid) ?? [])].map((own) => this.#uids.get(own)).filter((object) => object !== undefined);
  }
  subscribe(handler: CacheHandler): void {
    this.#handlers.push(handler);
    for (const object of this.#objects.values()) handler('ADDED', object, undefined);
  }
  wrote(answer: unknown): KubeObject | undefined {
    const { group, version } = this.target;
    const object = isRecord(answer) && answer['kind'] !== 'Status' ? asKubeObject(answer, { apiVersion: group === '' ? version : `${group}/${version}`, kind: this.#kind }) : undefined;
    if (object === undefined) return undefined;
    this.#put(object);
    return object;
  }
  gone(object: KubeObject): void {
    this.#drop(object);
  }
  stop(): void {
    this.#stop();
  }

  #onChange(event: WatchEvent, object: KubeObject): void {
    this.#kind = object.kind;
    if (event === 'DELETED') this.#drop(object);
    else this.#put(object);
  }

  #put(object: KubeObject): void {
    const { namespace = '', name, uid = '' } = object.metadata;
    if (this.#deleted.get(uid) === true) return;
    const known = this.#objects.get(keyOf(namespace, name));
    if (known !== undefined && versionOf(known) >= versionOf(object)) return;
    if (known !== undefined && known.metadata.uid !== uid) this.#drop(known);
    const before = known?.metadata.uid === uid ? known : undefined;
    if (before !== undefined) this.#unindex(before);
    this.#objects.set(keyOf(namespace, name), object);
    this.#uids.set(uid, object);
    for (const owner of object.metadata.ownerReferences ?? []) this.#ownedSet(owner.uid).add(uid);
    const inNamespace = this.#namespaces.get(namespace) ?? new Map<string, KubeObject>();
    this.#namespaces.set(namespace, inNamespace.set(name, object));
    this.#tell(before === undefined ? 'ADDED' : 'MODIFIED', object, before);
  }

  #drop(object: KubeObject): void {
    const { namespace = '', name, uid = '' } = object.metadata;
    this.#deleted.set(uid, true);
    const known = this.#objects.get(keyOf(namespace, name));
    if (known === undefined || known.metadata.uid !== uid) return;
    this.#unindex(known);
    this.#objects.delete(keyOf(namespace, name));
    this.#namespaces.get(namespace)?.delete(name);
    this.#tell('DELETED', versionOf(object) > versionOf(known) ? object : known, known);
  }

  #ownedSet(uid: string): Set<string> {
    const known = this.#owned.get(uid);
    if (known !== undefined) return known;
    const made = new Set<string>();
    this.#owned.set(uid, made);
    return made;
  }

  #unindex(object: KubeObject): void {
    const uid = object.metadata.uid ?? '';
    this.#uids.delete(uid);
    for (const owner of object.metadata.ownerReferences ?? []) {
      const owned = this.#owned.get(owner.uid);
      owned?.delete(uid);
      if (owned?.size === 0) this.#owned.delete(owner.uid);
    }
  }

  #tell(event: WatchEvent, object: KubeObject, before: KubeObject | undefined): void {
    for (const handler of this.#handlers) handler(event, object, before);
  }
}
