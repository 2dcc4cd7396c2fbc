import type { HttpConfig } from '../filter/http-config.ts';
import { httpDate } from '../filter/http-date.ts';
import { HttpStream } from '../filter/http-stream.ts';
import type { OriginalDestination } from '../filter/stream.ts';
import type { Runtime } from '../filter/runtime.ts';
import { HEAD_ERROR } from '../http1/head.ts';
import type { HeadError, RequestHead } from '../http1/head.ts';
import type { Handlers, ServerConnection } from '../http1/server-connection.ts';
import { OUT } from '../http1/server-connection.ts';
import { statusLine } from '../http1/status.ts';
import { connectionEntry } from '../tcp/tcp-proxy.ts';

export type Resolved = { readonly config: HttpConfig; readonly destination: OriginalDestination | undefined };
export type ConnectionHooks = {
  /** The configuration for the next request: looked up each time, so that a connection follows changes. Undefined: answered already, or the connection has no place any more. */
  resolve(connection: ServerConnection, head: RequestHead): Resolved | undefined;
  /** What speaks for the connection before a request is understood. */
  readonly first: HttpConfig;
  closed(connection: ServerConnection): void;
};

/** A request that could not be read: answered, counted and logged without a stream. */
export function refuseRequest(runtime: Runtime, config: HttpConfig, connection: ServerConnection, error: HeadError, bytes: number): void {
  const { stats } = config;
  stats.rqTotal++;
  if (error.status === 408) stats.rqHeaderTimeout++;
  else stats.cxProtocolError++;
  if (error.status === 431) stats.rqTooLarge++;
  const group = Math.floor(error.status / 100);
  stats.byClass[group] = (stats.byClass[group] ?? 0) + 1;
  const type = error.body === '' ? '' : 'content-type: text/plain\r\n';
  connection.respondHead(`${statusLine(error.status, 1)}content-length: ${error.body.length}\r\n${type}date: ${httpDate(Date.now())}\r\nserver: ${config.serverName}\r\nconnection: close\r\n\r\n`, OUT.raw);
  connection.writer.text(error.body);
  connection.close();
  const entry = connectionEntry(connection.info, { protocol: 'HTTP/1.1', code: error.status, flags: error.status === 408 ? '' : 'DPE', details: error.details, bytesSent: error.body.length, bytesReceived: bytes });
  if (config.logs.length === 0) {
    if (runtime.defaultLog !== undefined) runtime.writeLog(runtime.defaultLog(entry), entry);
  } else for (const log of config.logs) if (log.onlyFlag === undefined || entry.flags.includes(log.onlyFlag)) runtime.writeLog(log.format(entry), entry);
}

/** Ties a connection to the connection manager. */
export function httpHandlers(runtime: Runtime, hooks: ConnectionHooks): Handlers {
  const { first } = hooks;
  first.stats.cxTotal++;
  first.stats.cxActive++;
  return {
    headBytesMax: first.headBytesMax, headersTimeoutMs: first.headersTimeoutMs, idleTimeoutMs: first.idleTimeoutMs,
    start: (connection, head) => {
      const resolved = hooks.resolve(connection, head);
      if (resolved === undefined) return undefined;
      if (head.minor === 0 && !resolved.config.acceptHttp10) {
        refuseRequest(runtime, resolved.config, connection, HEAD_ERROR.version, head.bytes);
        return undefined;
      }
      const stream = new HttpStream({ runtime, config: resolved.config, connection, head, destination: resolved.destination });
      stream.start();
      return stream;
    },
    refuse: (connection, error, bytes) => refuseRequest(runtime, first, connection, error, bytes),
    closed: (connection) => {
      first.stats.cxActive--;
      hooks.closed(connection);
    },
  };
}
