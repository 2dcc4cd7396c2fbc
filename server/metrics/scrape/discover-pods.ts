import { createKubeClient, createReflector, kubeConfig } from '#server/lib';
import type { Logger } from '#server/lib';
import type { KubeObject } from '#shared/mesh';
import { podTargets } from './pod-targets.ts';
import type { TargetSpec } from './target.ts';

export type KubeAccess = { readonly inCluster: true } | { readonly kubeconfigPath: string };
export type Discovery = { stop(): void };

/** Changes of many pods at once lead to one update, ms. */
const SETTLE_MS = 20;

/** Watches pods and gives the targets they ask for whenever these change. */
export async function discoverPods(kube: KubeAccess, log: Logger, onTargets: (targets: readonly TargetSpec[]) => void): Promise<Discovery> {
  const client = createKubeClient(await kubeConfig('inCluster' in kube ? { inCluster: true, light: true } : kube));
  const targets = new Map<string, readonly TargetSpec[]>();
  let timer: NodeJS.Timeout | undefined;
  let synced = false;
  const tell = (): void => {
    if (synced) timer ??= setTimeout(() => {
      timer = undefined;
      onTargets([...targets.values()].flat());
    }, SETTLE_MS);
  };
  const keyOf = (pod: KubeObject): string => `${pod.metadata.namespace ?? ''}/${pod.metadata.name}`;
  const reflector = createReflector(client, { group: '', version: 'v1', plural: 'pods' }, {
    onChange: (event, pod) => {
      const key = keyOf(pod);
      const now = event === 'DELETED' ? [] : podTargets(pod);
      const before = targets.get(key) ?? [];
      if (JSON.stringify(now) === JSON.stringify(before)) return;
      if (now.length === 0) targets.delete(key);
      else targets.set(key, now);
      tell();
    },
    onSynced: () => {
      synced = true;
      tell();
    },
    onError: (error) => {
      if (error === undefined) log.info('pods are watched again');
      else log.warn({ err: error }, 'pods cannot be watched; the known targets are scraped on');
    },
  });
  return {
    stop: () => {
      clearTimeout(timer);
      reflector.stop();
      client.close();
    },
  };
}
