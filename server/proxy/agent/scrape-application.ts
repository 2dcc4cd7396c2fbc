import { nodeHttp } from '#server/lib';

const SCRAPE_MS = 3000;
const SCRAPE_BYTES_MAX = 16 * 1024 * 1024;

/** The application's metrics, merged into ours as Istio's agent does; an application that does not answer adds nothing. */
export function scrapeApplication(ip: string, target: { readonly path: string; readonly port: number }): Promise<string> {
  return new Promise((resolve) => {
    const call = nodeHttp().request({ host: ip, port: target.port, path: target.path, signal: AbortSignal.timeout(SCRAPE_MS) }, (answer) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      answer.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > SCRAPE_BYTES_MAX) answer.destroy();
        else chunks.push(chunk);
      });
      answer.once('close', () => resolve(answer.statusCode === 200 && answer.complete ? Buffer.concat(chunks).toString('utf8') : ''));
    });
    call.once('error', () => resolve(''));
    call.end();
  });
}
