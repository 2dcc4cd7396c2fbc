import type { RedirectAction, RouteAction, RouteMatch } from '#shared/xds';
import { ConfigProblem } from '../problem.ts';
import type { RequestView } from '../request.ts';
import { pathOnly, wireText } from '../request.ts';
import type { Regex } from '../match/compiled-regex.ts';
import { compileRegex } from '../match/regex.ts';

/** Changes the path of a request; the query stays. */
export type PathRewrite = (path: string) => string;

/** How many characters of the path the match stands for: what `prefix_rewrite` swaps. A whole path (exact, regex) is swapped whole. */
const matchedLength = (match: RouteMatch, path: string): number => {
  const prefix = match.prefix ?? match.path_separated_prefix;
  return prefix === undefined ? path.length : wireText(prefix).length;
};
const withQuery = (path: string, change: (bare: string) => string): string => {
  const bare = pathOnly(path);
  return change(bare) + path.slice(bare.length);
};

export function compilePathRewrite(match: RouteMatch, action: Pick<RouteAction, 'prefix_rewrite' | 'regex_rewrite'>, field: string): PathRewrite | undefined {
  if (action.regex_rewrite !== undefined) {
    const regex: Regex = compileRegex(action.regex_rewrite.pattern.regex, `${field}.regex_rewrite.pattern.regex`);
    const substitution = wireText(action.regex_rewrite.substitution);
    return (path) => withQuery(path, (bare) => regex.replaceAll(bare, substitution));
  }
  const prefix = action.prefix_rewrite;
  if (prefix === undefined || prefix === '') return undefined;
  const swapped = wireText(prefix);
  return (path) => withQuery(path, (bare) => swapped + bare.slice(matchedLength(match, bare)));
}

const STATUS = { MOVED_PERMANENTLY: 301, FOUND: 302, SEE_OTHER: 303, TEMPORARY_REDIRECT: 307, PERMANENT_REDIRECT: 308 } as const;
export type CompiledRedirect = { readonly status: number; location(request: RequestView): string };

const DEFAULT_PORT: ReadonlyMap<string, string> = new Map([['http', ':80'], ['https', ':443']]);

/** An absolute Location (Envoy: RouteEntryImplBase::newPath). Default ports are dropped when the scheme changes; the query is kept unless the new path has its own. */
export function compileRedirect(match: RouteMatch, redirect: RedirectAction & { readonly strip_query?: boolean }, field: string): CompiledRedirect {
  const rewrite = compilePathRewrite(match, redirect.prefix_rewrite === undefined ? {} : { prefix_rewrite: redirect.prefix_rewrite }, field);
  const path = redirect.path_redirect === undefined || redirect.path_redirect === '' ? undefined : wireText(redirect.path_redirect);
  if (path !== undefined && rewrite !== undefined) throw new ConfigProblem(field, 'path_redirect and prefix_rewrite exclude each other');
  const newPath = (request: RequestView): string => {
    const bare = pathOnly(request.path);
    const query = redirect.strip_query === true ? '' : request.path.slice(bare.length);
    if (path !== undefined) return path.includes('?') ? path : path + query;
    return rewrite === undefined ? bare + query : rewrite(bare + query);
  };
  return {
    status: STATUS[redirect.response_code ?? 'MOVED_PERMANENTLY'],
    location: (request) => {
      const scheme = redirect.https_redirect === true ? 'https' : (redirect.scheme_redirect ?? request.scheme);
      let host = redirect.host_redirect === undefined || redirect.host_redirect === '' ? request.authority : wireText(redirect.host_redirect);
      const oldDefault = DEFAULT_PORT.get(request.scheme);
      if (redirect.port_redirect !== undefined && redirect.port_redirect !== 0) {
        host = host.replace(/:\d*$/, '');
        if (DEFAULT_PORT.get(scheme) !== `:${redirect.port_redirect}`) host += `:${redirect.port_redirect}`;
      } else if (scheme !== request.scheme && oldDefault !== undefined && host.endsWith(oldDefault)) host = host.slice(0, -oldDefault.length);
      return `${scheme}://${host}${newPath(request)}`;
    },
  };
}
