import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { FAULT, freePort, ProxyBed, startTcp, startUpstream } from '../lib/proxy-bed.ts';
import type { Answer, BedOptions, LogLine, Upstream } from '../lib/proxy-bed.ts';

type Respond = (request: IncomingMessage, response: ServerResponse) => void;
type Result = Record<string, unknown>;
export type Case = (bed: Bench) => Promise<Result>;

const echo = (request: IncomingMessage, response: ServerResponse, name: string): void => {
  response.setHeader('x-up', name);
  response.write(request.url?.startsWith('/echo') ? JSON.stringify({ url: request.url, method: request.method, raw: request.rawHeaders }) : name);
  response.end();
};
const READY = { timeout: '0s' };

/** What one case builds: upstreams u1…, a proxy, and everything is closed at the end. */
export class Bench {
  readonly #closing: (() => Promise<void>)[] = [];
  async up(name: string, respond: Respond = (request, response) => echo(request, response, name)): Promise<Upstream> {
    const upstream = await startUpstream(respond);
    this.#closing.push(upstream.close);
    return upstream;
  }
  async tcp(handler: Parameters<typeof startTcp>[0]): Promise<number> {
    const server = await startTcp(handler);
    this.#closing.push(server.close);
    return server.port;
  }
  async proxy(options: BedOptions): Promise<ProxyBed> {
    const bed = await ProxyBed.start(options);
    this.#closing.unshift(() => bed.stop());
    return bed;
  }
  /** A proxy with v1 -> u1 and v2 -> u2. */
  async two(options: Partial<BedOptions>): Promise<{ bed: ProxyBed; u1: Upstream; u2: Upstream }> {
    const [u1, u2] = [await this.up('u1'), await this.up('u2')];
    return { bed: await this.proxy({ clusters: { v1: [u1.port], v2: [u2.port] }, ...options }), u1, u2 };
  }
  async close(): Promise<void> {
    for (const close of this.#closing) await close();
  }
}

/** Headers that the recordings leave out: the upstream's own and those of the connection. */
const LEFT_OUT: ReadonlySet<string> = new Set(['date', 'x-up', 'transfer-encoding', 'connection', 'keep-alive']);
const shown = (answer: Answer): Result => ({
  status: answer.status, body: answer.body, headers: Object.fromEntries(Object.entries(answer.headers).filter(([name]) => !LEFT_OUT.has(name)).map(([name, v]) => [name, name === 'x-envoy-upstream-service-time' ? '<ms>' : v])),
  ...(answer.aborted ? { aborted: true } : {}),
});
const logOf = (line: LogLine): Result => ({ attempts: line.attempts, cluster: line.cluster, code: line.code, details: line.details, flags: line.flags, proto: line.proto, term: line.term, utf: line.utf });
const rawHeaders = (answer: Answer): readonly string[] => {
  const { raw }: { raw: readonly string[] } = JSON.parse(answer.body);
  const out: string[] = [];
  for (let i = 0; i < raw.length; i += 2) if (raw[i] !== 'connection' && raw[i] !== 'keep-alive') out.push(raw[i] ?? '', raw[i + 1] ?? '');
  return out;
};
async function tally(count: number, atOnce: number, one: (i: number) => Promise<string>): Promise<Record<string, number>> {
  const out: Record<string, number> = Object.create(null);
  let next = 0;
  await Promise.all(Array.from({ length: atOnce }, async () => {
    while (next < count) {
      const key = await one(next++);
      out[key] = (out[key] ?? 0) + 1;
    }
  }));
  return { ...out };
}
const upstreamOf = (answer: Answer): string => answer.headers['x-up'] ?? String(answer.status);
const weighted = (a: number, b: number, more: object = {}): object => ({ match: { prefix: '/' }, route: { weighted_clusters: { clusters: [{ name: 'v1', weight: a, ...more }, { name: 'v2', weight: b }] }, ...READY } });
const to = (cluster: string, match: object = { prefix: '/' }, more: object = {}): object => ({ match, route: { cluster, ...READY }, ...more });
const retries = (retry_on: string, num_retries: number, more: object = {}): object => ({ match: { prefix: '/' }, route: { cluster: 'v1', ...READY, retry_policy: { retry_on, num_retries, ...more } } });
const fault = (config: object): Partial<BedOptions> => ({ filters: [{ name: 'envoy.filters.http.fault', typed_config: { '@type': FAULT } }], routes: [to('v1', { prefix: '/' }, { typed_per_filter_config: { 'envoy.filters.http.fault': { '@type': FAULT, ...config } } })] });
const hundred = { numerator: 100 };
const fixed = (status: number, name = 'u1'): Respond => (_, response) => {
  response.statusCode = status;
  echo(_, response, name);
};

export const CASES: ReadonlyMap<string, Case> = new Map<string, Case>([
  ['weight-90-10', async (b) => {
    const { bed } = await b.two({ routes: [weighted(90, 10)] });
    return tally(10_000, 8, async () => upstreamOf(await bed.call('/')));
  }],
  ['weight-0-100', async (b) => {
    const { bed } = await b.two({ routes: [weighted(0, 100)] });
    return tally(1000, 8, async () => upstreamOf(await bed.call('/')));
  }],
  ['weight-headers', async (b) => {
    const silent = await b.up('u1', (request, response) => (request.url === '/echo' ? echo(request, response, 'u1') : response.end()));
    const bed = await b.proxy({ clusters: { v1: [silent.port], v2: [silent.port] }, routes: [weighted(100, 0, { request_headers_to_add: [{ header: { key: 'x-rw', value: '1' } }], response_headers_to_add: [{ header: { key: 'x-w', value: '1' } }] })] });
    const { 'content-length': _, ...headers } = Object(shown(await bed.call('/')).headers);
    return { status: 200, body: '', headers, upstream: rawHeaders(await bed.call('/echo')) };
  }],
  ['match-prefix', async (b) => {
    const { bed } = await b.two({ routes: [to('v2', { prefix: '/api' }), to('v1')] });
    const out: Result = {};
    for (const path of ['/api', '/apix', '/api/', '/API', '/api?x=1', '/api/../y']) out[path] = upstreamOf(await bed.call(path));
    return out;
  }],
  ['match-regex', async (b) => {
    const { bed } = await b.two({ routes: [to('v2', { safe_regex: { regex: '/a[0-9]+' } }), to('v1')] });
    const out: Result = {};
    for (const path of ['/a1', '/a12', '/a1x', '/xa1', '/a1?q=1']) out[path] = upstreamOf(await bed.call(path));
    return out;
  }],
  ['match-method', async (b) => {
    const { bed } = await b.two({ routes: [to('v2', { prefix: '/', headers: [{ name: ':method', string_match: { exact: 'POST' } }] }), to('v1')] });
    return { get: upstreamOf(await bed.call('/')), post: upstreamOf(await bed.call('/', { method: 'POST' })) };
  }],
  ['no-route', async (b) => {
    const { bed } = await b.two({ routes: [to('v1', { path: '/only' })] });
    return { ...shown(await bed.call('/other')), log: logOf(await bed.log()) };
  }],
  ['vhost-precedence', async (b) => {
    const ups = await Promise.all(['u1', 'u2', 'u3', 'h2'].map((name) => b.up(name)));
    const clusters = Object.fromEntries(['any', 'suffix', 'exact', 'prefix'].map((name, i) => [name, [ups[i]?.port ?? 0]]));
    const virtualHosts = [['exact', 'x.b.c'], ['suffix', '*.b.c'], ['prefix', 'y.*'], ['any', '*']].map(([name, domain]) => ({ name, domains: [domain], routes: [to(name ?? '')] }));
    const bed = await b.proxy({ clusters, virtualHosts });
    const out: Result = {};
    for (const host of ['x.b.c', 'z.b.c', 'b.c', 'y.b.c', 'y.q', 'X.B.C', 'x.b.c:80', 'x.b.c.']) out[host] = upstreamOf(await bed.call('/', { headers: { host } }));
    return out;
  }],
  ['rewrite-authority', async (b) => {
    const { bed } = await b.two({ routes: [{ match: { prefix: '/' }, route: { cluster: 'v1', ...READY, host_rewrite_literal: 'new.host' } }] });
    return { upstream: rawHeaders(await bed.call('/echo')) };
  }],
  ['headers-ops', async (b) => {
    const { bed } = await b.two({ routes: [to('v1', { prefix: '/' }, {
      request_headers_to_add: [{ header: { key: 'x-set', value: 'new' }, append_action: 'OVERWRITE_IF_EXISTS_OR_ADD' }, { header: { key: 'x-add', value: '2' } }], request_headers_to_remove: ['x-rm'],
      response_headers_to_add: [{ header: { key: 'x-r', value: '1' } }], response_headers_to_remove: ['x-up'],
    })] });
    const answer = await bed.call('/echo', { headers: { 'x-add': '1', 'x-set': 'old', 'x-rm': 'gone' } });
    return { upstream: rawHeaders(answer), headers: answer.headers };
  }],
  ['default-headers-gateway', async (b) => {
    const { bed } = await b.two({ manager: { use_remote_address: true } });
    const answer = await bed.call('/echo', { headers: { 'x-forwarded-for': '9.9.9.9', 'x-forwarded-proto': 'https', 'x-request-id': 'abc', 'x-envoy-retry-on': '5xx', 'x-envoy-internal': 'true', 'x-forwarded-client-cert': 'By=x' } });
    return { upstream: rawHeaders(answer), response: answer.headers };
  }],
  ['request-id', async (b) => {
    const { bed } = await b.two({});
    const idOf = async (headers: Record<string, string>): Promise<string> => {
      const raw = rawHeaders(await bed.call('/echo', { headers }));
      return raw[raw.indexOf('x-request-id') + 1] ?? '';
    };
    const own = await idOf({});
    return { form: own.replaceAll(/[0-9a-f]/g, 'x'), version_char: own[14], client_kept: await idOf({ 'x-request-id': 'abc' }), client_uuid: await idOf({ 'x-request-id': '11111111-1111-4111-8111-111111111111' }) };
  }],
  ['server-header-pass', async (b) => {
    const up = await b.up('u1', (request, response) => {
      if (request.url === '/mine') response.setHeader('server', 'mine');
      response.end();
    });
    const bed = await b.proxy({ clusters: { v1: [up.port] }, manager: { server_header_transformation: 'PASS_THROUGH' } });
    return { up: (await bed.call('/mine')).headers['server'], none: (await bed.call('/')).headers['server'] ?? null };
  }],
  ['via', async (b) => {
    const { bed } = await b.two({ manager: { via: 'gw' } });
    const answer = await bed.call('/echo');
    return { response: answer.headers['via'], upstream: rawHeaders(answer).includes('via') };
  }],
  ['timeout-after-headers', async (b) => {
    const up = await b.up('u1', (_, response) => {
      response.write('part');
      setTimeout(() => response.end('rest'), 1000);
    });
    const bed = await b.proxy({ clusters: { v1: [up.port] }, routes: [{ match: { prefix: '/' }, route: { cluster: 'v1', timeout: '0.2s' } }] });
    return { ...shown(await bed.call('/')), log: logOf(await bed.log()) };
  }],
  ['retry-5xx-exhaust', async (b) => {
    const up = await b.up('u1', fixed(503));
    const bed = await b.proxy({ clusters: { v1: [up.port] }, virtualHosts: [{ name: 'v', domains: ['*'], include_attempt_count_in_response: true, routes: [retries('5xx', 2)] }] });
    const answer = shown(await bed.call('/'));
    const stats: Record<string, number> = {};
    for (const name of ['retry', 'retry_backoff_exponential', 'retry_limit_exceeded', 'retry_success']) stats[`cluster.v1.upstream_rq_${name}`] = await bed.stat(`cluster.v1.upstream_rq_${name}`);
    return { ...answer, upstream_tries: up.seen.length, log: logOf(await bed.log()), stats };
  }],
  ['retry-istio-default', async (b) => {
    const up = await b.up('u1', (request, response) => (request.url === '/reset' ? request.socket.destroy() : fixed(Number(request.url?.slice(1)))(request, response)));
    const bed = await b.proxy({ clusters: { v1: [up.port] }, routes: [retries('connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes', 2, { retriable_status_codes: [503] })] });
    const logs: string[] = [];
    const tries: number[] = [];
    let reset: Result = {};
    for (const path of ['/503', '/500', '/reset']) {
      const before = up.seen.length;
      reset = shown(await bed.call(path));
      tries.push(up.seen.length - before);
      const line = await bed.log();
      logs.push(`${line.code} ${line.flags} ${line.details}`);
    }
    return { tries_503: tries[0], tries_500: tries[1], tries_reset: tries[2], reset, logs };
  }],
  ['retry-post-body', async (b) => {
    let tries = 0;
    const up = await b.up('u1', (request, response) => {
      let bytes = 0;
      request.on('data', (data: Buffer) => void (bytes += data.length));
      request.on('end', () => {
        tries++;
        fixed(tries === 1 ? 503 : bytes === 10_240 ? 200 : 400)(request, response);
      });
    });
    const bed = await b.proxy({ clusters: { v1: [up.port] }, routes: [retries('5xx', 2)] });
    return { ...shown(await bed.call('/', { method: 'POST', body: 'x'.repeat(10_240) })), tries };
  }],
  ['retry-other-host', async (b) => {
    const [u1, u2] = [await b.up('u1', fixed(503)), await b.up('u2')];
    const bed = await b.proxy({ clusters: { v1: [u1.port, u2.port] }, routes: [retries('5xx', 2, { host_selection_retry_max_attempts: 5, retry_host_predicate: [{ name: 'envoy.retry_host_predicates.previous_hosts', typed_config: { '@type': 'type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate' } }] })] });
    return { status: await tally(40, 1, async () => String((await bed.call('/')).status)), by: { u2: u2.seen.length } };
  }],
  ['connect-refused-retry', async (b) => {
    const bed = await b.proxy({ clusters: { v1: [await freePort()] }, routes: [retries('connect-failure', 2)] });
    return { ...shown(await bed.call('/')), log: logOf(await bed.log()) };
  }],
  ['upstream-close', async (b) => {
    const port = await b.tcp((socket) => socket.end());
    const bed = await b.proxy({ clusters: { v1: [port] } });
    return { ...shown(await bed.call('/')), log: logOf(await bed.log()) };
  }],
  ['upstream-cut-cl', async (b) => {
    const port = await b.tcp((socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nonly-part'));
    const bed = await b.proxy({ clusters: { v1: [port] } });
    return { ...shown(await bed.call('/')), log: logOf(await bed.log()) };
  }],
  ['no-endpoints', async (b) => {
    const bed = await b.proxy({ clusters: { v1: [] } });
    return { ...shown(await bed.call('/')), log: logOf(await bed.log()) };
  }],
  ['fault-abort-10', async (b) => {
    const { bed } = await b.two(fault({ abort: { http_status: 503, percentage: { numerator: 10 } } }));
    let abort: Result = {};
    const counts = await tally(5000, 8, async () => {
      const answer = await bed.call('/');
      if (answer.status === 503) abort = shown(answer);
      return String(answer.status);
    });
    const injected = await bed.stat('http.s.fault.aborts_injected');
    return { tally: counts, abort, stats: { 'http.s.fault.aborts_injected': injected === counts['503'], 'http.s.fault.active_faults': await bed.stat('http.s.fault.active_faults') } };
  }],
  ['fault-delay-timeout', async (b) => {
    const { bed } = await b.two(fault({ delay: { fixed_delay: '0.5s', percentage: hundred } }));
    const answer = await bed.call('/');
    return { ...shown(answer), ms: answer.ms, log: logOf(await bed.log()) };
  }],
  ['fault-abort-retry', async (b) => {
    const up = await b.up('u1');
    const options = fault({ abort: { http_status: 503, percentage: hundred } });
    const bed = await b.proxy({ clusters: { v1: [up.port] }, ...options });
    return { ...shown(await bed.call('/')), upstream: up.seen.length, log: logOf(await bed.log()) };
  }],
  ['lb-round-robin', async (b) => {
    const ups = await Promise.all(['u1', 'u2', 'u3'].map((name) => b.up(name)));
    const bed = await b.proxy({ clusters: { v1: ups.map((up) => up.port) } });
    const names: string[] = [];
    for (let i = 0; i < 300; i++) names.push(upstreamOf(await bed.call('/')));
    const counts = Object.fromEntries(['u1', 'u2', 'u3'].map((name) => [name, names.filter((n) => n === name).length]));
    const turn = names.slice(0, 3);
    return { tally: counts, rotates: names.every((name, i) => name === turn[i % 3]) };
  }],
  ['lb-least-request', async (b) => {
    const slow = await b.up('u1', (request, response) => void setTimeout(() => echo(request, response, 'u1'), 50));
    const [u2, u3] = [await b.up('u2'), await b.up('u3')];
    const bed = await b.proxy({ clusters: { v1: { lb_policy: 'LEAST_REQUEST', load_assignment: { cluster_name: 'v1', endpoints: [{ lb_endpoints: [slow, u2, u3].map((up) => ({ endpoint: { address: { socket_address: { address: '127.0.0.1', port_value: up.port } } } })) }] } } } });
    return tally(600, 8, async () => upstreamOf(await bed.call('/')));
  }],
  ['runtime-fraction', async (b) => {
    const { bed } = await b.two({ routes: [to('v2', { prefix: '/', runtime_fraction: { default_value: { numerator: 10 } } }), to('v1')] });
    return tally(5000, 8, async () => upstreamOf(await bed.call('/')));
  }],
  ['http10-accept', async (b) => {
    const { bed } = await b.two({ manager: { http_protocol_options: { accept_http_10: true, default_host_for_http_10: 'h' } } });
    return { r: (await bed.raw('GET / HTTP/1.0\r\n\r\n')).split('\r\n') };
  }],
  ['path-normalize', async (b) => {
    const { bed } = await b.two({ manager: { normalize_path: true, merge_slashes: true } });
    const out: Result = {};
    for (const path of ['/echo/../echo/x', '/echo//y', '/echo/./z', '/echo/%2e%2e/echo', '/echo%2fx', '/echo\\x', '/echo/a%41', '/../..', '//echo']) {
      const text = await bed.raw(`GET ${path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n`);
      out[path] = /"url":"([^"]*)"/.exec(text)?.[1] ?? '(not echo)';
    }
    return out;
  }],
  ['websocket-off', async (b) => {
    const { bed } = await b.two({});
    const text = await bed.raw('GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n');
    return { r: text.split('\r\n').filter((line) => line !== ''), log: logOf(await bed.log()) };
  }],
  ['hop-by-hop', async (b) => {
    const { bed } = await b.two({});
    return { r: await bed.raw('GET /echo HTTP/1.1\r\nhost: a\r\nconnection: close, x-hop\r\nx-hop: 1\r\nkeep-alive: 5\r\nproxy-connection: keep-alive\r\nte: trailers, deflate\r\nproxy-authorization: x\r\n\r\n') };
  }],
  ['head', async (b) => {
    const { bed } = await b.two({});
    return { ...shown(await bed.call('/', { method: 'HEAD' })), log: logOf(await bed.log()) };
  }],
  ['request-headers-timeout', async (b) => {
    const { bed } = await b.two({ manager: { request_headers_timeout: '0.3s' } });
    const text = await bed.raw('GET / HTTP/1.1\r\nhost: a\r\n');
    return { r: text.split('\r\n\r\n')[0]?.split('\r\n'), log: logOf(await bed.log()) };
  }],
  ['grpc-upstream-refused', async (b) => {
    const bed = await b.proxy({ clusters: { v1: [await freePort()] } });
    return { ...shown(await bed.call('/p.S/M', { method: 'POST', headers: { 'content-type': 'application/grpc' }, body: 'x' })), log: logOf(await bed.log()) };
  }],
  ['absolute-form', async (b) => {
    const { bed } = await b.two({});
    const text = await bed.raw('GET http://b:81/echo?x HTTP/1.1\r\nhost: a\r\n\r\n');
    return { r: text.slice(text.indexOf('\r\n\r\n') + 4).replace(/\r\n\r\n$/, '') };
  }],
  ['request-timeout', async (b) => {
    const up = await b.up('u1', (request) => void request.resume());
    const bed = await b.proxy({ clusters: { v1: [up.port] }, manager: { request_timeout: '0.3s' } });
    const text = await bed.raw('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nabc', 800);
    await sleep(10);
    return { r: text.split('\r\n\r\n')[0]?.split('\r\n'), log: logOf(await bed.log()) };
  }],
]);
