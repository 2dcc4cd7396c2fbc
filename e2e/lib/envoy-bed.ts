import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { adsService, encodeAny, startGrpcServer, streaming } from '#server/wire';
import type { GrpcServer } from '#server/wire';
import { TYPE_URL } from '#shared/xds';
import type { Secret } from '#shared/xds';
import { freePort } from './proxy-bed.ts';
import { until } from './until.ts';

export type Identity = { readonly chainPem: string; readonly keyPem: string; readonly rootPem: string };
export type EnvoyOptions = {
  readonly binary: string; readonly mode: 'sotw' | 'delta'; readonly nodeId: string; readonly metadata: object; readonly identity: Identity;
  /** istiod's port with TLS, and the token the stream shows. */
  readonly istiodPort: number; readonly token: string;
};
export type Answer = { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: string; readonly ms: number };
const V3 = 'type.googleapis.com/envoy';
const SDS_PATH = '/envoy.service.secret.v3.SecretDiscoveryService/StreamSecrets';

/** The agent beside a sidecar: hands out the workload's certificate and the mesh's root by SDS. */
async function startSecrets(identity: Identity): Promise<GrpcServer> {
  const secrets: Readonly<Record<string, Secret>> = {
    default: { name: 'default', tls_certificate: { certificate_chain: { inline_string: identity.chainPem }, private_key: { inline_string: identity.keyPem } } },
    ROOTCA: { name: 'ROOTCA', validation_context: { trusted_ca: { inline_string: identity.rootPem } } },
  };
  const method = streaming({ ...adsService.StreamAggregatedResources, path: SDS_PATH }, (call) => call.onMessage((asked) => {
    if (asked.response_nonce !== '') return; // an acknowledgement
    const resources = (asked.resource_names ?? []).flatMap((name) => (secrets[name] === undefined ? [] : [{ type_url: TYPE_URL.secret, value: encodeAny({ '@type': TYPE_URL.secret, ...secrets[name] }) }]));
    call.send({ type_url: TYPE_URL.secret, version_info: '1', nonce: '1', resources });
  }));
  return startGrpcServer({ host: '127.0.0.1', port: 0, methods: [method] });
}

const at = (port: number): object => ({ socket_address: { address: '127.0.0.1', port_value: port } });
const HTTP2 = { 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': { '@type': `${V3}.extensions.upstreams.http.v3.HttpProtocolOptions`, explicit_http_config: { http2_protocol_options: {} } } };
const staticCluster = (name: string, port: number, more: object = {}): object => ({
  name, type: 'STATIC', connect_timeout: '5s', load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints: [{ endpoint: { address: at(port) } }] }] }, typed_extension_protocol_options: HTTP2, ...more,
});
/**
 * A sidecar's bootstrap as pilot-agent writes it, and in place of iptables one listener that takes the original destination from a
 * PROXY protocol header and hands the connection to the listener that istiod made for it.
 */
function bootstrapOf(options: EnvoyOptions, ports: { readonly admin: number; readonly capture: number; readonly secrets: number }): object {
  const source = { ads: {}, initial_fetch_timeout: '0s', resource_api_version: 'V3' };
  return {
    node: { id: options.nodeId, cluster: 'envoy.default', metadata: options.metadata },
    admin: { address: at(ports.admin) },
    dynamic_resources: {
      lds_config: source, cds_config: source,
      ads_config: {
        api_type: options.mode === 'sotw' ? 'GRPC' : 'DELTA_GRPC', set_node_on_first_message_only: true, transport_api_version: 'V3',
        grpc_services: [{ envoy_grpc: { cluster_name: 'xds-grpc' }, initial_metadata: [{ key: 'authorization', value: `Bearer ${options.token}` }] }],
      },
    },
    static_resources: {
      clusters: [
        staticCluster('sds-grpc', ports.secrets),
        staticCluster('xds-grpc', options.istiodPort, {
          transport_socket: { name: 'envoy.transport_sockets.tls', typed_config: { '@type': `${V3}.extensions.transport_sockets.tls.v3.UpstreamTlsContext`, sni: 'istiod.istio-system.svc', common_tls_context: { alpn_protocols: ['h2'], validation_context: { trusted_ca: { inline_string: options.identity.rootPem } } } } },
        }),
        { name: 'nowhere', type: 'STATIC', load_assignment: { cluster_name: 'nowhere' } },
      ],
      listeners: [{
        name: 'capture', address: at(ports.capture), use_original_dst: true, listener_filters: [{ name: 'envoy.filters.listener.proxy_protocol', typed_config: { '@type': `${V3}.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol` } }],
        filter_chains: [{ filters: [{ name: 'envoy.filters.network.tcp_proxy', typed_config: { '@type': `${V3}.extensions.filters.network.tcp_proxy.v3.TcpProxy`, stat_prefix: 'capture', cluster: 'nowhere' } }] }],
      }],
    },
  };
}

/** Connections that arrive at Envoy as if the kernel had redirected them from `address:port`. */
class CapturedAgent extends Agent {
  readonly #header: string;
  readonly #port: number;
  constructor(capturePort: number, address: string, port: number) {
    super({ keepAlive: true, maxSockets: 8 });
    this.#header = `PROXY TCP4 127.0.0.1 ${address} 40000 ${port}\r\n`;
    this.#port = capturePort;
  }
  override createConnection(): ReturnType<typeof connect> {
    const socket = connect(this.#port, '127.0.0.1');
    socket.write(this.#header);
    return socket;
  }
}

/** A real Envoy as a sidecar or a gateway of our istiod. */
export class EnvoyBed {
  readonly adminPort: number;
  readonly #capturePort: number;
  readonly #dir: string;
  readonly #child: ChildProcess;
  readonly #secrets: GrpcServer;
  readonly #agents = new Map<string, Agent>();
  private constructor(options: EnvoyOptions, adminPort: number, capturePort: number, secrets: GrpcServer) {
    this.adminPort = adminPort;
    this.#capturePort = capturePort;
    this.#secrets = secrets;
    this.#dir = mkdtempSync(`${tmpdir()}/pharos-envoy-`);
    const file = `${this.#dir}/bootstrap.json`;
    writeFileSync(file, JSON.stringify(bootstrapOf(options, { admin: adminPort, capture: capturePort, secrets: secrets.port })));
    // Files, for Envoy opens /dev/stdout by its path, which it cannot do with Node's pipes.
    const [out, err] = [openSync(`${this.#dir}/out`, 'w'), openSync(`${this.#dir}/err`, 'w')];
    this.#child = spawn(options.binary, ['-c', file, '--concurrency', '1', '-l', 'warning', '--file-flush-interval-msec', '10', '--use-dynamic-base-id', '--drain-time-s', '1', '--parent-shutdown-time-s', '2'], { stdio: ['ignore', out, err] });
  }
  static async start(options: EnvoyOptions): Promise<EnvoyBed> {
    const bed = new EnvoyBed(options, await freePort(), await freePort(), await startSecrets(options.identity));
    try {
      await until('Envoy to be live', async () => {
        if (bed.#child.exitCode !== null) throw new Error(`Envoy ended: ${bed.errors}`);
        return (await bed.admin('/ready')) === 'LIVE\n' ? true : undefined;
      });
    } catch (error) {
      const said = bed.errors;
      await bed.stop();
      throw new Error(`Envoy did not become live; it said: ${said}`, { cause: error });
    }
    return bed;
  }
  get errors(): string {
    return readFileSync(`${this.#dir}/err`, 'utf8');
  }
  get accessLog(): string {
    return readFileSync(`${this.#dir}/out`, 'utf8');
  }
  async admin(path: string): Promise<string> {
    return (await fetch(`http://127.0.0.1:${this.adminPort}${path}`)).text();
  }
  /** Counters and gauges whose name matches, by name. */
  async stats(filter: string): Promise<ReadonlyMap<string, number>> {
    const text = await this.admin(`/stats?filter=${encodeURIComponent(filter)}`);
    return new Map(text.split('\n').filter((line) => line.includes(': ')).map((line) => [line.slice(0, line.lastIndexOf(': ')), Number(line.slice(line.lastIndexOf(': ') + 2))]));
  }
  /** A request that the application meant for `address:port`. */
  captured(address: string, port: number, path: string, headers: Readonly<Record<string, string>>): Promise<Answer> {
    const key = `${address}:${port}`;
    const agent = this.#agents.get(key) ?? new CapturedAgent(this.#capturePort, address, port);
    this.#agents.set(key, agent);
    return call({ agent, path, headers });
  }
  async stop(): Promise<void> {
    for (const agent of this.#agents.values()) agent.destroy();
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const closed = new Promise<void>((resolve) => this.#child.once('close', () => resolve()));
      this.#child.kill('SIGKILL');
      await closed;
    }
    await this.#secrets.stop();
    rmSync(this.#dir, { recursive: true, force: true });
  }
}

/** One request by Node's client. */
export function call(options: { readonly agent?: Agent; readonly host?: string; readonly port?: number; readonly path: string; readonly headers: Readonly<Record<string, string>> }): Promise<Answer> {
  const start = performance.now();
  return new Promise((resolve, reject) => {
    const outgoing = request({ ...options, headers: { ...options.headers }, timeout: 20_000 }, (answer) => {
      let body = '';
      answer.setEncoding('utf8').on('data', (text: string) => void (body += text));
      answer.on('error', reject).on('end', () => resolve({ status: answer.statusCode ?? 0, headers: Object.fromEntries(Object.entries(answer.headers).map(([name, v]) => [name, String(v)])), body, ms: performance.now() - start }));
    });
    outgoing.on('timeout', () => void outgoing.destroy(new Error(`no answer to ${options.path} within 20 s`)));
    outgoing.on('error', reject);
    outgoing.end();
  });
}
