import { isCidr, isIpv4, isIpv6 } from '../check/formats.ts';
import { quoted } from './report.ts';

const LABEL_LENGTH_MAX = 63; // RFC 1123 §2.1
const DOMAIN_LENGTH_MAX = 255;
const PREFIX_LENGTH_MAX = 253; // DNS part of a label key
const PORT_MAX = 65_535;
const LABEL = '[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?';
const DNS_LABEL = new RegExp(`^${LABEL}$`);
const WILDCARD_LABEL = new RegExp(`^(\\*|(\\*|\\*-)?${LABEL})$`);
const QUALIFIED = '(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const LABEL_KEY = new RegExp(`^(${LABEL}(?:\\.${LABEL})*/)?(${QUALIFIED})$`);
const LABEL_VALUE = new RegExp(`^(${QUALIFIED})?$`);

/** True for a label as Istio takes it: RFC 1123, capitals allowed. */
export const isDnsLabel = (text: string): boolean => text.length <= LABEL_LENGTH_MAX && DNS_LABEL.test(text);
export const isIp = (text: string): boolean => isIpv4(text) || isIpv6(text);

function lengthError(domain: string): string | undefined {
  if (domain.length > DOMAIN_LENGTH_MAX) return `domain name ${quoted(domain)} too long (max ${DOMAIN_LENGTH_MAX})`;
  return domain === '' ? 'empty domain name not allowed' : undefined;
}
const badLabel = (domain: string, label: string): string => `domain name ${quoted(domain)} invalid (label ${quoted(label)} invalid)`;

function labelsError(domain: string): string | undefined {
  const labels = domain.split('.');
  const top = labels.at(-1) ?? '';
  if (/^[-+]?\d+$/.test(top)) return `domain name ${quoted(domain)} invalid (top level domain ${quoted(top)} cannot be all-numeric)`;
  const named = top === '' && labels.length > 1 ? labels.slice(0, -1) : labels; // a final dot is allowed
  const bad = named.find((label) => !isDnsLabel(label));
  return bad === undefined ? undefined : badLabel(domain, bad);
}
/** Why a text is no DNS name. */
export const fqdnError = (domain: string): string | undefined => lengthError(domain) ?? labelsError(domain);
/** Why a text is no DNS name whose first label may be a wildcard. */
export function wildcardDomainError(domain: string): string | undefined {
  const tooLong = lengthError(domain);
  if (tooLong !== undefined) return tooLong;
  const dot = domain.indexOf('.');
  const first = dot < 0 ? domain : domain.slice(0, dot);
  if (first.length > LABEL_LENGTH_MAX || !WILDCARD_LABEL.test(first)) return badLabel(domain, first);
  return dot < 0 ? undefined : labelsError(domain.slice(dot + 1));
}

const SNI_FORMAT = 'outbound_.<port>_.<subset>_.<hostname>';
/** As wildcardDomainError; on gateways with SNI matches also the names that Istio makes itself: outbound_.80_._.e2e.foobar.mesh. */
export function gatewayDomainError(domain: string, isSni: boolean): string | undefined {
  if (lengthError(domain) !== undefined || !isSni || !domain.startsWith('outbound_')) return wildcardDomainError(domain);
  const parts = domain.split('_');
  if (parts.length < 4) return `domain name ${domain} invalid, should follow '${SNI_FORMAT}' format`;
  const port = parts[1] ?? '';
  const hostname = parts[3] ?? '';
  if (!/\d/.test(port)) return `${badLabel(domain, port)}. should follow ${SNI_FORMAT} format`;
  return /[a-zA-Z]/.test(hostname) ? undefined : `${badLabel(domain, hostname)}. should follow ${SNI_FORMAT} format`;
}
/** A wildcard inside a label, as in *foo.com. */
export const partialWildcardError = (host: string): string | undefined => (host.includes('*') && host.length !== 1 && !host.startsWith('*.') ? `partial wildcard ${quoted(host)} not allowed` : undefined);

export const portError = (port: number | undefined): string | undefined => ((port ?? 0) >= 1 && (port ?? 0) <= PORT_MAX ? undefined : `port number ${port ?? 0} must be in the range 1..${PORT_MAX}`);
export const portNameError = (name: string): string | undefined => (isDnsLabel(name) ? undefined : `invalid port name: ${name}`);
export const ipError = (text: string): string | undefined => (isIp(text) ? undefined : `${text} is not a valid IP`);
/** Why a text is neither an address nor a range. */
export function subnetError(text: string): string | undefined {
  if (text.split('/').length !== 2) return ipError(text);
  return isCidr(text) ? undefined : `${text} is not a valid CIDR block`;
}
export const UNIX_PREFIX = 'unix://';
export function unixPathError(path: string): string | undefined {
  if (path === '') return 'unix address must not be empty';
  return path.startsWith('@') || (path.startsWith('/') && !path.endsWith('/')) ? undefined : `${path} is not an absolute path to a file`;
}

/** What is wrong with a set of labels, each key and value. */
export function labelErrors(labels: { readonly [key: string]: string | undefined } | undefined): readonly string[] {
  return Object.entries(labels ?? {}).flatMap(([key, value]) => {
    const match = LABEL_KEY.exec(key);
    const keyError = match === null ? [`invalid tag key: ${quoted(key)}`] : (match[1] ?? '').length > PREFIX_LENGTH_MAX + 1 ? [`invalid tag key: ${quoted(key)} (DNS prefix too long)`] : [];
    return LABEL_VALUE.test(value ?? '') ? keyError : [...keyError, `invalid tag value: ${quoted(value ?? '')}`];
  });
}

const WILD = (host: string): boolean => host.startsWith('*');
/** Whether two host names, either with a wildcard, have a name in common. */
export function hostsMatch(a: string, b: string): boolean {
  if (WILD(a) && WILD(b)) return a.length < b.length ? b.slice(1).endsWith(a.slice(1)) : a.slice(1).endsWith(b.slice(1));
  if (WILD(a)) return b.endsWith(a.slice(1));
  return WILD(b) ? a.endsWith(b.slice(1)) : a === b;
}
/** Whether every name that the first host stands for is one of the second's. */
export function hostWithin(a: string, b: string): boolean {
  if (WILD(a)) return WILD(b) && a.length >= b.length && a.slice(1).endsWith(b.slice(1));
  return WILD(b) ? a.endsWith(b.slice(1)) : a === b;
}
