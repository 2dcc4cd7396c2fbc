/** Domain of Service names. */
export const CLUSTER_DOMAIN = 'cluster.local';

export const serviceHost = (name: string, namespace: string, domain = CLUSTER_DOMAIN): string => `${name}.${namespace}.svc.${domain}`;

/** An IP address or a name with a dot or a wildcard is taken as it is; a short name is a Service of the namespace of the rule (istio: ResolveShortnameToFQDN). */
export function fullHost(host: string, namespace: string, domain = CLUSTER_DOMAIN): string {
  const lower = host.toLowerCase();
  return lower === '' || lower.includes('.') || lower.includes(':') || lower.startsWith('*') ? lower : serviceHost(lower, namespace, domain);
}

export const isWildcard = (host: string): boolean => host.startsWith('*');

/** Whether two hosts, each of which may be a wildcard, have a name in common where the first covers the second or the other way round. */
export function hostsMatch(a: string, b: string): boolean {
  if (isWildcard(a)) {
    if (!isWildcard(b)) return b.endsWith(a.slice(1)) && b.length > a.length - 1;
    return a.length < b.length ? b.endsWith(a.slice(1)) : a.endsWith(b.slice(1));
  }
  return isWildcard(b) ? hostsMatch(b, a) : a === b;
}

/** Whether every name of `inner` is one of `outer`. */
export const hostCovers = (outer: string, inner: string): boolean =>
  isWildcard(outer) ? (isWildcard(inner) ? inner.length >= outer.length && inner.endsWith(outer.slice(1)) : hostsMatch(outer, inner)) : outer === inner;

/** The most specific of the patterns that cover the host: the exact one, else the longest wildcard. */
export function mostSpecificHost(patterns: Iterable<string>, host: string): string | undefined {
  let found: string | undefined;
  for (const pattern of patterns) {
    if (pattern === host) return pattern;
    if (isWildcard(pattern) && hostCovers(pattern, host) && (found === undefined || pattern.length > found.length)) found = pattern;
  }
  return found;
}

/** Order of hosts from the most specific: exact before wildcard, longer before shorter, then by name. */
export function compareHosts(a: string, b: string): number {
  if (isWildcard(a) !== isWildcard(b)) return isWildcard(a) ? 1 : -1;
  return b.length - a.length || (a < b ? -1 : a > b ? 1 : 0);
}
