import type { FieldPath } from '../check/issue.ts';
import type { HTTPRoute } from '../kinds/istio/virtual-service.ts';
import { checkDestination, checkDestinations } from './destination.ts';
import { checkHeaders, isAuthority } from './headers.ts';
import { checkCors, checkDirectResponse, checkFault, checkRedirect, checkRetries, checkRewrite } from './http-actions.ts';
import { checkHttpMatch } from './http-match.ts';
import type { Loose } from './proto.ts';
import { each, entries, quoted } from './report.ts';
import type { Report } from './report.ts';
import { durationError } from './values.ts';

type Route = Loose<HTTPRoute>;
const go = (value: number): string => value.toFixed(6);

/** One HTTP rule. In a delegate (a VirtualService without hosts) a rule cannot delegate further. */
export function checkHttpRoute(route: Route, at: FieldPath, isDelegate: boolean, report: Report): void {
  checkConflicts(route, at, isDelegate, report);
  for (const [i, match] of each(route.match)) checkHttpMatch(match, [...at, 'match', i], report);
  checkHeaders(route.headers, [...at, 'headers'], report);
  checkCors(route.corsPolicy, [...at, 'corsPolicy'], report);
  checkFault(route.fault, [...at, 'fault'], report);
  checkMirrors(route, at, report);
  checkRedirect(route.redirect, route.match, [...at, 'redirect'], report);
  checkDirectResponse(route.directResponse, [...at, 'directResponse'], report);
  checkRetries(route.retries, [...at, 'retries'], report);
  checkRewrite(route, [...at, 'rewrite'], report);
  checkAuthority(route, at, report);
  checkDestinations(route.route, [...at, 'route'], report);
  report.error([...at, 'timeout'], durationError(route.timeout));
}

/** A rule does one thing: delegate, redirect, answer directly or route. */
function checkConflicts(route: Route, at: FieldPath, isDelegate: boolean, report: Report): void {
  const { delegate, redirect, directResponse, fault, rewrite } = route;
  const hasRoute = (route.route ?? []).length > 0;
  if (delegate !== undefined && !isDelegate) {
    if (redirect !== undefined) report.error([...at, 'redirect'], `root HTTP route ${route.name ?? ''} must not specify redirect`);
    if (route.route !== undefined) report.error([...at, 'route'], `root HTTP route ${route.name ?? ''} must not specify route`);
    return;
  }
  if (delegate !== undefined) report.error([...at, 'delegate'], 'delegate HTTP route cannot contain delegate');
  const action = redirect === undefined ? (directResponse === undefined ? undefined : 'direct_response') : 'redirect';
  if (action !== undefined) {
    if (hasRoute) report.error([...at, 'route'], `HTTP route cannot contain both route and ${action}`);
    if (fault !== undefined) report.error([...at, 'fault'], `HTTP route cannot contain both fault and ${action}`);
    if (rewrite !== undefined) report.error([...at, 'rewrite'], `HTTP route rule cannot contain both rewrite and ${action}`);
    if (action === 'redirect' && directResponse !== undefined) report.error([...at, 'directResponse'], 'HTTP route rule cannot contain both direct_response and redirect');
  } else if (!hasRoute) report.error(at, 'HTTP route, redirect or direct_response is required');
  if (route.mirror !== undefined && (route.mirrors ?? []).length > 0) report.error([...at, 'mirrors'], 'HTTP route cannot contain both mirror and mirrors');
}

function checkMirrors(route: Route, at: FieldPath, report: Report): void {
  for (const field of ['mirrorPercent', 'mirror_percent'] as const) {
    const percent = route[field];
    if (percent === undefined) continue;
    if (percent > 100) report.error([...at, field], `mirror_percent must have a max value of 100 (it has ${percent})`);
    report.warn([...at, field], 'using deprecated setting "mirrorPercent", use "mirrorPercentage" instead');
  }
  const share = route.mirrorPercentage?.value ?? 0;
  if (share > 100) report.error([...at, 'mirrorPercentage'], `mirror_percentage must have a max value of 100 (it has ${go(share)})`);
  if (share < 0) report.error([...at, 'mirrorPercentage'], `mirror_percentage must have a min value of 0 (it has ${go(share)})`);
  checkDestination(route.mirror, [...at, 'mirror'], report);
  for (const [i, mirror] of each(route.mirrors)) {
    const place = [...at, 'mirrors', i];
    if (mirror.destination === undefined) {
      report.error(place, 'destination is required for mirrors');
      continue;
    }
    checkDestination(mirror.destination, [...place, 'destination'], report);
    const value = mirror.percentage?.value ?? 0;
    if (value > 100) report.error([...place, 'percentage'], `mirror percentage must have a max value of 100 (it has ${go(value)})`);
    if (value < 0) report.error([...place, 'percentage'], `mirror percentage must have a min value of 0 (it has ${go(value)})`);
  }
}

/** The host of the request can be changed in one place only. */
function checkAuthority(route: Route, at: FieldPath, report: Report): void {
  let current = route.rewrite?.authority ?? '';
  for (const action of ['set', 'add'] as const) {
    for (const [name, value] of entries(route.headers?.request?.[action])) {
      if (!isAuthority(name)) continue;
      if (current !== '') {
        report.error([...at, 'headers', 'request', action, name], `authority header cannot be set multiple times: have ${quoted(current)}, attempting to set ${quoted(value ?? '')}`);
        return;
      }
      current = value ?? '';
    }
  }
}
