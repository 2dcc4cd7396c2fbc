import { once } from 'node:events';
import { createServer } from 'node:net';
import { connect } from 'node:tls';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sniff } from './client-hello.ts';

/** The first bytes of a real client's handshake. */
async function helloOf(servername: string, ALPNProtocols: string[]): Promise<Buffer> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const client = connect({ host: '127.0.0.1', port: typeof address === 'object' && address !== null ? address.port : 0, ...(servername === '' ? {} : { servername }), ...(ALPNProtocols.length === 0 ? {} : { ALPNProtocols }), rejectUnauthorized: false });
  client.on('error', () => undefined);
  const [socket] = await once(server, 'connection');
  const [data] = await once(socket, 'data');
  client.destroy();
  server.close();
  return data;
}

test('a real ClientHello gives server name and protocols, also when it comes byte by byte', async () => {
  const hello = await helloOf('outbound_.9080_._.reviews.default.svc.cluster.local', ['istio-http/1.1', 'istio', 'http/1.1']);
  const wanted = { kind: 'tls', serverName: 'outbound_.9080_._.reviews.default.svc.cluster.local', applicationProtocols: ['istio-http/1.1', 'istio', 'http/1.1'] };
  expect(sniff(hello)).toEqual(wanted);
  for (let i = 1; i < hello.length; i++) expect(sniff(hello.subarray(0, i))).toEqual({ kind: 'more' });
  expect(sniff(await helloOf('', []))).toEqual({ kind: 'tls', serverName: '', applicationProtocols: [] });
});

test('plain HTTP, the preface of HTTP/2 and other bytes are told apart', () => {
  const of = (text: string): unknown => sniff(Buffer.from(text));
  expect(of('GET / HTTP/1.1\r\nhost: a')).toEqual({ kind: 'plain', applicationProtocols: ['http/1.1'] });
  expect(of('POST /x HTTP/1.0\r\n')).toEqual({ kind: 'plain', applicationProtocols: ['http/1.0'] });
  expect(of('PRI * HTTP/2.0\r\n\r\n')).toEqual({ kind: 'plain', applicationProtocols: ['h2c'] });
  expect(of('\x00\x01binary')).toEqual({ kind: 'plain', applicationProtocols: [] });
  expect([of('GE'), of('GET /unfin'), of('PRI'), of('')]).toEqual([{ kind: 'more' }, { kind: 'more' }, { kind: 'more' }, { kind: 'more' }]);
});

test('no bytes make it throw', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (bytes, tls) => {
    const data = Buffer.from(tls ? [22, 3, 1, 0, 200, 1, 0, 0, 40, ...bytes] : bytes);
    expect(['more', 'tls', 'plain']).toContain(sniff(data).kind);
  }), { numRuns: 2000 });
});
