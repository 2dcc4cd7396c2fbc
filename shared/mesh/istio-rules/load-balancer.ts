import type { FieldPath } from '../check/issue.ts';
import type { TrafficPolicy } from '../kinds/istio/destination-rule.ts';
import type { Loose } from './proto.ts';
import { each, entries } from './report.ts';
import type { Report } from './report.ts';
import { durationError } from './values.ts';

type LoadBalancer = Loose<NonNullable<TrafficPolicy['loadBalancer']>>;
type Hash = NonNullable<LoadBalancer['consistentHash']>;
type Locality = NonNullable<LoadBalancer['localityLbSetting']>;
type ZoneAware = NonNullable<LoadBalancer['zoneAwareLbSetting']>;
const TOPOLOGY: ReadonlySet<string> = new Set(['topology.kubernetes.io/region', 'topology.kubernetes.io/zone', 'topology.istio.io/subzone']);
/** Envoy's limit on the Maglev table. */
const MAGLEV_TABLE_MAX = 5_000_011;
const NEEDS_OUTLIER = 'outlier detection policy must be provided for failover';

export function checkLoadBalancer(settings: LoadBalancer | undefined, hasOutlier: boolean, at: FieldPath, report: Report): void {
  if (settings === undefined) return;
  if (settings.consistentHash !== undefined) checkHash(settings.consistentHash, [...at, 'consistentHash'], report);
  if (settings.localityLbSetting !== undefined && settings.zoneAwareLbSetting !== undefined) report.error(at, 'only one of localityLbSetting and zoneAwareLbSetting can be set');
  if (settings.localityLbSetting !== undefined) checkLocality(settings.localityLbSetting, hasOutlier, [...at, 'localityLbSetting'], report);
  if (settings.zoneAwareLbSetting !== undefined) checkZoneAware(settings.zoneAwareLbSetting, hasOutlier, [...at, 'zoneAwareLbSetting'], report);
  const { warmup } = settings;
  if (warmup === undefined) return;
  report.error([...at, 'warmup', 'duration'], warmup.duration === undefined ? 'duration is required' : durationError(warmup.duration));
  if ((warmup.minimumPercent ?? 0) > 100) report.error([...at, 'warmup', 'minimumPercent'], 'minimumPercent value should be less than or equal to 100');
  if (warmup.aggression !== undefined && warmup.aggression <= 0) report.error([...at, 'warmup', 'aggression'], 'aggression should be greater than 0');
}

function checkHash(hash: Hash, at: FieldPath, report: Report): void {
  const { httpCookie, maglev } = hash;
  if (httpCookie !== undefined && (httpCookie.name ?? '') === '') report.error([...at, 'httpCookie', 'name'], 'name required for HttpCookie');
  const names = new Set<string>();
  for (const [i, attribute] of each(httpCookie?.attributes)) {
    const name = attribute.name ?? '';
    if (name === '') report.error([...at, 'httpCookie', 'attributes', i], 'cookie attribute name cannot be empty');
    else if (names.has(name)) report.error([...at, 'httpCookie', 'attributes', i], `duplicate cookie attribute name: ${name}`);
    names.add(name);
  }
  if ((hash.minimumRingSize ?? 0) !== 0) {
    report.warn([...at, 'minimumRingSize'], "consistent hash MinimumRingSize is deprecated, use ConsistentHashLB's RingHash configuration instead");
    if (maglev !== undefined || hash.ringHash !== undefined) report.error([...at, 'minimumRingSize'], 'only one of MinimumRingSize or Maglev/Ringhash can be specified');
  }
  if (maglev === undefined) return;
  const size = maglev.tableSize ?? 0;
  const place = [...at, 'maglev', 'tableSize'];
  if (size === 0) report.error(place, 'tableSize must be set for maglev');
  if (size >= MAGLEV_TABLE_MAX) report.error(place, `tableSize must be less than ${MAGLEV_TABLE_MAX} for maglev`);
  if (!isPrime(size)) report.error(place, 'tableSize must be a prime number for maglev');
}
/** As Envoy decides it: 1 counts as prime. */
function isPrime(x: number): boolean {
  if (x !== 0 && x < 4) return true;
  if (x % 2 === 0) return false;
  for (let factor = 3; factor * factor <= x; factor += 2) if (x % factor === 0) return false;
  return true;
}

function checkLocality(locality: Locality, hasOutlier: boolean, at: FieldPath, report: Report): void {
  const { distribute = [], failover = [], failoverPriority = [] } = locality;
  if (distribute.length > 0 && failover.length > 0) {
    report.error(at, "can not simultaneously specify 'distribute' and 'failover'");
    return;
  }
  const topology = failover.length === 0 ? undefined : failoverPriority.find((label) => TOPOLOGY.has(label));
  if (topology !== undefined) {
    report.error([...at, 'failoverPriority'], `can not simultaneously set 'failover' and topology label '${topology}' in 'failover_priority'`);
    return;
  }
  for (const [i, entry] of each(distribute)) {
    const weights = entries(entry.to);
    const total = weights.reduce((sum, [, weight]) => sum + (weight ?? 0), 0);
    const error = weights.some(([, weight]) => (weight ?? 0) <= 0 || (weight ?? 0) > 100) ? 'locality weight must be in range [1, 100]' : total === 100 ? undefined : `total locality weight ${total} != 100`;
    if (error !== undefined) {
      report.error([...at, 'distribute', i, 'to'], error);
      return;
    }
    report.error([...at, 'distribute', i, 'to'], localitiesError(weights.map(([name]) => name)));
  }
  report.error([...at, 'distribute'], localitiesError(distribute.map((entry) => entry.from ?? '')));
  if ((failover.length > 0 || failoverPriority.length > 0) && !hasOutlier) report.warn(at, NEEDS_OUTLIER);
  checkFailover(failover, 'locality lb failover only specify region', 'locality lb', at, report);
}

/** Localities of one list must be whole and must not overlap: a, a/b, a/b/c, with * at the end. */
function localitiesError(localities: readonly string[]): string | undefined {
  const seen: string[][] = [];
  for (const locality of localities) {
    const stars = locality.split('*').length - 1;
    if (stars > 1 || (stars === 1 && !locality.endsWith('*'))) return `locality ${locality} wildcard '*' number can not exceed 1 and must be in the end`;
    const parts = locality.split('/').slice(0, 3);
    if (parts.includes('')) return `locality ${locality} must not contain empty region/zone/subzone info`;
    const overlaps = seen.some((one) => overlap(one, parts));
    if (overlaps) return `locality ${locality} overlap with previous specified ones`;
    seen.push(parts);
  }
  return undefined;
}
/** Whether an earlier locality takes in a later one; only this direction is looked at, as Istio does, save that equal regions overlap both ways. */
function overlap(earlier: readonly string[], later: readonly string[]): boolean {
  if (earlier[0] === '*') return true;
  for (const [i, part] of later.entries()) {
    if (earlier[i] === undefined || earlier[i] === '*') return true;
    if (earlier[i] !== part) return false;
  }
  return true;
}

function checkZoneAware(zone: ZoneAware, hasOutlier: boolean, at: FieldPath, report: Report): void {
  const { failover = [], failoverPriority = [] } = zone;
  for (const [i, label] of failoverPriority.entries()) {
    if (TOPOLOGY.has(label)) report.error([...at, 'failoverPriority', i], `'failover_priority' for zone aware lb must not use topology label '${label}'; region- and zone-level routing are handled automatically`);
  }
  if ((failover.length > 0 || failoverPriority.length > 0) && !hasOutlier) report.warn(at, NEEDS_OUTLIER);
  checkFailover(failover, 'zone aware lb failover only specifies region; zone and subzone failover are handled automatically', 'zone aware lb', at, report);
}
function checkFailover(failover: readonly { readonly from?: string; readonly to?: string }[], regionOnly: string, words: string, at: FieldPath, report: Report): void {
  for (const [i, { from = '', to = '' }] of failover.entries()) {
    const place = [...at, 'failover', i];
    if (from === to) report.error(place, `${words} failover settings must specify different regions`);
    if (from.includes('/') || to.includes('/')) report.error(place, regionOnly);
    if (from.includes('*') || to.includes('*')) report.error(place, `${words} failover region should not contain '*' wildcard`);
  }
}
