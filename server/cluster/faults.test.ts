// What a careless or broken client sends: each gets its Status, and nothing of it is stored.
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createLog } from '#server/lib';
import { isRecord } from '#shared/base';
import { startCluster } from './start-cluster.ts';
import type { Cluster } from './start-cluster.ts';

const dir = mkdtempSync(`${tmpdir()}/pharos-faults-`);
let cluster: Cluster;
/** How often the clock still answers; an error of ours in the middle of a request is made by it. */
let clockLeft = Number.POSITIVE_INFINITY;
function now(): Date {
  clockLeft -= 1;
  if (clockLeft < 0) throw new Error('the clock stands still');
  return new Date();
}
let identity: { readonly ca: Buffer; readonly cert: Buffer; readonly key: Buffer };
beforeAll(async () => {
  const log = createLog('test');
  log.level = 'silent'; // one test makes an error on purpose
  cluster = await startCluster({ dataDir: dir, host: '127.0.0.1', port: 0, serviceCidr: '127.108.0.0/16', kubeletToken: 'unused', log, controllers: false, now });
  const part = (name: string): Buffer => Buffer.from(new RegExp(`${name}: (\\S+)`).exec(cluster.adminKubeconfig)?.[1] ?? '', 'base64');
  identity = { ca: part('certificate-authority-data'), cert: part('client-certificate-data'), key: part('client-key-data') };
});
afterAll(async () => {
  await cluster.stop();
  rmSync(dir, { recursive: true, force: true });
});

type Answer = { readonly code: number; readonly body: Record<string, unknown>; readonly text: string; readonly warnings: readonly string[]; readonly connection: string | undefined };
const MAPS = '/api/v1/namespaces/default/configmaps';
function answerOf(response: IncomingMessage): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let text = '';
    response.on('data', (chunk: Buffer) => void (text += chunk.toString('utf8')));
    response.once('error', reject);
    response.once('end', () => {
      const parsed: unknown = /json/.test(response.headers['content-type'] ?? '') ? JSON.parse(text) : {};
      resolve({ code: response.statusCode ?? 0, body: isRecord(parsed) ? parsed : {}, text, warnings: [response.headers['warning'] ?? []].flat(), connection: response.headers.connection });
    });
  });
}
/** One request; `body` goes out as it is. */
function send(method: string, path: string, body?: string | Buffer, contentType = 'application/json', headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(`${cluster.url}${path}`, { method, ...identity, agent: false, headers: { 'content-type': contentType, ...headers } }, (response) => void answerOf(response).then(resolve, reject));
    sent.once('error', reject);
    sent.end(body);
  });
}
const map = (name: string, data: object = {}, more: object = {}): string => JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data, ...more });
const names = async (): Promise<readonly string[]> => {
  const { body } = await send('GET', MAPS);
  return Array.isArray(body['items']) ? body['items'].map((item: unknown) => (isRecord(item) && isRecord(item['metadata']) ? String(item['metadata']['name']) : '')) : [];
};
const said = ({ code, body }: Answer): readonly unknown[] => [code, body['reason'], body['message']];
async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 1200; i++) {
    if (await isSo()) return;
    await sleep(25);
  }
  throw new Error(`not within 30 s: ${what}`);
}

test('a broken body, JSON or YAML, is refused with the place of the mistake', async () => {
  const json = await send('POST', MAPS, '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"broken"},}');
  expect([json.code, json.body['kind'], json.body['reason']]).toEqual([400, 'Status', 'BadRequest']);
  expect(json.body['message']).toContain("invalid character '}' looking for beginning of object key string");
  expect(said(await send('POST', MAPS, '{"apiVersion":"v1","kind":"Conf')).slice(0, 2)).toEqual([400, 'BadRequest']);
  const yaml = await send('POST', MAPS, 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: broken\n data: {}\n', 'application/yaml');
  expect([yaml.code, yaml.body['reason']]).toEqual([400, 'BadRequest']);
  expect(yaml.body['message']).toContain('yaml: line 5');
  const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${[...'bcdefghi'].map((c, i) => `${c}: &${c} [${Array.from({ length: 9 }, () => `*${'abcdefghi'.charAt(i)}`).join(',')}]`).join('\n')}\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: bomb}\n`;
  expect(said(await send('POST', MAPS, bomb, 'application/yaml'))).toEqual([400, 'BadRequest', expect.stringContaining('yaml: document contains excessive aliasing')]);
  for (const deep of ['['.repeat(1_000_000), '- '.repeat(500_000)]) expect(said(await send('POST', MAPS, deep, 'application/yaml'))).toEqual([400, 'BadRequest', expect.stringContaining('exceeded max depth')]);
  for (const deep of ['['.repeat(1_000_000), `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"deep"},"data":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}}`]) expect(said(await send('POST', MAPS, deep)).slice(0, 2)).toEqual([400, 'BadRequest']);
  expect((await send('POST', MAPS, 'k8s\0rubbish', 'application/vnd.kubernetes.protobuf')).code).toBe(400);
  expect((await send('POST', MAPS, '<a/>', 'text/xml')).code).toBe(415);
  expect((await send('PATCH', `${MAPS}/nope`, '{', 'application/merge-patch+json')).code).toBeGreaterThanOrEqual(400);
  expect(await names()).toEqual([]);
});

test('an unknown field: Strict refuses, Warn warns, Ignore says nothing; it is never stored', async () => {
  const body = (name: string): string => map(name, { a: 'b' }, { colour: 'blue' });
  const strict = await send('POST', `${MAPS}?fieldValidation=Strict`, body('strict'));
  expect(said(strict)).toEqual([400, 'BadRequest', 'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "colour"']);
  const warn = await send('POST', `${MAPS}?fieldValidation=Warn`, body('warned'));
  expect([warn.code, warn.warnings]).toEqual([201, ['299 - "unknown field \\"colour\\""']]);
  expect(warn.body['colour']).toBeUndefined();
  expect((await send('POST', `${MAPS}?fieldValidation=Ignore`, body('ignored'))).warnings).toEqual([]);
  expect((await send('POST', `${MAPS}?fieldValidation=Perhaps`, body('perhaps'))).code).toBe(422);
  const route = JSON.stringify({ apiVersion: 'networking.istio.io/v1', kind: 'VirtualService', metadata: { name: 'r' }, spec: { hosts: ['a'], htttp: [] } });
  const custom = await send('POST', '/apis/networking.istio.io/v1/namespaces/default/virtualservices?fieldValidation=Strict', route);
  expect([custom.code, String(custom.body['message'])]).toEqual([400, expect.stringContaining('unknown field "spec.htttp"')]);
  expect((await names()).toSorted()).toEqual(['ignored', 'warned']);
});

test('a value of the wrong type names the field', async () => {
  const wrong = await send('POST', MAPS, map('typed', { a: 1 }));
  expect([wrong.code, wrong.body['reason'], String(wrong.body['message'])]).toEqual([400, 'BadRequest', expect.stringContaining('cannot unmarshal number into Go struct field ConfigMap.data of type string')]);
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'typed' }, spec: { containers: { name: 'app' } } };
  expect(said(await send('POST', '/api/v1/namespaces/default/pods', JSON.stringify(pod))).slice(0, 2)).toEqual([400, 'BadRequest']);
  const route = { apiVersion: 'networking.istio.io/v1', kind: 'VirtualService', metadata: { name: 'typed' }, spec: { hosts: ['a'], http: [{ route: [{ destination: { host: 'a' }, weight: 'ten' }] }] } };
  const custom = await send('POST', '/apis/networking.istio.io/v1/namespaces/default/virtualservices', JSON.stringify(route));
  expect([custom.code, custom.body['reason'], String(custom.body['message'])]).toEqual([422, 'Invalid', expect.stringContaining('spec.http[0].route[0].weight: Invalid value: "string"')]);
});

test('an object of 10 MB gets 413, with a length and without, and an endless body is cut off', async () => {
  const big = Buffer.from(map('big', { a: 'x'.repeat(10 * 1024 * 1024) }));
  const declared = await send('POST', MAPS, big);
  expect([...said(declared), declared.connection]).toEqual([413, 'RequestEntityTooLarge', 'Request entity too large: limit is 3145728', 'close']);
  expect(said(await send('POST', MAPS, big, 'application/json', { 'transfer-encoding': 'chunked' })).slice(0, 2)).toEqual([413, 'RequestEntityTooLarge']);
  const socket = await rawSocket();
  socket.write(`POST ${MAPS} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n`);
  let text = '';
  socket.on('data', (chunk: Buffer) => void (text += chunk.toString('latin1')));
  const piece = `10000\r\n${' '.repeat(0x10000)}\r\n`;
  const endless = setInterval(() => {
    if (socket.writable && socket.writableLength < 1024 * 1024) for (let i = 0; i < 16; i++) socket.write(piece);
  }, 1);
  try {
    await until('the end of the connection that never ends its body', () => socket.destroyed);
  } finally {
    clearInterval(endless);
  }
  expect(text).toMatch(/^HTTP\/1\.1 413 /);
  const long = await send('POST', MAPS, map('long', { a: 'x'.repeat(1024 * 1024 + 1) }));
  expect([long.code, String(long.body['message'])]).toEqual([422, expect.stringContaining('Too long')]);
  expect(await names()).not.toContain('big');
});

test('a name with a slash is refused in the object and leads nowhere in the address', async () => {
  const refused = await send('POST', MAPS, map('a/b'));
  expect(said(refused)).toEqual([422, 'Invalid', expect.stringContaining('metadata.name: Invalid value: "a/b"')]);
  expect((await send('GET', `${MAPS}/a%2Fb`)).code).toBe(404);
  expect((await send('PUT', `${MAPS}/a%2Fb`, map('a/b'))).code).toBe(404);
  expect((await send('GET', `${MAPS}/..%2F..%2Fnodes`)).code).toBe(404);
  expect((await send('GET', `${MAPS}/%zz`)).code).toBe(400);
  expect((await send('POST', '/api/v1/namespaces', JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'a/b' } }))).code).toBe(422);
  expect((await send('GET', `${MAPS}/__proto__`)).code).toBe(404);
  const proto = await send('POST', MAPS, '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"proto"},"data":{"__proto__":"1","constructor":"2"}}');
  expect([proto.code, proto.text.includes('"constructor":"2"'), Object.hasOwn(Object.prototype, '1')]).toEqual([201, true, false]);
});

test('bytes that are no UTF-8 are refused, not stored as something else', async () => {
  const bad = Buffer.concat([Buffer.from('{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"bytes"},"data":{"a":"'), Buffer.from([0xff, 0xfe, 0xc3]), Buffer.from('"}}')]);
  expect(said(await send('POST', MAPS, bad))).toEqual([400, 'BadRequest', 'the body of the request is not valid UTF-8']);
  const yaml = Buffer.concat([Buffer.from('apiVersion: v1\nkind: ConfigMap\nmetadata: {name: bytes}\ndata: {a: "'), Buffer.from([0x80]), Buffer.from('"}\n')]);
  expect((await send('POST', MAPS, yaml, 'application/yaml')).code).toBe(400);
  expect((await send('PATCH', `${MAPS}/warned`, Buffer.concat([Buffer.from('{"data":{"a":"'), Buffer.from([0xff]), Buffer.from('"}}')]), 'application/merge-patch+json')).code).toBe(400);
  expect((await send('GET', `${MAPS}/warned`)).body['data']).toEqual({ a: 'b' });
  expect((await send('GET', `${MAPS}/bytes`)).code).toBe(404);
});

test('an error of our own, after the body was read, is answered too', async () => {
  clockLeft = 1; // the token's check may ask for the time, the new object may not
  const failed = await send('POST', MAPS, map('unlucky')).finally(() => (clockLeft = Number.POSITIVE_INFINITY));
  expect(said(failed)).toEqual([500, 'InternalError', 'Internal error occurred: the clock stands still']);
  expect((await send('GET', `${MAPS}/unlucky`)).code).toBe(404);
});

function rawSocket(): Promise<TLSSocket> {
  const { hostname, port } = new URL(cluster.url);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port), ...identity }, () => resolve(socket));
    socket.once('error', reject);
    socket.on('error', () => socket.destroy());
  });
}
const metric = async (name: string): Promise<number> => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec((await send('GET', '/metrics')).text)?.[1] ?? Number.NaN);

test('a watch that is not read is cut at its limit and counted; another goes on', async () => {
  const cut = 'pharos_watches_cut_total\\{reason="slow client"\\}';
  expect(await metric(cut)).toBe(0);
  const watch = `GET ${MAPS}?watch=true&fieldSelector=metadata.name%3Dnoisy HTTP/1.1\r\nhost: x\r\n\r\n`;
  const [slow, quick] = [await rawSocket(), await rawSocket()];
  slow.pause();
  let seen = '';
  quick.on('data', (chunk: Buffer) => void (seen = (seen + chunk.toString('latin1')).slice(-4000)));
  for (const socket of [slow, quick]) socket.write(watch);
  const value = 'x'.repeat(900_000);
  await send('POST', MAPS, map('noisy', { value, z: '0' }));
  let last = 0;
  for (let n = 1; n <= 60 && (await metric(cut)) === 0; n++) {
    expect((await send('PATCH', `${MAPS}/noisy`, JSON.stringify({ data: { z: String(n) } }), 'application/merge-patch+json')).code).toBe(200);
    last = n;
  }
  expect(await metric(cut)).toBe(1);
  // 16 MiB, and what the kernel's buffers took.
  expect(last).toBeGreaterThan(16);
  await until('the last change at the watch that is read', () => seen.includes(`"z":"${last}"`));
  slow.resume();
  await until('the end of the slow watch', () => slow.destroyed);
  quick.destroy();
  await until('no open watch', async () => (await metric('apiserver_longrunning_requests\\{verb="WATCH"\\}')) === 0);
}, 60_000);

test('a collection larger than the limit of a watch is still sent whole to a watch that reads', async () => {
  const value = 'x'.repeat(1_000_000);
  for (let n = 0; n < 20; n++) expect((await send('POST', MAPS, map(`large-${n}`, { value }))).code).toBe(201);
  const path = `${MAPS}?watch=true&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan&timeoutSeconds=2`;
  const answer = await new Promise<string>((resolve, reject) => {
    request(`${cluster.url}${path}`, { ...identity, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => void chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    }).once('error', reject).end();
  });
  expect(answer.match(/"name":"large-\d+"/g)).toHaveLength(20);
  expect(answer).toContain('"k8s.io/initial-events-end":"true"');
  // What was refused above is counted.
  expect(await metric('apiserver_request_total\\{verb="POST",code="413"\\}')).toBe(3);
}, 60_000);
