import { errorText } from '#shared/base';
import { proxyNode } from '#shared/compiler';
import type { ProxyNode } from '#shared/compiler';
import { GRPC, GrpcStatus } from '#server/wire';
import type { Caller, DeltaDiscoveryRequest, DeltaDiscoveryResponse, DiscoveryRequest, DiscoveryResponse, Node, ServerCall } from '#server/wire';
import type { Logger } from '#server/lib';
import type { Authenticator } from '../auth/authenticate.ts';
import type { ControllerMetrics } from '../metrics.ts';
import { kindOfType } from '../push/encoded.ts';
import type { PushServer } from '../push/push-server.ts';
import { AdsConnection } from './connection.ts';
import type { Ask, ConnectionOptions } from './connection.ts';

export type AdsServiceOptions = { readonly push: PushServer; readonly authenticator: Authenticator; readonly metrics: ControllerMetrics; readonly log: Logger; readonly istiod: string; readonly istioFilters: boolean; now(): Date };

/** Requests of a proxy that may wait while its token is reviewed; more means that it does not wait for answers. */
const WAITING_MAX = 100;

/** Serves the two methods of the aggregated discovery service. */
export class AdsService {
  readonly #options: AdsServiceOptions;
  #connections = 0;
  constructor(options: AdsServiceOptions) {
    this.#options = options;
  }
  sotw(call: ServerCall<DiscoveryRequest, DiscoveryResponse>): void {
    const take = this.#open(call, { mode: 'sotw', send: (response) => call.send(response) });
    call.onMessage((request) => take(request.node, request.type_url, { nonce: request.response_nonce ?? '', error: request.error_detail, names: request.resource_names ?? [] }));
  }
  delta(call: ServerCall<DeltaDiscoveryRequest, DeltaDiscoveryResponse>): void {
    const take = this.#open(call, { mode: 'delta', send: (response) => call.send(response) });
    call.onMessage((request) => take(request.node, request.type_url, {
      nonce: request.response_nonce ?? '', error: request.error_detail, subscribe: request.resource_names_subscribe ?? [], unsubscribe: request.resource_names_unsubscribe ?? [], initial: request.initial_resource_versions ?? {},
    }));
  }

  /** The first request names the node; what comes while its caller is being checked waits. */
  #open(call: { readonly caller: Caller; end(status?: GrpcStatus): void; onClose(handler: () => void): void }, sender: ConnectionOptions['sender']): (node: Node | undefined, typeUrl: string, ask: Ask) => void {
    let connection: AdsConnection | undefined;
    let opening = false;
    let closed = false;
    const waiting: (readonly [string, Ask])[] = [];
    call.onClose(() => {
      closed = true;
      if (connection !== undefined) this.#close(connection);
    });
    const answer = (typeUrl: string, ask: Ask): void => {
      const kind = kindOfType(typeUrl);
      if (kind !== undefined && connection !== undefined) connection.ask(kind, ask); // other types (NDS, ECDS) have nothing to say
    };
    return (node, typeUrl, ask) => {
      if (connection !== undefined) return answer(typeUrl, ask);
      waiting.push([typeUrl, ask]);
      if (waiting.length > WAITING_MAX) return call.end(new GrpcStatus(GRPC.resourceExhausted, 'too many requests before the first answer'));
      if (opening) return;
      opening = true;
      this.#admit(call.caller, node).then((proxy) => {
        if (closed) return;
        connection = this.#connect(call.caller, proxy, node, sender);
        for (const [type, request] of waiting.splice(0)) answer(type, request);
      }).catch((error: unknown) => {
        this.#options.log.warn({ node: node?.id, address: call.caller.address, error: errorText(error) }, 'a proxy was refused');
        call.end(error instanceof GrpcStatus ? error : new GrpcStatus(GRPC.internal, errorText(error)));
      });
    };
  }

  async #admit(caller: Caller, node: Node | undefined): Promise<ProxyNode> {
    const metadata = node?.metadata ?? {};
    const proxy = node?.id === undefined ? undefined : proxyNode(node.id, metadata, { istioFilters: this.#options.istioFilters, ...(node.cluster === undefined ? {} : { cluster: node.cluster }) });
    if (proxy === undefined) throw new GrpcStatus(GRPC.invalidArgument, `the node id "${node?.id ?? ''}" is not of the form <sidecar|router>~<ip>~<pod>.<namespace>~<domain>`);
    const identity = await this.#options.authenticator.identify(caller);
    if (identity === undefined) {
      if (caller.encrypted) throw new GrpcStatus(GRPC.unauthenticated, 'on this port a proxy shows a token or a certificate');
      return proxy; // plain text inside the cluster's own network, as istiod has it on 15010
    }
    if (identity.namespace !== proxy.namespace) throw new GrpcStatus(GRPC.permissionDenied, `a caller of namespace ${identity.namespace} cannot be a proxy of namespace ${proxy.namespace}`);
    const account = metadata.SERVICE_ACCOUNT;
    if (account !== undefined && account !== '' && account !== identity.serviceAccount) throw new GrpcStatus(GRPC.permissionDenied, `a caller of service account ${identity.serviceAccount} cannot be a proxy of ${account}`);
    return proxy;
  }

  #connect(caller: Caller, proxy: ProxyNode, node: Node | undefined, sender: ConnectionOptions['sender']): AdsConnection {
    const { push, metrics, log, istiod, now } = this.#options;
    this.#connections += 1;
    const version = node?.metadata?.ISTIO_VERSION ?? node?.user_agent_version ?? '';
    const connection = new AdsConnection({
      id: `${proxy.id}-${this.#connections}`, proxy, address: caller.address, proxyVersion: version, connectedAt: now().toISOString(), istiod, sender, source: push, now,
      events: {
        pushed: (kind, bytes) => {
          metrics.pushes.inc({ type: metrics.typeName(kind) });
          metrics.sizeBytes.observe(bytes, { type: metrics.typeName(kind) });
        },
        rejected: (kind, message) => {
          metrics.rejects.inc({ type: metrics.typeName(kind) });
          metrics.rejectsByType[kind].inc({ node: proxy.id });
          log.warn({ proxy: proxy.id, type: metrics.typeName(kind), error: message.slice(0, 500) }, 'a proxy refused its configuration');
        },
        failed: (kind, message, isNew) => {
          metrics.internalErrors.inc({ type: metrics.typeName(kind) });
          if (isNew) log.error({ proxy: proxy.id, type: metrics.typeName(kind), error: message }, 'a part of the configuration cannot be sent; the proxy keeps what it had of it');
          push.acknowledgements.changed(true);
        },
        answered: (refused) => push.acknowledgements.changed(refused),
        stale: (kind) => metrics.expiredNonce.inc({ type: metrics.typeName(kind) }),
        converged: (changedAt) => metrics.convergence.observe((performance.now() - changedAt) / 1000),
      },
    });
    push.add(connection);
    log.info({ connection: connection.options.id, mode: sender.mode, version }, 'a proxy connected');
    return connection;
  }
  #close(connection: AdsConnection): void {
    this.#options.push.remove(connection);
    this.#options.log.info({ connection: connection.options.id }, 'a proxy went');
  }
}
