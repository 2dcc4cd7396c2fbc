// Rules for names, labels and annotations, with the words of the Kubernetes API (apimachinery, util/validation).
const LABEL_BYTES_MAX = 63;
const SUBDOMAIN_BYTES_MAX = 253;
/** All annotations of one object, bytes. */
export const ANNOTATION_BYTES_MAX = 256 * 1024;

const DNS_LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const DNS_1035 = '[a-z]([-a-z0-9]*[a-z0-9])?';
const SUBDOMAIN = `${DNS_LABEL}(\\.${DNS_LABEL})*`;
const LABEL_NAME = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const LABEL_VALUE = `(${LABEL_NAME})?`;
const PORT_NAME = /^[-a-z0-9]*$/;
const whole = (text: string): RegExp => new RegExp(`^(?:${text})$`);
const [dnsLabel, dns1035, subdomain, labelName, labelValue] = [DNS_LABEL, DNS_1035, SUBDOMAIN, LABEL_NAME, LABEL_VALUE].map(whole);
const test = (pattern: RegExp | undefined, text: string): boolean => pattern?.test(text) ?? false;
const bytes = (text: string): number => Buffer.byteLength(text);
const tooLong = (max: number): string => `must be no more than ${max} bytes`;

export function subdomainErrors(text: string): string[] {
  const errors = bytes(text) > SUBDOMAIN_BYTES_MAX ? [tooLong(SUBDOMAIN_BYTES_MAX)] : [];
  if (!test(subdomain, text)) errors.push(`a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${SUBDOMAIN}')`);
  return errors;
}
export function dnsLabelErrors(text: string): string[] {
  const errors = bytes(text) > LABEL_BYTES_MAX ? [tooLong(LABEL_BYTES_MAX)] : [];
  if (!test(dnsLabel, text)) {
    if (test(subdomain, text)) errors.push('must not contain dots');
    else errors.push(`a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '${DNS_LABEL}')`);
  }
  return errors;
}
export function dns1035Errors(text: string): string[] {
  const errors = bytes(text) > LABEL_BYTES_MAX ? [tooLong(LABEL_BYTES_MAX)] : [];
  if (!test(dns1035, text)) errors.push(`a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '${DNS_1035}')`);
  return errors;
}
/** Names that only must be usable in an address: RBAC objects. */
export function pathSegmentErrors(text: string): string[] {
  if (text === '.' || text === '..') return [`may not be '${text}'`];
  return ['/', '%'].filter((c) => text.includes(c)).map((c) => `may not contain '${c}'`);
}

export function labelKeyErrors(key: string): string[] {
  const parts = key.split('/');
  const form = `must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '${LABEL_NAME}')`;
  if (parts.length > 2) return [`a valid label key ${form} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`];
  const errors: string[] = [];
  const name = parts.at(-1) ?? '';
  if (parts.length === 2) {
    const prefix = parts[0] ?? '';
    if (prefix === '') errors.push('prefix part must be non-empty');
    else errors.push(...subdomainErrors(prefix).map((error) => `prefix part ${error}`));
  }
  if (name === '') errors.push('name part must be non-empty');
  else if (bytes(name) > LABEL_BYTES_MAX) errors.push(`name part ${tooLong(LABEL_BYTES_MAX)}`);
  if (!test(labelName, name)) errors.push(`name part ${form}`);
  return errors;
}
export function labelValueErrors(v: string): string[] {
  const errors = bytes(v) > LABEL_BYTES_MAX ? [tooLong(LABEL_BYTES_MAX)] : [];
  if (!test(labelValue, v)) errors.push(`a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '${LABEL_VALUE}')`);
  return errors;
}
/** Names of container and service ports (IANA service names). */
export function portNameErrors(name: string): string[] {
  const errors: string[] = [];
  if (bytes(name) > 15) errors.push('must be no more than 15 characters');
  if (!PORT_NAME.test(name)) errors.push("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
  if (!/[a-z]/.test(name)) errors.push('must contain at least one letter (a-z)');
  if (name.includes('--')) errors.push('must not contain consecutive hyphens');
  if (name !== '' && (name.startsWith('-') || name.endsWith('-'))) errors.push('must not begin or end with a hyphen');
  return errors;
}
export const isPort = (port: unknown): boolean => typeof port === 'number' && Number.isInteger(port) && port > 0 && port < 65536;
export const PORT_RANGE = 'must be between 1 and 65535, inclusive';
const CONFIG_KEY = /^[-._a-zA-Z0-9]+$/;
/** Keys of ConfigMaps and Secrets. */
export function configKeyErrors(key: string): string[] {
  const errors = bytes(key) > SUBDOMAIN_BYTES_MAX ? [`must be no more than ${SUBDOMAIN_BYTES_MAX} characters`] : [];
  if (!CONFIG_KEY.test(key)) errors.push("a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')");
  else if (key === '.') errors.push("must not be '.'");
  else if (key === '..') errors.push("must not be '..'");
  else if (key.startsWith('..')) errors.push("must not start with '..'");
  return errors;
}
/** Names of environment variables: anything printable but "=". */
export const envNameErrors = (name: string): string[] =>
  /^[ -<>-~]+$/.test(name) ? [] : ["a valid environment variable name must consist only of printable ASCII characters other than '='"];
