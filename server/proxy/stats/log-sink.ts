import { fstatSync, write } from 'node:fs';
import { Socket } from 'node:net';
import type { ProxyStats } from './counters.ts';

/** Lines are gathered for this long or until this many characters. */
const FLUSH_MS = 100;
const FLUSH_CHARS = 64 * 1024;
/** Bytes waiting for a reader that does not read; above it lines are dropped and counted. */
const WAITING_BYTES_MAX = 1024 * 1024;

export type LogSink = { line(text: string): void; flush(): void; stop(): Promise<void> };

/** Writes bytes to a descriptor without ever blocking: pipes and sockets by a stream (non-blocking), files by the thread pool. */
function openDescriptor(fd: number): { send(text: string, done: () => void): void } {
  const stat = fstatSync(fd);
  if (stat.isFIFO() || stat.isSocket()) {
    const socket = new Socket({ fd, readable: false, writable: true });
    socket.on('error', () => undefined); // the reader went away: what is waiting stays counted as not written
    socket.unref();
    return { send: (text, done) => void socket.write(text, 'latin1', () => done()) };
  }
  return { send: (text, done) => write(fd, Buffer.from(text, 'latin1'), () => done()) };
}

/** An access log on a file descriptor. A blocked pipe costs lines, never a request. */
export function openLogSink(fd: number, stats: ProxyStats): LogSink {
  let target: ReturnType<typeof openDescriptor> | undefined;
  let held = '';
  let lines = 0;
  let waiting = 0;
  let timer: NodeJS.Timeout | undefined;
  let idle: (() => void) | undefined;
  const flush = (): void => {
    if (timer !== undefined) clearTimeout(timer);
    timer = undefined;
    if (held === '') return;
    const text = held;
    const count = lines;
    held = '';
    lines = 0;
    waiting += text.length;
    target ??= openDescriptor(fd); // only when there is something to write
    target.send(text, () => {
      waiting -= text.length;
      stats.logLinesWritten += count;
      if (waiting === 0) idle?.();
    });
  };
  return {
    line: (text) => {
      if (waiting + held.length + text.length > WAITING_BYTES_MAX) {
        stats.logLinesDropped++;
        return;
      }
      held += text;
      lines++;
      if (held.length > FLUSH_CHARS) flush();
      else timer ??= setTimeout(flush, FLUSH_MS);
    },
    flush,
    stop: async () => {
      flush();
      if (waiting === 0) return;
      await new Promise<void>((resolve) => {
        idle = resolve;
        setTimeout(resolve, FLUSH_MS * 5).unref();
      });
    },
  };
}
