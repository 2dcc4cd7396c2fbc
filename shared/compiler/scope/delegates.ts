import type { HTTPMatchRequest, HTTPRoute, StringMatch } from '#shared/mesh';
import type { HttpRule } from './http-rule.ts';

/** undefined: the two cannot hold together. */
type Merged<T> = { readonly value: T | undefined } | undefined;

/** The narrower of two string conditions; regular expressions cannot be compared. */
function mergeString(root: StringMatch | undefined, leaf: StringMatch | undefined): Merged<StringMatch> {
  if (root === undefined || leaf === undefined) return { value: root ?? leaf };
  if (root.regex !== undefined || leaf.regex !== undefined) return undefined;
  if (root.exact !== undefined) return leaf.exact === root.exact ? { value: leaf } : undefined;
  const prefix = root.prefix ?? '';
  return (leaf.exact ?? leaf.prefix ?? '').startsWith(prefix) ? { value: leaf } : undefined;
}
type Strings = { readonly [name: string]: StringMatch };
/** Conditions on different names add up; on the same name they must be the same. */
function mergeStrings(root: Strings | undefined, leaf: Strings | undefined): Merged<Strings> {
  if (root === undefined || leaf === undefined) return { value: root ?? leaf };
  for (const [name, match] of Object.entries(leaf)) {
    const other = Object.hasOwn(root, name) ? root[name] : undefined;
    if (other !== undefined && JSON.stringify(other) !== JSON.stringify(match)) return undefined;
  }
  return { value: { ...root, ...leaf } };
}
type Labels = { readonly [name: string]: string };
function mergeLabels(root: Labels | undefined, leaf: Labels | undefined): Merged<Labels> {
  for (const [name, v] of Object.entries(leaf ?? {})) if (root !== undefined && Object.hasOwn(root, name) && root[name] !== v) return undefined;
  return { value: root === undefined && leaf === undefined ? undefined : { ...root, ...leaf } };
}
const same = <T>(root: T | undefined, leaf: T | undefined): Merged<T> => (root === undefined || leaf === undefined || root === leaf ? { value: leaf ?? root } : undefined);
function mergeGateways(root: readonly string[] | undefined, leaf: readonly string[] | undefined): Merged<readonly string[]> {
  if (root === undefined || leaf === undefined) return { value: leaf ?? root };
  return leaf.every((name) => root.includes(name)) ? { value: leaf } : undefined;
}
const set = <K extends keyof HTTPMatchRequest>(key: K, merged: { readonly value: HTTPMatchRequest[K] | undefined }): Partial<HTTPMatchRequest> => (merged.value === undefined ? {} : { [key]: merged.value });

/** Both conditions at once; undefined when they contradict each other (istio: conflictHTTPMatchRequest). */
export function mergeMatch(root: HTTPMatchRequest, leaf: HTTPMatchRequest): HTTPMatchRequest | undefined {
  if (root.uri !== undefined && leaf.uri !== undefined && (root.ignoreUriCase === true) !== (leaf.ignoreUriCase === true)) return undefined;
  if (root.sourceNamespace !== undefined && leaf.sourceNamespace !== undefined && root.sourceNamespace !== leaf.sourceNamespace) return undefined;
  const uri = mergeString(root.uri, leaf.uri);
  const scheme = mergeString(root.scheme, leaf.scheme);
  const method = mergeString(root.method, leaf.method);
  const authority = mergeString(root.authority, leaf.authority);
  const headers = mergeStrings(root.headers, leaf.headers);
  const withoutHeaders = mergeStrings(root.withoutHeaders, leaf.withoutHeaders);
  const queryParams = mergeStrings(root.queryParams, leaf.queryParams);
  const port = same(root.port, leaf.port);
  const sourceLabels = mergeLabels(root.sourceLabels, leaf.sourceLabels);
  const gateways = mergeGateways(root.gateways, leaf.gateways);
  if (!uri || !scheme || !method || !authority || !headers || !withoutHeaders || !queryParams || !port || !sourceLabels || !gateways) return undefined;
  const name = [root.name, leaf.name].filter((part) => part !== undefined && part !== '').join('-');
  return {
    ...root, ...leaf, ...(name === '' ? {} : { name }), ...set('uri', uri), ...set('scheme', scheme), ...set('method', method), ...set('authority', authority), ...set('headers', headers),
    ...set('withoutHeaders', withoutHeaders), ...set('queryParams', queryParams), ...set('port', port), ...set('sourceLabels', sourceLabels), ...set('gateways', gateways),
    ...(root.ignoreUriCase === true || leaf.ignoreUriCase === true ? { ignoreUriCase: true } : {}),
  };
}

/** What the root says holds where the leaf says nothing. */
function mergeRoute(root: HTTPRoute, leaf: HTTPRoute): HTTPRoute {
  const name = [root.name, leaf.name].filter((part) => part !== undefined && part !== '').join('-');
  const { delegate: _delegate, match: _match, route: _route, redirect: _redirect, name: _name, ...inherited } = root;
  return { ...inherited, ...leaf, ...(name === '' ? {} : { name }) };
}

/** A rule that delegates, joined with each rule of the delegate; leaf rules that contradict the root are dropped. */
export function mergeDelegate(root: HttpRule, leaves: readonly HttpRule[]): readonly HttpRule[] {
  return leaves.flatMap((leaf): readonly HttpRule[] => {
    const route = mergeRoute(root.route, leaf.route);
    if (root.match.length === 0 || leaf.match.length === 0) return [{ ...leaf, route, match: leaf.match.length === 0 ? root.match : leaf.match }];
    const match = root.match.flatMap((a) => leaf.match.flatMap((b) => mergeMatch(a, b) ?? []));
    return match.length === 0 ? [] : [{ ...leaf, route, match }];
  });
}
