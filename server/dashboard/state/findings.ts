import type { Reading } from '#shared/base';
import { analyze } from '#shared/analysis';
import type { Finding } from '#shared/analysis';
import { refKey, refOf } from '#shared/mesh';
import type { FieldPath, KubeObject } from '#shared/mesh';
import { pathText } from '../config/yaml-text.ts';
import type { MeshState } from './mesh-state.ts';
import { servicesOf } from './object-hosts.ts';

export type FindingRow = { readonly level: 'error' | 'warning' | 'info'; readonly code: string; readonly message: string; readonly path: string; readonly fields: FieldPath; readonly group: string; readonly kind: string; readonly namespace: string; readonly name: string };

/** The analysis runs at most this often, ms, and never more than a tenth of the time. */
const PAUSE_MS_MIN = 300;
const BUSY_FACTOR = 10;
/** Kinds the rules know and the console does not read: nothing may be concluded from their absence. */
const NEVER_READ = ['Secret', 'ServiceAccount'];

const rowOf = (f: Finding): FindingRow => ({
  level: f.level, code: f.code, message: f.fix === undefined ? f.message : `${f.message} ${f.fix.text}`, path: pathText(f.path), fields: f.path, group: f.object.group, kind: f.object.kind, namespace: f.object.namespace, name: f.object.name,
});

/** Findings of the analysis of the whole configuration, computed anew when an object changed. */
export class Findings {
  readonly #state: MeshState;
  #rows: readonly FindingRow[] = [];
  #byObject: ReadonlyMap<string, readonly FindingRow[]> = new Map();
  /** Findings about a service or a workload and the objects that name it, by "<kind> <namespace>/<name>". */
  #counts: ReadonlyMap<string, number> = new Map();
  #revision = -1;
  #at = Number.NEGATIVE_INFINITY;
  #cost = 0;
  constructor(state: MeshState) {
    this.#state = state;
  }

  #objects(): readonly KubeObject[] {
    const { kubernetes } = this.#state.sources;
    return kubernetes.kinds().flatMap((kind) => kubernetes.objects(kind.group, kind.kind));
  }
  #options(): { readonly rootNamespace: string; readonly missing: readonly string[] } {
    const unseen = this.#state.sources.kubernetes.kinds().filter((kind) => kind.state !== 'watched' && kind.state !== 'absent').map((kind) => kind.kind);
    return { rootNamespace: this.#state.view().rootNamespace, missing: [...NEVER_READ, ...unseen] };
  }

  #refresh(): void {
    const { kubernetes } = this.#state.sources;
    const now = this.#state.clock();
    if (kubernetes.revision === this.#revision || now - this.#at < Math.max(PAUSE_MS_MIN, this.#cost * BUSY_FACTOR)) return;
    const start = performance.now();
    this.#revision = kubernetes.revision;
    this.#at = now;
    const objects = this.#objects();
    this.#rows = analyze(objects, this.#options()).map(rowOf);
    this.#byObject = Map.groupBy(this.#rows, refKey);
    const byKey = new Map(objects.map((object) => [refKey(refOf(object)), object]));
    const counts = new Map<string, number>();
    for (const row of this.#rows) {
      const object = byKey.get(refKey(row));
      const places = row.kind === 'Service' || object === undefined ? [`${row.kind} ${row.namespace}/${row.name}`] : row.kind === 'VirtualService' || row.kind === 'DestinationRule' ? [...servicesOf(object)].map((key) => `Service ${key}`) : [`${row.kind} ${row.namespace}/${row.name}`];
      for (const place of places) counts.set(place, (counts.get(place) ?? 0) + 1);
    }
    this.#counts = counts;
    this.#cost = performance.now() - start;
  }

  all(): Reading<readonly FindingRow[]> {
    const { kubernetes } = this.#state.sources;
    const error = kubernetes.monitor.error;
    if (!kubernetes.monitor.configured) return { state: 'not-asked', reason: 'No Kubernetes API is configured: start the console with --kubeconfig FILE.' };
    this.#refresh();
    if (error !== undefined) return this.#revision <= 0 ? { state: 'error', error } : { state: 'stale', value: this.#rows, since: error.since, error };
    return { state: 'value', value: this.#rows, at: this.#state.clock() };
  }
  of(group: string, kind: string, namespace: string, name: string): readonly FindingRow[] {
    this.#refresh();
    return this.#byObject.get(refKey({ group, kind, namespace, name })) ?? [];
  }
  /** Findings about a service or workload: its own and those of the rules that name it. */
  countFor(kind: string, namespace: string, name: string): number {
    this.#refresh();
    return this.#counts.get(`${kind} ${namespace}/${name}`) ?? 0;
  }
  /** What would be found about an object that is not applied yet, beside everything that is. */
  preview(object: KubeObject): readonly FindingRow[] {
    const key = refKey(refOf(object));
    const others = this.#objects().filter((other) => refKey(refOf(other)) !== key);
    return analyze([...others, object], this.#options()).filter((finding) => refKey(finding.object) === key).map(rowOf);
  }
}

