import { answerReview } from '../auth/reviews.ts';
import type { VirtualResource } from '../discovery/virtual-resources.ts';
import type { View } from '../resources/resource.ts';
import { answerObject } from '../rest/answer.ts';
import { bindPod } from '../rest/binding.ts';
import type { Core } from '../rest/core.ts';
import { evictPod } from '../rest/eviction.ts';
import { getObject } from '../rest/list.ts';
import { answerScale, patchScale, putScale } from '../rest/scale.ts';
import { requestToken } from '../rest/token.ts';
import type { StatusError } from '../status/status-error.ts';
import { methodNotAllowed, noSuchResource, notFound, notImplemented } from '../status/status-error.ts';
import type { Exchange } from './exchange.ts';
import { patchObject, putObject } from '../rest/write-object.ts';
import type { SubresourceParts } from './subresource-parts.ts';
import { answerProxy } from '../kubelet/proxy.ts';

/** Known to Kubernetes, not built here: the Status says so. */
const NOT_BUILT: ReadonlyMap<string, string> = new Map([['exec', 'exec'], ['attach', 'attach'], ['portforward', 'port-forward'], ['ephemeralcontainers', 'kubectl debug (ephemeral containers)'], ['resize', 'resizing pods in place']]);

export type Subresources = {
  handle(exchange: Exchange, view: View): Promise<void>;
  review(exchange: Exchange, virtual: VirtualResource): Promise<void>;
};

/** Everything below an object, and the resources that are only answered. */
export function createSubresources(parts: SubresourceParts): Subresources {
  return {
    review: (exchange, virtual) => answerReview(parts, exchange, virtual),
    handle: (exchange, view) => handle(parts, exchange, view),
  };
}

async function handle(parts: SubresourceParts, exchange: Exchange, view: View): Promise<void> {
  const { core } = parts;
  const { subresource } = exchange.info;
  const { collection } = view.resource;
  if (view.resource.namespaced && exchange.info.namespace === '') throw noSuchResource();
  if (subresource === 'status' && view.version.hasStatus) return part(core, exchange, view);
  if (subresource === 'scale' && view.version.scale !== undefined) return scale(core, exchange, view);
  switch (`${collection}/${subresource}`) {
    case '/pods/log': {
      if (exchange.method !== 'GET') throw methodNotAllowed();
      return parts.kubelet.logs(core, exchange);
    }
    case '/pods/binding': case '/pods/eviction': case '/serviceaccounts/token': {
      if (exchange.method !== 'POST') throw methodNotAllowed();
      if (subresource === 'binding') return bindPod(core, exchange, view);
      return subresource === 'eviction' ? evictPod(core, exchange, view) : requestToken(core, parts.tokens, exchange, view);
    }
    case '/pods/proxy': case '/services/proxy': return answerProxy(core, exchange);
    case '/namespaces/finalize': {
      if (exchange.method !== 'PUT') throw methodNotAllowed();
      return putObject(core, exchange, view, 'finalize');
    }
    default: {
      const known = collection === '/pods' ? NOT_BUILT.get(subresource) : undefined;
      if (known !== undefined) throw notImplemented(known);
      throw view.resource.isCustom ? notThere(view, exchange.info.name) : noSuchResource();
    }
  }
}

/** A subresource that the CRD does not have: the 404 names the object. */
const notThere = ({ resource }: View, name: string): StatusError => notFound(resource, name);

function part(core: Core, exchange: Exchange, view: View): Promise<void> | void {
  switch (exchange.method) {
    case 'GET': return answerObject(exchange, view, getObject(core, view, { namespace: view.resource.namespaced ? exchange.info.namespace : '', name: exchange.info.name }, exchange.query.get('resourceVersion') ?? ''));
    case 'PUT': return putObject(core, exchange, view, 'status');
    case 'PATCH': return patchObject(core, exchange, view, 'status');
    default: throw methodNotAllowed();
  }
}

function scale(core: Core, exchange: Exchange, view: View): Promise<void> | void {
  switch (exchange.method) {
    case 'GET': return answerScale(core, exchange, view);
    case 'PUT': return putScale(core, exchange, view);
    case 'PATCH': return patchScale(core, exchange, view);
    default: throw methodNotAllowed();
  }
}
