import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { HttpGet } from '../pod/pod-schema.ts';

/** Bytes of an answer that a probe reads; the rest does not matter to it. */
const ANSWER_BYTES_MAX = 10 * 1024;
export type Check = { readonly ok: boolean; readonly message: string };
type Target = { readonly host: string; readonly port: number; readonly timeoutMs: number };

const goNetError = (error: Error & { readonly code?: unknown }, host: string, port: number): string => {
  const what = error.code === 'ECONNREFUSED' ? 'connect: connection refused' : error.code === 'ECONNRESET' ? 'read: connection reset by peer' : error.code === 'EHOSTUNREACH' ? 'connect: no route to host' : error.message;
  return `dial tcp ${host}:${port}: ${what}`;
};

/** Connects, hands over the socket and makes sure that it is closed in time, whatever the other side does. */
function withSocket(target: Target, secure: boolean, onTimeout: string, use: (socket: Socket, done: (check: Check) => void) => void): Promise<Check> {
  return new Promise((resolve) => {
    const { host, port, timeoutMs } = target;
    const socket: Socket = secure ? connectTls({ host, port, rejectUnauthorized: false }) : connect({ host, port });
    const done = (check: Check): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(check);
    };
    const timer = setTimeout(() => done({ ok: false, message: onTimeout }), timeoutMs);
    socket.on('error', (error) => done({ ok: false, message: goNetError(error, host, port) }));
    socket.once(secure ? 'secureConnect' : 'connect', () => use(socket, done));
  });
}

/** tcpSocket: a connection that is accepted. */
export const checkTcp = (target: Target): Promise<Check> =>
  withSocket(target, false, `dial tcp ${target.host}:${target.port}: i/o timeout`, (_socket, done) => done({ ok: true, message: '' }));

/** httpGet: any status from 200 to 399. Certificates are not checked, as the kubelet does not. */
export async function checkHttp(target: Target, get: HttpGet): Promise<Check> {
  const secure = get.scheme.toUpperCase() === 'HTTPS';
  const path = get.path.startsWith('/') ? get.path : `/${get.path}`;
  const url = `${secure ? 'https' : 'http'}://${target.host}:${target.port}${path}`;
  const custom = get.httpHeaders ?? [];
  const has = (name: string): boolean => custom.some((header) => header.name.toLowerCase() === name);
  const clean = (text: string): string => text.replaceAll(/[\r\n]/g, ' ');
  const headers = [
    ...(has('host') ? [] : [`Host: ${target.host}:${target.port}`]), ...(has('user-agent') ? [] : ['User-Agent: kube-probe/1.34']), ...(has('accept') ? [] : ['Accept: */*']), 'Connection: close', ...custom.map((h) => `${clean(h.name)}: ${clean(h.value)}`),
  ];
  const found = await withSocket(target, secure, `Get "${url}": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`, (socket, done) => {
    let text = '';
    const judge = (final: boolean): void => {
      const status = /^HTTP\/1\.[01] (\d{3})/.exec(text);
      if (status !== null && text.includes('\r\n')) {
        const code = Number(status[1]);
        done(code >= 200 && code < 400 ? { ok: true, message: '' } : { ok: false, message: `HTTP probe failed with statuscode: ${code}` });
      } else if (final || text.length > ANSWER_BYTES_MAX) done({ ok: false, message: `Get "${url}": ${text === '' ? 'EOF' : 'malformed HTTP response'}` });
    };
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      judge(false);
    });
    socket.once('end', () => judge(true));
    socket.write(`GET ${clean(path)} HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`);
  });
  return found.ok || found.message.startsWith('HTTP probe') || found.message.startsWith('Get ') ? found : { ok: false, message: `Get "${url}": ${found.message}` };
}
