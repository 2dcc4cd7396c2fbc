import { sendJson } from '../http-app.ts';
import type { Handler } from '../http-app.ts';

/** The details service: facts of one book. */
export const details: Handler = (request, response) => {
  if (request.url.pathname === '/health') return sendJson(response, 200, { status: 'Details is healthy' });
  const match = /^\/details\/([^/]+)$/.exec(request.url.pathname);
  if (match === null) return sendJson(response, 404, { error: 'not found' });
  const id = Number(match[1]);
  if (!Number.isInteger(id)) return sendJson(response, 400, { error: 'please provide numeric product id' });
  return sendJson(response, 200, {
    id, author: 'William Shakespeare', year: 1595, type: 'paperback', pages: 200, publisher: 'PublisherA', language: 'English', 'ISBN-10': '1234567890', 'ISBN-13': '123-1234567890',
  });
};
