import { Registry } from '#server/lib';
import type { Counter, Gauge, Histogram } from '#server/lib';
import type { ServedKind } from './push/encoded.ts';

/** Buckets of istiod (pilot/pkg/xds/monitoring.go), seconds; the small ones are ours, a push of a laptop's mesh is below 0.01. */
const PUSH_BOUNDS = [0.001, 0.01, 0.1, 0.5, 1, 3, 5, 10, 20, 30];
const CONVERGENCE_BOUNDS = [0.01, 0.05, 0.1, 0.5, 1, 3, 5, 10, 20, 30];
const SIZE_BOUNDS = [1, 10_000, 1_000_000, 4_000_000, 10_000_000, 40_000_000];
const SHORT: Readonly<Record<ServedKind, string>> = { cluster: 'cds', endpoint: 'eds', listener: 'lds', route: 'rds', secret: 'sds' };

export type ControllerMetrics = ReturnType<typeof createMetrics>;
/** istiod's own metrics, by istiod's names. */
export function createMetrics() {
  const registry = new Registry();
  const counter = (name: string, help: string): Counter => registry.counter(name, help);
  const gauge = (name: string, help: string): Gauge => registry.gauge(name, help);
  const histogram = (name: string, help: string, bounds: readonly number[]): Histogram => registry.histogram(name, help, bounds);
  return {
    registry, typeName: (kind: ServedKind): string => SHORT[kind],
    connected: gauge('pilot_xds', 'Proxies connected by xDS.'), pushes: counter('pilot_xds_pushes', 'Responses sent, by type.'), pushTime: histogram('pilot_xds_push_time', 'Time to make the resources of a response, in seconds.', PUSH_BOUNDS),
    convergence: histogram('pilot_proxy_convergence_time', 'Time from a change to its acknowledgement by a proxy, in seconds.', CONVERGENCE_BOUNDS), queueTime: histogram('pilot_proxy_queue_time', 'Time from a change to the push to a proxy, in seconds.', CONVERGENCE_BOUNDS),
    debounce: histogram('pilot_debounce_time', 'Time changes were held back to be pushed together, in seconds.', PUSH_BOUNDS), pushContext: histogram('pilot_pushcontext_init_seconds', 'Time to make the next snapshot, in seconds.', PUSH_BOUNDS),
    sizeBytes: histogram('pilot_xds_config_size_bytes', 'Size of responses, by type.', SIZE_BOUNDS), triggers: counter('pilot_push_triggers', 'What made pushes necessary, by type.'), updates: counter('pilot_inbound_updates', 'Changes received, by type.'),
    services: gauge('pilot_services', 'Services known.'), virtualServices: gauge('pilot_virt_services', 'VirtualServices known.'), rejects: counter('pilot_total_xds_rejects', 'Responses refused by proxies, by type.'),
    rejectsByType: {
      cluster: counter('pilot_xds_cds_reject', 'Cluster responses refused.'), endpoint: counter('pilot_xds_eds_reject', 'Endpoint responses refused.'), listener: counter('pilot_xds_lds_reject', 'Listener responses refused.'),
      route: counter('pilot_xds_rds_reject', 'Route responses refused.'), secret: counter('pilot_xds_sds_reject', 'Secret responses refused.'),
    } satisfies Readonly<Record<ServedKind, Counter>>,
    internalErrors: counter('pilot_total_xds_internal_errors', 'Errors while serving xDS.'), expiredNonce: counter('pilot_xds_expired_nonce', 'Requests with an old nonce, by type.'), rejectedConfigs: counter('pilot_total_rejected_configs', 'Objects whose shape is not that of their kind.'),
    configEvents: counter('pilot_k8s_cfg_events', 'Changes of Istio objects, by type and event.'), registryEvents: counter('pilot_k8s_reg_events', 'Changes of Services, pods and endpoints, by type and event.'),
    noEndpoints: gauge('pilot_eds_no_instances', 'Services without a ready endpoint.'), info: gauge('pilot_info', 'Version of this istiod.'), uptime: gauge('istiod_uptime_seconds', 'Seconds since the start.'), build: gauge('istio_build', 'Version of this component.'),
    csrs: counter('citadel_server_csr_count', 'Certificate requests received.'), csrAuthFailures: counter('citadel_server_authentication_failure_count', 'Certificate requests of callers that are not who they say.'),
    csrParseErrors: counter('citadel_server_csr_parsing_err_count', 'Certificate requests that could not be read.'), csrSignErrors: counter('citadel_server_csr_sign_err_count', 'Certificate requests that could not be signed.'),
    certificatesIssued: counter('citadel_server_success_cert_issuance_count', 'Certificates issued.'), rootExpiry: gauge('citadel_server_root_cert_expiry_timestamp', 'End of the root certificate, Unix seconds.'),
    injectionRequests: counter('sidecar_injection_requests_total', 'Injection requests.'), injected: counter('sidecar_injection_success_total', 'Pods injected.'), injectionFailures: counter('sidecar_injection_failure_total', 'Injection requests that failed.'),
    injectionSkipped: counter('sidecar_injection_skip_total', 'Pods left as they are.'), injectionTime: histogram('sidecar_injection_time_seconds', 'Time of an injection, in seconds.', PUSH_BOUNDS),
    validationPassed: counter('galley_validation_passed', 'Objects that are valid, by kind.'), validationFailed: counter('galley_validation_failed', 'Objects that are not valid, by kind.'), validationErrors: counter('galley_validation_http_error', 'Validation requests that could not be read.'),
    apiErrors: counter('pharos_istiod_kubernetes_errors_total', 'Failures of the Kubernetes API as seen from here, by what was being done.'),
  };
}
