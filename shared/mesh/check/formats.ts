const HOST = /^(?=.{1,255}$)[a-zA-Z0-9]([-a-zA-Z0-9]{0,61}[a-zA-Z0-9])?(\.[a-zA-Z0-9]([-a-zA-Z0-9]{0,61}[a-zA-Z0-9])?)*\.?$/;
const UUID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;
const BYTE = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const GO_DURATION = /^[-+]?(\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)((\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h))*$/;
const WORD_DURATION = /^(\d+)\s*(ns|nano|us|micro|µs|ms|milli|s|sec|m|min|h|hr|hour|d|day|w|week|wk)s?$/;
const DATE_TIME = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])[Tt ]([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?([zZ]|[-+]\d{2}:\d{2})$/;
const DATE = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/;
const IPV4 = /^((25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(\.(?!$)|$)){4}$/;

/** True for an IPv4 address in dotted form. */
export const isIpv4 = (text: string): boolean => IPV4.test(text);
/** True for an IPv6 address, also with an IPv4 address at its end. RFC 4291 §2.2. */
export function isIpv6(text: string): boolean {
  const [address = '', ...zone] = text.split('%');
  if (zone.length > 0 || !address.includes(':') || address.includes(':::')) return false;
  const halves = address.split('::');
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  const last = groups.at(-1) ?? '';
  const size = groups.length + (last.includes('.') ? 1 : 0);
  const isGood = groups.every((group, i) => /^[0-9a-fA-F]{1,4}$/.test(group) || (i === groups.length - 1 && isIpv4(group)));
  return isGood && (halves.length === 2 ? size < 8 : size === 8);
}
/** True for an address range such as 10.0.0.0/8. */
export function isCidr(text: string): boolean {
  const slash = text.lastIndexOf('/');
  if (slash < 0) return false;
  const address = text.slice(0, slash);
  const bits = text.slice(slash + 1);
  if (!/^(0|[1-9]\d{0,2})$/.test(bits)) return false;
  return (isIpv4(address) && Number(bits) <= 32) || (isIpv6(address) && Number(bits) <= 128);
}

/** Formats the API server knows (go-openapi strfmt); a format that is not here is ignored, as it does. */
const FORMATS: ReadonlyMap<string, (text: string) => boolean> = new Map([
  ['date-time', (text) => DATE_TIME.test(text)], ['datetime', (text) => DATE_TIME.test(text)], ['date', (text) => DATE.test(text)],
  ['duration', (text) => text === '0' || GO_DURATION.test(text) || WORD_DURATION.test(text)],
  ['ipv4', isIpv4], ['ipv6', isIpv6], ['cidr', isCidr], ['mac', (text) => /^([0-9a-fA-F]{2}[:-]){5}([0-9a-fA-F]{2})$/.test(text)],
  ['uuid', (text) => UUID.test(text)], ['uuid3', (text) => UUID.test(text)], ['uuid4', (text) => UUID.test(text)], ['uuid5', (text) => UUID.test(text)],
  ['byte', (text) => BYTE.test(text)], ['email', (text) => /^[^\s@<>]+@[^\s@<>]+$/.test(text)], ['hostname', (text) => HOST.test(text)],
  ['uri', (text) => /^[a-zA-Z][a-zA-Z0-9+.-]*:\S+$|^\/\S*$/.test(text)], ['bsonobjectid', (text) => /^[0-9a-f]{24}$/i.test(text)],
  ['hexcolor', (text) => /^#?([0-9a-f]{3}|[0-9a-f]{6})$/i.test(text)], ['creditcard', (text) => /^[\d -]{13,19}$/.test(text)], ['ssn', (text) => /^\d{3}[- ]?\d{2}[- ]?\d{4}$/.test(text)],
]);
/** Whether a text has a format; true for a format nobody knows. */
export const hasFormat = (format: string, text: string): boolean => FORMATS.get(format)?.(text) ?? true;
