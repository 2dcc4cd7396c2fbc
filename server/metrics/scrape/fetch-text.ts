import { nodeHttp, nodeHttps } from '#server/lib';
import type { IncomingMessage } from 'node:http';
import { createGunzip } from 'node:zlib';
import { ScrapeError } from './text-parser.ts';

/** Buffers that scrapes fill and parsers give back, so that texts of every second leave no garbage. */
export class BufferPool {
  readonly #free: Buffer[] = [];
  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(64 * 1024);
  }
  give(buffer: Buffer): void {
    if (buffer.length > 0 && this.#free.length < 2) this.#free.push(Buffer.from(buffer.buffer, 0, buffer.buffer.byteLength));
  }
}

const ACCEPT = 'text/plain;version=0.0.4;q=1,*/*;q=0.1';

/** Fetches metrics text of targets over kept connections. */
export class TextFetcher {
  readonly #http = new (nodeHttp().Agent)({ keepAlive: true, maxSockets: 2, maxFreeSockets: 2000, timeout: 60_000 });
  readonly #https = new (nodeHttps().Agent)({ keepAlive: true, maxSockets: 2, maxFreeSockets: 2000, timeout: 60_000 });
  readonly #pool: BufferPool;
  constructor(pool: BufferPool) {
    this.#pool = pool;
  }
  /** The text as a slice of a buffer of the pool. Fails with what Prometheus calls lastError. */
  fetch(url: string, limits: { readonly timeoutMs: number; readonly bytesMax: number }): Promise<Buffer> {
    return new Promise<Buffer>((resolve, reject) => {
      const secure = url.startsWith('https:');
      const options = { agent: secure ? this.#https : this.#http, headers: { accept: ACCEPT, 'user-agent': 'Pharos-metrics', 'x-prometheus-scrape-timeout-seconds': String(limits.timeoutMs / 1000) } };
      const request = secure ? nodeHttps().request(url, options) : nodeHttp().request(url, options);
      const timer = setTimeout(() => request.destroy(new ScrapeError('context deadline exceeded')), limits.timeoutMs);
      const fail = (error: Error): void => {
        clearTimeout(timer);
        request.destroy();
        reject(error);
      };
      request.once('error', fail);
      request.once('response', (response) => {
        if (response.statusCode !== 200) return fail(new ScrapeError(`server returned HTTP status ${response.statusCode} ${response.statusMessage ?? ''}`.trimEnd()));
        this.#collect(response, limits.bytesMax).then((body) => {
          clearTimeout(timer);
          resolve(body);
        }, fail);
      });
      request.end();
    });
  }
  #collect(response: IncomingMessage, bytesMax: number): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      let buffer = this.#pool.take();
      let size = 0;
      const source = response.headers['content-encoding'] === 'gzip' ? response.pipe(createGunzip()) : response;
      source.on('data', (piece: Buffer) => {
        if (size + piece.length > bytesMax) {
          source.removeAllListeners('data');
          return reject(new ScrapeError(`body size limit exceeded: more than ${bytesMax} bytes`));
        }
        if (size + piece.length > buffer.length) {
          const grown = Buffer.allocUnsafeSlow(Math.max(Math.ceil(buffer.length * 1.5), size + piece.length));
          buffer.copy(grown, 0, 0, size);
          buffer = grown;
        }
        size += piece.copy(buffer, size);
      });
      source.once('end', () => resolve(buffer.subarray(0, size)));
      source.once('error', reject);
      response.once('aborted', () => reject(new ScrapeError('the connection ended within the text')));
    });
  }
  close(): void {
    this.#http.destroy();
    this.#https.destroy();
  }
}
