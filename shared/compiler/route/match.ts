import type { HTTPMatchRequest, StringMatch } from '#shared/mesh';
import type { HeaderMatcher, QueryParameterMatcher, RouteMatch, StringMatcher } from '#shared/xds';
import { entriesByKey } from '../values.ts';

/** An empty condition, or the regular expression "*" (which is none), asks only that the value is there. */
const isPresence = (match: StringMatch): boolean => match.regex === '*' || (match.exact === undefined && match.prefix === undefined && match.regex === undefined);

/** Istio: ConvertToEnvoyMatch. */
export function stringMatcher(match: StringMatch): StringMatcher {
  if (match.exact !== undefined) return { exact: match.exact };
  if (match.prefix !== undefined) return { prefix: match.prefix };
  return { safe_regex: { regex: match.regex ?? '' } };
}
const header = (name: string, match: StringMatch): HeaderMatcher => (isPresence(match) ? { name, present_match: true } : { name, string_match: stringMatcher(match) });
/** A header that is missing counts as empty, so it does not match what must not match. */
const withoutHeader = (name: string, match: StringMatch): HeaderMatcher => ({ ...header(name, match), invert_match: true, ...(isPresence(match) ? {} : { treat_missing_header_as_empty: true }) });
const query = (name: string, match: StringMatch): QueryParameterMatcher => (isPresence(match) ? { name, present_match: true } : { name, string_match: stringMatcher(match) });

type PathPart = Pick<RouteMatch, 'prefix' | 'path' | 'safe_regex'>;
function pathOf(uri: StringMatch | undefined): PathPart {
  if (uri?.exact !== undefined) return { path: uri.exact };
  if (uri?.prefix !== undefined) return { prefix: uri.prefix };
  if (uri?.regex !== undefined) return { safe_regex: { regex: uri.regex } };
  return { prefix: '/' };
}

/** The conditions of a match; none is every request. */
export function routeMatch(match: HTTPMatchRequest | undefined): RouteMatch {
  if (match === undefined) return { prefix: '/' };
  const named = [...entriesByKey(match.headers).map(([name, value]) => header(name.toLowerCase(), value)), ...entriesByKey(match.withoutHeaders).map(([name, value]) => withoutHeader(name.toLowerCase(), value))];
  named.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const headers = [
    ...named, ...(match.method === undefined ? [] : [header(':method', match.method)]), ...(match.authority === undefined ? [] : [header(':authority', match.authority)]),
    ...(match.scheme === undefined ? [] : [header(':scheme', match.scheme)]),
  ];
  const parameters = entriesByKey(match.queryParams).map(([name, value]) => query(name, value));
  return { ...pathOf(match.uri), case_sensitive: match.ignoreUriCase !== true, ...(headers.length === 0 ? {} : { headers }), ...(parameters.length === 0 ? {} : { query_parameters: parameters }) };
}

/** Whether a match takes every request, so that what follows is never reached. */
export function isCatchAll(match: RouteMatch): boolean {
  const everyPath = match.prefix === '/' || match.safe_regex?.regex === '.*';
  return everyPath && (match.headers ?? []).length === 0 && (match.query_parameters ?? []).length === 0;
}
