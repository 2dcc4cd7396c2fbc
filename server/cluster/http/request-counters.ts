import type { Exchange } from './exchange.ts';

const METHODS: ReadonlySet<string> = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS']);
/** Answers by verb and code, for /metrics; the verbs of the real server, anything else is OTHER. */
export const requestCounters = new Map<string, { readonly verb: string; readonly code: number; n: number }>();

function verbOf(exchange: Exchange): string {
  const { info, method } = exchange;
  if (method === 'GET' && info.isResource && info.subresource === '') return info.isOldWatch || exchange.flag('watch') ? 'WATCH' : info.name === '' ? 'LIST' : 'GET';
  return METHODS.has(method) ? method : 'OTHER';
}

/** Counts an answer once it is out, or the client has left. */
export function countRequest(exchange: Exchange): void {
  const verb = verbOf(exchange);
  const { statusCode: code } = exchange.response;
  const key = `${verb} ${code}`;
  const known = requestCounters.get(key);
  if (known === undefined) requestCounters.set(key, { verb, code, n: 1 });
  else known.n += 1;
}
