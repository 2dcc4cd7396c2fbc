// The proxy by itself: a static bootstrap, curl as its client, its admin port, and every fault that a data path meets.
import { execFile, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { FAULT, ProxyBed, startTcp, startUpstream } from '../lib/proxy-bed.ts';
import type { BedOptions, Upstream } from '../lib/proxy-bed.ts';
import { until } from '../lib/until.ts';

const run = promisify(execFile);
const curl = async (...args: readonly string[]): Promise<{ code: number; stdout: string }> => run('curl', ['-s', '--max-time', '20', ...args]).then(({ stdout }) => ({ code: 0, stdout }), (error: { code: number; stdout: string }) => ({ code: error.code, stdout: error.stdout }));
const rssMb = (pid: number): number => Number(/^VmRSS: +(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});
async function bedOf(options: BedOptions): Promise<ProxyBed> {
  const bed = await ProxyBed.start(options);
  closing.push(() => bed.stop());
  return bed;
}

describe('curl through the proxy', () => {
  let bed: ProxyBed;
  let up: Upstream;
  const base = (): string => `http://127.0.0.1:${bed.port}`;
  beforeAll(async () => {
    up = await startUpstream((request, response) => {
      let bytes = 0;
      request.on('data', (data: Buffer) => void (bytes += data.length));
      request.on('end', () => {
        if (request.url === '/none') response.writeHead(204).end();
        else if (request.url === '/same') response.writeHead(304).end();
        else if (request.url?.startsWith('/big')) response.end(Buffer.alloc(8_000_000, 'x'));
        else response.end(`${request.method} ${request.url} ${bytes}`);
      });
    });
    bed = await ProxyBed.start({ clusters: { v1: [up.port] }, node: { metadata: { NAME: 'p', NAMESPACE: 'ns', WORKLOAD_NAME: 'p' } }, listener: { traffic_direction: 'OUTBOUND' } });
  });
  afterAll(async () => {
    await bed.stop();
    await up.close();
  });
  test('GET, HEAD, PUT with a file, chunked upload, 204, 304, a large body', async () => {
    expect((await curl(`${base()}/a?b`)).stdout).toBe('GET /a?b 0');
    expect((await curl('-I', `${base()}/`)).stdout).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect((await curl('-T', fileURLToPath(import.meta.url), `${base()}/put`)).stdout).toMatch(/^PUT \/put \d{4,}$/);
    expect((await curl('-H', 'transfer-encoding: chunked', '-d', 'hello', `${base()}/c`)).stdout).toBe('POST /c 5');
    expect((await curl('-o', '/dev/null', '-w', '%{http_code} ', `${base()}/none`, '-o', '/dev/null', `${base()}/same`)).stdout).toBe('204 304 ');
    expect((await curl('-o', '/dev/null', '-w', '%{size_download}', `${base()}/big`)).stdout).toBe('8000000');
  });
  test('Expect: 100-continue, keep-alive over one connection, --proxy style absolute targets', async () => {
    expect((await curl('-H', 'expect: 100-continue', '-d', 'x'.repeat(2000), `${base()}/e`)).stdout).toBe('POST /e 2000');
    expect((await curl('-w', ' %{num_connects}\n', `${base()}/1`, `${base()}/2`)).stdout).toBe('GET /1 0 1\nGET /2 0 0\n');
    expect((await curl('-x', base(), 'http://somewhere:81/x')).stdout).toBe('GET /x 0');
  });
  test('Expect that we answer ourselves is taken out, and nothing else, whatever other headers hold', async () => {
    const answer = await bed.raw('POST /expect HTTP/1.1\r\nhost: a\r\nx-a: expect\r\ncontent-length: 20\r\nexpect: 100-continue\r\n\r\nGET /second HTTP/1.1');
    expect(answer).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n[^]*POST \/expect 20$/);
    expect(up.seen.at(-1)?.headers).toMatchObject({ 'x-a': 'expect', 'content-length': '20' });
    expect(up.seen.at(-1)?.headers).not.toHaveProperty('expect');
  });
  test('a slow reader gets the whole answer, also when the connection ends after it', async () => {
    const socket = connect(bed.port, '127.0.0.1');
    socket.write('GET /big HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n');
    let bytes = 0;
    socket.on('data', (data: Buffer) => void (bytes += data.length));
    socket.once('data', () => socket.pause());
    await sleep(2500); // longer than an ended connection lingers
    const ended = new Promise((resolve) => { socket.once('close', resolve); });
    expect(bytes).toBeLessThan(1_000_000);
    socket.resume();
    await ended;
    expect(bytes).toBeGreaterThan(8_000_000);
  });
  test('pipelined requests are answered in their order', async () => {
    const answer = await bed.raw(['/1', '/2', '/3', '/4'].map((path) => `GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`).join(''));
    expect([...answer.matchAll(/GET (\/\d) 0/g)].map((match) => match[1])).toEqual(['/1', '/2', '/3', '/4']);
  });
  test('the admin port answers as Envoy\'s does; changes need POST', async () => {
    const admin = (path: string, method = 'GET'): Promise<string> => fetch(`http://127.0.0.1:${bed.adminPort}${path}`, { method }).then(async (answer) => `${answer.status} ${await answer.text()}`);
    expect(await admin('/ready')).toBe('200 LIVE\n');
    expect(await admin('/clusters')).toMatch(new RegExp(`v1::127\\.0\\.0\\.1:${up.port}::rq_total::[1-9]`));
    expect(await admin('/listeners')).toBe(`200 l::127.0.0.1:${bed.port}\n`);
    expect(await admin('/stats?filter=cluster.v1.upstream_rq_200')).toMatch(/^200 cluster\.v1\.upstream_rq_200: [1-9]\d*\n$/);
    expect(await admin('/stats/prometheus')).toMatch(/istio_requests_total\{reporter="source",source_workload="p"[^]*envoy_cluster_upstream_rq_total\{cluster_name="v1"\} [1-9]/);
    expect(JSON.parse((await admin('/config_dump')).slice(4)).configs.map((one: { '@type': string }) => one['@type'].split('.').at(-1))).toEqual(['BootstrapConfigDump', 'ClustersConfigDump', 'ListenersConfigDump', 'RoutesConfigDump', 'SecretsConfigDump']);
    expect(JSON.parse((await admin('/server_info')).slice(4)).state).toBe('LIVE');
    expect(await admin('/certs')).toContain('"certificates"');
    expect(await admin('/healthcheck/fail')).toMatch(/^405/);
    expect(await admin('/healthcheck/fail', 'POST')).toBe('200 OK\n');
    expect(await admin('/ready')).toMatch(/^503/);
    expect(await admin('/healthcheck/ok', 'POST')).toBe('200 OK\n');
    expect(await admin('/logging?level=warn', 'POST')).toContain('warn');
    expect(await admin('/nothing')).toMatch(/^404/);
  });
});

describe('clients that misbehave', () => {
  let bed: ProxyBed;
  let up: Upstream;
  beforeAll(async () => {
    up = await startUpstream((_, response) => response.end('ok'));
    bed = await ProxyBed.start({ clusters: { v1: [up.port] }, manager: { request_headers_timeout: '0.5s' } });
  });
  afterAll(async () => {
    await bed.stop();
    await up.close();
  });
  test('a broken head: 400, closed, counted, and nothing reaches the upstream', async () => {
    const before = up.seen.length;
    for (const bytes of ['\x16\x03nonsense\r\n\r\n', 'GET / HTTP/1.1\r\nbad header\r\n\r\n', 'GET / HTTP/1.1\nhost: a\n\n', 'GET / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nhost: a\r\n\r\n']) {
      bed.lines.length = 0;
      expect(await bed.raw(bytes)).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n(?:[^\r]+\r\n)*connection: close\r\n\r\nBad Request$/);
      expect(await bed.log()).toMatchObject({ code: 400, flags: 'DPE' });
    }
    expect(up.seen.length).toBe(before);
    expect(await bed.stat('http.s.downstream_cx_protocol_error')).toBeGreaterThanOrEqual(4);
  });
  // After each of these comes a second request in the same bytes: whoever read the first one otherwise would serve it.
  const smuggled = '0\r\n\r\nGET /smuggled HTTP/1.1\r\nhost: a\r\n\r\n';
  test.each([
    ['length and coding', 'content-length: 6\r\ntransfer-encoding: chunked\r\n', 400, 'http1.content_length_and_chunked_not_allowed'], ['two lengths', 'content-length: 6\r\ncontent-length: 0\r\n', 400, 'http1.codec_error'],
    ['a folded line', 'x: 1\r\n transfer-encoding: chunked\r\n', 400, 'http1.codec_error'], ['a bare LF', 'x: 1\ntransfer-encoding: chunked\r\n', 400, 'http1.codec_error'], ['a bare CR', 'x: 1\rtransfer-encoding: chunked\r\n', 400, 'http1.codec_error'],
    ['a blank before the colon', 'transfer-encoding : chunked\r\n', 400, 'http1.codec_error'], ['NUL', 'x: \0\r\n', 400, 'http1.invalid_characters'], ['a coding that nobody knows', 'transfer-encoding: xchunked\r\n', 501, 'http1.invalid_transfer_encoding'],
  ])('smuggling by %s: refused, counted, closed', async (_, lines, code, details) => {
    const [before, errors, group] = [up.seen.length, await bed.stat('http.s.downstream_cx_protocol_error'), await bed.stat(`http.s.downstream_rq_${code < 500 ? 4 : 5}xx`)];
    bed.lines.length = 0;
    expect((await bed.raw(`POST / HTTP/1.1\r\nhost: a\r\n${lines}\r\n${smuggled}`)).match(/HTTP\/1\.1 \d+/g)).toEqual([`HTTP/1.1 ${code}`]);
    expect(await bed.log()).toMatchObject({ code, flags: 'DPE', details });
    expect([up.seen.length, await bed.stat('http.s.downstream_cx_protocol_error'), await bed.stat(`http.s.downstream_rq_${code < 500 ? 4 : 5}xx`)]).toEqual([before, errors + 1, group + 1]);
  });
  test('a body that is no body: 400, its upstream request is cut, what follows is not read', async () => {
    const before = up.seen.length;
    bed.lines.length = 0;
    expect((await bed.raw('POST /body HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n2 \r\nok\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nhost: a\r\n\r\n')).match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 400']);
    expect(await bed.log()).toMatchObject({ code: 400, flags: 'DPE', details: 'http1.codec_error' });
    expect(up.seen.slice(before).map((request) => request.url)).not.toContain('/smuggled');
  });
  test('an endless head and an oversized header: 431 at 60 KiB, memory stays', async () => {
    const before = rssMb(bed.child.pid ?? 0);
    for (let i = 0; i < 20; i++) {
      const answer = await new Promise<string>((resolve) => {
        const socket = connect(bed.port, '127.0.0.1');
        let text = '';
        const feed = setInterval(() => socket.write(`x-${'a'.repeat(4000)}: 1\r\n`), 1);
        const end = (): void => {
          clearInterval(feed);
          resolve(text);
        };
        socket.on('data', (data: Buffer) => void (text += data.toString()));
        socket.on('error', end);
        socket.on('close', end);
        socket.write('GET / HTTP/1.1\r\nhost: a\r\n');
      });
      expect(answer).toMatch(/^HTTP\/1\.1 431 /);
    }
    expect(await bed.raw(`GET / HTTP/1.1\r\nhost: a\r\nx: ${'a'.repeat(61 * 1024)}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431 /);
    expect(await bed.raw(`GET / HTTP/1.1\r\nhost: a\r\nx: ${'a'.repeat(58 * 1024)}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 200 /);
    expect(rssMb(bed.child.pid ?? 0) - before).toBeLessThan(60);
  });
  test('a slow client gets 408, while others are served at once', async () => {
    const slow = Promise.all(Array.from({ length: 20 }, () => bed.raw('GET / HTTP/1.1\r\nhost:', 3000)));
    const start = performance.now();
    expect((await bed.call('/')).status).toBe(200);
    expect(performance.now() - start).toBeLessThan(400);
    for (const answer of await slow) expect(answer).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n[^]*request header timeout$/);
    expect(await bed.stat('http.s.downstream_rq_header_timeout')).toBeGreaterThanOrEqual(20);
  });
});

describe('clients and upstreams that fail', () => {
  let bed: ProxyBed;
  let http: Upstream;
  let raw: Awaited<ReturnType<typeof startTcp>>;
  let serveHttp: Parameters<typeof startUpstream>[0] = (_, response) => response.end('ok');
  let serveTcp: Parameters<typeof startTcp>[0] = (socket) => socket.destroy();
  // One process for all; each test has a cluster of its own, so that counters are of it alone.
  beforeAll(async () => {
    http = await startUpstream((request, response) => serveHttp(request, response));
    raw = await startTcp((socket, data) => serveTcp(socket, data));
    const names = ['http-left', 'http-slow', 'http-delay', 'tcp-reset', 'tcp-heads', 'tcp-idle', 'tcp-ws'];
    const delay = { 'envoy.filters.http.fault': { '@type': FAULT, delay: { fixed_delay: '30s', percentage: { numerator: 100 } } } };
    bed = await ProxyBed.start({
      clusters: Object.fromEntries(names.map((name) => [name, [name.startsWith('http') ? http.port : raw.port]])), manager: { upgrade_configs: [{ upgrade_type: 'websocket' }], http_protocol_options: { accept_http_10: true } }, filters: [{ name: 'envoy.filters.http.fault', typed_config: { '@type': FAULT } }],
      routes: names.map((name) => ({ match: { prefix: `/${name}` }, route: { cluster: name, timeout: '0s' }, ...(name === 'http-delay' ? { typed_per_filter_config: delay } : {}) })),
    });
  });
  afterAll(async () => {
    await http.close();
    await raw.close();
    await bed.stop();
  });
  beforeEach(() => {
    bed.lines.length = 0;
  });

  test('a client that leaves cancels the upstream at once and leaves no gauge behind', async () => {
    let left = 0;
    const first = http.seen.length;
    serveHttp = (request) => void request.on('close', () => void left++);
    const sockets = Array.from({ length: 50 }, () => connect(bed.port, '127.0.0.1', function begin(this: ReturnType<typeof connect>) {
      this.write('GET /http-left HTTP/1.1\r\nhost: a\r\n\r\n');
    }));
    await until('all requests are upstream', async () => (http.seen.length === first + 50 ? true : undefined));
    for (const socket of sockets) socket.destroy();
    await until('the upstream sees them go', async () => (left === 50 ? true : undefined));
    expect(await bed.log('/http-left')).toMatchObject({ code: 0, flags: 'DC', details: 'downstream_remote_disconnect' });
    expect([await bed.stat('cluster.http-left.upstream_rq_active'), await bed.stat('http.s.downstream_rq_active'), await bed.stat('cluster.http-left.upstream_cx_active')]).toEqual([0, 0, 0]);
  });

  test('the upstream resets before, within and after the answer', async () => {
    serveTcp = (socket, data) => {
      const path = /^GET \/tcp-reset(\S+)/.exec(data.toString())?.[1];
      if (path === '/before') socket.resetAndDestroy();
      else if (path === '/within-length') socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nhalf', () => setTimeout(() => socket.resetAndDestroy(), 20));
      else if (path === '/within-chunks') socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n', () => setTimeout(() => socket.end(), 20));
      else socket.write('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nwhole', () => socket.resetAndDestroy());
    };
    const url = (path: string): string => `http://127.0.0.1:${bed.port}/tcp-reset${path}`;
    expect(await curl('-w', ' %{http_code}', url('/before'))).toEqual({ code: 0, stdout: 'upstream connect error or disconnect/reset before headers. reset reason: connection termination 503' });
    expect(await bed.log('/tcp-reset')).toMatchObject({ code: 503, flags: 'UC', details: 'upstream_reset_before_response_started{connection_termination}' });
    for (const path of ['/within-length', '/within-chunks']) {
      expect(await curl('-w', ' %{http_code}', url(path))).toEqual({ code: 18, stdout: 'half 200' }); // 18: the transfer ended early
      expect(await bed.log('/tcp-reset')).toMatchObject({ code: 200, flags: 'UPE', details: 'upstream_reset_after_response_started{protocol_error}' });
    }
    // HTTP/1.0 reads to the end of the connection: that must be no clean one
    expect((await curl('--http1.0', url('/within-chunks'))).code).toBe(56); // 56: failure in receiving
    expect(await bed.log('/tcp-reset')).toMatchObject({ code: 200, flags: 'UPE' });
    for (let i = 0; i < 10; i++) {
      expect(await curl('-w', ' %{http_code}', url('/after'))).toEqual({ code: 0, stdout: 'whole 200' });
      await sleep(5);
    }
    expect(await Promise.all(['upstream_rq_503', 'upstream_rq_rx_reset', 'upstream_cx_destroy_remote_with_active_rq', 'upstream_rq_active', 'upstream_cx_active'].map((name) => bed.stat(`cluster.tcp-reset.${name}`)))).toEqual([1, 4, 4, 0, 0]);
  });

  test('an upstream whose head is no HTTP: 502, never passed on, counted, its connection not used again', async () => {
    const heads = new Map([
      ['/nonsense', 'SSH-2.0-OpenSSH_9.6\r\n\r\n'], ['/bare-lf', 'HTTP/1.1 200 OK\ncontent-length: 2\n\nok\r\n\r\n'], ['/both', 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'], ['/two-lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nok'],
      ['/folded', 'HTTP/1.1 200 OK\r\nx: 1\r\n y: 2\r\ncontent-length: 0\r\n\r\n'], ['/endless', `HTTP/1.1 200 OK\r\nx: ${'a'.repeat(90 * 1024)}`], ['/storm', 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(40)], ['/switch', 'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'],
    ]);
    serveTcp = (socket, data) => void socket.write(heads.get(/^GET \/tcp-heads(\S+)/.exec(data.toString())?.[1] ?? '') ?? 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
    for (const path of heads.keys()) {
      expect([path, (await bed.call(`/tcp-heads${path}`)).status]).toEqual([path, 502]);
      expect(await bed.log('/tcp-heads')).toMatchObject({ code: 502, flags: 'UPE', details: 'upstream_reset_before_response_started{protocol_error}' });
    }
    expect((await bed.call('/tcp-heads/')).body).toBe('ok');
    expect(await Promise.all(['upstream_rq_502', 'upstream_cx_protocol_error', 'upstream_rq_200', 'upstream_cx_active'].map((name) => bed.stat(`cluster.tcp-heads.${name}`)))).toEqual([heads.size, heads.size, 1, 1]);
  });

  test('bytes on an idle connection are never an answer; a connection that the upstream closed while idle costs no request', async () => {
    let connections = 0; // heads that came to the upstream
    serveTcp = (socket, data) => {
      if (data.toString().startsWith('GET /tcp-idle/poison')) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok', () => setTimeout(() => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\npoison'), 30));
      else {
        connections++;
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok', () => setTimeout(() => socket.end(), 600));
      }
    };
    expect((await bed.call('/tcp-idle/poison')).body).toBe('ok');
    await sleep(100);
    for (let i = 0; i < 3; i++) {
      const answer = await bed.call('/tcp-idle/ok');
      expect([answer.status, answer.body]).toEqual([200, 'ok']);
      await sleep(590 + i * 10); // about when the upstream closes
    }
    expect(connections).toBeGreaterThanOrEqual(3); // a request that crossed the closing is sent again, once
    expect(connections).toBeLessThanOrEqual(6);
  });

  test('a slow reader holds the upstream back, a slow upstream the sender: memory stays bounded', async () => {
    serveHttp = (request, response) => {
      if (request.method === 'HEAD') response.end();
      else if (request.method === 'GET') {
        const piece = Buffer.alloc(64 * 1024, 'x');
        let left = 3000; // about 190 MB
        const more = (): void => {
          while (left-- > 0) if (!response.write(piece)) return void response.once('drain', more);
          response.end();
        };
        more();
      } else request.once('data', () => request.pause());
    };
    await bed.call('/http-slow', { method: 'HEAD' });
    const pid = bed.child.pid ?? 0;
    const before = rssMb(pid);
    const reader = connect(bed.port, '127.0.0.1');
    reader.on('error', () => undefined);
    reader.write('GET /http-slow HTTP/1.1\r\nhost: a\r\n\r\n');
    reader.once('data', () => reader.pause());
    const sender = connect(bed.port, '127.0.0.1');
    sender.on('error', () => undefined);
    sender.write('POST /http-slow HTTP/1.1\r\nhost: a\r\ncontent-length: 200000000\r\n\r\n');
    let sent = 0;
    const piece = Buffer.alloc(64 * 1024, 'y');
    const pump = (): void => {
      while (sent < 200_000_000 - piece.length && sender.writableLength < 1_000_000) {
        sent += piece.length;
        sender.write(piece);
      }
    };
    const pumping = setInterval(pump, 2);
    await sleep(800);
    clearInterval(pumping);
    expect(rssMb(pid) - before).toBeLessThan(80);
    expect(sent).toBeLessThan(60_000_000);
    reader.destroy();
    sender.destroy();
    expect([await bed.log('/http-slow'), await bed.log('/http-slow')].map((line) => line.flags)).toEqual(['-', 'DC']); // the sender's leaving shows when its upstream reads on
  });

  test('a delayed request whose client leaves is dropped; faults are counted', async () => {
    const before = http.seen.length;
    const socket = connect(bed.port, '127.0.0.1');
    socket.write('GET /http-delay HTTP/1.1\r\nhost: a\r\n\r\n');
    await until('the delay began', async () => ((await bed.stat('http.s.fault.active_faults')) === 1 ? true : undefined));
    socket.destroy();
    expect(await bed.log('/http-delay')).toMatchObject({ code: 0, flags: 'DI,DC' });
    expect([http.seen.length - before, await bed.stat('http.s.fault.active_faults'), await bed.stat('http.s.fault.delays_injected')]).toEqual([0, 0, 1]);
  });

  test('an accepted upgrade passes bytes both ways, what came before the acceptance after it', async () => {
    serveTcp = (socket, data) => {
      const text = data.toString();
      if (text.startsWith('GET')) socket.write(`HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\nhello ${/sec-websocket-key: (\S+)/.exec(text)?.[1]} `);
      else socket.write(`echo ${text}`);
    };
    const answer = await bed.raw('GET /tcp-ws HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-key: k\r\n\r\nearly');
    expect(answer).toMatch(/^HTTP\/1\.1 101 Switching Protocols\r\n[^]*\r\n\r\nhello k echo early$/);
  });
});

test('a probe that only connects leaves nothing behind while first bytes are awaited', async () => {
  const manager = { '@type': 'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager', stat_prefix: 's', http_filters: [{ name: 'envoy.filters.http.router', typed_config: { '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router' } }], route_config: { virtual_hosts: [{ name: 'v', domains: ['*'], routes: [{ match: { prefix: '/' }, direct_response: { status: 200 } }] }] } };
  const bed = await bedOf({ clusters: {}, listener: { listener_filters_timeout: '0s', continue_on_listener_filters_timeout: true, filter_chains: [{ filter_chain_match: { transport_protocol: 'raw_buffer' }, filters: [{ name: 'h', typed_config: manager }] }] } });
  const name = `listener.127.0.0.1_${bed.port}.downstream_cx`;
  for (let i = 0; i < 5; i++) connect(bed.port, '127.0.0.1').end();
  await until('all were seen and are gone', async () => ((await bed.stat(`${name}_total`)) === 5 && (await bed.stat(`${name}_active`)) === 0 ? true : undefined));
});

test('SIGTERM: requests in flight are finished, then the process ends by itself', async () => {
  const up = await startUpstream((_, response) => void setTimeout(() => response.end('slow'), 800));
  closing.push(up.close);
  const bed = await bedOf({ clusters: { v1: [up.port] } });
  const inFlight = Promise.all(Array.from({ length: 10 }, () => bed.call('/')));
  await until('they are upstream', async () => (up.seen.length === 10 ? true : undefined));
  const ended = new Promise<number | null>((resolve) => bed.child.once('close', (code) => resolve(code)));
  bed.child.kill('SIGTERM');
  for (const answer of await inFlight) expect([answer.status, answer.body, answer.headers['connection']]).toEqual([200, 'slow', 'close']);
  expect(await ended).toBe(0);
});

test('a bootstrap that cannot be used ends the process with the field that is wrong', async () => {
  const weightless = { match: { prefix: '/' }, route: { weighted_clusters: { clusters: [{ name: 'v1', weight: 0 }] } } };
  const weights = 'filter_chains[0].virtual_hosts[0].routes[0].route.weighted_clusters: Sum of weights in the weighted_cluster must be greater than 0.';
  const [sum, type] = await Promise.all([ProxyBed.refused({ clusters: { v1: [1] }, routes: [weightless] }), ProxyBed.refused({ clusters: { v1: [1] }, manager: { stat_prefix: 5 } })]);
  expect(sum).toEqual({ code: 1, said: [`proxy could not start: Error adding/updating listener(s) l: ${weights}`] });
  expect(type).toEqual({ code: 1, said: [expect.stringMatching(/^proxy could not start: .*HttpConnectionManager\)\.stat_prefix: 5 is not a string$/)] });
});

test('curl stands for the clients of this suite', () => {
  expect(spawn('curl', ['--version']).pid).toBeGreaterThan(0);
});
