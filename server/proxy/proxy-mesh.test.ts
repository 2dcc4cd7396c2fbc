import { createServer, get, request } from 'node:http';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { FakeIstiod } from './testing/fake-istiod.ts';
import { assignment, inboundCluster, inboundListener, outboundCluster, outboundListener, outboundName, passthroughCluster, routes, virtualOutbound } from './testing/mesh-config.ts';
import { isReady, metricsOf, startPod, until } from './testing/pods.ts';
import type { Pod, PodOptions } from './testing/pods.ts';

// Two sidecars, a control plane on the stock gRPC library, applications on Node's http: the mesh in one process.
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});
const PORT = 9080;
/** Answers to `/slow` that have begun and wait. */
const held: (() => void)[] = [];

async function control(): Promise<FakeIstiod> {
  const istiod = new FakeIstiod();
  await istiod.start();
  closing.push(() => istiod.stop());
  return istiod;
}
async function pod(options: PodOptions): Promise<Pod> {
  const started = await startPod(options);
  closing.push(started.stop);
  return started;
}
async function app(ip: string, name: string, port = PORT): Promise<Server> {
  const server = createServer((incoming, response) => {
    const answer = JSON.stringify({ name, url: incoming.url, headers: incoming.headers, remote: incoming.socket.remoteAddress });
    if (incoming.url !== '/slow') return void response.end(answer);
    response.write(' '); // the head goes out now, the rest when the test says so
    held.push(() => response.end(answer));
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(port, ip, resolve));
  closing.push(() => new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  }));
  return server;
}
type Seen = { readonly status: number; readonly body: string; readonly headers: Readonly<Record<string, string | string[] | undefined>> };
const viaProxy = (client: Pod, url: string, headers: Record<string, string> = {}): Promise<Seen> => new Promise((resolve, reject) => {
  const outgoing = request({ host: client.ip, port: 15001, path: url, headers: { host: new URL(url).host, ...headers } }, (answer) => {
    let body = '';
    answer.on('data', (data: Buffer) => void (body += data.toString()));
    answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body, headers: answer.headers }));
    answer.on('error', reject);
  });
  outgoing.once('error', reject);
  outgoing.end();
});
const direct = (ip: string, port = PORT, localAddress = '127.0.0.1'): Promise<number> => new Promise((resolve) => {
  const outgoing = get({ host: ip, port, localAddress, agent: false }, (answer) => {
    answer.resume();
    answer.on('end', () => resolve(answer.statusCode ?? 0));
  });
  outgoing.on('error', () => resolve(0));
});

/** client -> server through both sidecars. */
async function pair(env: Readonly<Record<string, string>> = {}): Promise<{ istiod: FakeIstiod; client: Pod; server: Pod }> {
  const istiod = await control();
  istiod.push('cluster', outboundCluster('server', PORT), inboundCluster(PORT, 'server'), passthroughCluster);
  istiod.push('listener', inboundListener(PORT, false), outboundListener(PORT), virtualOutbound);
  const server = await pod({ name: 'server', istiodPort: istiod.port, env });
  istiod.push('endpoint', assignment(outboundName('server', PORT), [[server.ip, PORT]], true));
  istiod.push('route', routes(PORT, 'server', { [outboundName('server', PORT)]: 100 }));
  const client = await pod({ name: 'client', istiodPort: istiod.port, env });
  await app(server.appIp, 'server');
  await until('both sidecars are ready', async () => (await isReady(client)) && (await isReady(server)));
  return { istiod, client, server };
}

test('a request goes through both sidecars with mutual TLS, and both say who spoke to whom', async () => {
  const { client, server } = await pair();
  const answer = await viaProxy(client, `http://server:${PORT}/a?b=1`, { 'x-b3-traceid': 'x' });
  const seen: { url: string; remote: string; headers: Record<string, string> } = JSON.parse(answer.body);
  expect([answer.status, seen.url, answer.headers['server'], seen.remote]).toEqual([200, '/a?b=1', 'envoy', '127.0.0.6']);
  expect(seen.headers['host']).toBe(`server:${PORT}`);
  expect(seen.headers['x-forwarded-client-cert']).toMatch(/^By=spiffe:\/\/cluster\.local\/ns\/default\/sa\/server;Hash=[0-9a-f]{64};Subject="";URI=spiffe:\/\/cluster\.local\/ns\/default\/sa\/client$/);
  expect(Object.keys(seen.headers).filter((name) => name.includes('peer-metadata'))).toEqual([]);
  expect(Object.keys(answer.headers).filter((name) => name.includes('peer-metadata'))).toEqual([]);
  const [source, destination] = [await metricsOf(client), await metricsOf(server)];
  const shared = 'source_workload="client-v1",source_canonical_service="client",source_canonical_revision="v1",source_workload_namespace="default",source_principal="spiffe://cluster.local/ns/default/sa/client",source_app="client",source_version="v1",source_cluster="Kubernetes",'
    + 'destination_workload="server-v1",destination_workload_namespace="default",destination_principal="spiffe://cluster.local/ns/default/sa/server",destination_app="server",destination_version="v1",destination_service="server.default.svc.cluster.local",destination_canonical_service="server",destination_canonical_revision="v1",destination_service_name="server",destination_service_namespace="default",destination_cluster="Kubernetes",request_protocol="http",response_code="200",grpc_response_status="",response_flags="-",';
  expect(source).toContain(`istio_requests_total{reporter="source",${shared}connection_security_policy="unknown"} 1\n`);
  expect(destination).toContain(`istio_requests_total{reporter="destination",${shared}connection_security_policy="mutual_tls"} 1\n`);
  expect(destination).toContain(`istio_request_duration_milliseconds_count{reporter="destination",${shared}connection_security_policy="mutual_tls"} 1\n`);
  expect(client.lines.join('')).toMatch(new RegExp(`"GET /a\\?b=1 HTTP/1.1" 200 - via_upstream - "-" 0 \\d+ \\d+ \\d+ "-" "-" "[0-9a-f-]{36}" "server:${PORT}" "${server.ip}:${PORT}" outbound\\|${PORT}\\|\\|server\\S+ ${client.ip}:\\d+ \\S+ \\S+ - default\n`));
  expect(server.lines.join('')).toContain(`outbound_.${PORT}_._.server.default.svc.cluster.local default\n`);
});

test('PERMISSIVE serves a caller without sidecar, STRICT refuses it and says which address it was; TLS callers never notice', async () => {
  const { istiod, client, server } = await pair();
  const legacy = '127.1.2.3';
  expect(await direct(server.ip, PORT, legacy)).toBe(200);
  expect(await metricsOf(server)).toMatch(/istio_requests_total\{reporter="destination",source_workload="unknown".*connection_security_policy="none"\} 1/);
  istiod.push('listener', inboundListener(PORT, true));
  await until('the change is accepted', () => istiod.verdict('listener') === '');
  await until('plain text is refused', async () => (await direct(server.ip, PORT, legacy)) === 0);
  expect((await viaProxy(client, `http://server:${PORT}/`)).status).toBe(200);
  const metrics = await metricsOf(server);
  expect(metrics).toMatch(new RegExp(`pharos_refused_connections_total\\{reason="plaintext",source_ip="${legacy}",destination_port="${PORT}",destination_workload="server-v1",destination_workload_namespace="default"\\} [1-9]`));
  expect(metrics).toMatch(/envoy_listener_no_filter_chain_match\{listener_address="0.0.0.0_15006"\} [1-9]/);
  expect(server.lines.join('')).toMatch(new RegExp(`"- - -" 0 NR filter_chain_not_found - "-" 0 0 0 - "-" "-" "-" "-" "-" - - ${server.ip}:${PORT} ${legacy}:\\d+ - -\n`));
});

test('a client whose identity is not the expected one is not talked to, and a foreign root is not trusted', async () => {
  const { istiod, client } = await pair();
  istiod.push('cluster', outboundCluster('server', PORT, '', 'somebody-else'));
  await until('the change is accepted', () => istiod.verdict('cluster') === '');
  await until('the server is not believed', async () => (await viaProxy(client, `http://server:${PORT}/`)).status === 503);
  const answer = await viaProxy(client, `http://server:${PORT}/`);
  expect(answer.body).toContain('upstream connect error or disconnect/reset before headers');
  expect(client.lines.at(-1)).toMatch(/ 503 URX,UF upstream_reset_before_response_started\{remote_connection_failure\|TLS_error:/);
});

test('CONNECT to an HTTP port is routed as HTTP; an unknown host is passed through; a request that is not for a proxy is refused', async () => {
  const { client, server } = await pair();
  const raw = (bytes: string): Promise<string> => new Promise((resolve) => {
    const socket = connect(15001, client.ip);
    let text = '';
    socket.on('data', (data: Buffer) => {
      text += data.toString();
      if (text.endsWith('established\r\n\r\n')) socket.write(`GET /tunnelled HTTP/1.1\r\nhost: server:${PORT}\r\nconnection: close\r\n\r\n`);
    });
    socket.on('close', () => resolve(text));
    socket.write(bytes);
  });
  const tunnelled = await raw(`CONNECT server:${PORT} HTTP/1.1\r\nhost: server:${PORT}\r\n\r\n`);
  expect(tunnelled).toContain('"url":"/tunnelled"');
  expect(await metricsOf(server)).toContain('connection_security_policy="mutual_tls"} 1');
  await app('127.9.8.7', 'outside', 7070);
  const outside = await viaProxy(client, 'http://127.9.8.7:7070/x');
  expect([outside.status, JSON.parse(outside.body).name]).toEqual([200, 'outside']);
  expect(await metricsOf(client)).toContain('destination_service="PassthroughCluster"');
  expect(await raw('GET / HTTP/1.1\r\nhost: a\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 Bad Request/);
});

test('a hundred flips of the weights under 200 requests a second fail none, and the shares follow', async () => {
  const istiod = await control();
  const names = [outboundName('server', PORT, 'v1'), outboundName('server', PORT, 'v2')] as const;
  istiod.push('cluster', outboundCluster('server', PORT, 'v1'), outboundCluster('server', PORT, 'v2'), inboundCluster(PORT, 'server'), passthroughCluster);
  istiod.push('listener', inboundListener(PORT, false), outboundListener(PORT), virtualOutbound);
  const [v1, v2] = [await pod({ name: 'server', istiodPort: istiod.port }), await pod({ name: 'server', istiodPort: istiod.port })];
  istiod.push('endpoint', assignment(names[0], [[v1.ip, PORT]], true), assignment(names[1], [[v2.ip, PORT]], true));
  istiod.push('route', routes(PORT, 'server', { [names[0]]: 90, [names[1]]: 10 }));
  const client = await pod({ name: 'client', istiodPort: istiod.port });
  await app(v1.appIp, 'v1');
  await app(v2.appIp, 'v2');
  await until('all are ready', async () => (await isReady(client)) && (await isReady(v1)) && (await isReady(v2)));
  const failed: string[] = [];
  const open: Promise<void>[] = [];
  let sent = 0;
  const one = async (): Promise<void> => {
    try {
      const answer = await viaProxy(client, `http://server:${PORT}/`);
      if (answer.status !== 200) failed.push(`${answer.status} ${answer.body}`);
    } catch (error) {
      failed.push(String(error));
    }
  };
  const start = performance.now();
  for (let flip = 0; flip < 100; flip++) {
    istiod.push('route', routes(PORT, 'server', { [names[0]]: flip % 2 === 0 ? 10 : 90, [names[1]]: flip % 2 === 0 ? 90 : 10 }));
    for (let i = 0; i < 5; i++, sent++) open.push(one());
    await sleep(Math.max(0, start + (flip + 1) * 25 - performance.now()));
  }
  await Promise.all(open);
  expect([sent, failed]).toEqual([500, []]);
  istiod.push('route', routes(PORT, 'server', { [names[0]]: 0, [names[1]]: 100 }));
  await until('the last change is accepted', () => istiod.verdict('route') === '');
  await until('all traffic has moved', async () => JSON.parse((await viaProxy(client, `http://server:${PORT}/`)).body).name === 'v2');
  for (let i = 0; i < 20; i++) expect(JSON.parse((await viaProxy(client, `http://server:${PORT}/`)).body).name).toBe('v2');
}, 60_000);

test('a request in flight outlives the change of its route, cluster, endpoint and listeners; the next one follows them', async () => {
  const { istiod, client, server } = await pair();
  held.length = 0;
  const inFlight = Promise.all(Array.from({ length: 5 }, () => viaProxy(client, `http://server:${PORT}/slow`)));
  await until('all have begun', async () => held.length === 5);
  istiod.push('route', routes(PORT, 'server', { [outboundName('server', PORT, 'v9')]: 100 }));
  istiod.push('endpoint', assignment(outboundName('server', PORT), [['127.9.9.9', PORT]], true));
  istiod.push('cluster', outboundCluster('server', PORT, '', 'somebody-else'));
  istiod.remove('cluster', inboundCluster(PORT, 'server').name);
  istiod.push('listener', inboundListener(PORT, true), { ...outboundListener(PORT), listener_filters_timeout: '7s' });
  await until('the changes are accepted', () => (['route', 'endpoint', 'cluster', 'listener'] as const).every((kind) => istiod.verdict(kind) === ''));
  await until('the next request follows', async () => (await viaProxy(client, `http://server:${PORT}/`)).status === 503);
  expect(await isReady(server)).toBe(true);
  for (const finish of held) finish();
  for (const answer of await inFlight) expect([answer.status, JSON.parse(answer.body).url]).toEqual([200, '/slow']);
  expect(client.lines.filter((line) => line.includes('"GET /slow ') && line.includes(' 200 - via_upstream ')).length).toBe(5);
});

test('certificates are renewed at half of their life with no failed request, and new connections show the new one', async () => {
  const { istiod, client } = await pair();
  istiod.certificateMs = 3000;
  const first = istiod.signed;
  const failed: number[] = [];
  const certs = async (): Promise<string> => (await fetch(`http://${client.ip}:15000/certs`)).text();
  const before = await certs();
  // The 24 h certificates of the start are replaced by short ones, which then renew themselves.
  const { Identity } = await import('./agent/identity.ts');
  expect(Identity).toBeDefined();
  const renewing = pod({ name: 'short', istiodPort: istiod.port });
  const short = await renewing;
  await until('the short-lived sidecar is ready', () => isReady(short));
  while (istiod.signed < first + 4) {
    failed.push(...(await Promise.all([viaProxy(short, `http://server:${PORT}/`), viaProxy(client, `http://server:${PORT}/`)])).map((answer) => answer.status).filter((status) => status !== 200));
    await sleep(10);
  }
  expect(failed).toEqual([]);
  expect(await certs()).toBe(before);
  expect(await metricsOf(short)).toMatch(/pharos_certificate_renewals_total [3-9]/);
}, 60_000);

test('stopping waits for requests in flight: not ready, connections closed by the answer, none cut', async () => {
  const { istiod, client, server } = await pair({ PHAROS_DRAIN_MS: '300', PHAROS_DRAIN_MS_MAX: '5000' });
  expect(istiod.signed).toBe(2);
  const slow = createServer((_, response) => void setTimeout(() => response.end('slow'), 700));
  await new Promise<void>((resolve) => slow.listen(9081, server.appIp, resolve));
  closing.push(() => new Promise<void>((resolve) => void slow.close(() => resolve())));
  const chains = [...(inboundListener(PORT, false).filter_chains ?? []), ...(inboundListener(9081, false).filter_chains ?? [])];
  istiod.push('cluster', inboundCluster(9081, 'server'));
  istiod.push('listener', { ...inboundListener(PORT, false), filter_chains: chains });
  await until('the new port serves', async () => (await direct(server.ip, 9081)) === 200);
  expect((await viaProxy(client, `http://server:${PORT}/`)).status).toBe(200);
  const inFlight = direct(server.ip, 9081);
  await sleep(100);
  const stopped = server.proxy.stop();
  await until('it is not ready any more', async () => !(await isReady(server)));
  const during = await viaProxy(client, `http://server:${PORT}/`);
  expect(during.status).toBe(200);
  expect(await inFlight).toBe(200);
  await stopped;
  expect(await direct(server.ip, PORT)).toBe(0);
});

test('what is refused is answered with the reason and changes nothing; without the control plane the last state serves; then it is found again', async () => {
  const { istiod, client } = await pair();
  istiod.push('route', { ...routes(PORT, 'server', { [outboundName('server', PORT)]: 0 }) });
  await until('the bad route is refused', () => (istiod.verdict('route') ?? '') !== '');
  expect(istiod.verdict('route')).toContain(`${PORT}: virtual_hosts[0].routes[0].route.weighted_clusters: Sum of weights in the weighted_cluster must be greater than 0.`);
  expect((await viaProxy(client, `http://server:${PORT}/`)).status).toBe(200);
  const dump: { configs: { '@type': string; dynamic_route_configs?: { version_info: string }[] }[] } = JSON.parse(await (await fetch(`http://${client.ip}:15000/config_dump`)).text());
  expect(dump.configs.find((one) => one['@type'].endsWith('RoutesConfigDump'))?.dynamic_route_configs?.length).toBe(1);
  const { port } = istiod;
  await istiod.stop();
  await until('it knows that the control plane is away', async () => (await metricsOf(client)).includes('envoy_control_plane_connected_state 0'));
  for (let i = 0; i < 5; i++) expect((await viaProxy(client, `http://server:${PORT}/`)).status).toBe(200);
  istiod.received.length = 0;
  await istiod.start(port);
  istiod.push('route', routes(PORT, 'server', { [outboundName('server', PORT)]: 100 }, { timeout: '9s' }));
  await until('the stream is back', () => istiod.received.some((one) => one.kind === 'cluster' && one.initial.length > 0 && one.node.startsWith('sidecar~')));
  await until('and the new state is taken', async () => (await (await fetch(`http://${client.ip}:15000/config_dump`)).text()).includes('"timeout": "9s"'));
}, 60_000);

test('state of the world: the same mesh, a refusal repeats the old version', async () => {
  const { istiod, client } = await pair({ PHAROS_XDS_MODE: 'sotw' });
  expect((await viaProxy(client, `http://server:${PORT}/`)).status).toBe(200);
  const accepted = istiod.received.findLast((one) => one.kind === 'listener' && one.error === '')?.initial[0];
  istiod.push('listener', { ...outboundListener(7777), filter_chains: [{ filters: [{ name: 'x' }] }] });
  await until('it is refused', () => istiod.received.some((one) => one.kind === 'listener' && one.error !== ''));
  expect(istiod.received.findLast((one) => one.kind === 'listener' && one.error !== '')?.initial[0]).toBe(accepted);
  expect((await viaProxy(client, `http://server:${PORT}/`)).status).toBe(200);
  istiod.remove('listener', '0.0.0.0_7777');
  await until('it is taken again', () => istiod.verdict('listener') === '');
});
