import { ISSUER } from '../auth/tokens.ts';
import type { BoundObject, TokenAuthority } from '../auth/tokens.ts';
import { reviewView } from '../auth/review-view.ts';
import type { Exchange } from '../http/exchange.ts';
import { at, numberAt, recordAt, textAt } from '../object/object.ts';
import type { KObject } from '../object/object.ts';
import type { View } from '../resources/resource.ts';
import { forbiddenField, invalidValue } from '../status/field-errors.ts';
import { conflict, invalid, notFound } from '../status/status-error.ts';
import { collectionOf, timeText } from './core.ts';
import type { Core } from './core.ts';
import { readObject } from './create.ts';
import { writeOptions } from './write-options.ts';

const DEFAULT_SECONDS = 3600;
const MIN_SECONDS = 600;
const TOO_LONG_SECONDS = 2 ** 32;
const KINDS: ReadonlyMap<string, { readonly collection: string; readonly plural: string }> = new Map([['Pod', { collection: '/pods', plural: 'pods' }], ['Secret', { collection: '/secrets', plural: 'secrets' }], ['Node', { collection: '/nodes', plural: 'nodes' }]]);

/** TokenRequest: signs a token for a service account, bound to a pod when asked. */
export async function requestToken(core: Core, tokens: TokenAuthority, exchange: Exchange, view: View): Promise<void> {
  const { namespace, name } = exchange.info;
  const options = writeOptions(exchange, 'CreateOptions');
  const request = await readObject(core, exchange, reviewView('authentication.k8s.io', 'TokenRequest', 'tokenrequests'), options.fieldValidation);
  const account = collectionOf(core, view).get(namespace, name);
  if (account === undefined) throw notFound(view.resource, name);
  const seconds = numberAt(request, 'spec', 'expirationSeconds') ?? DEFAULT_SECONDS;
  const errors = seconds < MIN_SECONDS ? [invalidValue('spec.expirationSeconds', seconds, 'may not specify a duration less than 10 minutes')] : seconds > TOO_LONG_SECONDS ? [forbiddenField('spec.expirationSeconds', 'may not specify a duration larger than 2^32 seconds')] : [];
  if (errors.length > 0) throw invalid({ group: 'authentication.k8s.io', kind: 'TokenRequest' }, '', errors);
  const asked = at(request, 'spec', 'audiences');
  const audiences = Array.isArray(asked) && asked.length > 0 ? asked.map(String) : [ISSUER];
  const { bound, node } = boundObject(core, request, namespace);
  const now = core.now();
  const { metadata } = account.object;
  const token = await tokens.sign({ namespace, account: { name, uid: metadata.uid ?? '' }, audiences, seconds, bound, node, id: core.newUid(), now });
  exchange.json(201, {
    kind: 'TokenRequest', apiVersion: 'authentication.k8s.io/v1', metadata: { name, namespace, uid: metadata.uid, creationTimestamp: timeText(now) },
    spec: { audiences, expirationSeconds: seconds, boundObjectRef: recordAt(request, 'spec', 'boundObjectRef') ?? null }, status: { token, expirationTimestamp: timeText(new Date(now.getTime() + seconds * 1000)) },
  });
}

type Bound = { readonly bound: BoundObject | undefined; readonly node: { readonly name: string; readonly uid: string } | undefined };
function boundObject(core: Core, request: KObject, namespace: string): Bound {
  const ref = recordAt(request, 'spec', 'boundObjectRef');
  if (ref === undefined) return { bound: undefined, node: undefined };
  const kind = textAt(ref, 'kind');
  const known = KINDS.get(kind);
  if (known === undefined) throw invalid({ group: 'authentication.k8s.io', kind: 'TokenRequest' }, '', [invalidValue('spec.boundObjectRef.kind', kind, 'cannot bind token to object of this kind')]);
  const name = textAt(ref, 'name');
  const found = core.store.collection(known.collection).get(kind === 'Node' ? '' : namespace, name);
  if (found === undefined) throw notFound({ group: '', plural: known.plural }, name);
  const uid = found.object.metadata.uid ?? '';
  const wanted = textAt(ref, 'uid');
  if (wanted !== '' && wanted !== uid) throw conflict({ group: '', plural: known.plural }, name, `the UID in the bound object reference (${wanted}) does not match the UID in record. The object might have been deleted and then recreated`);
  const nodeName = kind === 'Pod' ? textAt(found.object, 'spec', 'nodeName') : '';
  const node = nodeName === '' ? undefined : { name: nodeName, uid: core.store.collection('/nodes').get('', nodeName)?.object.metadata.uid ?? '' };
  return { bound: kind === 'Pod' || kind === 'Secret' || kind === 'Node' ? { kind, name, uid } : undefined, node };
}
