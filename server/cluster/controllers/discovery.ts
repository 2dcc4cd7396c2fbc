import * as z from 'zod';
import type { KubeClient } from '#server/lib';

const ACCEPT = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
const list = z.object({
  items: z.array(z.object({
    metadata: z.object({ name: z.string().default('') }).default({ name: '' }),
    versions: z.array(z.object({
      version: z.string(),
      resources: z.array(z.object({ resource: z.string(), scope: z.string(), verbs: z.array(z.string()).nullish(), responseKind: z.object({ kind: z.string() }).nullish() })).nullish(),
    })).nullish(),
  })).nullish(),
});
/** One served resource at its preferred version. */
export type ServedResource = { readonly group: string; readonly version: string; readonly plural: string; readonly kind: string; readonly namespaced: boolean; readonly verbs: readonly string[] };

/** Every resource the server serves (aggregated discovery, the first version of each group that has it). */
export async function discover(client: KubeClient): Promise<readonly ServedResource[]> {
  const found = new Map<string, ServedResource>();
  for (const path of ['/api', '/apis']) {
    const parsed = list.safeParse(await client.request({ method: 'GET', path, accept: ACCEPT }));
    if (!parsed.success) throw new Error(`${path} did not answer with aggregated discovery: ${parsed.error.issues[0]?.message ?? ''}`);
    for (const group of parsed.data.items ?? []) {
      for (const { version, resources } of group.versions ?? []) {
        for (const entry of resources ?? []) {
          const key = `${group.metadata.name}/${entry.resource}`;
          if (found.has(key)) continue;
          found.set(key, { group: group.metadata.name, version, plural: entry.resource, kind: entry.responseKind?.kind ?? '', namespaced: entry.scope === 'Namespaced', verbs: entry.verbs ?? [] });
        }
      }
    }
  }
  return [...found.values()];
}
