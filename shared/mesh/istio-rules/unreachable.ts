import type { FieldPath } from '../check/issue.ts';
import { jsonKey } from '../check/equal.ts';
import type { HTTPMatchRequest } from '../kinds/istio/virtual-service.ts';
import type { Loose } from './proto.ts';
import { each, quoted } from './report.ts';
import { matchForm } from './values.ts';
import type { Match } from './values.ts';

/** Why a rule or a match is never used; the analyzer turns them into IST0130 and IST0131. */
export type Unused =
  | { readonly what: 'rule'; readonly path: FieldPath; readonly rule: string; readonly reason: string }
  | { readonly what: 'match'; readonly path: FieldPath; readonly rule: string; readonly match: string; readonly other: string };

type Rule = { readonly match?: readonly object[] };
type HttpRule = { readonly match?: readonly Loose<HTTPMatchRequest>[] };
/** The rules of a VirtualService, as far as this looks at them. */
export type RuleLists = { readonly http?: readonly HttpRule[]; readonly tcp?: readonly Rule[]; readonly tls?: readonly Rule[] };
/** HTTP rules and matches may have names; all others go by their number. */
function nameOf(named: object | undefined, i: number): string {
  const name = named !== undefined && 'name' in named && typeof named.name === 'string' ? named.name : '';
  return name === '' ? `#${i}` : quoted(name);
}
/** The conditions of a match, its name left out. */
const conditionsKey = (match: object): string => jsonKey(Object.fromEntries(Object.entries(match).filter(([key]) => key !== 'name')));

/** Rules behind one that matches everything, and matches that an earlier rule has already. */
function unusedRules(rules: readonly Rule[] | undefined, at: FieldPath): readonly Unused[] {
  const found: Unused[] = [];
  const seen = new Map<string, number>();
  let catchAll: number | undefined;
  for (const [i, rule] of each(rules)) {
    const path = [...at, i];
    const matches = rule.match ?? [];
    const unused = (reason: string): void => void found.push({ what: 'rule', path, rule: nameOf(rule, i), reason });
    if (matches.length === 0) {
      if (catchAll !== undefined) unused('only the last rule can have no matches');
      catchAll = i;
      continue;
    }
    let duplicates = 0;
    for (const [j, match] of matches.entries()) {
      if (catchAll !== undefined) {
        unused('route without matches defined before');
        continue;
      }
      const key = conditionsKey(match);
      const earlier = seen.get(key);
      if (earlier === undefined) seen.set(key, i);
      else {
        found.push({ what: 'match', path: [...path, 'match', j], rule: nameOf(rule, i), match: nameOf(match, j), other: nameOf(rules?.[earlier], earlier) });
        duplicates += 1;
      }
    }
    if (duplicates === matches.length) unused('all matches used by prior rules');
  }
  return found;
}

type Prefixed = { readonly path: FieldPath; readonly rule: string; readonly match: string; readonly prefix: string; readonly conditions: Loose<HTTPMatchRequest> };
/** Matches by prefix that an earlier, shorter prefix with the same conditions takes away. */
function coveredPrefixes(routes: readonly HttpRule[] | undefined, at: FieldPath): readonly Unused[] {
  const rules = routes ?? [];
  const catchAll = rules.findIndex((route) => (route.match ?? []).length === 0);
  const seen = new Set<string>();
  const prefixed: Prefixed[] = [];
  for (const [i, route] of (catchAll < 0 ? rules : rules.slice(0, catchAll)).entries()) {
    for (const [j, match] of each(route.match)) {
      const key = conditionsKey(match);
      const form = matchForm(match.uri);
      if (!seen.has(key) && form?.form === 'prefix' && form.text !== '') prefixed.push({ path: [...at, i, 'match', j], rule: nameOf(route, i), match: nameOf(match, j), prefix: form.text, conditions: match });
      seen.add(key);
    }
  }
  return prefixed.flatMap((first, i) => prefixed.slice(i + 1).filter((later) => later.prefix !== first.prefix && covers(first, later)).map((later) => ({
    what: 'match' as const, path: later.path, rule: later.rule, match: `${later.match} of prefix ${later.prefix}`, other: `${first.match} of prefix ${first.prefix} on ${first.rule}`,
  })));
}

const textOf = (match: Match | undefined, byDefault = ''): string => {
  if ((match?.exact ?? '') !== '') return `exact:${match?.exact}`;
  return (match?.prefix ?? '') === '' ? byDefault : `prefix:${match?.prefix}`;
};
const fits = (first: string, later: string): boolean => first === later || first.startsWith(later);
function mapsFit(first: { readonly [name: string]: Match | undefined } | undefined, later: { readonly [name: string]: Match | undefined } | undefined): boolean {
  const names = Object.keys(first ?? {});
  return names.length === Object.keys(later ?? {}).length && names.every((name) => Object.hasOwn(later ?? {}, name) && fits(textOf(first?.[name]), textOf(later?.[name])));
}
function covers(first: Prefixed, later: Prefixed): boolean {
  const a = first.conditions;
  const b = later.conditions;
  return later.prefix.startsWith(first.prefix) && (a.port ?? 0) === (b.port ?? 0) && fits(textOf(a.method, 'exact:GET'), textOf(b.method, 'exact:GET')) && fits(textOf(a.authority), textOf(b.authority)) &&
    mapsFit(a.headers, b.headers) && mapsFit(a.queryParams, b.queryParams) && mapsFit(a.withoutHeaders, b.withoutHeaders);
}

/** Rules and matches of a VirtualService that no request can reach. */
export const unusedIn = (spec: RuleLists): readonly Unused[] => [
  ...unusedRules(spec.http, ['spec', 'http']), ...coveredPrefixes(spec.http, ['spec', 'http']), ...unusedRules(spec.tcp, ['spec', 'tcp']), ...unusedRules(spec.tls, ['spec', 'tls']),
];

/** The sentence istiod says. */
export const unusedText = (unused: Unused): string => (unused.what === 'rule'
  ? `virtualService rule ${unused.rule} not used (${unused.reason})`
  : `virtualService rule ${unused.rule} match ${unused.match} is not used (duplicate/overlapping match in rule ${unused.other})`);
