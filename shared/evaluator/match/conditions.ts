import type { FractionalPercent, HeaderMatcher, QueryParameterMatcher, RouteMatch, StringMatcher } from '#shared/xds';
import { ConfigProblem } from '../problem.ts';
import type { RequestView } from '../request.ts';
import { headerOf, wireText } from '../request.ts';
import { compileRegex } from './regex.ts';
import { compileString } from './string-matcher.ts';

/** Numbers in [0, 1), handed in: the evaluator throws no dice of its own. */
export type Dice = () => number;
/** One condition of a route. `path` is the request's path without its query, cut once for all conditions. */
export type Condition = { readonly field: string; readonly words: string; test(request: RequestView, path: string, dice: Dice): boolean };

const DENOMINATOR = { HUNDRED: 100, TEN_THOUSAND: 10_000, MILLION: 1_000_000 } as const;
/** The share in [0, 1] of a FractionalPercent. */
export const shareOf = (percent: FractionalPercent | undefined): number => (percent === undefined ? 0 : Math.min(1, (percent.numerator ?? 0) / DENOMINATOR[percent.denominator ?? 'HUNDRED']));

/** The value of a pseudo header; undefined for a name that is none. `Host` is seen as :authority. */
function pseudo(request: RequestView, name: string): string | undefined {
  switch (name) {
    case ':method': return request.method;
    case ':path': return request.path;
    case ':authority': case 'host': return request.authority;
    case ':scheme': return request.scheme;
    default: return undefined;
  }
}

function headerTest(matcher: HeaderMatcher, field: string): { words: string; test(text: string): boolean } | undefined {
  const string: StringMatcher | undefined = matcher.string_match ?? (matcher.exact_match !== undefined ? { exact: matcher.exact_match } : matcher.prefix_match !== undefined ? { prefix: matcher.prefix_match } : matcher.safe_regex_match !== undefined ? { safe_regex: matcher.safe_regex_match } : undefined);
  return string === undefined ? undefined : compileString(string, `${field}.string_match`);
}

/**
 * A header condition. Repeated lines: one line that matches is enough (Envoy 1.40). A missing header with a matcher of its value never
 * matches, not even inverted, unless `treat_missing_header_as_empty`.
 */
export function compileHeader(matcher: HeaderMatcher, field: string): Condition {
  const name = matcher.name.toLowerCase();
  if (name === '') throw new ConfigProblem(field, 'a header matcher needs a name');
  const inverted = matcher.invert_match === true;
  const value = headerTest(matcher, field);
  const anyLine = (request: RequestView, test: (text: string) => boolean): boolean | undefined => {
    const special = pseudo(request, name);
    if (special !== undefined) return test(special);
    let found: boolean | undefined;
    for (let i = 0; i < request.headers.length; i += 2) {
      if (request.headers[i] !== name) continue;
      if (test(request.headers[i + 1] ?? '')) return true;
      found = false;
    }
    return found;
  };
  if (value === undefined) {
    const wanted = (matcher.present_match ?? true) !== inverted;
    return { field, words: `header ${name} is ${wanted ? 'there' : 'absent'}`, test: (request) => ((pseudo(request, name) ?? headerOf(request.headers, name)) !== undefined) === wanted };
  }
  const emptyCounts = matcher.treat_missing_header_as_empty === true;
  return {
    field,
    words: `header ${name} ${inverted ? `not: ${value.words}` : value.words}`,
    test: (request) => {
      const found = anyLine(request, value.test) ?? (emptyCounts ? value.test('') : undefined);
      return found !== undefined && found !== inverted;
    },
  };
}

/** The first value of a query key, raw (not decoded); undefined when the key is absent. */
export function queryValue(path: string, key: string): string | undefined {
  const start = path.indexOf('?');
  if (start < 0) return undefined;
  const hash = path.indexOf('#', start);
  for (const pair of path.slice(start + 1, hash < 0 ? undefined : hash).split('&')) {
    const equals = pair.indexOf('=');
    if ((equals < 0 ? pair : pair.slice(0, equals)) === key) return equals < 0 ? '' : pair.slice(equals + 1);
  }
  return undefined;
}

export function compileQuery(matcher: QueryParameterMatcher, field: string): Condition {
  const key = wireText(matcher.name);
  if (matcher.string_match === undefined) {
    const wanted = matcher.present_match ?? true;
    return { field, words: `query parameter ${matcher.name} is ${wanted ? 'there' : 'absent'}`, test: (request) => (queryValue(request.path, key) !== undefined) === wanted };
  }
  const value = compileString(matcher.string_match, `${field}.string_match`);
  return {
    field, words: `query parameter ${matcher.name} ${value.words}`,
    test: (request) => {
      const found = queryValue(request.path, key);
      return found !== undefined && value.test(found);
    },
  };
}

/** The condition on the path; undefined for a prefix "/" that every path of origin form meets. */
function compilePath(match: RouteMatch, field: string): Condition | undefined {
  const blind = match.case_sensitive === false;
  const fold = (text: string): string => (blind ? text.toLowerCase() : text);
  if (match.path !== undefined) {
    const wanted = fold(wireText(match.path));
    return { field: `${field}.path`, words: `path is "${match.path}"`, test: (_, path) => fold(path) === wanted };
  }
  if (match.prefix !== undefined) {
    const wanted = fold(wireText(match.prefix));
    if (wanted === '' || wanted === '/') return { field: `${field}.prefix`, words: `path begins with "${match.prefix}"`, test: (_, path) => path.startsWith(wanted) }; // CONNECT has no path: only connect_matcher takes it
    return { field: `${field}.prefix`, words: `path begins with "${match.prefix}"`, test: (_, path) => fold(path).startsWith(wanted) };
  }
  if (match.path_separated_prefix !== undefined) {
    const wanted = fold(wireText(match.path_separated_prefix));
    return { field: `${field}.path_separated_prefix`, words: `path is "${match.path_separated_prefix}" or below it`, test: (_, path) => fold(path) === wanted || fold(path).startsWith(`${wanted}/`) };
  }
  if (match.safe_regex !== undefined) {
    const regex = compileRegex(match.safe_regex.regex, `${field}.safe_regex.regex`);
    return { field: `${field}.safe_regex`, words: `path matches "${match.safe_regex.regex}"`, test: (_, path) => regex.matches(path) };
  }
  if (match.connect_matcher !== undefined) return { field: `${field}.connect_matcher`, words: 'method is CONNECT', test: (request) => request.method === 'CONNECT' };
  throw new ConfigProblem(field, 'a route match needs a prefix, path, safe_regex, path_separated_prefix or connect_matcher');
}

/** All conditions of a route, the cheap path first. */
export function compileMatch(match: RouteMatch, field: string): readonly Condition[] {
  const out: Condition[] = [];
  const path = compilePath(match, field);
  if (path !== undefined) out.push(path);
  for (const [i, header] of (match.headers ?? []).entries()) out.push(compileHeader(header, `${field}.headers[${i}]`));
  for (const [i, query] of (match.query_parameters ?? []).entries()) out.push(compileQuery(query, `${field}.query_parameters[${i}]`));
  if (match.grpc !== undefined) out.push({ field: `${field}.grpc`, words: 'request is gRPC', test: (request) => /^application\/grpc(?:\+|$)/.test(headerOf(request.headers, 'content-type') ?? '') });
  if (match.runtime_fraction !== undefined) {
    const share = shareOf(match.runtime_fraction.default_value);
    out.push({ field: `${field}.runtime_fraction`, words: `one of ${share * 100} % of the requests`, test: (_request, _path, dice) => dice() < share });
  }
  return out;
}
