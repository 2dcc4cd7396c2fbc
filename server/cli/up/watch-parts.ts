import { createReflector } from '#server/lib';
import type { KubeClient } from '#server/lib';
import { isRecord } from '#shared/base';
import type { KubeObject } from '#shared/mesh';
import type { Part } from './state-file.ts';

export type PartsWatch = { readonly parts: () => readonly Part[]; stop(): void };

const numberIn = (object: unknown, field: string): number => (isRecord(object) && typeof object[field] === 'number' ? object[field] : 0);

/** Follows every Deployment; `onChange` is called with the part that became ready or stopped being so. */
export function watchParts(client: KubeClient, onChange: (part: Part) => void): PartsWatch {
  const start = performance.now();
  const parts = new Map<string, Part>();
  const see = (object: KubeObject): void => {
    const key = `${object.metadata.namespace}/${object.metadata.name}`;
    const wanted = isRecord(object['spec']) ? numberIn(object['spec'], 'replicas') : 0;
    const ready = numberIn(object['status'], 'readyReplicas') >= Math.max(1, wanted) && numberIn(object['status'], 'observedGeneration') > 0;
    const known = parts.get(key);
    const state = wanted === 0 ? 'stopped' : ready ? 'ready' : 'starting';
    if (known?.state === state) return;
    const part: Part = {
      name: object.metadata.name, namespace: object.metadata.namespace ?? '', state, ...(known?.startedAt === undefined ? { startedAt: new Date().toISOString() } : { startedAt: known.startedAt }),
      ...(ready ? { readyMs: Math.round(performance.now() - start) } : {}),
    };
    parts.set(key, part);
    onChange(part);
  };
  const reflector = createReflector(client, { group: 'apps', version: 'v1', plural: 'deployments' }, {
    onChange: (event, object) => {
      if (event === 'DELETED') parts.delete(`${object.metadata.namespace}/${object.metadata.name}`);
      else see(object);
    },
  });
  return { parts: () => [...parts.values()], stop: () => reflector.stop() };
}
