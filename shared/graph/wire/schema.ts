import * as z from 'zod/mini';

/** The compact form of a full frame: columns with defaults. `encodeFrame` says what each default is. */
const sparse = <T extends z.core.$ZodType>(of: T) => z.object({ i: z.array(z.int()), v: z.array(of) });
const numbers = z.array(z.number());
const health = z.object({ state: z.enum(['healthy', 'degraded', 'failing', 'idle', 'unknown']), reason: z.string() });
const note = z.object({ code: z.enum(['no-traffic', 'not-injected', 'not-scraped', 'no-namespace', 'source-missing', 'partial']), text: z.string(), help: z.string() });
const grouping = z.enum(['service-version', 'service', 'workload', 'app']);
const window = z.object({ from: z.number(), to: z.number() });
const namespace = z.object({ key: z.string(), name: z.string(), workloads: z.number(), mtlsMode: z.enum(['STRICT', 'PERMISSIVE', 'DISABLE', 'MIXED', 'UNSET']), injection: z.boolean() });
const maybe = z.nullable(z.number());

export const compactModel = z.object({
  window, grouping, namespaces: z.array(namespace), notes: z.array(note), texts: z.array(z.string()),
  nodes: z.object({
    kind: numbers, namespace: numbers, name: z.array(z.string()), key: sparse(z.string()), app: sparse(z.string()), version: numbers, workload: sparse(z.nullable(z.string())), service: sparse(z.nullable(z.string())),
    p95: sparse(z.number()), health: sparse(health), sidecar: sparse(z.enum(['some', 'none', 'unknown'])), badges: sparse(z.array(z.string())), principal: sparse(z.number()),
  }),
  edges: z.object({
    source: numbers, target: numbers, rate: numbers, protocol: sparse(z.enum(['grpc', 'tcp'])), error: sparse(z.number()), clientError: sparse(z.number()), p50: sparse(z.number()), p95: z.array(maybe), p99: sparse(z.number()),
    health: sparse(health), mtls: sparse(maybe), principals: sparse(z.tuple([maybe, maybe])), split: sparse(z.tuple([maybe, z.number()])), responses: sparse(z.array(z.tuple([z.number(), z.number(), z.number()]))),
  }),
});
export type CompactModel = z.infer<typeof compactModel>;

const traffic = z.object({ rate: z.number(), errorShare: z.number(), clientErrorShare: z.number(), p50: z.optional(z.number()), p95: z.optional(z.number()), p99: z.optional(z.number()) });
const node = z.object({
  key: z.string(), kind: z.enum(['service', 'workload', 'app', 'gateway', 'external', 'unknown']), namespace: z.string(), name: z.string(), app: z.string(), version: z.optional(z.string()), workload: z.optional(z.string()), service: z.optional(z.string()),
  health, inbound: traffic, outbound: traffic, sidecar: z.enum(['all', 'some', 'none', 'unknown']), idle: z.boolean(), badges: z.array(z.string()),
});
const edge = z.object({
  key: z.string(), source: z.string(), target: z.string(), protocol: z.enum(['http', 'grpc', 'tcp']), traffic, health, mtlsShare: z.optional(z.number()), principals: z.object({ source: z.optional(z.string()), destination: z.optional(z.string()) }),
  split: z.optional(z.object({ set: z.optional(z.number()), observed: z.number() })), responses: z.array(z.object({ code: z.string(), flags: z.string(), rate: z.number() })),
});
const patch = z.object({ window, namespaces: z.optional(z.array(namespace)), notes: z.optional(z.array(note)), nodes: z.object({ put: z.array(node), drop: z.array(z.string()) }), edges: z.object({ put: z.array(edge), drop: z.array(z.string()) }) });

/** A frame as it travels (SSE event `frame`, GET /api/graph). Read it with `decodeFrame`. */
export const wireFrame = z.discriminatedUnion('type', [
  z.object({ type: z.literal('full'), revision: z.number(), at: z.number(), compact: compactModel }),
  z.object({ type: z.literal('patch'), revision: z.number(), base: z.number(), at: z.number(), patch }),
]);
export type WireFrame = z.infer<typeof wireFrame>;
export type WireNode = z.infer<typeof node>;
export type WireEdge = z.infer<typeof edge>;
