import { isRecord } from '#shared/base';
import { kindOf } from '../kinds/index.ts';
import type { KubeObject } from '../object.ts';
import { groupOf } from '../object.ts';
import type { SchemaNode } from '../schema/schema.ts';
import { checkAuthorizationPolicy } from './authorization-policy.ts';
import { checkDestinationRule } from './destination-rule.ts';
import { checkEnvoyFilter } from './envoy-filter.ts';
import { checkTrafficExtension, checkWasmPlugin } from './extensions.ts';
import { checkGateway } from './gateway.ts';
import { checkPeerAuthentication } from './peer-authentication.ts';
import { readProto } from './proto.ts';
import type { Loose } from './proto.ts';
import { Report } from './report.ts';
import type { IstioIssue } from './report.ts';
import { checkRequestAuthentication } from './request-authentication.ts';
import { checkServiceEntry } from './service-entry.ts';
import { checkSelector } from './shared-fields.ts';
import { checkSidecar } from './sidecar.ts';
import { checkTelemetry } from './telemetry.ts';
import { checkVirtualService } from './virtual-service.ts';
import { checkWorkloadEntry, checkWorkloadGroup } from './workload.ts';
import type { AuthorizationPolicy } from '../kinds/istio/authorization-policy.ts';
import type { DestinationRuleSpec } from '../kinds/istio/destination-rule.ts';
import type { EnvoyFilter, ProxyConfig } from '../kinds/istio/envoy-filter.ts';
import type { TrafficExtension, WasmPlugin } from '../kinds/istio/extensions.ts';
import type { GatewaySpec } from '../kinds/istio/gateway.ts';
import type { PeerAuthenticationSpec } from '../kinds/istio/peer-authentication.ts';
import type { RequestAuthentication } from '../kinds/istio/request-authentication.ts';
import type { ServiceEntry } from '../kinds/istio/service-entry.ts';
import type { Sidecar } from '../kinds/istio/sidecar.ts';
import type { Telemetry } from '../kinds/istio/telemetry.ts';
import type { VirtualServiceSpec } from '../kinds/istio/virtual-service.ts';
import type { WorkloadEntrySpec, WorkloadGroup } from '../kinds/istio/workload.ts';

export type IstioVerdict = { readonly errors: readonly string[]; readonly warnings: readonly string[]; readonly issues: readonly IstioIssue[] };
const FINE: IstioVerdict = { errors: [], warnings: [], issues: [] };
const DRY_RUN = 'istio.io/dry-run';
const INTERNAL_ANNOTATIONS = ['internal.istio.io/parents', 'internal.istio.io/parent-namespace'];

type Checker = (schema: SchemaNode, object: KubeObject, report: Report) => void;
/** Reads the spec as protobuf does and, when that works, looks at it closer. */
const checker = <T>(message: string, check: (spec: Loose<T>, object: KubeObject, report: Report) => void): Checker => (schema, object, report) => {
  const read = readProto<T>(schema, message, object['spec']);
  if ('value' in read) check(read.value, object, report);
  else report.error(['spec', ...read.path], read.message);
};
const namespaceOf = (object: KubeObject): string => object.metadata.namespace ?? '';

const CHECKERS: ReadonlyMap<string, Checker> = new Map([
  ['VirtualService', checker<VirtualServiceSpec>('istio.networking.v1alpha3.VirtualService', (spec, object, report) => checkVirtualService(spec, namespaceOf(object), report))],
  ['DestinationRule', checker<DestinationRuleSpec>('istio.networking.v1alpha3.DestinationRule', (spec, object, report) => checkDestinationRule(spec, namespaceOf(object), report))],
  ['Gateway', checker<GatewaySpec>('istio.networking.v1alpha3.Gateway', (spec, object, report) => checkGateway(spec, object.metadata.name, report))],
  ['PeerAuthentication', checker<PeerAuthenticationSpec>('istio.security.v1beta1.PeerAuthentication', (spec, _object, report) => checkPeerAuthentication(spec, report))],
  ['RequestAuthentication', checker<RequestAuthentication['spec']>('istio.security.v1beta1.RequestAuthentication', (spec, _object, report) => checkRequestAuthentication(spec, report))],
  ['AuthorizationPolicy', checker<AuthorizationPolicy['spec']>('istio.security.v1beta1.AuthorizationPolicy', (spec, object, report) => checkAuthorizationPolicy(spec, `${object.metadata.name}.${namespaceOf(object)}`, report))],
  ['ServiceEntry', checker<ServiceEntry['spec']>('istio.networking.v1alpha3.ServiceEntry', (spec, object, report) => checkServiceEntry(spec, object.metadata, report))],
  ['Sidecar', checker<Sidecar['spec']>('istio.networking.v1alpha3.Sidecar', (spec, object, report) => checkSidecar(spec, namespaceOf(object), report))],
  ['WorkloadEntry', checker<WorkloadEntrySpec>('istio.networking.v1alpha3.WorkloadEntry', (spec, _object, report) => checkWorkloadEntry(spec, ['spec'], { allowsNames: true }, report))],
  ['WorkloadGroup', checker<WorkloadGroup['spec']>('istio.networking.v1alpha3.WorkloadGroup', (spec, _object, report) => checkWorkloadGroup(spec, report))],
  ['Telemetry', checker<Telemetry['spec']>('istio.telemetry.v1alpha1.Telemetry', (spec, _object, report) => checkTelemetry(spec, report))],
  ['WasmPlugin', checker<WasmPlugin['spec']>('istio.extensions.v1alpha1.WasmPlugin', (spec, _object, report) => checkWasmPlugin(spec, report))],
  ['TrafficExtension', checker<TrafficExtension['spec']>('istio.extensions.v1alpha1.TrafficExtension', (spec, _object, report) => checkTrafficExtension(spec, report))],
  ['EnvoyFilter', checker<EnvoyFilter['spec']>('istio.networking.v1alpha3.EnvoyFilter', (spec, _object, report) => checkEnvoyFilter(spec, report))],
  ['ProxyConfig', checker<ProxyConfig['spec']>('istio.networking.v1beta1.ProxyConfig', (spec, _object, report) => {
    checkSelector(spec.selector, ['spec', 'selector'], report);
    if ((spec.concurrency ?? 0) < 0) report.error(['spec', 'concurrency'], 'concurrency must be greater than or equal to 0');
  })],
]);

/** What istiod's validation webhook and `istioctl validate` say of an object; nothing about kinds that are not Istio's. */
export function validateIstio(object: KubeObject): IstioVerdict {
  const { group } = groupOf(object.apiVersion);
  const check = group.endsWith('.istio.io') ? CHECKERS.get(object.kind) : undefined;
  const schema = kindOf(group, object.kind)?.schema.properties?.['spec'];
  if (check === undefined || schema === undefined) return FINE;
  const report = new Report();
  const metadataError = annotationError(object);
  if (metadataError === undefined) check(schema, object, report);
  else report.error(['metadata', 'annotations'], metadataError);
  const texts = (level: IstioIssue['level']): readonly string[] => report.issues.filter((issue) => issue.level === level).map((issue) => issue.message);
  return { errors: texts('error'), warnings: texts('warning'), issues: report.issues };
}

/** Annotations that only some kinds, or nobody, may have. */
function annotationError(object: KubeObject): string | undefined {
  const annotations = object.metadata.annotations ?? {};
  const dryRun = annotations[DRY_RUN];
  const id = `${namespaceOf(object)}/${object.metadata.name}`;
  if (dryRun !== undefined && object.kind !== 'AuthorizationPolicy') return `${id} has unsupported annotation ${DRY_RUN}, please remove the annotation`;
  if (dryRun !== undefined) {
    const action = isRecord(object['spec']) && typeof object['spec']['action'] === 'string' ? object['spec']['action'] : 'ALLOW';
    if (action !== 'ALLOW' && action !== 'DENY') return `the annotation ${DRY_RUN} currently only supports action ALLOW/DENY, found action ${action} in ${id}`;
    if (!/^(1|t|T|TRUE|true|True|0|f|F|FALSE|false|False)$/.test(dryRun)) return `${id} has annotation ${DRY_RUN} with invalid value (${dryRun}): strconv.ParseBool: parsing ${JSON.stringify(dryRun)}: invalid syntax`;
  }
  if (annotations['internal.istio.io/webhook-always-reject'] !== undefined) return '"internal.istio.io/webhook-always-reject" annotation found, rejecting';
  const internal = INTERNAL_ANNOTATIONS.find((name) => annotations[name] !== undefined);
  return internal === undefined ? undefined : `${JSON.stringify(internal)} annotation found, this may not be set by users`;
}
