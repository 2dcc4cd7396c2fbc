import { nodeHttp, nodeHttps } from '#server/lib';
import type { IncomingHttpHeaders } from 'node:http';
import { errorText } from '#shared/base';
import type { Exchange } from '../http/exchange.ts';
import { numberAt, recordsAt, textAt } from '../object/object.ts';
import type { KObject } from '../object/object.ts';
import type { Core } from '../rest/core.ts';
import { badRequest, notFound, StatusError } from '../status/status-error.ts';

/** A target in a proxy path: `[scheme:]name[:port]`. */
type Target = { readonly scheme: 'http' | 'https'; readonly name: string; readonly port: string };
function parseTarget(text: string): Target {
  const parts = text.split(':');
  if (parts.length === 3) return { scheme: parts[0] === 'https' ? 'https' : 'http', name: parts[1] ?? '', port: parts[2] ?? '' };
  return { scheme: 'http', name: parts[0] ?? '', port: parts[1] ?? '' };
}
type Address = { readonly host: string; readonly port: number };

/** Headers that belong to one connection (RFC 9110 7.6.1), and the caller's credentials, which are not for the pod. */
const HOP: ReadonlySet<string> = new Set(['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'host', 'authorization']);
const passedOn = (headers: IncomingHttpHeaders): Record<string, string | string[]> => Object.fromEntries(Object.entries(headers).flatMap(([name, v]): [string, string | string[]][] => (v === undefined || HOP.has(name) || name.startsWith('impersonate-') ? [] : [[name, v]])));

/** pods/proxy and services/proxy: passes the request on to the pod's own address. */
export async function answerProxy(core: Core, exchange: Exchange): Promise<void> {
  const { info } = exchange;
  const target = parseTarget(info.name);
  const address = info.resource === 'pods' ? podAddress(core, info.namespace, target) : serviceAddress(core, info.namespace, target);
  const query = exchange.query.toString();
  const path = `${info.rest === '' ? '/' : info.rest}${query === '' ? '' : `?${query}`}`;
  await pass(exchange, target.scheme, { ...address, path });
}

function podAddress(core: Core, namespace: string, target: Target): Address {
  const pod = core.store.collection('/pods').get(namespace, target.name)?.object;
  if (pod === undefined) throw notFound({ group: '', plural: 'pods' }, target.name);
  const host = textAt(pod, 'status', 'podIP');
  if (host === '') throw new StatusError(503, 'ServiceUnavailable', `address not allowed: pod ${target.name} has no address yet`);
  return { host, port: portOf(pod, target.port) };
}

/** A number, the name of a container port, or the first container port. */
function portOf(pod: KObject, text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  const ports = recordsAt(pod, 'spec', 'containers').flatMap((container) => recordsAt(container, 'ports'));
  const found = text === '' ? ports[0] : ports.find((port) => port['name'] === text);
  const number = numberAt(found, 'containerPort');
  if (number !== undefined) return number;
  if (text === '') return 80;
  throw badRequest(`pod ${pod.metadata.name} has no port named ${JSON.stringify(text)}`);
}

/** Any ready endpoint of the Service, found by its slices. */
function serviceAddress(core: Core, namespace: string, target: Target): Address {
  const service = core.store.collection('/services').get(namespace, target.name)?.object;
  if (service === undefined) throw notFound({ group: '', plural: 'services' }, target.name);
  const endpoint = readyEndpoint(core, service, target.port);
  if (endpoint === undefined) throw new StatusError(503, 'ServiceUnavailable', `no endpoints available for service ${JSON.stringify(target.port === '' ? target.name : `${target.name}:${target.port}`)}`);
  return endpoint;
}

/** A ready endpoint of a Service by port number or name ("" is the only or first one); undefined when none is ready. */
export function readyEndpoint(core: Pick<Core, 'store'>, service: KObject, port: string | number): Address | undefined {
  const ports = recordsAt(service, 'spec', 'ports');
  const wanted = port === '' ? ports[0] : ports.find((one) => one['name'] === port || String(one['port']) === String(port));
  if (wanted === undefined) return undefined;
  const name = textAt(wanted, 'name');
  const slices = core.store.collection('discovery.k8s.io/endpointslices').list(service.metadata.namespace ?? '').filter(({ object }) => object.metadata.labels?.['kubernetes.io/service-name'] === service.metadata.name);
  const found: Address[] = [];
  for (const { object } of slices) {
    const number = numberAt(recordsAt(object, 'ports').find((one) => textAt(one, 'name') === name), 'port');
    if (number === undefined) continue;
    for (const endpoint of recordsAt(object, 'endpoints')) {
      const conditions = endpoint['conditions'];
      const isReady = typeof conditions !== 'object' || conditions === null || !('ready' in conditions) || conditions.ready !== false;
      const addresses = endpoint['addresses'];
      if (isReady && Array.isArray(addresses) && typeof addresses[0] === 'string') found.push({ host: addresses[0], port: number });
    }
  }
  return found[Math.floor(Math.random() * found.length)];
}

function pass(exchange: Exchange, scheme: 'http' | 'https', to: Address & { readonly path: string }): Promise<void> {
  return new Promise((resolve, reject) => {
    const send = scheme === 'https' ? nodeHttps().request : nodeHttp().request;
    const outgoing = send({ host: to.host, port: to.port, path: to.path, method: exchange.method, headers: { ...passedOn(exchange.request.headers), host: `${to.host}:${to.port}` }, rejectUnauthorized: false }, (answer) => {
      exchange.response.writeHead(answer.statusCode ?? 502, passedOn(answer.headers));
      answer.pipe(exchange.response);
      answer.once('error', () => exchange.response.destroy());
      answer.once('close', resolve);
    });
    outgoing.once('error', (error) => {
      if (exchange.response.headersSent) exchange.response.destroy();
      reject(new StatusError(503, 'ServiceUnavailable', `error trying to reach service: ${errorText(error)}`));
    });
    exchange.response.once('close', () => outgoing.destroy());
    exchange.request.pipe(outgoing);
  });
}
