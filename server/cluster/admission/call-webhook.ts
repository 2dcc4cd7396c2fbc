import type { Agent } from 'node:https';
import { nodeHttps } from '#server/lib';
import { randomUUID } from 'node:crypto';
import { errorText, isRecord } from '#shared/base';
import { userInfo } from '../auth/reviews.ts';
import { readyEndpoint } from '../kubelet/proxy.ts';
import { numberAt, recordAt, textAt } from '../object/object.ts';
import type { KObject } from '../object/object.ts';
import type { AdmissionRequest, Core } from '../rest/core.ts';
import type { Webhook } from './webhook-rules.ts';

/** Largest answer of a webhook, bytes. */
const ANSWER_BYTES_MAX = 8 * 1024 * 1024;
/** Idle connections to webhooks are kept this long, ms: a handshake costs more than the call. */
const IDLE_MS_MAX = 30_000;

export type WebhookAnswer = { readonly allowed: boolean; readonly patch: string | undefined; readonly warnings: readonly string[]; readonly status: { readonly code: number; readonly reason: string; readonly message: string } };
/** The call failed; whether that matters is up to the failure policy. */
export class WebhookFailure extends Error {
  override readonly name = 'WebhookFailure';
}

type Address = { readonly host: string; readonly port: number; readonly path: string; readonly serverName: string; readonly shown: string };
const agents = new Map<string, Agent>();
const AGENTS_MAX = 64;
function agentFor(key: string): Agent {
  const known = agents.get(key);
  if (known !== undefined) return known;
  if (agents.size >= AGENTS_MAX) for (const [old, agent] of agents) {
    agent.destroy();
    agents.delete(old);
  }
  const made = new (nodeHttps().Agent)({ keepAlive: true, timeout: IDLE_MS_MAX, maxSockets: 16 });
  agents.set(key, made);
  return made;
}
/** Closes idle connections when the server stops. */
export function closeWebhookConnections(): void {
  for (const agent of agents.values()) agent.destroy();
  agents.clear();
}

/** Where the webhook is: a ready endpoint of its Service, dialled directly under the name `<service>.<namespace>.svc`, or its URL. */
function addressOf(core: Pick<Core, 'store'>, hook: Webhook): Address {
  const query = `timeout=${hook.timeoutSeconds}s`;
  const service = recordAt(hook.clientConfig, 'service');
  if (service === undefined) {
    const url = new URL(textAt(hook.clientConfig, 'url'));
    const path = `${url.pathname}${url.search === '' ? `?${query}` : `${url.search}&${query}`}`;
    return { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port || 443), path, serverName: url.hostname, shown: `https://${url.host}${path}` };
  }
  const [namespace, name, port] = [textAt(service, 'namespace'), textAt(service, 'name'), numberAt(service, 'port') ?? 443];
  const path = `${(textAt(service, 'path') || '/').replace(/^(?!\/)/, '/')}?${query}`;
  const shown = `https://${name}.${namespace}.svc:${port}${path}`;
  const object = core.store.collection('/services').get(namespace, name)?.object;
  if (object === undefined) throw new WebhookFailure(`failed to call webhook: Post ${JSON.stringify(shown)}: service ${JSON.stringify(name)} not found`);
  const endpoint = readyEndpoint(core, object, port);
  if (endpoint === undefined) throw new WebhookFailure(`failed to call webhook: Post ${JSON.stringify(shown)}: no endpoints available for service ${JSON.stringify(name)}`);
  return { ...endpoint, path, serverName: `${name}.${namespace}.svc`, shown };
}

function review(request: AdmissionRequest, version: string, objects: { readonly object: KObject | undefined; readonly old: KObject | undefined }): { readonly uid: string; readonly body: string } {
  const { resource, version: asked } = request.view;
  const uid = randomUUID();
  const gvk = (name: string): object => ({ group: resource.group, version: name, kind: resource.kind });
  const gvr = (name: string): object => ({ group: resource.group, version: name, resource: resource.plural });
  const apiVersion = resource.group === '' ? version : `${resource.group}/${version}`;
  const seen = (object: KObject | undefined): object | null => (object === undefined ? null : { ...object, apiVersion });
  const body = {
    kind: 'AdmissionReview', apiVersion: 'admission.k8s.io/v1',
    request: {
      uid, kind: gvk(version), resource: gvr(version), ...(request.subresource === '' ? {} : { subResource: request.subresource }), requestKind: gvk(asked.name), requestResource: gvr(asked.name), ...(request.subresource === '' ? {} : { requestSubResource: request.subresource }),
      ...(request.name === '' ? {} : { name: request.name }), ...(request.namespace === '' ? {} : { namespace: request.namespace }), operation: request.operation, userInfo: userInfo(request.exchange.user),
      object: seen(objects.object), oldObject: seen(objects.old), dryRun: request.isDryRun, options: request.options,
    },
  };
  return { uid, body: JSON.stringify(body) };
}

/** Calls a webhook with an AdmissionReview. Throws WebhookFailure for everything but a proper answer. */
export async function callWebhook(core: Pick<Core, 'store'>, hook: Webhook, request: AdmissionRequest, sent: { readonly version: string; readonly object: KObject | undefined; readonly old: KObject | undefined }): Promise<WebhookAnswer> {
  const address = addressOf(core, hook);
  const { uid, body } = review(request, sent.version, sent);
  const { code, text } = await post(hook, address, body);
  if (code !== 200) throw new WebhookFailure(`failed to call webhook: the server rejected our request for an unknown reason (HTTP ${code})`);
  let v: unknown;
  try {
    v = JSON.parse(text);
  } catch (error) {
    throw new WebhookFailure(`failed to call webhook: the answer is not JSON: ${errorText(error)}`, { cause: error });
  }
  const response = recordAt(v, 'response');
  if (response === undefined) throw new WebhookFailure('webhook response is absent');
  if (textAt(response, 'uid') !== uid) throw new WebhookFailure(`expected response.uid ${JSON.stringify(uid)}, got ${JSON.stringify(textAt(response, 'uid'))}`);
  const patch = textAt(response, 'patch');
  if (patch !== '' && textAt(response, 'patchType') !== 'JSONPatch') throw new WebhookFailure(`webhook returned invalid response.patchType of ${textAt(response, 'patchType')}`);
  const status = recordAt(response, 'status');
  return {
    allowed: response['allowed'] === true, patch: patch === '' ? undefined : patch, warnings: Array.isArray(response['warnings']) ? response['warnings'].map(String) : [],
    status: { code: numberAt(status, 'code') ?? 0, reason: textAt(status, 'reason'), message: textAt(status, 'message') },
  };
}

function post(hook: Webhook, address: Address, body: string): Promise<{ readonly code: number; readonly text: string }> {
  const bundle = textAt(hook.clientConfig, 'caBundle');
  const ca = bundle === '' ? undefined : Buffer.from(bundle, 'base64').toString('utf8');
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => reject(new WebhookFailure(`failed to call webhook: Post ${JSON.stringify(address.shown)}: ${dialText(error, address)}`, { cause: error }));
    const outgoing = nodeHttps().request({
      host: address.host, port: address.port, path: address.path, method: 'POST', servername: /^[\d.:]+$/.test(address.serverName) ? '' : address.serverName, agent: agentFor(`${address.serverName}\n${bundle}`), ...(ca === undefined ? {} : { ca }),
      ...(/^[\d.:]+$/.test(address.serverName) ? {} : { headers: { host: address.serverName, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) } }),
    }, (answer) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      answer.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > ANSWER_BYTES_MAX) outgoing.destroy(new Error('the answer is too large'));
        else chunks.push(chunk);
      });
      answer.once('error', fail);
      answer.once('end', () => {
        clearTimeout(timer);
        resolve({ code: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') });
      });
    });
    const timer = setTimeout(() => outgoing.destroy(new Error('context deadline exceeded')), hook.timeoutSeconds * 1000);
    outgoing.setHeader('content-type', 'application/json');
    outgoing.once('error', (error) => {
      clearTimeout(timer);
      fail(error);
    });
    outgoing.end(body);
  });
}

/** Errors of a dial in the words of Go. */
function dialText(error: unknown, address: Address): string {
  const code = error instanceof Error && 'code' in error ? error.code : '';
  if (code === 'ECONNREFUSED') return `dial tcp ${address.host}:${address.port}: connect: connection refused`;
  return isRecord(error) || error instanceof Error ? errorText(error) : String(error);
}
