import { isKubeError } from '#server/lib';
import type { KubeClient } from '#server/lib';
import { isRecord } from '#shared/base';
import type { KubeObject } from '#shared/mesh';
import { statusField } from './restore.ts';

const TYPES: readonly string[] = ['Ready', 'ContainersReady'];

/** Takes "ready" from pods whose runner was killed: what the API says of them is not true any more, and others (Deployments, Services) go by it. */
export async function markUnready(client: KubeClient, pods: readonly KubeObject[], now: string): Promise<void> {
  await Promise.all(pods.map(async (pod) => {
    const known = statusField(pod, 'conditions');
    const conditions = (Array.isArray(known) ? known : []).filter(isRecord);
    if (!conditions.some((condition) => condition['type'] === 'Ready' && condition['status'] === 'True')) return;
    const { name, namespace = '', uid } = pod.metadata;
    const wanted = conditions.map((condition) => (TYPES.includes(String(condition['type'])) ? { ...condition, status: 'False', reason: 'ContainersNotReady', message: 'the node agent starts anew', lastTransitionTime: now } : condition));
    try {
      await client.request({ method: 'PATCH', path: `/api/v1/namespaces/${namespace}/pods/${name}/status`, body: { metadata: { uid }, status: { conditions: wanted } }, contentType: 'application/merge-patch+json' });
    } catch (error) {
      if (!isKubeError(error, 404) && !isKubeError(error, 409)) throw error; // deleted meanwhile
    }
  }));
}
