import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { callHttp, forwardedHeaders, sendJson } from '../http-app.ts';
import type { AppRequest, Handler } from '../http-app.ts';
import { renderPage, STYLE } from './productpage-html.ts';
import type { Part } from './productpage-html.ts';

export type ProductpageOptions = { readonly detailsUrl: string; readonly reviewsUrl: string; readonly ratingsUrl: string; readonly floodFactor?: number };
const PRODUCT = { id: 0, title: 'The Comedy of Errors', descriptionHtml: 'A comedy of two pairs of twins, parted at birth and taken for one another in one town for a day.' };
/** Each call of the page to another service. */
const CALL_MS_MAX = 3000;
/** Reviews are asked twice before the page gives up. */
const REVIEWS_TRIES = 2;

/** The productpage service: the page, its login and a small JSON API. */
export function productpage(options: ProductpageOptions): Handler {
  const secret = randomBytes(32);
  const sign = (user: string): string => `${Buffer.from(user).toString('base64url')}.${createHmac('sha256', secret).update(user).digest('base64url')}`;
  const counts = new Map<string, number>();
  const userOf = (request: AppRequest): string | undefined => {
    const match = /(?:^|;\s*)session=([^;]+)/.exec(request.headers.cookie ?? '');
    const encoded = match?.[1]?.split('.')[0];
    if (match?.[1] === undefined || encoded === undefined) return undefined;
    const user = Buffer.from(encoded, 'base64url').toString('utf8');
    const expected = Buffer.from(sign(user));
    const given = Buffer.from(match[1]);
    return given.length === expected.length && timingSafeEqual(given, expected) ? user : undefined;
  };
  const headersFor = (request: AppRequest): Record<string, string> => {
    const user = userOf(request);
    return { ...forwardedHeaders(request.headers), ...(user === undefined ? {} : { 'end-user': user }) };
  };
  const ask = async (app: string, url: string, request: AppRequest, tries: number, missing: string): Promise<Part> => {
    let status = 500;
    for (let i = 0; i < tries; i++) {
      try {
        const answer = await callHttp({ url, headers: headersFor(request), timeoutMs: CALL_MS_MAX });
        status = answer.status;
        if (answer.status === 200) {
          count(counts, app, 200);
          return { status, body: JSON.parse(answer.text) };
        }
      } catch (error) {
        status = error instanceof Error && error.name === 'TimeoutError' ? 504 : 500;
      }
    }
    count(counts, app, status);
    return { status, body: { error: `Sorry, product ${missing} are currently unavailable for this book.` } };
  };
  const parts = {
    details: (request: AppRequest, id: string) => ask('details', `${options.detailsUrl}/details/${id}`, request, 1, 'details'),
    reviews: (request: AppRequest, id: string) => ask('reviews', `${options.reviewsUrl}/reviews/${id}`, request, REVIEWS_TRIES, 'reviews'),
    ratings: (request: AppRequest, id: string) => ask('ratings', `${options.ratingsUrl}/ratings/${id}`, request, 1, 'ratings'),
  };
  const page = async (request: AppRequest, response: ServerResponse): Promise<void> => {
    const details = await parts.details(request, '0');
    const flood = Array.from({ length: options.floodFactor ?? 0 }, () => parts.reviews(request, '0'));
    const reviews = await parts.reviews(request, '0');
    await Promise.all(flood);
    const html = renderPage({ product: PRODUCT, details, reviews, user: userOf(request) });
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'content-length': Buffer.byteLength(html) }).end(html);
  };
  return (request, response) => serve({ request, response, parts, page, sign, counts });
}

function count(counts: Map<string, number>, app: string, code: number): void {
  const key = `${app} ${code}`;
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

type Serve = {
  readonly request: AppRequest; readonly response: ServerResponse; readonly sign: (user: string) => string; readonly counts: Map<string, number>;
  readonly parts: Record<'details' | 'reviews' | 'ratings', (request: AppRequest, id: string) => Promise<Part>>; readonly page: (request: AppRequest, response: ServerResponse) => Promise<void>;
};

async function serve({ request, response, parts, page, sign, counts }: Serve): Promise<void> {
  const path = request.url.pathname;
  const redirect = (cookie: string): void => void response.writeHead(302, { location: request.headers.referer ?? '/productpage', 'set-cookie': cookie }).end();
  if (path === '/' || path === '/index.html' || path === '/productpage') return page(request, response);
  if (path === '/health') return void response.writeHead(200, { 'content-type': 'text/plain' }).end('Product page is healthy');
  if (path === '/static/style.css') return void response.writeHead(200, { 'content-type': 'text/css', 'cache-control': 'max-age=3600' }).end(STYLE);
  if (path === '/metrics') {
    const lines = [...counts].map(([key, n]) => `request_result_total{destination_app="${key.split(' ')[0]}",response_code="${key.split(' ')[1]}"} ${n}\n`);
    return void response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(`# TYPE request_result_total counter\n${lines.join('')}`);
  }
  if (path === '/login' && request.method === 'POST') {
    const user = new URLSearchParams(await request.body()).get('username') ?? '';
    return redirect(`session=${sign(user)}; Path=/; HttpOnly; SameSite=Lax`);
  }
  if (path === '/logout') return redirect('session=; Path=/; Max-Age=0');
  const api = /^\/api\/v1\/products(?:\/(\d+)(?:\/(reviews|ratings))?)?$/.exec(path);
  if (api === null) return sendJson(response, 404, { error: 'not found' });
  if (api[1] === undefined) return sendJson(response, 200, [PRODUCT]);
  const name = api[2] === 'reviews' || api[2] === 'ratings' ? api[2] : 'details';
  const part = await parts[name](request, api[1]);
  return sendJson(response, part.status, part.body);
}
