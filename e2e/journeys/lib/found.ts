import * as z from 'zod';
import type { Kubectl } from './journey.ts';

const KINDS = 'virtualservices.networking.istio.io,destinationrules.networking.istio.io,gateways.networking.istio.io,peerauthentications.security.istio.io';
const object = z.object({ apiVersion: z.string(), kind: z.string(), metadata: z.object({ name: z.string(), namespace: z.string(), labels: z.record(z.string(), z.string()).optional(), annotations: z.record(z.string(), z.string()).optional() }), spec: z.unknown() });
type Kept = z.infer<typeof object>;
const keyOf = (kept: Kept): string => `${kept.kind} ${kept.metadata.namespace}/${kept.metadata.name}`;
const resourceOf = (kept: Kept): readonly string[] => ['-n', kept.metadata.namespace, `${kept.kind.toLowerCase()}.${kept.apiVersion.split('/')[0] ?? ''}/${kept.metadata.name}`];

/** The mesh's configuration at one moment, and the way back to it. */
export class Found {
  readonly objects: ReadonlyMap<string, Kept>;
  private constructor(objects: readonly Kept[]) {
    this.objects = new Map(objects.map((kept) => [keyOf(kept), kept]));
  }
  static async look(run: Kubectl): Promise<Found> {
    return new Found(z.object({ items: z.array(object) }).parse(JSON.parse(await run(['get', KINDS, '-A', '-o', 'json']))).items);
  }
  /** Deletes what is new, brings back what is gone, sets back what is different. */
  async restore(run: Kubectl): Promise<void> {
    const now = await Found.look(run);
    for (const [key, kept] of now.objects) {
      const [flag = '', namespace = '', name = ''] = resourceOf(kept);
      if (!this.objects.has(key)) await run(['delete', flag, namespace, name]);
    }
    for (const [key, kept] of this.objects) {
      const there = now.objects.get(key);
      if (there !== undefined && JSON.stringify(there.spec) === JSON.stringify(kept.spec)) continue;
      await run([there === undefined ? 'create' : 'replace', '-f', '-'], JSON.stringify(kept));
    }
  }
}
