import type { KubeObject } from '#shared/mesh';
import { replicaSetOf } from '../kinds.ts';
import type { ReplicaSet } from '../kinds.ts';
import type { Sized } from './sizes.ts';
import { templateText } from './template.ts';

export const REVISION = 'deployment.kubernetes.io/revision';
export const REVISION_HISTORY = 'deployment.kubernetes.io/revision-history';
export const DESIRED = 'deployment.kubernetes.io/desired-replicas';
export const MAX = 'deployment.kubernetes.io/max-replicas';
/** Annotations of a Deployment that its ReplicaSets do not get. */
const OWN_ANNOTATIONS: readonly string[] = ['kubectl.kubernetes.io/last-applied-configuration', REVISION, REVISION_HISTORY, DESIRED, MAX];

/** A ReplicaSet with what the controller reads of it. */
export type Set = { readonly object: KubeObject; readonly view: ReplicaSet };
export type Sets = { readonly newest: Set | undefined; readonly old: readonly Set[] };

export const annotationOf = (object: KubeObject, name: string): string | undefined => object.metadata.annotations?.[name];
export const revisionOf = (object: KubeObject): number => Number(annotationOf(object, REVISION) ?? 0) || 0;
export const numberAnnotation = (object: KubeObject, name: string): number | undefined => {
  const n = Number(annotationOf(object, name) ?? Number.NaN);
  return Number.isFinite(n) ? n : undefined;
};

/** Splits the ReplicaSets into the one whose template is the Deployment's (the oldest such) and the others. */
export function splitSets(template: Record<string, unknown>, objects: readonly KubeObject[]): Sets {
  const wanted = templateText(template);
  const sets = objects.flatMap((object): Set[] => {
    const view = replicaSetOf(object);
    return view === undefined ? [] : [{ object, view }];
  }).toSorted((a, b) => (a.object.metadata.creationTimestamp ?? '').localeCompare(b.object.metadata.creationTimestamp ?? '') || a.object.metadata.name.localeCompare(b.object.metadata.name));
  const newest = sets.find((set) => templateText(set.view.spec.template) === wanted);
  return { newest, old: sets.filter((set) => set !== newest) };
}

export const sizedOf = ({ object, view }: Set): Sized => ({
  name: object.metadata.name, replicas: view.spec.replicas, available: view.status.availableReplicas, createdAt: object.metadata.creationTimestamp ?? '', maxBefore: numberAnnotation(object, MAX),
});

/** Annotations a ReplicaSet takes over from its Deployment. */
export const inheritedAnnotations = (deployment: KubeObject): Record<string, string> =>
  Object.fromEntries(Object.entries(deployment.metadata.annotations ?? {}).filter(([name]) => !OWN_ANNOTATIONS.includes(name)));

/** The annotations of the newest ReplicaSet: revision moved to the front when it was an older one (a rollback), its former ones kept in the history. */
export function newestAnnotations(deployment: KubeObject, newest: KubeObject, revision: number): Record<string, string> {
  const wanted: Record<string, string> = inheritedAnnotations(deployment);
  const current = revisionOf(newest);
  if (current < revision) {
    wanted[REVISION] = String(revision);
    if (current > 0) {
      const history = annotationOf(newest, REVISION_HISTORY);
      wanted[REVISION_HISTORY] = history === undefined || history === '' ? String(current) : `${history},${current}`;
    }
  }
  return Object.fromEntries(Object.entries(wanted).filter(([name, v]) => annotationOf(newest, name) !== v));
}
