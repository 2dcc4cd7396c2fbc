import type { IncomingMessage } from 'node:http';

/** Calls `onLine` for each line of a stream until it ends; rejects on a cut stream, a line over the limit, a silence over the limit, or an error of `onLine`. */
export function readLines(stream: IncomingMessage, limits: { readonly lineBytesMax: number; readonly silenceMsMax: number }, onLine: (line: string) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    let parts: Buffer[] = [];
    let held = 0;
    const failWith = (error: unknown): void => {
      stream.destroy();
      reject(error instanceof Error ? error : new Error(String(error)));
    };
    stream.setTimeout(limits.silenceMsMax, () => failWith(new Error(`nothing came for ${limits.silenceMsMax} ms`)));
    stream.on('data', (chunk: Buffer) => {
      let from = 0;
      try {
        for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
          const line = held === 0 ? chunk.toString('utf8', from, at) : Buffer.concat([...parts, chunk.subarray(from, at)]).toString('utf8');
          parts = [];
          held = 0;
          from = at + 1;
          if (line.trim() !== '') onLine(line);
        }
        if (from < chunk.length) {
          parts.push(chunk.subarray(from));
          held += chunk.length - from;
          if (held > limits.lineBytesMax) throw new Error(`a line is over ${limits.lineBytesMax} bytes`);
        }
      } catch (error) {
        failWith(error);
      }
    });
    stream.once('end', resolve);
    stream.once('error', failWith);
    stream.once('close', () => resolve());
  });
}
