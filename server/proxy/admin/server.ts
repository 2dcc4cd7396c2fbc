import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import { errorText, isRecord } from '#shared/base';
import { nodeHttp } from '#server/lib';

/** What the admin ports can ask of the proxy. */
export type AdminActions = {
  readonly isReady: () => boolean; readonly whyNotReady: () => readonly string[]; prometheus(): Promise<string>; stats(filter: string): string; clusters(json: boolean): string | object; listeners(json: boolean): string | object; configDump(includeEds: boolean): object; serverInfo(): object; certs(): object;
  drain(inboundOnly: boolean): void; quit(): void; setLogLevel(level: string | undefined): string; failHealth(failed: boolean): void; memory(): object;
  /** What the application says to its own probe of that path; undefined when it has none there. */
  probe(path: string): Promise<{ readonly status: number; readonly body: string }> | undefined;
};
type Answer = { readonly status: number; readonly body: string; readonly type: string };
type Role = 'admin' | 'agent' | 'health' | 'prometheus';

const text = (body: string, status = 200): Answer => ({ status, body, type: 'text/plain; charset=UTF-8' });
const json = (v: object): Answer => ({ status: 200, body: `${JSON.stringify(v, undefined, 1)}\n`, type: 'application/json' });
const either = (v: string | object): Answer => (typeof v === 'string' ? text(v) : json(v));
const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';
const HELP = ['/certs', '/clusters', '/config_dump', '/drain_listeners (POST)', '/healthcheck/fail (POST)', '/healthcheck/ok (POST)', '/listeners', '/logging (POST)', '/memory', '/quitquitquit (POST)', '/ready', '/server_info', '/stats', '/stats/prometheus'];

function readPage(actions: AdminActions, url: URL): Answer | undefined {
  const wantsJson = url.searchParams.get('format') === 'json';
  switch (url.pathname) {
    case '/': case '/help': return text(`admin commands are:\n${HELP.map((line) => `  ${line}\n`).join('')}`);
    case '/ready': return actions.isReady() ? text('LIVE\n') : text('PRE_INITIALIZING\n', 503);
    case '/stats': return text(actions.stats(url.searchParams.get('filter') ?? ''));
    case '/clusters': return either(actions.clusters(wantsJson));
    case '/listeners': return either(actions.listeners(wantsJson));
    case '/config_dump': return json(actions.configDump(url.searchParams.has('include_eds')));
    case '/server_info': return json(actions.serverInfo());
    case '/certs': return json(actions.certs());
    case '/memory': return json(actions.memory());
    default: return undefined;
  }
}

/** Changes of the process: POST only (CVE class "admin by GET"). */
function change(actions: AdminActions, url: URL): Answer | undefined {
  switch (url.pathname) {
    case '/drain_listeners': actions.drain(url.searchParams.has('inboundonly')); return text('OK\n');
    case '/healthcheck/fail': actions.failHealth(true); return text('OK\n');
    case '/healthcheck/ok': actions.failHealth(false); return text('OK\n');
    case '/quitquitquit': actions.quit(); return text('OK\n');
    case '/logging': return text(`active loggers:\n  pharos: ${actions.setLogLevel(url.searchParams.get('level') ?? undefined)}\n`);
    default: return undefined;
  }
}
const CHANGES: ReadonlySet<string> = new Set(['/drain_listeners', '/healthcheck/fail', '/healthcheck/ok', '/quitquitquit', '/logging']);

/** `/app-health/<container>/readyz`: the kubelet asks us, we ask the application, so that probes work under STRICT too. */
async function proxyProbe(actions: AdminActions, path: string): Promise<Answer> {
  const found = await actions.probe(path);
  return found === undefined ? text('unknown probe\n', 404) : text(found.body, found.status);
}

/** Whether a web page asks: browsers say their origin with a POST, and a name that was pointed at our address is no address. Tools use neither. */
function isFromPage(request: IncomingMessage): boolean {
  const host = (request.headers.host ?? '').replace(/:\d+$/, '').replace(/^\[|\]$/g, '').toLowerCase();
  return request.headers.origin !== undefined || (host !== '' && host !== 'localhost' && isIP(host) === 0);
}

async function answer(actions: AdminActions, role: Role, request: IncomingMessage): Promise<Answer> {
  const url = new URL(request.url ?? '/', 'http://proxy');
  const path = url.pathname;
  if (path === '/stats/prometheus' && role !== 'health') return { status: 200, body: await actions.prometheus(), type: METRICS_TYPE };
  if (path === '/healthz/ready' && role !== 'prometheus') return actions.isReady() ? text('') : text(`${actions.whyNotReady().join('\n')}\n`, 503);
  if (role === 'agent' && path.startsWith('/app-health/')) return proxyProbe(actions, path);
  if (role === 'admin' || (role === 'agent' && path === '/quitquitquit')) {
    if (isFromPage(request)) return text('this port is for tools: ask by address or as localhost, and without an Origin\n', 403);
    if (CHANGES.has(path)) return request.method === 'POST' ? (change(actions, url) ?? text('not found\n', 404)) : text('Method GET not allowed, POST required.\n', 405);
    const page = role === 'admin' ? readPage(actions, url) : undefined;
    if (page !== undefined) return page;
  }
  return text('invalid path\n', 404);
}

function respond(response: ServerResponse, found: Answer): void {
  const body = Buffer.from(found.body, 'utf8');
  response.writeHead(found.status, { 'content-type': found.type, 'content-length': body.length, 'cache-control': 'no-cache, max-age=0', 'x-content-type-options': 'nosniff' }).end(body);
}

/** The ports beside the data path: admin 15000, agent 15020, readiness 15021, Prometheus 15090. Node's http is good enough here. */
export async function startAdmin(ports: readonly { readonly ip: string; readonly port: number; readonly role: Role }[], actions: AdminActions): Promise<{ readonly ports: readonly number[]; stop(): Promise<void> }> {
  const servers: Server[] = [];
  const bound: number[] = [];
  for (const { ip, port, role } of ports) {
    const server = nodeHttp().createServer((request, response) => {
      answer(actions, role, request).then((found) => respond(response, found), (error: unknown) => respond(response, text(`${errorText(error)}\n`, 500)));
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, ip, resolve);
    });
    const address = server.address();
    bound.push(isRecord(address) && typeof address['port'] === 'number' ? address['port'] : port);
    servers.push(server);
  }
  return {
    ports: bound,
    stop: async () => {
      await Promise.all(servers.map((server) => new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      })));
    },
  };
}
