import { compareHosts, fullHost, hostsMatch } from '#shared/mesh';
import type { VirtualService } from '#shared/mesh';
import { listed, named } from '../rule.ts';
import type { Findings, Rule } from '../rule.ts';
import type { Typed } from '../world/world.ts';

const EVERYWHERE = '*';
const NOBODY = '~';
type RoutingRule = Typed<VirtualService>;
/** A host that a VirtualService claims for the sidecars of some namespaces. */
type Claim = { readonly rule: RoutingRule; readonly host: string; readonly age: number };
/** Claims that meet in a scope (a namespace, or `*` for those without rules of their own), the strongest first. */
type Contest = { readonly scope: string; readonly claims: readonly Claim[] };

/** Namespaces that see a VirtualService. */
const scopesOf = (rule: RoutingRule): readonly string[] => {
  const { exportTo = [] } = rule.object.spec;
  return exportTo.length === 0 || exportTo.includes(EVERYWHERE) ? [EVERYWHERE] : [...new Set(exportTo.map((entry) => (entry === '.' ? rule.namespace : entry)))].filter((scope) => scope !== NOBODY);
};
const isForSidecars = ({ object }: RoutingRule): boolean => (object.spec.gateways ?? []).length === 0 || (object.spec.gateways ?? []).includes('mesh');

/** How near a rule is to the sidecars of a namespace: private to it, exported to it by name, public. The nearest owns a host; age counts only among equals, as in meshRules of shared/compiler. */
function rankOf(rule: RoutingRule, scope: string): 0 | 1 | 2 {
  const { exportTo = [] } = rule.object.spec;
  if (exportTo.length === 0 || exportTo.includes(EVERYWHERE)) return 2;
  return rule.namespace === scope && exportTo.includes('.') ? 0 : 1;
}

function claimsByScope(rules: readonly RoutingRule[]): ReadonlyMap<string, ReadonlyMap<string, readonly Claim[]>> {
  const scopes = new Map<string, Map<string, Claim[]>>();
  for (const [age, rule] of rules.entries()) {
    const hosts = new Set((rule.object.spec.hosts ?? []).map((one) => fullHost(one, rule.namespace)));
    for (const scope of scopesOf(rule)) {
      const byHost = scopes.get(scope) ?? new Map<string, Claim[]>();
      scopes.set(scope, byHost);
      for (const host of hosts) byHost.set(host, [...(byHost.get(host) ?? []), { rule, host, age }]);
    }
  }
  return scopes;
}

/** Claims on one host, and in a namespace also the public ones on hosts that overlap. */
function* contestsOf(rules: readonly RoutingRule[]): Generator<Contest> {
  const scopes = claimsByScope(rules);
  const shared = [...(scopes.get(EVERYWHERE) ?? [])];
  for (const [scope, byHost] of scopes) {
    for (const [host, own] of byHost) {
      const among = scope === EVERYWHERE ? [] : shared.filter(([other]) => hostsMatch(host, other)).flatMap(([, claims]) => claims);
      const claims = [...own, ...among].toSorted((a, b) => compareHosts(a.host, b.host) || rankOf(a.rule, scope) - rankOf(b.rule, scope) || a.age - b.age);
      const seen = new Set<RoutingRule>();
      const once = claims.filter(({ rule }) => !seen.has(rule) && seen.add(rule));
      if (once.length > 1) yield { scope, claims: once };
    }
  }
}

/** Why the first of two claims on one host owns it. */
function reason(winner: Claim, next: Claim, scope: string): string {
  const [a, b] = [rankOf(winner.rule, scope), rankOf(next.rule, scope)];
  if (a !== b) return a === 0 ? `it is private to ${scope}` : `it is exported to ${scope} by name`;
  const [x, y] = [winner.rule.object.metadata.creationTimestamp ?? '', next.rule.object.metadata.creationTimestamp ?? ''];
  return x === y ? 'it comes first by name' : 'it is the oldest';
}

/** What becomes of one claim among those it meets: on the same host the strongest wins, on hosts that overlap the one named more exactly. */
function outcome(claim: Claim, claims: readonly Claim[], scope: string): string {
  const whose = scope === EVERYWHERE ? 'For sidecars' : `For sidecars of ${scope}`;
  const [winner = claim, next = claim] = claims.filter((one) => one.host === claim.host);
  if (winner !== claim) return `${whose} only ${named(winner.rule)} acts, as ${reason(winner, claim, scope)}.`;
  const won = next === claim ? [] : [`${whose} only this one acts, as ${reason(claim, next, scope)}.`];
  const nearer = claims.slice(0, claims.indexOf(claim)).map((one) => `${named(one.rule)} acts on ${one.host}`);
  if (nearer.length > 0) return [...won, `${whose} ${listed(nearer)}: the host named more exactly comes first.`].join(' ');
  return won[0] ?? `${whose} this one acts on ${claim.host}: the host named more exactly comes first.`;
}

/** IST0109: two VirtualServices claim one host for the sidecars of the same namespaces; only the one with the stronger claim acts. Each is told once, the contest it loses rather than one it wins. */
export const conflictingHosts: Rule = {
  run: (world, findings) => {
    const told = new Map<RoutingRule, { readonly claim: Claim; readonly claims: readonly Claim[]; readonly scope: string; readonly wins: boolean }>();
    for (const { scope, claims } of contestsOf(world.virtualServices.filter(isForSidecars))) {
      for (const claim of claims) {
        const known = told.get(claim.rule);
        if (known !== undefined && !known.wins) continue;
        const meeting = claims.filter((one) => hostsMatch(one.host, claim.host));
        const wins = meeting[0] === claim;
        if (meeting.length > 1 && (known === undefined || !wins)) told.set(claim.rule, { claim, claims: meeting, scope, wins });
      }
    }
    for (const { claim, claims, scope } of told.values()) report(claim, claims, scope, findings);
  },
};

function report(claim: Claim, claims: readonly Claim[], scope: string, findings: Findings): void {
  const { rule, host } = claim;
  const others = claims.map((one) => one.rule).filter((one) => one !== rule);
  const i = (rule.object.spec.hosts ?? []).findIndex((one) => fullHost(one, rule.namespace) === host);
  findings.add('IST0109', rule.ref, ['spec', 'hosts', Math.max(i, 0)], `${host} is also claimed by ${listed(others.map(named))}. ${outcome(claim, claims, scope)}`, {
    related: others.map((one) => one.ref), fix: { text: 'Merge the rules into one VirtualService, or limit each by exportTo.' },
  });
}
