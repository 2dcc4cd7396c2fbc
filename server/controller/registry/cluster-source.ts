import { parse } from 'yaml';
import { errorText, isRecord } from '#shared/base';
import { affected } from '#shared/compiler';
import { changeSnapshot, CUSTOM_KINDS, EMPTY_SNAPSHOT, meshConfigOf } from '#shared/mesh';
import type { KubeObject, MeshChange, MeshConfig, MeshSnapshot } from '#shared/mesh';
import { createReflector } from '#server/lib';
import type { KubeClient, Logger, Reflector, WatchTarget } from '#server/lib';
import type { ControllerMetrics } from '../metrics.ts';

/** What a mesh is made of, beside Istio's kinds. */
const BUILT_IN: readonly WatchTarget[] = [
  { group: '', version: 'v1', plural: 'namespaces' }, { group: '', version: 'v1', plural: 'nodes' }, { group: '', version: 'v1', plural: 'pods' }, { group: '', version: 'v1', plural: 'services' },
  { group: 'discovery.k8s.io', version: 'v1', plural: 'endpointslices' },
];
const ISTIO: readonly WatchTarget[] = CUSTOM_KINDS.map((kind) => ({ group: kind.group, version: kind.version, plural: kind.plural }));
const MESH_CONFIG_MAP = 'istio';

export type ClusterSourceOptions = {
  readonly client: KubeClient; readonly namespace: string; readonly otlpEndpoint: string | undefined; readonly metrics: ControllerMetrics; readonly log: Logger;
  /** The configuration changed. */
  onChange(trigger: Trigger): void; /** Only the revision moved: what came says nothing new to proxies. */ onRevision(): void; onNamespace(event: string, namespace: KubeObject): void; onObject(event: string, object: KubeObject): void;
};
/** What a change is about, by istiod's words for pilot_push_triggers. */
export type Trigger = 'config' | 'service' | 'endpoint' | 'global' | 'namespace';
const TRIGGERS: ReadonlyMap<string, Trigger> = new Map([['Namespace', 'namespace'], ['Node', 'global'], ['Pod', 'endpoint'], ['Service', 'service'], ['EndpointSlice', 'endpoint'], ['ConfigMap', 'global']]);
const UPDATES: ReadonlyMap<Trigger, string> = new Map([['config', 'config'], ['service', 'svc'], ['endpoint', 'eds']]);

/** Watches the cluster and folds what comes into snapshots. */
export class ClusterSource {
  readonly #options: ClusterSourceOptions;
  readonly #reflectors: Reflector[] = [];
  readonly #pending: MeshChange[] = [];
  readonly #triggers = new Set<Trigger>();
  #scheduled = false;
  #mesh: MeshConfig;
  #snapshot: MeshSnapshot = EMPTY_SNAPSHOT;
  synced = false;
  constructor(options: ClusterSourceOptions) {
    this.#options = options;
    this.#mesh = meshConfigOf({}, { otlpEndpoint: options.otlpEndpoint });
  }
  /** Resolves when everything there is has been read once. */
  async start(): Promise<void> {
    const { client, namespace, log, metrics } = this.#options;
    const failing = new Set<string>();
    const watch = (target: WatchTarget, onChange: (event: MeshChange['event'], object: KubeObject) => void): Reflector => createReflector(client, target, {
      onChange,
      onError: (error) => {
        if (error === undefined) return void failing.delete(target.plural);
        metrics.apiErrors.inc({ doing: `watching ${target.plural}` });
        if (!failing.has(target.plural)) log.warn({ resource: target.plural, error: error.message }, 'a watch failed and is tried again; the last known state goes on serving');
        failing.add(target.plural);
      },
    });
    this.#reflectors.push(...[...BUILT_IN, ...ISTIO].map((target) => watch(target, (event, object) => this.#changed(event, object))));
    this.#reflectors.push(watch({ group: '', version: 'v1', plural: 'configmaps', namespace, fieldSelector: `metadata.name=${MESH_CONFIG_MAP}` }, (event, object) => this.#meshChanged(event, object)));
    await Promise.all(this.#reflectors.map((reflector) => reflector.synced));
    this.synced = true;
  }
  get mesh(): MeshConfig {
    return this.#mesh;
  }

  #changed(event: MeshChange['event'], object: KubeObject): void {
    const { metrics, onNamespace, onObject } = this.#options;
    const trigger = TRIGGERS.get(object.kind) ?? 'config';
    if (trigger === 'config') metrics.configEvents.inc({ type: object.kind, event: event.toLowerCase() });
    else metrics.registryEvents.inc({ type: object.kind, event: event.toLowerCase() });
    metrics.updates.inc({ type: UPDATES.get(trigger) ?? trigger });
    this.#pending.push({ event, object });
    if (object.kind === 'Namespace') onNamespace(event, object);
    onObject(event, object);
    this.#collect(trigger);
  }
  /** What comes in one turn of the event loop is looked at together. */
  #collect(trigger: Trigger): void {
    this.#triggers.add(trigger);
    if (!this.synced || this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#settle());
  }
  #settle(): void {
    const { onChange, onRevision } = this.#options;
    this.#scheduled = false;
    if (this.#pending.length === 0) return;
    const before = this.#snapshot;
    const next = this.next();
    const triggers = [...this.#triggers];
    this.#triggers.clear();
    if (affected(before, next).size === 0) onRevision();
    else for (const trigger of triggers) onChange(trigger);
  }
  #meshChanged(event: MeshChange['event'], object: KubeObject): void {
    const { log, otlpEndpoint } = this.#options;
    const data = event === 'DELETED' ? undefined : object['data'];
    const text = isRecord(data) && typeof data['mesh'] === 'string' ? data['mesh'] : '';
    const configMap = `${object.metadata.namespace}/${object.metadata.name}`;
    try {
      this.#mesh = meshConfigOf(parse(text) ?? {}, { otlpEndpoint, onProblem: (problem) => log.warn({ configMap, problem }, 'a setting of the mesh config is ignored') });
    } catch (error) {
      log.error({ configMap, error: errorText(error) }, 'the mesh config is not YAML; the one before goes on being used');
      return;
    }
    this.#pending.push({ event, object }); // counts for the revision
    this.#collect('global');
  }

  get snapshot(): MeshSnapshot {
    return this.#snapshot;
  }
  /** Folds in all changes up to now. */
  next(): MeshSnapshot {
    const { metrics, log } = this.#options;
    const start = performance.now();
    const mesh = this.#mesh;
    this.#snapshot = changeSnapshot(this.#snapshot, this.#pending.splice(0), {
      mesh,
      onRejected: (ref) => {
        metrics.rejectedConfigs.inc({ kind: ref.kind });
        log.warn({ object: `${ref.kind} ${ref.namespace}/${ref.name}` }, 'an object has not the shape of its kind and is left out');
      },
    });
    metrics.pushContext.observe((performance.now() - start) / 1000);
    metrics.services.set(this.#snapshot.services.size);
    metrics.virtualServices.set(this.#snapshot.virtualServices.size);
    let empty = 0;
    for (const service of this.#snapshot.services.values()) if (service.externalName === undefined && !(this.#snapshot.endpoints.get(service.host) ?? []).some((endpoint) => endpoint.ready)) empty += 1;
    metrics.noEndpoints.set(empty);
    return this.#snapshot;
  }
  stop(): void {
    for (const reflector of this.#reflectors) reflector.stop();
  }
}
