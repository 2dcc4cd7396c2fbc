import type { KindDefinition } from '../schema/kind-definition.ts';
import { deploymentKind } from './apps/deployment.ts';
import { replicaSetKind } from './apps/replica-set.ts';
import { configMapKind, secretKind, serviceAccountKind } from './core/config.ts';
import { customResourceDefinitionKind } from './core/custom-resource-definition.ts';
import { endpointSliceKind } from './core/endpoint-slice.ts';
import { eventKind } from './core/event.ts';
import { leaseKind } from './core/lease.ts';
import { namespaceKind } from './core/namespace.ts';
import { nodeKind } from './core/node.ts';
import { clusterRoleBindingKind, clusterRoleKind, roleBindingKind, roleKind } from './core/rbac.ts';
import { serviceKind } from './core/service.ts';
import { mutatingWebhookKind, validatingWebhookKind } from './core/webhooks.ts';
import { gatewayApiGatewayKind, gatewayClassKind } from './gateway-api/gateway.ts';
import { httpRouteKind } from './gateway-api/http-route.ts';
import { referenceGrantKind } from './gateway-api/reference-grant.ts';
import { authorizationPolicyKind } from './istio/authorization-policy.ts';
import { destinationRuleKind } from './istio/destination-rule.ts';
import { envoyFilterKind, proxyConfigKind } from './istio/envoy-filter.ts';
import { trafficExtensionKind, wasmPluginKind } from './istio/extensions.ts';
import { gatewayKind } from './istio/gateway.ts';
import { peerAuthenticationKind } from './istio/peer-authentication.ts';
import { requestAuthenticationKind } from './istio/request-authentication.ts';
import { serviceEntryKind } from './istio/service-entry.ts';
import { sidecarKind } from './istio/sidecar.ts';
import { telemetryKind } from './istio/telemetry.ts';
import { virtualServiceKind } from './istio/virtual-service.ts';
import { workloadEntryKind, workloadGroupKind } from './istio/workload.ts';
import { podKind } from './pod/pod.ts';

/** Kinds the API server serves without a CRD. */
export const BUILTIN_KINDS: readonly KindDefinition[] = [
  namespaceKind, nodeKind, podKind, serviceKind, configMapKind, secretKind, serviceAccountKind, eventKind, endpointSliceKind, leaseKind, deploymentKind, replicaSetKind,
  roleKind, clusterRoleKind, roleBindingKind, clusterRoleBindingKind, customResourceDefinitionKind, mutatingWebhookKind, validatingWebhookKind,
];
/** Kinds that are served by CRDs: Istio's and the Gateway API's. */
export const CUSTOM_KINDS: readonly KindDefinition[] = [
  virtualServiceKind, destinationRuleKind, gatewayKind, serviceEntryKind, sidecarKind, workloadEntryKind, workloadGroupKind, envoyFilterKind, proxyConfigKind,
  peerAuthenticationKind, requestAuthenticationKind, authorizationPolicyKind, telemetryKind, wasmPluginKind, trafficExtensionKind,
  gatewayApiGatewayKind, gatewayClassKind, httpRouteKind, referenceGrantKind,
];
/** Every kind the product knows. */
export const KINDS: readonly KindDefinition[] = [...BUILTIN_KINDS, ...CUSTOM_KINDS];

const byKind = new Map(KINDS.map((kind) => [`${kind.group}/${kind.kind}`, kind]));
const byPlural = new Map(KINDS.map((kind) => [`${kind.group}/${kind.plural}`, kind]));
/** The kind of that name in an API group ("" for core). */
export const kindOf = (group: string, kind: string): KindDefinition | undefined => byKind.get(`${group}/${kind}`);
/** The kind with that plural, as it stands in addresses. */
export const kindByPlural = (group: string, plural: string): KindDefinition | undefined => byPlural.get(`${group}/${plural}`);
