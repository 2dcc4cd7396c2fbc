import type { IncomingMessage } from 'node:http';
import { gunzip, inflate } from 'node:zlib';
import { errorText } from '#shared/base';
import { TRACE_ERRORS } from '../errors.ts';

type Unpack = (bytes: Buffer, options: { readonly maxOutputLength: number }, done: (error: Error | null, out: Buffer) => void) => void;
const UNPACK: ReadonlyMap<string, Unpack> = new Map([['gzip', gunzip], ['deflate', inflate]]);

/** The body of a request, inflated where it says gzip or deflate, never more than `bytesMax` before or after. */
export async function readBody(request: IncomingMessage, bytesMax: number): Promise<Buffer> {
  const tooLarge = (): Error => TRACE_ERRORS.make('TRACES_TOO_LARGE', { limit: String(bytesMax) });
  if (Number(request.headers['content-length'] ?? 0) > bytesMax) throw tooLarge();
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    const piece = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    bytes += piece.length;
    if (bytes > bytesMax) throw tooLarge();
    chunks.push(piece);
  }
  const body = chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
  const encoding = (request.headers['content-encoding'] ?? 'identity').toLowerCase();
  if (encoding === 'identity' || encoding === '') return body;
  const unpack = UNPACK.get(encoding);
  if (unpack === undefined) throw TRACE_ERRORS.make('TRACES_MEDIA_TYPE', { type: `content encoding ${encoding}`, hint: 'send gzip, deflate or no encoding' });
  return new Promise<Buffer>((resolve, reject) => {
    unpack(body, { maxOutputLength: bytesMax }, (error, out) => {
      if (error === null) resolve(out);
      else if ('code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') reject(tooLarge());
      else reject(TRACE_ERRORS.make('TRACES_BAD_BODY', { reason: `the body is not ${encoding}: ${errorText(error)}` }, error));
    });
  });
}
