import type { Reading } from '#shared/base';
import type { MeshState } from './mesh-state.ts';

export type FindingRow = { readonly level: 'error' | 'warning' | 'info'; readonly code: string; readonly message: string; readonly path: string; readonly group: string; readonly kind: string; readonly namespace: string; readonly name: string };

/** Findings of the analysis, computed anew when an object changed. */
export class Findings {
  readonly #state: MeshState;
  constructor(state: MeshState) {
    this.#state = state;
  }
  all(): Reading<readonly FindingRow[]> {
    return { state: 'value', value: [], at: this.#state.clock() };
  }
  of(kind: string, namespace: string, name: string): readonly FindingRow[] {
    const all = this.all();
    return all.state === 'value' ? all.value.filter((f) => f.kind === kind && f.namespace === namespace && f.name === name) : [];
  }
  /** Findings about a service or workload itself. */
  countFor(namespace: string, name: string): number {
    return this.of('Service', namespace, name).length + this.of('Deployment', namespace, name).length;
  }
}
