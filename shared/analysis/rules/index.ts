import type { Rule } from '../rule.ts';
import { annotations } from './annotations.ts';
import { authorizationPolicy } from './authorization-policy.ts';
import { claimRouting } from './claim-routing.ts';
import { conflictingHosts } from './conflicting-hosts.ts';
import { deploymentServices } from './deployment-services.ts';
import { deprecatedFields } from './deprecated-fields.ts';
import { destinationHost } from './destination-host.ts';
import { destinationRuleHost } from './destination-rule-host.ts';
import { destinationRuleTls } from './destination-rule-tls.ts';
import { destinationSubset } from './destination-subset.ts';
import { envoyFilters } from './envoy-filters.ts';
import { exportTo } from './export-to.ts';
import { gatewayConflicts } from './gateway-conflicts.ts';
import { gatewayWorkload } from './gateway-workload.ts';
import { mutualTls } from './mutual-tls.ts';
import { namespaceInjection } from './namespace-injection.ts';
import { podProxy } from './pod-proxy.ts';
import { portNames } from './port-names.ts';
import { proxyUser } from './proxy-user.ts';
import { routeWeights } from './route-weights.ts';
import { sameSubsetTwice } from './same-subset-twice.ts';
import { serviceEntries } from './service-entries.ts';
import { sidecarEgress } from './sidecar-egress.ts';
import { sidecarSelectors } from './sidecar-selectors.ts';
import { subsetRoutingOnGateway } from './subset-routing-on-gateway.ts';
import { targetPorts } from './target-ports.ts';
import { unreachableRule } from './unreachable-rule.ts';
import { validation } from './validation.ts';
import { virtualServiceGateway } from './virtual-service-gateway.ts';

/** Every rule. */
export const RULES: readonly Rule[] = [
  validation, destinationHost, destinationSubset, virtualServiceGateway, conflictingHosts, unreachableRule, routeWeights, subsetRoutingOnGateway, destinationRuleHost, destinationRuleTls, sameSubsetTwice, mutualTls, gatewayWorkload,
  gatewayConflicts, serviceEntries, exportTo, sidecarSelectors, sidecarEgress, authorizationPolicy, claimRouting, envoyFilters, deprecatedFields, namespaceInjection, podProxy, proxyUser, portNames, targetPorts, deploymentServices, annotations,
];
