import { groupOf, refKey } from '#shared/mesh';
import type { KubeObject, MeshSnapshot } from '#shared/mesh';
import type { Finding, FindingLevel } from './finding.ts';
import { Findings } from './rule.ts';
import { RULES } from './rules/index.ts';
import { worldOfObjects } from './world/world-of-objects.ts';
import type { WorldOptions } from './world/world-of-objects.ts';
import { worldOfSnapshot } from './world/world-of-snapshot.ts';
import type { World } from './world/world.ts';

const RANK: Readonly<Record<FindingLevel, number>> = { error: 0, warning: 1, info: 2 };
const SUPPRESS = 'galley.istio.io/analyze-suppress';

/**
 * What is wrong or doubtful in the objects of a cluster, or in a snapshot of its mesh (which has no Secrets, service accounts and workloads), the worst first. Findings an object does not want to hear (annotation galley.istio.io/analyze-suppress:
 * codes, or *) are left out.
 */
export function analyze(from: readonly KubeObject[] | MeshSnapshot, options: WorldOptions = {}): readonly Finding[] {
  return findingsOf('revision' in from ? worldOfSnapshot(from, options) : worldOfObjects(from, options));
}

function findingsOf(world: World): readonly Finding[] {
  const findings = new Findings();
  for (const rule of RULES) if (!(rule.needs ?? []).some((kind) => world.missing.has(kind))) rule.run(world, findings);
  const unwanted = suppressed(world.objects);
  return findings.all().filter((finding) => {
    const codes = unwanted.get(refKey(finding.object));
    return codes === undefined || !(codes.has('*') || codes.has(finding.code));
  }).toSorted(inOrder);
}

function suppressed(objects: readonly KubeObject[]): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, ReadonlySet<string>>();
  for (const object of objects) {
    const codes = object.metadata.annotations?.[SUPPRESS];
    if (codes === undefined) continue;
    found.set(refKey({ group: groupOf(object.apiVersion).group, kind: object.kind, namespace: object.metadata.namespace ?? '', name: object.metadata.name }), new Set(codes.split(',').map((code) => code.trim())));
  }
  return found;
}

function inOrder(a: Finding, b: Finding): number {
  if (a.level !== b.level) return RANK[a.level] - RANK[b.level];
  const keyOf = (finding: Finding): string => `${finding.code} ${refKey(finding.object)} ${finding.path.join('.')}`;
  return keyOf(a) < keyOf(b) ? -1 : 1;
}
