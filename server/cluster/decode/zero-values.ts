// A typed server stores Go structs and prints them with omitempty: zero values vanish unless the field is a pointer or must always be there.

/** Bool and number fields that are no pointers: false and 0 are not printed. By struct and field. */
const DROPPED_ZEROS: ReadonlyMap<string, ReadonlySet<string>> = new Map(Object.entries({
  PodSpec: ['hostNetwork', 'hostPID', 'hostIPC'],
  Container: ['stdin', 'stdinOnce', 'tty'],
  EphemeralContainer: ['stdin', 'stdinOnce', 'tty'],
  ContainerPort: ['hostPort'],
  Probe: ['initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold'],
  VolumeMount: ['readOnly'],
  SecretVolumeSource: [], ConfigMapVolumeSource: [],
  PersistentVolumeClaimVolumeSource: ['readOnly'],
  ServicePort: ['nodePort'],
  ServiceSpec: ['publishNotReadyAddresses', 'healthCheckNodePort'],
  DeploymentSpec: ['minReadySeconds', 'paused'],
  DeploymentStatus: ['observedGeneration', 'replicas', 'updatedReplicas', 'readyReplicas', 'availableReplicas', 'unavailableReplicas'],
  ReplicaSetSpec: ['minReadySeconds'],
  ReplicaSetStatus: ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas', 'observedGeneration'],
  NodeSpec: ['unschedulable'],
  Event: ['count'],
  ObjectMeta: ['generation'],
  PodStatus: ['observedGeneration'],
  ContainerStateTerminated: ['signal'],
  ResourceAttributes: [],
  CustomResourceDefinitionVersion: ['deprecated'],
  CustomResourceColumnDefinition: ['priority'],
  JSONSchemaProps: ['exclusiveMaximum', 'exclusiveMinimum', 'uniqueItems', 'nullable', 'x-kubernetes-embedded-resource', 'x-kubernetes-int-or-string'],
  CustomResourceDefinitionSpec: ['preserveUnknownFields'],
}).map(([name, fields]) => [name, new Set(fields)]));

/** Texts, lists and maps that are printed even when empty, beside those the schema requires. */
const KEPT_EMPTY: ReadonlyMap<string, ReadonlySet<string>> = new Map(Object.entries({
  Event: ['reportingComponent', 'reportingInstance'],
  EnvVar: [],
  HostPathVolumeSource: ['type'],
  LabelSelector: [],
  MutatingWebhook: [], ValidatingWebhook: [],
  IngressClassParametersReference: ['scope', 'namespace'],
  ServiceReference: ['path'],
  RoleRef: ['apiGroup'],
  JSONSchemaProps: ['default'],
  Toleration: [],
}).map(([name, fields]) => [name, new Set(fields)]));

/** Pointers to strings: an explicit "" stays. */
const POINTER_TEXTS: ReadonlySet<string> = new Set([
  'PodSpec.runtimeClassName', 'PersistentVolumeClaimSpec.storageClassName', 'EndpointPort.name', 'EndpointPort.protocol', 'EndpointPort.appProtocol', 'Endpoint.hostname', 'Endpoint.nodeName', 'Endpoint.zone',
  'LeaseSpec.holderIdentity', 'LeaseSpec.strategy', 'LeaseSpec.preferredHolder', 'ServicePort.appProtocol', 'ServiceSpec.loadBalancerClass', 'ServiceSpec.trafficDistribution', 'TypedLocalObjectReference.apiGroup', 'SeccompProfile.localhostProfile',
  'CustomResourceDefinitionVersion.deprecationWarning', 'WebhookClientConfig.url',
]);

/** Lists that print null when absent, by struct and field. */
export const NULL_WHEN_ABSENT: ReadonlyMap<string, readonly string[]> = new Map(Object.entries({
  EndpointSlice: ['ports', 'endpoints'], Role: ['rules'], ClusterRole: ['rules'], PolicyRule: ['verbs'], Endpoint: ['addresses'], PodCondition: ['lastProbeTime', 'lastTransitionTime'], NodeCondition: ['lastHeartbeatTime', 'lastTransitionTime'],
}));

/** Objects that are printed even when absent: structs held by value. */
export const ALWAYS_OBJECT: ReadonlyMap<string, readonly string[]> = new Map([['ContainerStatus', ['state', 'lastState']]]);

/** Whether a typed server leaves the field out because it holds its zero value. */
export function isDropped(struct: string, field: string, v: unknown, isRequired: boolean): boolean {
  if (typeof v === 'boolean' || typeof v === 'number') return (v === false || v === 0) && DROPPED_ZEROS.get(struct)?.has(field) === true;
  if (isRequired || KEPT_EMPTY.get(struct)?.has(field) === true) return false;
  if (v === '') return !POINTER_TEXTS.has(`${struct}.${field}`);
  return Array.isArray(v) && v.length === 0;
}
