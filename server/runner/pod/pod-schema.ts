// The fields of a Pod that the runner acts on, with the API's defaults. Fields it does not know are ignored, as a kubelet ignores what its node cannot do.
import * as z from 'zod';
import { typedReader } from '#server/lib';
import type { KubeObject } from '#shared/mesh';

const intOrString = z.union([z.number(), z.string()]);
const fieldRef = z.object({ fieldPath: z.string() });
const resourceFieldRef = z.object({ containerName: z.string().optional(), resource: z.string(), divisor: intOrString.optional() });
const keyRef = z.object({ name: z.string().default(''), key: z.string(), optional: z.boolean().default(false) });
const envVar = z.object({
  name: z.string(), value: z.string().nullish(),
  valueFrom: z.object({ fieldRef: fieldRef.nullish(), resourceFieldRef: resourceFieldRef.nullish(), configMapKeyRef: keyRef.nullish(), secretKeyRef: keyRef.nullish() }).nullish(),
});
const sourceRef = z.object({ name: z.string().default(''), optional: z.boolean().default(false) });
const envFrom = z.object({ prefix: z.string().default(''), configMapRef: sourceRef.nullish(), secretRef: sourceRef.nullish() });

const httpGet = z.object({ path: z.string().default('/'), port: intOrString, host: z.string().default(''), scheme: z.string().default('HTTP'), httpHeaders: z.array(z.object({ name: z.string(), value: z.string() })).nullish() });
const handler = { httpGet: httpGet.nullish(), tcpSocket: z.object({ port: intOrString, host: z.string().default('') }).nullish(), exec: z.object({ command: z.array(z.string()).default([]) }).nullish() };
const probe = z.object({
  ...handler, grpc: z.object({ port: z.number(), service: z.string().nullish() }).nullish(), initialDelaySeconds: z.number().default(0), periodSeconds: z.number().default(10), timeoutSeconds: z.number().default(1),
  successThreshold: z.number().default(1), failureThreshold: z.number().default(3), terminationGracePeriodSeconds: z.number().nullish(),
});
const hook = z.object({ ...handler, sleep: z.object({ seconds: z.number() }).nullish() });

const container = z.object({
  name: z.string(), image: z.string().default(''), command: z.array(z.string()).nullish(), args: z.array(z.string()).nullish(), workingDir: z.string().nullish(), env: z.array(envVar).nullish(), envFrom: z.array(envFrom).nullish(),
  ports: z.array(z.object({ name: z.string().optional(), containerPort: z.number(), hostPort: z.number().optional(), hostIP: z.string().optional(), protocol: z.string().default('TCP') })).nullish(),
  resources: z.object({ requests: z.record(z.string(), intOrString).nullish(), limits: z.record(z.string(), intOrString).nullish() }).nullish(),
  volumeMounts: z.array(z.object({ name: z.string(), mountPath: z.string(), subPath: z.string().optional(), subPathExpr: z.string().optional() })).nullish(),
  livenessProbe: probe.nullish(), readinessProbe: probe.nullish(), startupProbe: probe.nullish(), lifecycle: z.object({ postStart: hook.nullish(), preStop: hook.nullish() }).nullish(),
  restartPolicy: z.string().nullish(), imagePullPolicy: z.string().default('IfNotPresent'), terminationMessagePath: z.string().default('/dev/termination-log'), terminationMessagePolicy: z.string().default('File'),
});

const item = z.object({ key: z.string(), path: z.string(), mode: z.number().nullish() });
const downwardItem = z.object({ path: z.string(), fieldRef: fieldRef.nullish(), resourceFieldRef: resourceFieldRef.nullish(), mode: z.number().nullish() });
const source = z.object({
  configMap: z.object({ name: z.string().default(''), items: z.array(item).nullish(), optional: z.boolean().default(false) }).nullish(),
  secret: z.object({ name: z.string().default(''), items: z.array(item).nullish(), optional: z.boolean().default(false) }).nullish(),
  downwardAPI: z.object({ items: z.array(downwardItem).nullish() }).nullish(),
  serviceAccountToken: z.object({ audience: z.string().default(''), expirationSeconds: z.number().default(3600), path: z.string() }).nullish(),
});
const volume = z.object({
  name: z.string(), emptyDir: z.looseObject({}).nullish(), hostPath: z.object({ path: z.string(), type: z.string().default('') }).nullish(),
  configMap: z.object({ name: z.string().default(''), items: z.array(item).nullish(), optional: z.boolean().default(false), defaultMode: z.number().default(0o644) }).nullish(),
  secret: z.object({ secretName: z.string().default(''), items: z.array(item).nullish(), optional: z.boolean().default(false), defaultMode: z.number().default(0o644) }).nullish(),
  downwardAPI: z.object({ items: z.array(downwardItem).nullish(), defaultMode: z.number().default(0o644) }).nullish(),
  projected: z.object({ sources: z.array(source).nullish(), defaultMode: z.number().default(0o644) }).nullish(),
  persistentVolumeClaim: z.object({ claimName: z.string() }).nullish(),
});

const pod = z.object({
  spec: z.object({
    nodeName: z.string().default(''), restartPolicy: z.string().default('Always'), terminationGracePeriodSeconds: z.number().default(30), serviceAccountName: z.string().default('default'), enableServiceLinks: z.boolean().default(true),
    hostname: z.string().nullish(), hostNetwork: z.boolean().default(false), hostAliases: z.array(z.object({ ip: z.string(), hostnames: z.array(z.string()).nullish() })).nullish(), priorityClassName: z.string().nullish(),
    containers: z.array(container), initContainers: z.array(container).nullish(), volumes: z.array(volume).nullish(), readinessGates: z.array(z.object({ conditionType: z.string() })).nullish(), activeDeadlineSeconds: z.number().nullish(),
  }),
});
export type PodSpec = z.infer<typeof pod>['spec'];
export type ContainerSpec = z.infer<typeof container>;
export type EnvVar = z.infer<typeof envVar>;
export type ProbeSpec = z.infer<typeof probe>;
export type HookSpec = z.infer<typeof hook>;
export type HttpGet = z.infer<typeof httpGet>;
export type VolumeSpec = z.infer<typeof volume>;
export type ProjectedSource = z.infer<typeof source>;
export type DownwardItem = z.infer<typeof downwardItem>;
export type KeyItem = z.infer<typeof item>;
export type ResourceFieldRef = z.infer<typeof resourceFieldRef>;

const reader = typedReader(pod);
export const podSpecOf = (object: KubeObject): PodSpec | undefined => reader(object)?.spec;

/** A pod is with sidecar when a container istio-proxy shares it with others. */
export const SIDECAR = 'istio-proxy';
/** An init container that stays (native sidecar). */
export const isNativeSidecar = (spec: Pick<ContainerSpec, 'restartPolicy'>): boolean => spec.restartPolicy === 'Always';
export function hasSidecar(spec: PodSpec): boolean {
  const names = [...(spec.initContainers ?? []).filter(isNativeSidecar), ...spec.containers].map((c) => c.name);
  return names.includes(SIDECAR) && names.length > 1;
}
export const allContainers = (spec: PodSpec): readonly ContainerSpec[] => [...(spec.initContainers ?? []), ...spec.containers];
