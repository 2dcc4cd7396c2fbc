import type { ObjectRef } from '#shared/mesh';
import type { Code } from '../catalog.ts';
import { labelText, listed, named } from '../rule.ts';
import type { Findings, Rule } from '../rule.ts';
import type { World } from '../world/world.ts';

type Chosen = { readonly ref: ObjectRef; readonly namespace: string; readonly name: string; readonly labels: { readonly [key: string]: string }; readonly path: readonly string[] };
type Codes = { readonly noPod: Code; readonly samePod: Code; readonly noSelector: Code };

/** A selector chooses among pods of its own namespace, in the root namespace too. Each finds a pod, no pod is found twice, and a namespace has one object for the rest. */
function checkChoice(world: World, all: readonly Chosen[], codes: Codes, findings: Findings): void {
  const byPod = new Map<string, Chosen[]>();
  for (const one of all) {
    if (Object.keys(one.labels).length === 0) continue;
    const pods = world.podIndex.chosen(one.namespace, one.labels).filter((pod) => !pod.isFinished);
    for (const pod of pods) byPod.set(named(pod), [...(byPod.get(named(pod)) ?? []), one]);
    if (pods.length === 0) findings.add(codes.noPod, one.ref, one.path, `No pod of ${one.namespace} has the labels ${labelText(one.labels)}, so this acts on nothing.`, { fix: { text: 'Use labels of the pods it is meant for.' } });
  }
  for (const [pod, several] of byPod) {
    for (const one of several.length > 1 ? several : []) {
      const others = several.filter((other) => other !== one);
      findings.add(codes.samePod, one.ref, one.path, `The pod ${pod} is also chosen by ${listed(others.map(named))}; only one of them can act.`, { related: others.map((other) => other.ref), fix: { text: 'Make the selectors apart, or merge the objects.' } });
    }
  }
  for (const several of Map.groupBy(all.filter((one) => Object.keys(one.labels).length === 0), (one) => one.namespace).values()) {
    for (const one of several.length > 1 ? several : []) {
      const others = several.filter((other) => other !== one);
      findings.add(codes.noSelector, one.ref, ['spec'], `${listed(others.map(named))} has no selector either; only one of them acts on ${one.namespace}.`, { related: others.map((other) => other.ref), fix: { text: 'Keep one object without a selector in a namespace.' } });
    }
  }
}

/** IST0101 (selector), IST0110, IST0111 for Sidecars; IST0159, IST0160 for Telemetry; KIA0002, KIA0003, KIA0004 for PeerAuthentication. */
export const sidecarSelectors: Rule = {
  needs: ['Pod'],
  run: (world, findings) => {
    checkChoice(world, world.sidecars.map(({ ref, namespace, name, object }) => ({ ref, namespace, name, labels: object.spec.workloadSelector?.labels ?? {}, path: ['spec', 'workloadSelector'] })), { noPod: 'IST0101', samePod: 'IST0110', noSelector: 'IST0111' }, findings);
    const bySelector = (list: readonly { readonly ref: ObjectRef; readonly namespace: string; readonly name: string; readonly object: { readonly spec?: { readonly selector?: { readonly matchLabels?: { readonly [key: string]: string } } } } }[]): readonly Chosen[] =>
      list.map(({ ref, namespace, name, object }) => ({ ref, namespace, name, labels: object.spec?.selector?.matchLabels ?? {}, path: ['spec', 'selector'] }));
    checkChoice(world, bySelector(world.telemetries.filter(({ object }) => object.spec?.targetRef === undefined && (object.spec?.targetRefs ?? []).length === 0)), { noPod: 'IST0101', samePod: 'IST0159', noSelector: 'IST0160' }, findings);
    // Istio ignores a PeerAuthentication of the root namespace that has a selector.
    const isIdle = (one: Chosen): boolean => one.namespace === world.rootNamespace && Object.keys(one.labels).length > 0;
    const policies = bySelector(world.peerAuthentications);
    for (const one of policies.filter(isIdle)) {
      findings.add('KIA0004', one.ref, one.path, `In ${one.namespace}, the root namespace, only a PeerAuthentication without a selector counts, for the whole mesh. With the selector ${labelText(one.labels)} this acts on nothing.`, {
        fix: { text: 'Move it to the namespace of the workloads it is meant for, or take the selector away.' },
      });
    }
    checkChoice(world, policies.filter((one) => !isIdle(one)), { noPod: 'KIA0004', samePod: 'KIA0003', noSelector: 'KIA0002' }, findings);
  },
};
