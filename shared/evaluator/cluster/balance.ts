import { isRecord } from '#shared/base';
import type { Cluster, LbEndpoint } from '#shared/xds';
import type { Dice } from '../match/conditions.ts';
import { ConfigProblem } from '../problem.ts';
import type { Trace } from '../reasons.ts';

/** What the balancer has to know of a host. `active` is the number of requests it is working on. */
export type BalancedHost = { readonly address: string; readonly weight: number; readonly health: string; readonly priority: number; readonly active: number };
export type Policy = 'ROUND_ROBIN' | 'LEAST_REQUEST' | 'RANDOM' | 'CLUSTER_PROVIDED';

/** Hosts drawn by LEAST_REQUEST. */
const CHOICES = 2;
/** Share of healthy hosts below which all are used, per cent (Envoy's default; Istio sets 0). */
const PANIC_THRESHOLD = 50;

export function policyOf(cluster: Cluster): Policy {
  switch (cluster.lb_policy) {
    case undefined: case 'ROUND_ROBIN': return 'ROUND_ROBIN';
    case 'LEAST_REQUEST': case 'RANDOM': case 'CLUSTER_PROVIDED': return cluster.lb_policy;
    case 'RING_HASH': case 'MAGLEV': return 'RANDOM'; // consistent hashing is not acted on yet; without a hash Envoy draws a random host too
    default: throw new ConfigProblem('lb_policy', `unknown lb_policy ${String(cluster.lb_policy)}`);
  }
}

export function panicThresholdOf(cluster: Cluster): number {
  const lb = cluster.common_lb_config;
  const threshold = isRecord(lb) ? lb['healthy_panic_threshold'] : undefined;
  if (!isRecord(threshold)) return PANIC_THRESHOLD;
  return typeof threshold['value'] === 'number' ? threshold['value'] : 0;
}

const isHealthy = (health: string): boolean => health === 'HEALTHY' || health === 'UNKNOWN';
export const healthOf = (endpoint: LbEndpoint): string => endpoint.health_status ?? 'UNKNOWN';

export type Eligible<H> = { readonly hosts: readonly H[]; readonly panic: boolean };
/** The hosts that may take requests now: the healthy ones of the best priority that has any, else degraded ones, else (in panic) all. */
export function eligibleHosts<H extends BalancedHost>(hosts: readonly H[], panicThreshold: number, trace?: Trace): Eligible<H> {
  const priorities = [...new Set(hosts.map((host) => host.priority))].sort((a, b) => a - b);
  let out: Eligible<H> = { hosts: [], panic: false };
  for (const priority of priorities) {
    const level = hosts.filter((host) => host.priority === priority);
    const healthy = level.filter((host) => isHealthy(host.health));
    const usable = healthy.length > 0 ? healthy : level.filter((host) => host.health === 'DEGRADED');
    if (usable.length > 0 && (priority !== priorities.at(-1) || usable.length * 100 >= panicThreshold * level.length)) {
      out = { hosts: usable, panic: false };
      break;
    }
    if (priority === priorities.at(-1)) out = usable.length * 100 < panicThreshold * level.length ? { hosts: level, panic: true } : { hosts: usable, panic: false };
  }
  if (trace !== undefined) explainHosts(hosts, out, panicThreshold, trace);
  return out;
}

function explainHosts<H extends BalancedHost>(hosts: readonly H[], eligible: Eligible<H>, threshold: number, trace: Trace): void {
  if (eligible.panic) trace.push({ step: 'endpoint', outcome: 'decided', code: 'endpoint-panic', subject: '', field: 'common_lb_config.healthy_panic_threshold', params: { threshold } });
  for (const host of hosts) {
    const may = eligible.hosts.includes(host);
    trace.push({ step: 'endpoint', outcome: may ? 'chosen' : 'passed-over', code: may ? 'endpoint-eligible' : 'endpoint-unhealthy', subject: host.address, field: 'endpoints', params: { address: host.address, health: host.health.toLowerCase() } });
  }
}

const equalWeights = (hosts: readonly BalancedHost[]): boolean => hosts.every((host) => host.weight === hosts[0]?.weight);
const at = <H>(hosts: readonly H[], random: number): H | undefined => hosts[Math.floor(random * hosts.length)];

function byWeight<H extends BalancedHost>(hosts: readonly H[], random: number): H | undefined {
  const total = hosts.reduce((sum, host) => sum + host.weight, 0);
  let left = random * total;
  for (const host of hosts) {
    left -= host.weight;
    if (left < 0) return host;
  }
  return hosts.at(-1);
}

/** The better of `CHOICES` random hosts: fewest active requests, by weight where weights differ. */
function leastRequest<H extends BalancedHost>(hosts: readonly H[], weighted: boolean, dice: Dice): H | undefined {
  let best: H | undefined;
  for (let i = 0; i < CHOICES; i++) {
    const next = weighted ? byWeight(hosts, dice()) : at(hosts, dice());
    if (next !== undefined && (best === undefined || (weighted ? (next.active + 1) / next.weight < (best.active + 1) / best.weight : next.active < best.active))) best = next;
  }
  return best;
}

/** Picks hosts one after another. ROUND_ROBIN remembers where it was, so a balancer lives as long as its list of hosts. */
export type Balancer<H> = { pick(dice: Dice): H | undefined };

export function createBalancer<H extends BalancedHost>(policy: Policy, hosts: readonly H[], firstDice: Dice): Balancer<H> {
  if (hosts.length <= 1) return { pick: () => hosts[0] };
  const weighted = !equalWeights(hosts);
  if (policy === 'LEAST_REQUEST') return { pick: (dice) => leastRequest(hosts, weighted, dice) };
  if (policy === 'RANDOM' || policy === 'CLUSTER_PROVIDED') return { pick: (dice) => (weighted ? byWeight(hosts, dice()) : at(hosts, dice())) };
  if (!weighted) {
    let next = Math.floor(firstDice() * hosts.length);
    return {
      pick: () => {
        const host = hosts[next % hosts.length];
        next = (next + 1) % hosts.length;
        return host;
      },
    };
  }
  return smoothRoundRobin(hosts);
}

/** Weighted round robin that spreads each host's turns evenly (the shares of Envoy's earliest-deadline-first schedule). */
function smoothRoundRobin<H extends BalancedHost>(hosts: readonly H[]): Balancer<H> {
  const credit = hosts.map(() => 0);
  const total = hosts.reduce((sum, host) => sum + host.weight, 0);
  return {
    pick: () => {
      let best = 0;
      for (const [i, host] of hosts.entries()) {
        credit[i] = (credit[i] ?? 0) + host.weight;
        if ((credit[i] ?? 0) > (credit[best] ?? 0)) best = i;
      }
      credit[best] = (credit[best] ?? 0) - total;
      return hosts[best];
    },
  };
}

/** A host that was not tried before, where the retry policy asks for one; after `picksMax` draws the last one counts. */
export function pickAvoiding<H>(balancer: Balancer<H>, dice: Dice, tried: readonly H[], picksMax: number): H | undefined {
  let host = balancer.pick(dice);
  for (let i = 0; i < picksMax && host !== undefined && tried.includes(host); i++) host = balancer.pick(dice);
  return host;
}
