import * as z from 'zod/mini';
import type { KubeObject } from '#shared/mesh';

/** The fields of Kubernetes and Istio objects that the graph reads. Everything is optional: a cluster may hold anything. */
const labels = z.optional(z.record(z.string(), z.string()));
const list = <T extends z.core.$ZodType>(of: T) => z.optional(z.nullable(z.array(of)));
const metadata = z.object({ name: z.string(), namespace: z.optional(z.string()), labels, annotations: labels, creationTimestamp: z.optional(z.nullable(z.string())), deletionTimestamp: z.optional(z.nullable(z.string())), resourceVersion: z.optional(z.string()), ownerReferences: list(z.object({ kind: z.string(), name: z.string(), controller: z.optional(z.boolean()) })) });
const container = z.object({ name: z.string() });
const condition = z.object({ type: z.string(), status: z.string() });

export const podShape = z.object({
  metadata,
  spec: z.optional(z.object({ containers: list(container), initContainers: list(container), serviceAccountName: z.optional(z.string()), nodeName: z.optional(z.string()) })),
  status: z.optional(z.object({ phase: z.optional(z.string()), podIP: z.optional(z.string()), conditions: list(condition) })),
});
export const workloadShape = z.object({
  metadata,
  spec: z.optional(z.object({ replicas: z.optional(z.number()), template: z.optional(z.object({ metadata: z.optional(z.object({ labels, annotations: labels })) })) })),
  status: z.optional(z.object({ readyReplicas: z.optional(z.number()), numberReady: z.optional(z.number()), desiredNumberScheduled: z.optional(z.number()) })),
});
export const serviceShape = z.object({
  metadata,
  spec: z.optional(z.object({ selector: labels, ports: list(z.object({ name: z.optional(z.string()), port: z.number(), protocol: z.optional(z.string()), appProtocol: z.optional(z.string()) })) })),
});
export const namespaceShape = z.object({ metadata });

const destination = z.object({ host: z.string(), subset: z.optional(z.string()), port: z.optional(z.object({ number: z.optional(z.number()) })) });
const routeEntry = z.object({ destination: z.optional(destination), weight: z.optional(z.number()) });
const httpRule = z.object({
  name: z.optional(z.string()), match: list(z.record(z.string(), z.unknown())), route: list(routeEntry), redirect: z.optional(z.unknown()), directResponse: z.optional(z.unknown()), delegate: z.optional(z.unknown()),
  timeout: z.optional(z.string()), retries: z.optional(z.unknown()), fault: z.optional(z.unknown()), mirror: z.optional(z.unknown()), mirrors: z.optional(z.unknown()),
});
export const virtualServiceShape = z.object({ metadata, spec: z.optional(z.object({ hosts: list(z.string()), gateways: list(z.string()), http: list(httpRule), tcp: list(z.object({ route: list(routeEntry) })), tls: list(z.object({ route: list(routeEntry) })) })) });
const policy = z.object({ connectionPool: z.optional(z.unknown()), outlierDetection: z.optional(z.unknown()), tls: z.optional(z.object({ mode: z.optional(z.string()) })) });
const subset = z.object({ name: z.string(), labels, trafficPolicy: z.optional(policy) });
export const destinationRuleShape = z.object({ metadata, spec: z.optional(z.object({ host: z.optional(z.string()), subsets: list(subset), trafficPolicy: z.optional(policy) })) });
export const gatewayShape = z.object({ metadata, spec: z.optional(z.object({ selector: labels })) });
export const peerAuthenticationShape = z.object({ metadata, spec: z.optional(z.object({ selector: z.optional(z.object({ matchLabels: labels })), mtls: z.optional(z.nullable(z.object({ mode: z.optional(z.string()) }))) })) });
export const serviceEntryShape = z.object({ metadata, spec: z.optional(z.object({ hosts: list(z.string()) })) });

export type VirtualServiceShape = z.infer<typeof virtualServiceShape>;
export type HttpRuleShape = z.infer<typeof httpRule>;
export type DestinationRuleShape = z.infer<typeof destinationRuleShape>;
export type ServiceShape = z.infer<typeof serviceShape>;
export type PodShape = z.infer<typeof podShape>;
export type WorkloadShape = z.infer<typeof workloadShape>;

/** Objects are never changed, only replaced: what was read of one is kept as long as it lives. */
const read = new WeakMap<z.ZodMiniType, WeakMap<KubeObject, { readonly shape: unknown }>>();

/** The objects that have the shape; one that has not is left out, as the API server's schema should have refused it. */
export function shaped<T extends z.ZodMiniType>(shape: T, objects: readonly KubeObject[]): readonly z.infer<T>[] {
  let known = read.get(shape);
  if (known === undefined) read.set(shape, known = new WeakMap());
  const out: z.infer<T>[] = [];
  for (const object of objects) {
    const seen = known.get(object);
    if (seen !== undefined) {
      if (seen.shape !== undefined) out.push(seen.shape as z.infer<T>);
      continue;
    }
    const parsed = shape.safeParse(object);
    known.set(object, { shape: parsed.success ? parsed.data : undefined });
    if (parsed.success) out.push(parsed.data);
  }
  return out;
}

export const nsOf = (object: { readonly metadata: { readonly namespace?: string | undefined } }): string => object.metadata.namespace ?? '';
