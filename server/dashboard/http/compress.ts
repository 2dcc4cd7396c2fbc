import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { FastifyInstance } from 'fastify';

/** Answers below this are sent as they are, bytes. */
const COMPRESS_BYTES_MIN = 1024;
/** Quick: an answer is used once. */
const LEVEL = 4;
const zip = promisify(gzip);

/** Gzips text answers for clients that take it. Files come compressed already, streams do it themselves. */
export function compressAnswers(app: FastifyInstance): void {
  app.addHook('onSend', async (request, reply, payload) => {
    if (typeof payload !== 'string' || payload.length < COMPRESS_BYTES_MIN || reply.getHeader('content-encoding') !== undefined) return payload;
    if (!/\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''))) return payload;
    const zipped = await zip(payload, { level: LEVEL });
    reply.header('content-encoding', 'gzip').header('vary', 'accept-encoding').header('content-length', zipped.length);
    return zipped;
  });
}
