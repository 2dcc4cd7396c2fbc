import { sendJson } from '../http-app.ts';
import type { Handler } from '../http-app.ts';

/** Products whose posted ratings are kept in memory. */
const PRODUCTS_MAX = 1000;

/** The ratings service: stars of each reviewer; POST keeps new ones in memory. */
export function ratings(): Handler {
  const posted = new Map<number, unknown>();
  return async (request, response) => {
    if (request.url.pathname === '/health') return sendJson(response, 200, { status: 'Ratings is healthy' });
    const match = /^\/ratings\/([^/]+)$/.exec(request.url.pathname);
    if (match === null) return sendJson(response, 404, { error: 'not found' });
    const id = Number(match[1]);
    if (!Number.isInteger(id)) return sendJson(response, 400, { error: 'please provide numeric product ID' });
    if (request.method === 'POST') {
      if (posted.size >= PRODUCTS_MAX && !posted.has(id)) return sendJson(response, 507, { error: `at most ${PRODUCTS_MAX} products` });
      try {
        posted.set(id, JSON.parse(await request.body()));
      } catch (error) {
        return sendJson(response, 400, { error: `please provide valid ratings JSON: ${error instanceof Error ? error.message : String(error)}` });
      }
    }
    return sendJson(response, 200, { id, ratings: posted.get(id) ?? { Reviewer1: 5, Reviewer2: 4 } });
  };
}
