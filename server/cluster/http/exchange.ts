import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzip } from 'node:zlib';
import { StatusError } from '../status/status-error.ts';
import type { User } from '../auth/user.ts';
import { negotiate } from './negotiate.ts';
import type { AnswerForm } from './negotiate.ts';
import type { RequestInfo } from './request-info.ts';

/** Largest request body, bytes; the limit of the real server. */
export const BODY_BYTES_MAX = 3 * 1024 * 1024;
/** Answers from this size are compressed when the client allows it, bytes; as the real server. */
const GZIP_FROM_BYTES = 128 * 1024;
/** Warnings of one answer are cut off after this many characters, as the real server does. */
const WARNING_CHARS_MAX = 4096;

/** One request and its answer. */
export class Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly info: RequestInfo;
  readonly query: URLSearchParams;
  user: User = { name: 'system:anonymous', uid: '', groups: ['system:unauthenticated'], extra: new Map() };
  readonly #warnings = new Set<string>();
  #form: AnswerForm | undefined;

  constructor(request: IncomingMessage, response: ServerResponse, info: RequestInfo, query: URLSearchParams) {
    this.request = request;
    this.response = response;
    this.info = info;
    this.query = query;
  }

  get method(): string {
    return this.request.method ?? 'GET';
  }
  /** The form the client wants the answer in; a 406 when there is none. */
  get form(): AnswerForm {
    this.#form ??= negotiate(this.request.headers.accept);
    return this.#form;
  }
  /** Whether a true-or-false query parameter is set; everything but 0 and false counts, as in the real server. */
  flag(name: string): boolean {
    const v = this.query.get(name);
    return v !== null && v !== 'false' && v !== '0' && v !== '';
  }
  warn(text: string): void {
    this.#warnings.add(text);
  }

  /** The whole body; 413 beyond the limit, without reading on. */
  async body(): Promise<Buffer> {
    const declared = Number(this.request.headers['content-length'] ?? 0);
    const tooLarge = (): StatusError => new StatusError(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${BODY_BYTES_MAX}`);
    if (declared > BODY_BYTES_MAX) throw tooLarge();
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of this.request) {
      const piece = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
      bytes += piece.length;
      if (bytes > BODY_BYTES_MAX) throw tooLarge();
      chunks.push(piece);
    }
    return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
  }

  /** Headers every answer has. */
  headers(contentType: string, more: Readonly<Record<string, string>> = {}): Record<string, string | string[]> {
    const warnings = this.#warningHeaders();
    return { 'content-type': contentType, 'cache-control': 'no-cache, private', ...(warnings.length === 0 ? {} : { warning: warnings }), ...more };
  }

  json(code: number, v: unknown): void {
    this.jsonText(code, JSON.stringify(v));
  }
  jsonText(code: number, text: string, contentType = 'application/json', more: Readonly<Record<string, string>> = {}): void {
    const { response } = this;
    if (response.headersSent || response.destroyed) return;
    const wantsGzip = text.length > GZIP_FROM_BYTES && /\bgzip\b/.test(String(this.request.headers['accept-encoding'] ?? ''));
    if (!wantsGzip) {
      const body = Buffer.from(text);
      response.writeHead(code, { ...this.headers(contentType, more), 'content-length': body.length });
      response.end(this.method === 'HEAD' ? undefined : body);
      return;
    }
    gzip(text, { level: 1 }, (error, packed) => {
      if (error !== null) return void response.destroy(error);
      response.writeHead(code, { ...this.headers(contentType, more), 'content-encoding': 'gzip', vary: 'Accept-Encoding', 'content-length': packed.length });
      response.end(packed);
    });
  }
  /** JSON text sent as YAML. */
  yamlText(code: number, json: string): void {
    void import('yaml').then(({ stringify }) => this.jsonText(code, stringify(JSON.parse(json)), 'application/yaml'), (error: unknown) => this.response.destroy(error instanceof Error ? error : undefined));
  }
  text(code: number, text: string, contentType = 'text/plain; charset=utf-8'): void {
    if (this.response.headersSent) return;
    this.response.writeHead(code, { ...(text === '' && code === 404 ? {} : this.headers(contentType)), 'x-content-type-options': 'nosniff' });
    this.response.end(text);
  }
  fail(error: StatusError): void {
    if (this.response.headersSent) return void this.response.destroy();
    // The rest of a body that nobody reads must not be taken for the next request.
    const isUnread = !this.request.readableEnded && error.code === 413;
    if (isUnread) this.response.setHeader('connection', 'close');
    if (error.details?.retryAfterSeconds !== undefined) this.response.setHeader('retry-after', String(error.details.retryAfterSeconds));
    if (error.plain === undefined) this.json(error.code, error.toStatus());
    else this.text(error.code, error.plain);
  }

  #warningHeaders(): string[] {
    const made: string[] = [];
    let chars = 0;
    for (const text of this.#warnings) {
      chars += text.length;
      if (chars > WARNING_CHARS_MAX) break;
      // Header values are bytes: UTF-8 goes out as it is.
      made.push(Buffer.from(`299 - ${JSON.stringify(text.replaceAll(/[\0-\x1f\x7f]/g, ' '))}`, 'utf8').toString('latin1'));
    }
    return made;
  }
}
