import type { HeaderOps, HeaderValueOption } from '#shared/xds';
import { ConfigProblem } from '../problem.ts';
import { wireText } from '../request.ts';

/** What a `%COMMAND(argument)%` in a header value stands for; undefined when it has no value (the header is then dropped). */
export type FormatContext = { format(command: string, argument: string): string | undefined };
type Part = string | { readonly command: string; readonly argument: string };
type Action = 'append' | 'add-if-absent' | 'overwrite' | 'overwrite-if-there';
type Addition = { readonly name: string; readonly parts: readonly Part[]; readonly action: Action; readonly keepEmpty: boolean };
/** The operations of one level: removals first, then additions. */
export type CompiledOps = { readonly remove: readonly string[]; readonly add: readonly Addition[] };

/** Envoy's limit of entries of one level. */
const ENTRIES_MAX = 1000;
/** Commands a header value may hold (Envoy's command operators that have a meaning before the response). */
const COMMANDS: ReadonlySet<string> = new Set([
  'REQ', 'RESP', 'PROTOCOL', 'START_TIME', 'DOWNSTREAM_REMOTE_ADDRESS', 'DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT', 'DOWNSTREAM_DIRECT_REMOTE_ADDRESS', 'DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT',
  'DOWNSTREAM_LOCAL_ADDRESS', 'DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT', 'DOWNSTREAM_LOCAL_PORT', 'DOWNSTREAM_PEER_URI_SAN', 'DOWNSTREAM_LOCAL_URI_SAN', 'UPSTREAM_HOST', 'UPSTREAM_REMOTE_ADDRESS', 'UPSTREAM_CLUSTER', 'UPSTREAM_CLUSTER_RAW', 'ROUTE_NAME', 'RESPONSE_CODE',
  'RESPONSE_FLAGS', 'RESPONSE_CODE_DETAILS', 'REQUESTED_SERVER_NAME', 'HOSTNAME', 'STREAM_ID', 'ENVIRONMENT',
]);
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

function compileValue(text: string, field: string): readonly Part[] {
  const parts: Part[] = [];
  const pattern = /%%|%([A-Z_0-9]+)(?:\(([^)]*)\))?%|%/g;
  let from = 0;
  for (const match of text.matchAll(pattern)) {
    if (match.index > from) parts.push(wireText(text.slice(from, match.index)));
    from = match.index + match[0].length;
    const command = match[1];
    if (match[0] === '%%') parts.push('%');
    else if (command === undefined) throw new ConfigProblem(field, `Incorrect configuration: ${text}. A percent sign is written as %%`);
    else if (COMMANDS.has(command)) parts.push({ command, argument: match[2] ?? '' });
    else throw new ConfigProblem(field, `Not supported field in StreamInfo: ${command}`);
  }
  if (from < text.length) parts.push(wireText(text.slice(from)));
  return parts;
}

function checkName(name: string, field: string): string {
  const lower = name.toLowerCase();
  if (lower.startsWith(':') || lower === 'host') throw new ConfigProblem(field, `:-prefixed or host headers may not be modified`);
  if (!TOKEN.test(lower)) throw new ConfigProblem(field, `"${name}" is not a header name`);
  return lower;
}

function actionOf(option: HeaderValueOption, field: string): Action {
  switch (option.append_action) {
    case undefined: return option.append === false ? 'overwrite' : 'append';
    case 'APPEND_IF_EXISTS_OR_ADD': return 'append';
    case 'ADD_IF_ABSENT': return 'add-if-absent';
    case 'OVERWRITE_IF_EXISTS_OR_ADD': return 'overwrite';
    case 'OVERWRITE_IF_EXISTS': return 'overwrite-if-there';
    default: throw new ConfigProblem(field, `unknown append_action ${option.append_action}`);
  }
}

function compileOps(add: readonly HeaderValueOption[] | undefined, remove: readonly string[] | undefined, field: string): CompiledOps | undefined {
  if ((add === undefined || add.length === 0) && (remove === undefined || remove.length === 0)) return undefined;
  if ((add?.length ?? 0) > ENTRIES_MAX || (remove?.length ?? 0) > ENTRIES_MAX) throw new ConfigProblem(field, `more than ${ENTRIES_MAX} header operations`);
  return {
    remove: (remove ?? []).map((name, i) => checkName(name, `${field}_to_remove[${i}]`)),
    add: (add ?? []).map((option, i) => {
      const at = `${field}_to_add[${i}]`;
      const value = option.header.value ?? '';
      if (/[\r\n\0]/.test(value)) throw new ConfigProblem(at, 'a header value may not hold CR, LF or NUL');
      return { name: checkName(option.header.key, at), parts: compileValue(value, at), action: actionOf(option, at), keepEmpty: option.keep_empty_value === true };
    }),
  };
}

/** The request and response operations of one level. */
export const compileHeaderOps = (ops: HeaderOps, field: string): { readonly request: CompiledOps | undefined; readonly response: CompiledOps | undefined } => ({
  request: compileOps(ops.request_headers_to_add, ops.request_headers_to_remove, `${field}.request_headers`),
  response: compileOps(ops.response_headers_to_add, ops.response_headers_to_remove, `${field}.response_headers`),
});

export function removeHeader(headers: string[], name: string): void {
  for (let i = headers.length - 2; i >= 0; i -= 2) if (headers[i] === name) headers.splice(i, 2);
}
/** Sets a header to one value, at the place of its first line. */
export function setHeader(headers: string[], name: string, value: string): void {
  const at = findHeader(headers, name);
  if (at < 0) {
    headers.push(name, value);
    return;
  }
  headers[at + 1] = value;
  for (let i = headers.length - 2; i > at; i -= 2) if (headers[i] === name) headers.splice(i, 2);
}
/** The index of the first line of a header; -1 when it is not there. */
export function findHeader(headers: readonly string[], name: string): number {
  for (let i = 0; i < headers.length; i += 2) if (headers[i] === name) return i;
  return -1;
}

function render(parts: readonly Part[], context: FormatContext): string | undefined {
  let out = '';
  for (const part of parts) {
    if (typeof part === 'string') out += part;
    else {
      const text = context.format(part.command, part.argument);
      if (text === undefined) return undefined;
      out += text;
    }
  }
  return out;
}

/** Applies one level to a header list. */
export function applyOps(ops: CompiledOps, headers: string[], context: FormatContext): void {
  for (const name of ops.remove) removeHeader(headers, name);
  for (const { name, parts, action, keepEmpty } of ops.add) {
    const text = render(parts, context);
    if (text === undefined || (text === '' && !keepEmpty) || /[\r\n\0]/.test(text)) continue;
    switch (action) {
      case 'append': headers.push(name, text); break;
      case 'overwrite':
        removeHeader(headers, name);
        headers.push(name, text); // at the end, as Envoy does
        break;
      case 'add-if-absent': if (findHeader(headers, name) < 0) headers.push(name, text); break;
      case 'overwrite-if-there': if (findHeader(headers, name) >= 0) setHeader(headers, name, text); break;
    }
  }
}
