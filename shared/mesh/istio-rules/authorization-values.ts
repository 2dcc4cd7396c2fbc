import { isCidr } from '../check/formats.ts';
import { isIp } from './names.ts';
import { quoted } from './report.ts';

type Texts = readonly string[] | undefined;
const PORT_MAX = 65_535;
const ACCOUNTS_MAX = 16;
const ACCOUNT_LENGTH_MAX = 320;
/** Characters of a path segment (RFC 3986 pchar) that a template may hold. */
const SEGMENT = /^[a-zA-Z0-9\-._~%!$&'()+,;:@=]+$/;

export const emptyError = (field: string, values: Texts): string | undefined => ((values ?? []).includes('') ? `empty value not allowed, found in ${field}` : undefined);

export const ipsErrors = (values: Texts): readonly string[] => (values ?? []).flatMap((value) => {
  if (value.includes('/')) return isCidr(value) ? [] : [`bad CIDR range (${value}): netip.ParsePrefix(${quoted(value)}): no valid prefix`];
  return isIp(value) ? [] : [`bad IP address (${value})`];
});
export const portsErrors = (values: Texts): readonly string[] => (values ?? []).flatMap((value) => {
  if (!/^\d+$/.test(value)) return [`bad port (${value}): strconv.ParseUint: parsing ${quoted(value)}: invalid syntax`];
  return Number(value) > PORT_MAX ? [`bad port (${value}): <nil>`] : [];
});

function wildcardsError(field: string, values: Texts): string | undefined {
  const empty = emptyError(field, values);
  if (empty !== undefined) return empty;
  for (const value of values ?? []) {
    const stars = value.split('*').length - 1;
    if (stars > 1) return `at most one wildcard is allowed, found in ${field}: ${quoted(value)}`;
    if (stars === 1 && !value.startsWith('*') && !value.endsWith('*')) return `wildcard is only allowed at the start or end, found in ${field}: ${quoted(value)}`;
  }
  return undefined;
}
export function trustDomainsError(field: string, values: Texts): string | undefined {
  const withSlash = (values ?? []).find((value) => value.includes('/'));
  return wildcardsError(field, values) ?? (withSlash === undefined ? undefined : `trust domain must not contain '/', found in ${field}: ${quoted(withSlash)}`);
}

export function accountsError(field: string, values: Texts): string | undefined {
  if ((values ?? []).length > ACCOUNTS_MAX) return 'may not have more than 16 values';
  for (const value of values ?? []) {
    const form = "expected format 'serviceAccount' or 'namespace/serviceAccount', found";
    const parts = value.split('/');
    if (value === '') return `empty value not allowed, found in ${field}`;
    if (value.includes('*')) return `wildcard not allowed, found in ${field}`;
    if (parts.length > 2) return `${form} ${quoted(value)} in ${field}`;
    if (value.length > ACCOUNT_LENGTH_MAX) return `value cannot exceed 320 characters, found ${quoted(value)} in ${field}`;
    if (parts.length === 2 && parts[0] === '') return `${form} empty namespace ${quoted(value)} in ${field}`;
    if (parts.length === 2 && parts[1] === '') return `${form} empty serviceAccount ${quoted(value)} in ${field}`;
  }
  return undefined;
}

/** Paths with {*} (one segment) and {**} (the rest; must be last). */
export function pathTemplateError(field: string, paths: Texts): string | undefined {
  for (const path of paths ?? []) {
    const isTemplate = path.includes('{*}') || path.includes('{**}');
    const trimmed = path.replace(/^\/+|\/+$/g, '');
    const wrong = (why: string): string => `invalid or unsupported path ${trimmed}, found in ${field}. ${why}`;
    let ended = false;
    for (const segment of trimmed.split('/')) {
      const isOperator = segment === '{*}' || segment === '{**}';
      if (isOperator && ended) return wrong('{**} is not the last operator');
      if (segment === '{**}') ended = true;
      if (isOperator) continue;
      if (/[{}]/.test(segment)) return wrong("Contains '{' or '}' beyond a supported path template");
      if (isTemplate && !SEGMENT.test(segment)) return wrong(`Contains segment ${segment} with invalid string literal`);
    }
  }
  return undefined;
}

const listed = (errors: readonly string[]): string | undefined => (errors.length === 0 ? undefined : `${errors.length} error${errors.length === 1 ? '' : 's'} occurred:\n${errors.map((error) => `\t* ${error}\n`).join('')}\n`);
function mapKeyError(key: string): string | undefined {
  const open = key.indexOf('[');
  return key.endsWith(']') && open > 0 && open < key.length - 2 ? undefined : `bad key (${key}): should have format a[b]`;
}
const FREE: ReadonlySet<string> = new Set(['source.namespace', 'source.principal', 'request.auth.principal', 'request.auth.audiences', 'request.auth.presenter', 'connection.sni']);

/** What is wrong with a condition's key or its values. */
export function attributeError(key: string, values: Texts): string | undefined {
  const empty = emptyError(key, values);
  if (empty !== undefined) return empty;
  if (key.startsWith('request.headers') || key.startsWith('request.auth.claims') || key.startsWith('experimental.envoy.filters.')) return mapKeyError(key);
  if (key === 'source.ip' || key === 'remote.ip' || key === 'destination.ip') return listed(ipsErrors(values));
  if (key === 'destination.port') return listed(portsErrors(values));
  if (key === 'source.serviceAccount') return accountsError(key, values);
  if (key === 'source.trustDomain') return wildcardsError(key, values);
  if (FREE.has(key)) return undefined;
  if (key === 'destination.namespace') return `attribute ${key} is replaced by the metadata.namespace`;
  if (key.startsWith('destination.labels')) return `attribute ${key} is replaced by the workload selector`;
  return key === 'destination.name' || key === 'destination.user' ? `deprecated attribute ${key}: only supported in v1alpha1` : `unknown attribute: ${key}`;
}
