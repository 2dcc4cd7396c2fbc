import type { FieldPath } from '../check/issue.ts';
import type { Loose } from './proto.ts';
import { isDnsLabel } from './names.ts';
import { each, entries, quoted } from './report.ts';
import type { Report } from './report.ts';

const PRIVATE = '.';
const PUBLIC = '*';
const NOBODY = '~';
const visibilityError = (entry: string): string | undefined => {
  if (entry === PUBLIC || isDnsLabel(entry)) return undefined;
  return 'only .,*, or a valid DNS 1123 label is allowed as exportTo entry';
};

/** exportTo: no duplicates ("." is the own namespace), and * or ~ alone. */
export function checkExportTo(exportTo: readonly string[] | undefined, namespace: string, report: Report, options: { readonly isServiceEntry?: boolean; readonly hasSelector?: boolean } = {}): void {
  const at: FieldPath = ['spec', 'exportTo'];
  const seen = new Set<string>();
  for (const [i, entry] of each(exportTo)) {
    const key = entry === PRIVATE ? namespace : entry;
    const isNobody = options.isServiceEntry === true && entry === NOBODY;
    const error = isNobody ? undefined : visibilityError(key);
    if (seen.has(key)) report.error([...at, i], key === entry ? `duplicate entries in exportTo for entry ${entry}` : `duplicate entries in exportTo: . and current namespace ${namespace}`);
    else if (error === undefined) seen.add(key);
    else report.error([...at, i], error);
  }
  if (options.hasSelector === true && seen.size > 0) {
    if (!seen.has(namespace)) report.error(at, 'destination rule with workload selector cannot have exportTo beyond current namespace');
    else if (seen.size > 1) report.error(at, 'destination rule with workload selector cannot have multiple entries in exportTo');
  }
  const isMany = (exportTo ?? []).length > 1;
  if (seen.has(PUBLIC) && isMany) report.error(at, 'cannot have both public (*) and non-public exportTo values for a resource');
  if (seen.has(NOBODY) && isMany) report.error(at, 'cannot export service entry to no one (~) and someone');
}

/** Labels that select workloads. */
export function checkSelector(selector: { readonly matchLabels?: { readonly [key: string]: string | undefined } } | undefined, at: FieldPath, report: Report): void {
  if (selector === undefined) return;
  checkSelectorLabels(selector.matchLabels, [...at, 'matchLabels'], report);
  if (Object.keys(selector.matchLabels ?? {}).length === 0) report.warn(at, 'workload selector specified without labels');
}
export function checkSelectorLabels(labels: { readonly [key: string]: string | undefined } | undefined, at: FieldPath, report: Report): void {
  for (const [key, value] of entries(labels)) {
    const pair = quoted(`${key}=${value ?? ''}`);
    if (key === '') report.error([...at, key], `empty key is not supported in selector: ${pair}`);
    if (key.includes('*') || (value ?? '').includes('*')) report.error([...at, key], `wildcard is not supported in selector: ${pair}`);
  }
}

type TargetRef = Loose<{ readonly group: string; readonly kind: string; readonly name: string; readonly namespace: string }>;
type Targeted = { readonly selector?: { readonly matchLabels?: { readonly [key: string]: string | undefined } }; readonly targetRef?: TargetRef; readonly targetRefs?: readonly TargetRef[] };
const TARGETS: readonly (readonly [string, string])[] = [['core', 'Service'], ['networking.istio.io', 'ServiceEntry'], ['gateway.networking.k8s.io', 'Gateway'], ['gateway.networking.k8s.io', 'GatewayClass']];
const TARGET_NAMES = TARGETS.map(([group, kind]) => `${group}/v1/${kind}`).join(' ');

/** What a policy is attached to: a selector, a target or several targets, but one way only. */
export function checkTargets(spec: Targeted, report: Report): void {
  const ways = (spec.selector === undefined ? 0 : 1) + (spec.targetRef === undefined ? 0 : 1) + ((spec.targetRefs ?? []).length === 0 ? 0 : 1);
  if (ways > 1) report.error(['spec'], 'only one of targetRefs or workloadSelector can be set');
  checkSelector(spec.selector, ['spec', 'selector'], report);
  if (spec.targetRef !== undefined) checkTarget(spec.targetRef, ['spec', 'targetRef'], report);
  for (const [i, target] of each(spec.targetRefs)) checkTarget(target, ['spec', 'targetRefs', i], report);
}
function checkTarget(target: TargetRef, at: FieldPath, report: Report): void {
  if ((target.name ?? '') === '') report.error(at, 'targetRef name must be set');
  if ((target.namespace ?? '') !== '') report.error(at, 'targetRef namespace must not be set; cross namespace referencing is not supported');
  const group = target.group ?? '';
  const isAllowed = TARGETS.some(([one, kind]) => one === (group === '' ? 'core' : group) && kind === target.kind);
  if (!isAllowed) report.error(at, `targetRef must be to one of [${TARGET_NAMES}] but was ${group}/${target.kind ?? ''}`);
}
