import { Client, credentials, Metadata, status } from '@grpc/grpc-js';
import { connect } from 'node:http2';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { createRoot, issueKeyPair } from '../x509/index.ts';
import { GRPC, GrpcStatus, startGrpcServer, streaming, unary } from './index.ts';
import type { GrpcServer } from './index.ts';

const codec = (path: string) => ({ path, requestSerialize: (v: string) => Buffer.from(v), requestDeserialize: (b: Buffer) => b.toString(), responseSerialize: (v: string) => Buffer.from(v), responseDeserialize: (b: Buffer) => b.toString() });
const say = codec('/t.T/Say');
const chat = codec('/t.T/Chat');
let server: GrpcServer | undefined;
afterEach(async () => {
  await server?.stop();
  server = undefined;
});
const methods = [
  unary(say, (request, caller) => (request === 'bad' ? Promise.reject(new GrpcStatus(GRPC.permissionDenied, 'no: ü%')) : sleep(5).then(() => `${request} ${caller.header('x') ?? ''} ${caller.identities.join()}`))),
  streaming(chat, (call) => call.onMessage((text) => {
    if (text === 'end') call.end();
    else if (text === 'fail') call.end(new GrpcStatus(GRPC.failedPrecondition, 'enough'));
    else call.send(text.repeat(2));
  })),
];
const ask = (client: Client, text: string, metadata = new Metadata()): Promise<string | undefined> => new Promise((resolve, reject) =>
  client.makeUnaryRequest(say.path, say.requestSerialize, say.responseDeserialize, text, metadata, (error, answer) => (error === null ? resolve(answer) : reject(error))));

test('a stock client: answers, statuses, big messages, unknown methods', async () => {
  server = await startGrpcServer({ host: '127.0.0.1', port: 0, methods });
  const client = new Client(`127.0.0.1:${server.port}`, credentials.createInsecure());
  const metadata = new Metadata();
  metadata.set('x', 'y');
  expect(await ask(client, 'hello', metadata)).toBe('hello y ');
  await expect(ask(client, 'bad')).rejects.toMatchObject({ code: status.PERMISSION_DENIED, details: 'no: ü%' });
  expect((await ask(client, 'x'.repeat(3_000_000)))?.length).toBe(3_000_002);
  const call = client.makeBidiStreamRequest(chat.path, chat.requestSerialize, chat.responseDeserialize);
  const heard: string[] = [];
  call.on('data', (text: string) => heard.push(text));
  for (const text of ['a', 'b', 'y'.repeat(200_000), 'fail']) call.write(text);
  const [error] = await once(call, 'error');
  expect(error).toMatchObject({ code: status.FAILED_PRECONDITION });
  expect(heard.map((text) => text.length)).toEqual([2, 2, 400_000]);
  await expect(new Promise((resolve, reject) => client.makeUnaryRequest('/t.T/Nothing', say.requestSerialize, say.responseDeserialize, '', (failure) => (failure === null ? resolve(0) : reject(failure))))).rejects.toMatchObject({ code: status.UNIMPLEMENTED });
  client.close();
});

test('client certificates: ours give an identity, others and none give nobody', async () => {
  const times = { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 3_600_000) };
  const [root, other] = [createRoot({ organization: 'a', ...times }), createRoot({ organization: 'b', ...times })];
  const own = issueKeyPair({ signer: root, dnsNames: ['localhost'], ...times });
  server = await startGrpcServer({ host: '127.0.0.1', port: 0, methods, tls: { cert: own.certPem, key: own.keyPem, ca: root.certPem } });
  const asked = async (signer: typeof root | undefined): Promise<string | undefined> => {
    const pair = signer === undefined ? undefined : issueKeyPair({ signer, uris: ['spiffe://a/ns/x/sa/y'], ...times });
    const client = new Client(`127.0.0.1:${server?.port}`, credentials.createSsl(Buffer.from(root.certPem), pair === undefined ? null : Buffer.from(pair.keyPem), pair === undefined ? null : Buffer.from(pair.certPem)), { 'grpc.ssl_target_name_override': 'localhost' });
    const answer = await ask(client, 'hi');
    client.close();
    return answer;
  };
  expect(await asked(root)).toBe('hi  spiffe://a/ns/x/sa/y');
  expect(await asked(other)).toBe('hi  ');
  expect(await asked(undefined)).toBe('hi  ');
});

test('a client that keeps its own side open is let go once it has its status', async () => {
  server = await startGrpcServer({ host: '127.0.0.1', port: 0, methods });
  const session = connect(`http://127.0.0.1:${server.port}`);
  const stream = session.request({ ':method': 'POST', ':path': say.path, 'content-type': 'application/grpc' });
  stream.write(Buffer.from([0, 0, 0, 0, 2, 104, 105]));
  stream.resume();
  const [trailers] = await once(stream, 'trailers');
  expect(trailers['grpc-status']).toBe('0');
  await once(stream, 'close');
  expect(stream.rstCode).toBe(0);
  session.destroy();
});

test('bad bytes end the call with a status and leave the server well', async () => {
  server = await startGrpcServer({ host: '127.0.0.1', port: 0, methods });
  const raw = async (body: Buffer, contentType = 'application/grpc'): Promise<unknown> => {
    const session = connect(`http://127.0.0.1:${server?.port}`);
    const stream = session.request({ ':method': 'POST', ':path': chat.path, 'content-type': contentType });
    stream.end(body);
    stream.resume();
    const [headers] = await once(stream, 'response');
    session.destroy();
    return headers['grpc-status'] ?? headers[':status'];
  };
  expect(await raw(Buffer.from([1, 0, 0, 0, 1, 65]))).toBe('12');
  expect(await raw(Buffer.from([0, 0xff, 0xff, 0xff, 0xff]))).toBe('8');
  expect(await raw(Buffer.from('x'), 'text/plain')).toBe(415);
  const client = new Client(`127.0.0.1:${server.port}`, credentials.createInsecure());
  expect(await ask(client, 'still here')).toBe('still here  ');
  client.close();
});
