import { isUtf8 } from 'node:buffer';
import type { FastifyInstance } from 'fastify';
import { errorText } from '#shared/base';
import { E } from '../errors.ts';

/** Bodies are JSON in UTF-8 (RFC 8259 8.1). Bytes that are no UTF-8 would else become � and be saved so. */
export function parseJsonBodies(app: FastifyInstance): void {
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => {
    const bytes = typeof body === 'string' ? Buffer.from(body) : body;
    if (!isUtf8(bytes)) return done(E.make('BAD_REQUEST', { why: 'The body is not valid UTF-8' }));
    try {
      const value: unknown = bytes.length === 0 ? undefined : JSON.parse(bytes.toString('utf8'));
      done(null, value);
    } catch (error) {
      done(E.make('BAD_REQUEST', { why: `The body is not JSON: ${errorText(error)}` }, error));
    }
  });
}
