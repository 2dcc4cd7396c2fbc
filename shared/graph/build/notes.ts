import { span } from '#shared/health';
import type { GraphEdge, GraphNode, GraphNote } from '../model/graph-model.ts';
import type { SnapshotView } from '../snapshot/snapshot-view.ts';

export type Absence = {
  readonly windowSeconds: number;
  /** Selected namespaces; empty means all. */
  readonly namespaces: readonly string[];
  /** Whether Prometheus knows any sidecar; undefined when it was not asked. */
  readonly scraped: boolean | undefined;
  /** Sources that gave nothing, in words ("Prometheus does not answer since 14:02"). */
  readonly missing: readonly { readonly text: string; readonly help: string; readonly partial: boolean }[];
};

/** Why the graph is empty or partial. The first reason that holds is the one that helps; the order is from the source to the traffic. */
export function notesOf(view: SnapshotView, nodes: readonly GraphNode[], edges: readonly GraphEdge[], absence: Absence): readonly GraphNote[] {
  const notes: GraphNote[] = absence.missing.map(({ text, help, partial }) => ({ code: partial ? 'partial' : 'source-missing', text, help }));
  const names = new Set(view.namespaces.map((ns) => ns.name));
  const gone = names.size === 0 ? [] : absence.namespaces.filter((name) => !names.has(name));
  if (gone.length > 0) notes.push({ code: 'no-namespace', text: `There is no namespace named ${gone.join(', ')}.`, help: 'Choose another namespace, or all of them.' });
  if (edges.length > 0 || notes.some((note) => note.code === 'source-missing')) return notes;
  const chosen = (namespace: string): boolean => absence.namespaces.length === 0 || absence.namespaces.includes(namespace);
  const workloads = [...view.workloads.values()].filter((w) => chosen(w.namespace) && w.namespace !== view.rootNamespace);
  const withSidecar = workloads.filter((w) => w.sidecar === 'all' || w.sidecar === 'some');
  if (view.namespaces.length > 0 && gone.length < Math.max(1, absence.namespaces.length) && withSidecar.length === 0) {
    if (workloads.length === 0) notes.push({ code: 'no-traffic', text: `There are no workloads in ${absence.namespaces.length === 0 ? 'the mesh' : absence.namespaces.join(', ')}.`, help: 'kubectl apply -f your manifests, or choose another namespace.' });
    else {
      const outside = [...new Set(workloads.map((w) => w.namespace))].toSorted();
      const first = outside[0] ?? 'default';
      notes.push({ code: 'not-injected', text: `No workload in ${outside.join(', ')} has a sidecar, so nothing is measured.`, help: `kubectl label namespace ${first} istio-injection=enabled && kubectl rollout restart deployment -n ${first}` });
    }
    return notes;
  }
  if (absence.scraped === false) notes.push({ code: 'not-scraped', text: 'Sidecars run, but Prometheus has no metrics of them.', help: 'Check that Prometheus scrapes the pods: annotations prometheus.io/scrape, port 15020, path /stats/prometheus.' });
  else if (nodes.length > 0 || withSidecar.length > 0) notes.push({ code: 'no-traffic', text: `No requests in the last ${span(absence.windowSeconds)}${absence.namespaces.length === 0 ? '' : ` in ${absence.namespaces.join(', ')}`}.`, help: 'Send some requests, or choose a longer window.' });
  return notes;
}
