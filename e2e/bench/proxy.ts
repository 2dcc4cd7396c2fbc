import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { MALLOC_ENV, NODE_FLAGS } from '../../server/cli/process-flags.mjs'; // as a pod's sidecar runs
import type { BenchRow } from './bench-row.ts';

const run = promisify(execFile);
const PART = fileURLToPath(new URL('../../server/cli/part.ts', import.meta.url));
const CACHE = fileURLToPath(new URL('../../.cache/compile', import.meta.url));
const ROUNDS = 9;
const SECONDS = 4;
const CONNECTIONS = 32;
/** Clock ticks of /proc/<pid>/stat, a second (USER_HZ). */
const TICKS = 100;
const [PROXY_CORE, LOAD_CORE] = ['0', '1'];
const FORMAT = '[$time_iso8601] "$request" $status - via_upstream - "-" $request_length $body_bytes_sent $request_time $upstream_response_time "$http_x_forwarded_for" "$http_user_agent" "$request_id" "$host" "$upstream_addr" - - $server_addr $remote_addr - -';

const freePort = (): Promise<number> => new Promise((resolve, reject) => {
  const server = createServer();
  server.once('error', reject);
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
  });
});
const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** User and system CPU of a process so far, microseconds. */
function cpuMicros(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ');
  return ((Number(fields[11]) + Number(fields[12])) / TICKS) * 1e6;
}
const pssMb = (pid: number): number => Number(/^Pss: +(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0) / 1024;

type Subject = { readonly name: string; readonly pid: number; readonly port: number };
const nginxBase = (dir: string, name: string): string => `worker_processes 1; daemon off; master_process off; pid ${dir}/${name}.pid; error_log ${dir}/${name}.err;
events { worker_connections 1024; }
http { client_body_temp_path ${dir}/t1; proxy_temp_path ${dir}/t2; fastcgi_temp_path ${dir}/t3; uwsgi_temp_path ${dir}/t4; scgi_temp_path ${dir}/t5;
log_format istio '${FORMAT}'; keepalive_requests 1000000;`;

class Bed {
  readonly dir = mkdtempSync(`${tmpdir()}/pharos-proxy-bench-`);
  readonly #children: ChildProcess[] = [];
  start(core: string, command: readonly string[], env: Record<string, string> = {}): number {
    const log = openSync(`${this.dir}/${this.#children.length}.log`, 'w');
    const child = spawn('taskset', ['-c', core, ...command], { env: { ...process.env, ...env }, stdio: ['ignore', log, 'inherit'] });
    this.#children.push(child);
    return child.pid ?? 0; // taskset replaces itself by the command
  }
  nginx(core: string, name: string, server: string): number {
    writeFileSync(`${this.dir}/${name}.conf`, `${nginxBase(this.dir, name)}\n${server}\n}`);
    return this.start(core, ['nginx', '-c', `${this.dir}/${name}.conf`]);
  }
  async stop(): Promise<void> {
    for (const child of this.#children) child.kill('SIGTERM');
    await Promise.all(this.#children.map((child) => (child.exitCode === null && child.signalCode === null ? new Promise((resolve) => child.once('close', resolve)) : undefined)));
    rmSync(this.dir, { recursive: true, force: true });
  }
}

async function untilAnswers(port: number): Promise<void> {
  for (let i = 0; i < 200; i++) {
    try {
      if ((await fetch(`http://127.0.0.1:${port}/`)).ok) return;
    } catch {
      await sleep(50); // not up yet
    }
  }
  throw new Error(`nothing answers at port ${port}`);
}

const bootstrap = (port: number, upstream: number): string => JSON.stringify({
  node: { id: 'sidecar~127.0.0.1~bench.default~default.svc.cluster.local', metadata: { NAME: 'bench', NAMESPACE: 'default', WORKLOAD_NAME: 'bench', CLUSTER_ID: 'Kubernetes', ISTIO_VERSION: '1.31.0', LABELS: { app: 'bench', version: 'v1' } } },
  static_resources: {
    listeners: [{
      name: 'in', traffic_direction: 'OUTBOUND', address: { socket_address: { address: '127.0.0.1', port_value: port } },
      filter_chains: [{ filters: [{ name: 'envoy.filters.network.http_connection_manager', typed_config: {
        '@type': 'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager', stat_prefix: 'bench', normalize_path: true, stream_idle_timeout: '0s',
        http_filters: [{ name: 'envoy.filters.http.fault', typed_config: { '@type': 'type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault' } }, { name: 'envoy.filters.http.router', typed_config: { '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router' } }],
        route_config: { name: 'bench', virtual_hosts: [
          ...Array.from({ length: 20 }, (_, i) => ({ name: `other${i}`, domains: [`other${i}.default.svc.cluster.local`], routes: [{ match: { prefix: '/' }, route: { cluster: 'up' } }] })),
          { name: 'all', domains: ['*'], routes: [{ match: { prefix: '/never' }, route: { cluster: 'up' } }, { match: { prefix: '/' }, route: { cluster: 'up', timeout: '0s', retry_policy: { retry_on: 'connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes', num_retries: 2 } } }] },
        ] },
      } }] }],
    }],
    clusters: [{ name: 'up', type: 'STATIC', lb_policy: 'LEAST_REQUEST', load_assignment: { cluster_name: 'up', endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: { address: '127.0.0.1', port_value: upstream } } } }] }] } }],
  },
});

/** One round: CPU microseconds a finished request. */
async function measure(subject: Subject): Promise<number> {
  const before = cpuMicros(subject.pid);
  const { stdout } = await run('taskset', ['-c', LOAD_CORE, 'wrk', '-t1', `-c${CONNECTIONS}`, `-d${SECONDS}s`, `http://127.0.0.1:${subject.port}/`]);
  const used = cpuMicros(subject.pid) - before;
  const requests = Number(/(\d+) requests in/.exec(stdout)?.[1] ?? 0);
  if (requests === 0 || /Non-2xx|Socket errors/.test(stdout)) throw new Error(`${subject.name} failed requests:\n${stdout}`);
  return used / requests;
}

const installed = async (command: string): Promise<boolean> => run('which', [command]).then(() => true, () => false);

/** A sidecar's HTTP/1.1 hop beside nginx on the same work in the same run, and the memory of an idle one. */
export async function bench(): Promise<readonly BenchRow[]> {
  if (!(await installed('nginx')) || !(await installed('wrk'))) throw new Error('this benchmark needs nginx and wrk: apt-get install -y nginx-light wrk');
  const bed = new Bed();
  try {
    const [upstream, nginxPort, ownPort] = await Promise.all([freePort(), freePort(), freePort()]);
    mkdirSync(`${bed.dir}/www`);
    writeFileSync(`${bed.dir}/www/index.html`, 'x'.repeat(1024));
    bed.nginx(LOAD_CORE, 'upstream', `access_log off; server { listen 127.0.0.1:${upstream}; root ${bed.dir}/www; }`);
    const nginxPid = bed.nginx(PROXY_CORE, 'proxy', `access_log ${bed.dir}/access.log istio buffer=64k flush=1s; upstream up { server 127.0.0.1:${upstream}; keepalive 64; keepalive_requests 1000000; } server { listen 127.0.0.1:${nginxPort}; location / { proxy_pass http://up; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header X-Request-Id $request_id; } }`);
    writeFileSync(`${bed.dir}/bootstrap.json`, bootstrap(ownPort, upstream));
    const ownPid = bed.start(PROXY_CORE, [process.execPath, ...NODE_FLAGS, PART, 'proxy'], { ...MALLOC_ENV, PHAROS_BOOTSTRAP: `${bed.dir}/bootstrap.json`, NODE_COMPILE_CACHE: existsSync(CACHE) ? CACHE : '' });
    for (const port of [upstream, nginxPort, ownPort]) await untilAnswers(port);
    await sleep(2000);
    const idle = pssMb(ownPid);
    const subjects: readonly Subject[] = [{ name: 'nginx', pid: nginxPid, port: nginxPort }, { name: 'proxy', pid: ownPid, port: ownPort }];
    const figures = new Map<string, number[]>(subjects.map((subject) => [subject.name, []]));
    for (const subject of subjects) await measure(subject); // warm up
    for (let round = 0; round < ROUNDS; round++) for (const subject of round % 2 === 0 ? subjects : subjects.toReversed()) figures.get(subject.name)?.push(await measure(subject));
    const own = figures.get('proxy') ?? [];
    const nginx = median(figures.get('nginx') ?? []);
    const ratios = own.map((v, i) => v / (figures.get('nginx')?.[i] ?? Number.NaN));
    return [
      { name: `sidecar, one HTTP/1.1 hop, 1 KB, ${CONNECTIONS} connections, CPU a request against nginx`, value: median(own) / nginx, unit: 'x', must: 2.5, aim: 1.5, range: [Math.min(...ratios), Math.max(...ratios)], note: `proxy ${median(own).toFixed(1)} µs, nginx ${nginx.toFixed(1)} µs, metrics and access log on both` },
      { name: 'one idle sidecar alone on the machine, PSS', value: idle, unit: 'MB', note: 'alone, the pages of the Node binary are shared with no other process: the figure that is asked for is that of the mesh suite' },
      { name: 'the same after the load, PSS', value: pssMb(ownPid), unit: 'MB' },
    ];
  } finally {
    await bed.stop();
  }
}
