import { nodeHttp, nodeHttps } from '#server/lib';
import { errorText } from '#shared/base';
import type { Exchange } from '../http/exchange.ts';
import { numberAt, recordsAt, textAt } from '../object/object.ts';
import type { KObject } from '../object/object.ts';
import type { Core } from '../rest/core.ts';
import { badRequest, internal, notFound, StatusError } from '../status/status-error.ts';

const POD = { group: '', plural: 'pods' };
/** Query parameters of pods/log that the node agent understands. */
const LOG_PARAMETERS = ['follow', 'previous', 'sinceSeconds', 'sinceTime', 'timestamps', 'tailLines', 'limitBytes'];
const CONNECT_MS_MAX = 5000;

/** Speaks to the node agent of a pod's node, at the address in Node.status. */
export type KubeletClient = { logs(core: Core, exchange: Exchange): Promise<void> };

export const createKubeletClient = (options: { readonly token: string }): KubeletClient => ({ logs: (core, exchange) => logs(core, exchange, options.token) });

/** The container a log is asked of; with several, a name is needed. */
function containerOf(pod: KObject, wanted: string): string {
  const names = ['initContainers', 'containers', 'ephemeralContainers'].flatMap((list) => recordsAt(pod, 'spec', list).map((container) => textAt(container, 'name')));
  const plain = recordsAt(pod, 'spec', 'containers').map((container) => textAt(container, 'name'));
  if (wanted !== '') {
    if (names.includes(wanted)) return wanted;
    throw badRequest(`container ${wanted} is not valid for pod ${pod.metadata.name}`);
  }
  const annotated = pod.metadata.annotations?.['kubectl.kubernetes.io/default-container'] ?? '';
  if (plain.includes(annotated)) return annotated;
  if (plain.length === 1) return plain[0] ?? '';
  const inits = recordsAt(pod, 'spec', 'initContainers').map((container) => textAt(container, 'name'));
  throw badRequest(`a container name must be specified for pod ${pod.metadata.name}, choose one of: [${plain.join(' ')}]${inits.length === 0 ? '' : ` or one of the init containers: [${inits.join(' ')}]`}`);
}

async function logs(core: Core, exchange: Exchange, token: string): Promise<void> {
  const { namespace, name } = exchange.info;
  const { query } = exchange;
  const pod = core.store.collection('/pods').get(namespace, name)?.object;
  if (pod === undefined) throw notFound(POD, name);
  for (const parameter of ['sinceSeconds', 'tailLines', 'limitBytes']) {
    const text = query.get(parameter) ?? '';
    if (text !== '' && !/^[+-]?\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  }
  const container = containerOf(pod, query.get('container') ?? '');
  const node = textAt(pod, 'spec', 'nodeName');
  if (node === '') return void exchange.text(200, '');
  const url = new URL(`/containerLogs/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}/${encodeURIComponent(container)}`, kubeletAddress(core, node));
  for (const parameter of LOG_PARAMETERS) {
    const v = query.get(parameter);
    if (v !== null) url.searchParams.set(parameter, v);
  }
  await pipe(exchange, url, token);
}

/** Address and port of the node agent: Node.status.addresses and daemonEndpoints; the annotation pharos.dev/kubelet-scheme says http where it speaks plainly. */
function kubeletAddress(core: Core, node: string): URL {
  const object = core.store.collection('/nodes').get('', node)?.object;
  const port = numberAt(object, 'status', 'daemonEndpoints', 'kubeletEndpoint', 'Port');
  if (object === undefined || port === undefined) throw internal(`node ${JSON.stringify(node)} of the pod tells no address of its agent`);
  const address = textAt(recordsAt(object, 'status', 'addresses').find((one) => one['type'] === 'InternalIP'), 'address') || '127.0.0.1';
  const scheme = object.metadata.annotations?.['pharos.dev/kubelet-scheme'] === 'https' ? 'https' : 'http';
  return new URL(`${scheme}://${address.includes(':') ? `[${address}]` : address}:${port}`);
}

function pipe(exchange: Exchange, url: URL, token: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const send = url.protocol === 'https:' ? nodeHttps().request : nodeHttp().request;
    // The agent is on loopback and known by its token; its certificate, where it has one, is its own.
    const outgoing = send(url, { headers: { authorization: `Bearer ${token}` }, rejectUnauthorized: false }, (answer) => {
      const code = answer.statusCode ?? 500;
      if (code >= 400) {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => void (chunks.length < 64 && chunks.push(chunk)));
        answer.on('end', () => reject(refusal(code, Buffer.concat(chunks).toString('utf8').trim())));
        return;
      }
      exchange.response.writeHead(200, exchange.headers('text/plain'));
      exchange.response.flushHeaders();
      answer.pipe(exchange.response);
      answer.once('end', resolve);
      answer.once('error', () => exchange.response.destroy());
      answer.once('close', resolve);
    });
    outgoing.setTimeout(CONNECT_MS_MAX, () => {
      if (outgoing.socket?.connecting === true) outgoing.destroy(new Error('the node agent did not answer'));
    });
    outgoing.once('error', (error) => reject(internal(`the node agent at ${url.host} cannot be reached: ${errorText(error)}`, error)));
    exchange.response.once('close', () => outgoing.destroy());
    outgoing.end();
  });
}

function refusal(code: number, text: string): StatusError {
  if (code === 404) return new StatusError(404, 'NotFound', text === '' ? 'the log is not there' : text, {});
  return code < 500 ? badRequest(text) : internal(text);
}
