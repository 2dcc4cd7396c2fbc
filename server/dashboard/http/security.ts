import type { FastifyInstance, FastifyRequest } from 'fastify';
import { CSRF_HEADER } from '#shared/api';
import { E } from '../errors.ts';

/** No inline script and nothing from elsewhere. Styles may be inline: Mantine and the charts set sizes and variables that way. */
const CSP = ["default-src 'none'", "script-src 'self'", "worker-src 'self' blob:", "style-src 'self' 'unsafe-inline'", "img-src 'self' data:", "font-src 'self'", "connect-src 'self'", "manifest-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"].join('; ');
const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': CSP, 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer', 'cross-origin-opener-policy': 'same-origin', 'cross-origin-resource-policy': 'same-origin', 'x-frame-options': 'DENY',
};
/** Pages for machines that come by address: kubelet probes and Prometheus. */
const OPEN = new Set(['/healthz', '/metrics']);
const CHANGING = new Set(['POST', 'PUT', 'DELETE', 'PATCH']);

/** Every request: known Host (DNS rebinding), own Origin, and a header no other origin can send for changes. */
export function guard(app: FastifyInstance, allowedHosts: () => ReadonlySet<string>): void {
  app.addHook('onRequest', async (request: FastifyRequest, reply) => {
    for (const [name, v] of Object.entries(HEADERS)) reply.header(name, v);
    if (OPEN.has(request.url)) return;
    const host = (request.headers.host ?? '').toLowerCase();
    if (!allowedHosts().has(host)) throw E.make('HOST_NOT_ALLOWED', { host: host.slice(0, 100) });
    const { origin } = request.headers;
    if (origin !== undefined && originHost(origin) !== host) throw E.make('ORIGIN_NOT_ALLOWED', { origin: origin.slice(0, 100) });
    const site = request.headers['sec-fetch-site'];
    if (request.url.startsWith('/api/') && typeof site === 'string' && site !== 'same-origin' && site !== 'none') throw E.make('ORIGIN_NOT_ALLOWED', { origin: `another site (${site})` });
    if (CHANGING.has(request.method) && request.headers[CSRF_HEADER] !== '1') throw E.make('NO_REQUEST_HEADER', { header: CSRF_HEADER });
  });
}

function originHost(origin: string): string | undefined {
  try {
    return new URL(origin).host.toLowerCase();
  } catch {
    return undefined; // "null" or no URL: of no host
  }
}
