import { callHttp, forwardedHeaders, sendJson } from '../http-app.ts';
import type { AppRequest, Handler } from '../http-app.ts';

type Stars = { readonly stars: number; readonly color: string } | { readonly error: string };
export type ReviewsOptions = { readonly version: string; readonly podName: string; readonly ratingsUrl: string; readonly clusterName?: string | undefined };

const UNAVAILABLE = 'Ratings service is currently unavailable';

async function starsOf(options: ReviewsOptions, color: string, id: string, request: AppRequest): Promise<readonly [Stars, Stars]> {
  try {
    // The black stars wait 10 s, the red ones 2.5 s: with productpage's 3 s this is the timeout lesson of bookinfo.
    const answer = await callHttp({ url: `${options.ratingsUrl}/ratings/${id}`, headers: forwardedHeaders(request.headers), timeoutMs: color === 'black' ? 10_000 : 2500 });
    if (answer.status !== 200) throw new Error(`ratings answered ${answer.status}`);
    const body: unknown = JSON.parse(answer.text);
    const found = typeof body === 'object' && body !== null && 'ratings' in body && typeof body.ratings === 'object' && body.ratings !== null ? new Map(Object.entries(body.ratings)) : new Map<string, unknown>();
    return [{ stars: Number(found.get('Reviewer1') ?? -1), color }, { stars: Number(found.get('Reviewer2') ?? -1), color }];
  } catch (error) {
    const failed = { error: UNAVAILABLE, reason: error instanceof Error ? error.message : String(error) };
    return [{ error: failed.error }, { error: failed.error }];
  }
}

/** The reviews service: v1 without stars, v2 with black, v3 with red ones. */
export function reviews(options: ReviewsOptions): Handler {
  const color = options.version === 'v2' ? 'black' : options.version === 'v3' ? 'red' : undefined;
  return async (request, response) => {
    if (request.url.pathname === '/health') return sendJson(response, 200, { status: 'Reviews is healthy' });
    const match = /^\/reviews\/([^/]+)$/.exec(request.url.pathname);
    if (match === null) return sendJson(response, 404, { error: 'not found' });
    const id = match[1] ?? '';
    const stars = color === undefined ? undefined : await starsOf(options, color, id, request);
    const review = (index: 0 | 1, reviewer: string, text: string): object => ({ reviewer, text, ...(stars === undefined ? {} : { rating: stars[index] }) });
    return sendJson(response, 200, {
      id, podname: options.podName, clustername: options.clusterName ?? 'null',
      reviews: [
        review(0, 'Reviewer1', 'Two pairs of twins, one long day of mistakes, and not a dull page in it.'),
        review(1, 'Reviewer2', 'Short, quick and very funny, though it is not the deepest of his plays.'),
      ],
    });
  };
}
