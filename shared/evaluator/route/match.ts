import type { Dice } from '../match/conditions.ts';
import type { Trace } from '../reasons.ts';
import { pickWeighted } from '../cluster/weighted.ts';
import type { RequestView } from '../request.ts';
import { pathOnly } from '../request.ts';
import type { CompiledRoute, CompiledVirtualHost, Destination, Forward, RouteTable } from './table.ts';

/** The host without its port ("[::1]:80" -> "[::1]"). */
function withoutPort(host: string): string {
  const colon = host.lastIndexOf(':');
  if (colon < 0 || colon < host.lastIndexOf(']')) return host;
  for (let i = colon + 1; i < host.length; i++) {
    const c = host.charCodeAt(i);
    if (c < 48 || c > 57) return host;
  }
  return host.slice(0, colon);
}

/** The virtual host of an authority: exact, then the longest `*suffix`, the longest `prefix*`, then `*`. Case does not count; a wildcard never stands for nothing. */
export function matchVirtualHost(table: RouteTable, authority: string, trace?: Trace): CompiledVirtualHost | undefined {
  const host = (table.ignorePort ? withoutPort(authority) : authority).toLowerCase();
  const note = (code: 'host-exact' | 'host-suffix' | 'host-prefix' | 'host-any', found: CompiledVirtualHost, domain: string): CompiledVirtualHost => {
    trace?.push({ step: 'virtual-host', outcome: 'chosen', code, subject: table.name, field: found.field, params: { host, name: found.name, domain } });
    return found;
  };
  const exact = table.exact.get(host);
  if (exact !== undefined) return trace === undefined ? exact : note('host-exact', exact, host);
  for (const { text, host: found } of table.suffixes) if (host.length > text.length && host.endsWith(text)) return note('host-suffix', found, `*${text}`);
  for (const { text, host: found } of table.prefixes) if (host.length > text.length && host.startsWith(text)) return note('host-prefix', found, `${text}*`);
  if (table.any !== undefined) return trace === undefined ? table.any : note('host-any', table.any, '*');
  trace?.push({ step: 'virtual-host', outcome: 'passed-over', code: 'host-none', subject: table.name, field: 'virtual_hosts', params: { host } });
  return undefined;
}

/** One route's conditions, all written down. */
function explainRoute(table: RouteTable, route: CompiledRoute, request: RequestView, path: string, dice: Dice, trace: Trace): boolean {
  const source = route.source === undefined ? {} : { source: route.source };
  for (const condition of route.conditions) {
    const met = condition.test(request, path, dice);
    trace.push({ step: 'route', outcome: met ? 'decided' : 'passed-over', code: met ? 'condition-met' : 'condition-failed', subject: table.name, field: condition.field, params: { what: condition.words }, ...source });
    if (!met) return false;
  }
  trace.push({ step: 'route', outcome: 'chosen', code: 'route-chosen', subject: table.name, field: route.field, params: { name: route.name }, ...source });
  return true;
}

export type RouteFound = { readonly host: CompiledVirtualHost; readonly route: CompiledRoute };

/** The first route that matches, in the order of the list. Reasons go to `trace` when one is given. */
export function matchRoute(table: RouteTable, request: RequestView, dice: Dice, trace?: Trace): RouteFound | undefined {
  const host = matchVirtualHost(table, request.authority, trace);
  if (host === undefined) return undefined;
  const path = pathOnly(request.path);
  next: for (const route of host.routes) {
    if (trace !== undefined) {
      if (explainRoute(table, route, request, path, dice, trace)) return { host, route };
      continue;
    }
    for (const condition of route.conditions) if (!condition.test(request, path, dice)) continue next;
    return { host, route };
  }
  trace?.push({ step: 'route', outcome: 'passed-over', code: 'route-none', subject: table.name, field: host.field, params: { name: host.name } });
  return undefined;
}

/** One destination of the route by weight. One pick a request: retries stay in the same cluster. */
export function pickDestination(action: Forward, random: number, trace?: Trace): Destination | undefined {
  const only = action.destinations.length === 1;
  const picked = only ? action.destinations[0] : action.destinations[pickWeighted(action.weights, action.totalWeight, random)];
  if (trace !== undefined && picked !== undefined) {
    trace.push(only
      ? { step: 'cluster', outcome: 'chosen', code: 'cluster-one', subject: picked.cluster, field: 'route.cluster', params: { cluster: picked.cluster } }
      : { step: 'weight', outcome: 'chosen', code: 'weight-chosen', subject: picked.cluster, field: 'route.weighted_clusters', params: { cluster: picked.cluster, weight: picked.weight, total: action.totalWeight } });
  }
  return picked;
}
