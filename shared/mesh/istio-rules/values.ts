import { parseDuration } from '#shared/base';
import { regexError } from '../check/regex.ts';
import { quoted } from './report.ts';

/** Longest regular expression Istio takes. */
const REGEX_LENGTH_MAX = 1024;

/** Durations must be at least 1 ms and in whole ms. */
export function durationError(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const ms = parseDuration(text) ?? 0;
  if (ms < 1) return 'duration must be greater than 1ms';
  return Number.isInteger(ms) ? undefined : 'only durations to ms precision are supported';
}

export function patternError(regex: string, where: string): string | undefined {
  if (regex === '') return `${quoted(where)}: regex string match should not be empty`;
  if (regex.length > REGEX_LENGTH_MAX) return `${quoted(where)}: regex is too large, max length allowed is ${REGEX_LENGTH_MAX}`;
  const error = regexError(regex);
  return error === undefined ? undefined : `${quoted(where)}: ${error}; Istio uses RE2 style regex-based match (https://github.com/google/re2/wiki/Syntax)`;
}

export type Match = { readonly exact?: string; readonly prefix?: string; readonly regex?: string };
/** The form a string match has; of several the last one written counts, as in protobuf. */
export function matchForm(match: Match | undefined): { readonly form: 'exact' | 'prefix' | 'regex'; readonly text: string } | undefined {
  let found: { readonly form: 'exact' | 'prefix' | 'regex'; readonly text: string } | undefined;
  for (const form of Object.keys(match ?? {})) {
    if (form === 'exact' || form === 'prefix' || form === 'regex') found = { form, text: match?.[form] ?? '' };
  }
  return found;
}
export function matchRegexError(match: Match | undefined, where: string): string | undefined {
  const form = matchForm(match);
  return form?.form === 'regex' ? patternError(form.text, where) : undefined;
}
/** As matchRegexError; an empty prefix is wrong too (all but uri). */
export function matchError(match: Match | undefined, where: string): string | undefined {
  const form = matchForm(match);
  return form?.form === 'prefix' && form.text === '' ? `${quoted(where)}: prefix string match should not be empty` : matchRegexError(match, where);
}

export const percentError = (percent: number | undefined): string | undefined => ((percent ?? 0) < 0 || (percent ?? 0) > 100 ? `percentage ${percent} is not in range 0..100` : undefined);
/** A share of requests: zero, or from 0.0001 to 100. */
export function shareError(share: number | undefined): string | undefined {
  const value = share ?? 0;
  return value < 0 || value > 100 || (value > 0 && value < 0.0001) ? `percentage ${value} is neither 0.0, nor in range [0.0001, 100.0]` : undefined;
}

export type Protocol = 'http' | 'tls' | 'tcp' | 'udp' | 'unsupported';
const PROTOCOLS: ReadonlyMap<string, Protocol> = new Map([
  ['http', 'http'], ['http2', 'http'], ['http_proxy', 'http'], ['grpc', 'http'], ['grpc-web', 'http'], ['https', 'tls'], ['tls', 'tls'],
  ['tcp', 'tcp'], ['mongo', 'tcp'], ['redis', 'tcp'], ['mysql', 'tcp'], ['hbone', 'tcp'], ['udp', 'udp'],
]);
/** The family of a protocol's name; case does not count. */
export const protocolFamily = (name: string | undefined): Protocol => PROTOCOLS.get((name ?? '').toLowerCase()) ?? 'unsupported';
/** Why a protocol is none; empty is fine, the proxy finds out. */
export const protocolError = (name: string | undefined): string | undefined => ((name ?? '') !== '' && protocolFamily(name) === 'unsupported' ? `unsupported protocol: ${name}` : undefined);
