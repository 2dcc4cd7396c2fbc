import type { TraceSpan } from './trace-span.ts';

const text = (v: unknown): string => (typeof v === 'string' ? v : '');
/** "reviews" of "reviews.default". */
export const shortService = (service: string): string => service.split('.')[0] ?? service;

/** What a row says: who, and what it did ("→ ratings:9080" for a call, "GET /ratings/0" for an answer). */
export function describeSpan(span: TraceSpan): { readonly who: string; readonly what: string; readonly code: string; readonly flags: string } {
  const who = shortService(span.service);
  const code = String(span.tags['http.status_code'] ?? span.tags['http.response.status_code'] ?? '');
  const flags = text(span.tags['response_flags']) === '-' ? '' : text(span.tags['response_flags']);
  const cluster = text(span.tags['upstream_cluster.name']) || text(span.tags['upstream_cluster']);
  const target = /^outbound\|(\d+)\|([^|]*)\|([^|.]+)/.exec(cluster);
  if (span.kind === 'client' && target !== null) return { who, what: `→ ${target[3]}:${target[1]}${target[2] === '' ? '' : ` ${target[2]}`}`, code, flags };
  return { who, what: operationOf(span), code, flags };
}

/** Method and path where the span has them, else its operation without the domain. */
function operationOf(span: TraceSpan): string {
  const method = text(span.tags['http.method']) || text(span.tags['http.request.method']);
  const url = text(span.tags['http.url']) || text(span.tags['url.path']);
  const path = /^[a-z]+:\/\/[^/]*(\/[^?#]*)/.exec(url)?.[1] ?? (url.startsWith('/') ? url.split('?')[0] : undefined);
  return method !== '' && path !== undefined ? `${method} ${path}` : span.operation.replace(/\.svc\.cluster\.local/, '');
}
