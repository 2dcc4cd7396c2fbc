import { entries, quoted } from './report.ts';
import type { Report } from './report.ts';
import type { Loose } from './proto.ts';
import type { Headers } from '../kinds/istio/virtual-service.ts';
import type { FieldPath } from '../check/issue.ts';

const TOKEN = /^[!#$%&'*+\-.^_`|~A-Za-z0-9]+$/; // RFC 9110 §5.6.2
const PSEUDO: ReadonlySet<string> = new Set([':method', ':scheme', ':authority', ':path', ':status']);
const NOT_EMPTY = 'header name cannot be empty';
const badName = (name: string): string => `header name ${name} is not a valid header name`;

/** True for a header that stands for a claim of the request's token: @request.auth.claims.a or [a]. */
export const isClaimHeader = (name: string): boolean => /^@request\.auth\.claims(\.[^.[\]]+(\..*)?|(\[[^\]]+\])+)$/i.test(name);
export const isAuthority = (name: string): boolean => ['host', ':authority'].includes(name.toLowerCase());

/** A header name in a match. */
export function matchNameError(name: string): string | undefined {
  if (name === '') return NOT_EMPTY;
  return isClaimHeader(name) || PSEUDO.has(name) || TOKEN.test(name) ? undefined : badName(name);
}
/** A header name in a CORS rule. */
export function corsNameError(name: string): string | undefined {
  if (name === '') return NOT_EMPTY;
  return name === '*' || TOKEN.test(name) ? undefined : badName(name);
}
/** Letters, digits, dash (and underscore, where allowed). */
export function strictNameError(name: string, allowsUnderscore: boolean): string | undefined {
  if (name === '') return NOT_EMPTY;
  return (allowsUnderscore ? /^[-_A-Za-z0-9]+$/ : /^[-A-Za-z0-9]+$/).test(name) ? undefined : badName(name);
}
const noPseudo = (name: string): string => `invalid header ${quoted(name)}: header cannot have ":" prefix`;
function requestChangeError(name: string): string | undefined {
  if (name === '') return NOT_EMPTY;
  return name.startsWith(':') && !isAuthority(name) ? noPseudo(name) : undefined;
}
function changeError(name: string): string | undefined {
  if (name === '') return NOT_EMPTY;
  if (name.toLowerCase() === 'host') return `invalid header ${quoted(name)}: cannot set Host header`;
  return name.startsWith(':') ? noPseudo(name) : undefined;
}

/** A header value with Envoy's %VARIABLES%. */
export function headerValueError(value: string): string | undefined {
  if (!/^[^\u0000-\u0008\u000A-\u001F\u007F]*$/.test(value)) return `header value configuration ${value} is invalid`;
  const error = variableError(value);
  return error === undefined ? undefined : `header value configuration: invalid header configuration. ${error}`;
}
type State = 'literal' | 'name' | 'arguments' | 'string' | 'array-string' | 'array-next' | 'arguments-end' | 'variable-end';
/** Walks a header value as Envoy's header parser does; says where it would give up. */
function variableError(value: string): string | undefined {
  let state: State = 'literal';
  for (let i = 0; i < value.length; i++) {
    const ch = value[i] ?? '';
    const isLast = i + 1 >= value.length;
    if ((state === 'literal' && ch === '%' && value[i + 1] === '%') || (state === 'string' && ch === '\\' && !isLast)) i += 1;
    else if (state === 'literal' && ch === '%' && isLast) return 'Un-escaped %';
    else if (state === 'string' && ch === '\\') return 'Un-terminated backslash in JSON string';
    else {
      const next: State | string | undefined = step(state, ch);
      if (!isState(next)) return next;
      state = next;
    }
  }
  return state === 'literal' ? undefined : `Un-terminated variable expression '${value}'`;
}
const STATES: ReadonlySet<string> = new Set<State>(['literal', 'name', 'arguments', 'string', 'array-string', 'array-next', 'arguments-end', 'variable-end']);
const isState = (text: string): text is State => STATES.has(text);
/** The next state, or an error text. */
function step(state: State, ch: string): string {
  const isSpace = ch === ' ';
  switch (state) {
    case 'literal': return ch === '%' ? 'name' : state;
    case 'name': return ch === '%' ? 'literal' : ch === '(' ? 'arguments' : state;
    case 'arguments': return ch === '[' ? 'array-string' : isSpace ? state : 'string';
    case 'array-next': return ch === ',' ? 'array-string' : ch === ']' ? 'arguments-end' : isSpace ? state : "Expecting ',', ']', or whitespace";
    case 'array-string': return ch === '"' ? 'string' : isSpace ? state : "Expecting '\"'";
    case 'string': return ch === ')' ? 'variable-end' : ch === '"' ? 'array-next' : state;
    case 'arguments-end': return ch === ')' ? 'variable-end' : isSpace ? state : "Expecting ')' or whitespace";
    case 'variable-end': return ch === '%' ? 'literal' : isSpace ? state : "Expecting '%' or whitespace";
  }
}

/** Changes of headers of a rule or a destination. */
export function checkHeaders(headers: Loose<Headers> | undefined, at: FieldPath, report: Report): void {
  for (const side of ['request', 'response'] as const) {
    for (const action of ['add', 'set'] as const) {
      for (const [name, value] of entries(headers?.[side]?.[action])) {
        const place = [...at, side, action, name];
        report.error(place, side === 'request' ? requestChangeError(name) : changeError(name));
        report.error(place, headerValueError(value ?? ''));
      }
    }
    for (const [i, name] of (headers?.[side]?.remove ?? []).entries()) report.error([...at, side, 'remove', i], changeError(name));
  }
}
