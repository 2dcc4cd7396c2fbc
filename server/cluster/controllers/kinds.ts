// The fields of built-in kinds that the controllers read. The API server has validated the objects; what does not fit is left alone.
import * as z from 'zod';
import { typedReader } from '#server/lib';

// The API writes null for a time that was not set.
export const condition = z.looseObject({ type: z.string(), status: z.string(), reason: z.string().nullish(), message: z.string().nullish(), lastUpdateTime: z.string().nullish(), lastTransitionTime: z.string().nullish() });
export type Condition = z.infer<typeof condition>;
const labels = z.record(z.string(), z.string());
const expression = z.object({ key: z.string(), operator: z.string(), values: z.array(z.string()).nullish() });
const labelSelector = z.object({ matchLabels: labels.nullish(), matchExpressions: z.array(expression).nullish() });
export type LabelSelector = z.infer<typeof labelSelector>;
export type Expression = z.infer<typeof expression>;
const intOrString = z.union([z.number(), z.string()]);
const template = z.looseObject({ metadata: z.looseObject({ labels: labels.nullish(), annotations: labels.nullish() }).nullish(), spec: z.looseObject({}).nullish() });
export type Template = z.infer<typeof template>;

const replicaSet = z.object({
  spec: z.object({ replicas: z.number().default(1), minReadySeconds: z.number().default(0), selector: labelSelector, template }),
  status: z.object({ replicas: z.number().default(0), readyReplicas: z.number().default(0), availableReplicas: z.number().default(0), observedGeneration: z.number().default(0), conditions: z.array(condition).nullish() })
    .default({ replicas: 0, readyReplicas: 0, availableReplicas: 0, observedGeneration: 0 }),
});
export type ReplicaSet = z.infer<typeof replicaSet>;
export const replicaSetOf = typedReader(replicaSet);

const deployment = z.object({
  spec: z.object({
    replicas: z.number().default(1), paused: z.boolean().default(false), minReadySeconds: z.number().default(0), revisionHistoryLimit: z.number().default(10), progressDeadlineSeconds: z.number().default(600),
    selector: labelSelector, template,
    strategy: z.object({ type: z.string().default('RollingUpdate'), rollingUpdate: z.object({ maxSurge: intOrString.default('25%'), maxUnavailable: intOrString.default('25%') }).nullish() }).default({ type: 'RollingUpdate' }),
  }),
  status: z.looseObject({
    replicas: z.number().default(0), updatedReplicas: z.number().default(0), readyReplicas: z.number().default(0), availableReplicas: z.number().default(0), observedGeneration: z.number().default(0),
    collisionCount: z.number().optional(), conditions: z.array(condition).nullish(),
  }).default({ replicas: 0, updatedReplicas: 0, readyReplicas: 0, availableReplicas: 0, observedGeneration: 0 }),
});
export type Deployment = z.infer<typeof deployment>;
export const deploymentOf = typedReader(deployment);

const containerPort = z.object({ name: z.string().optional(), containerPort: z.number(), hostPort: z.number().optional(), protocol: z.string().default('TCP') });
const container = z.object({ name: z.string(), ports: z.array(containerPort).nullish(), restartPolicy: z.string().optional(), resources: z.object({ requests: z.record(z.string(), intOrString).nullish() }).nullish() });
const nodeTerm = z.object({ matchExpressions: z.array(expression).nullish(), matchFields: z.array(expression).nullish() });
const pod = z.object({
  spec: z.object({
    nodeName: z.string().optional(), schedulerName: z.string().default('default-scheduler'), hostname: z.string().optional(), subdomain: z.string().optional(),
    containers: z.array(container), initContainers: z.array(container).nullish(), nodeSelector: labels.nullish(), schedulingGates: z.array(z.object({ name: z.string() })).nullish(),
    tolerations: z.array(z.object({ key: z.string().optional(), operator: z.string().default('Equal'), value: z.string().default(''), effect: z.string().default('') })).nullish(),
    affinity: z.object({ nodeAffinity: z.object({ requiredDuringSchedulingIgnoredDuringExecution: z.object({ nodeSelectorTerms: z.array(nodeTerm) }).nullish() }).nullish() }).nullish(),
  }),
  status: z.looseObject({ phase: z.string().default('Pending'), podIP: z.string().optional(), conditions: z.array(condition).nullish(), containerStatuses: z.array(z.looseObject({ restartCount: z.number().default(0) })).nullish() }).default({ phase: 'Pending' }),
});
export type Pod = z.infer<typeof pod>;
export const podOf = typedReader(pod);

const servicePort = z.object({ name: z.string().default(''), port: z.number(), protocol: z.string().default('TCP'), targetPort: intOrString.optional(), appProtocol: z.string().optional() });
const service = z.object({
  spec: z.object({
    type: z.string().default('ClusterIP'), clusterIP: z.string().optional(), selector: labels.nullish(), ports: z.array(servicePort).nullish(), publishNotReadyAddresses: z.boolean().default(false),
  }),
  status: z.looseObject({ loadBalancer: z.looseObject({ ingress: z.array(z.looseObject({ ip: z.string().optional() })).nullish() }).nullish() }).default({}),
});
export type Service = z.infer<typeof service>;
export const serviceOf = typedReader(service);

const node = z.object({
  spec: z.looseObject({ unschedulable: z.boolean().default(false), taints: z.array(z.looseObject({ key: z.string(), value: z.string().default(''), effect: z.string() })).nullish() }).default({ unschedulable: false }),
  status: z.looseObject({ conditions: z.array(condition).nullish(), allocatable: z.record(z.string(), intOrString).nullish() }).default({}),
});
export type Node = z.infer<typeof node>;
export const nodeOf = typedReader(node);

const namespace = z.object({ spec: z.looseObject({ finalizers: z.array(z.string()).nullish() }).default({}), status: z.looseObject({ phase: z.string().default('Active'), conditions: z.array(condition).nullish() }).default({ phase: 'Active' }) });
export const namespaceOf = typedReader(namespace);
