import type { KeyObject } from 'node:crypto';
import { createHash, timingSafeEqual } from 'node:crypto';
import { isRecord } from '#shared/base';
import type { JWTPayload } from 'jose';
import { textAt } from '../object/object.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { AUTHENTICATED, serviceAccountUser } from './user.ts';
import type { User } from './user.ts';

/** Who signs tokens and, by default, for whom. */
export const ISSUER = 'https://kubernetes.default.svc.cluster.local';
/** Verified tokens are remembered, so that a signature is checked once; bounded. */
const CACHE_MAX = 2000;

/** What a token is bound to: it dies with that object. */
export type BoundObject = { readonly kind: 'Pod' | 'Secret' | 'Node'; readonly name: string; readonly uid: string };
export type TokenRequest = {
  readonly namespace: string; readonly account: { readonly name: string; readonly uid: string }; readonly audiences: readonly string[]; readonly seconds: number; readonly bound: BoundObject | undefined; readonly node: { readonly name: string; readonly uid: string } | undefined; readonly id: string; readonly now: Date;
};
export type Verified = { readonly user: User; readonly audiences: readonly string[] };

/** Signs and checks service-account tokens (JWT, ES256). */
export class TokenAuthority {
  readonly #privateKey: KeyObject;
  readonly #publicKey: KeyObject;
  readonly #store: ObjectStore;
  readonly keyId: string;
  readonly #cache = new Map<string, { readonly payload: JWTPayload; readonly expires: number }>();

  constructor(keys: { readonly privateKey: KeyObject; readonly publicKey: KeyObject }, store: ObjectStore) {
    this.#privateKey = keys.privateKey;
    this.#publicKey = keys.publicKey;
    this.#store = store;
    this.keyId = createHash('sha256').update(keys.publicKey.export({ type: 'spki', format: 'der' })).digest('base64url');
  }

  /** The public key set at /openid/v1/jwks. */
  jwks(): object {
    return { keys: [{ ...this.#publicKey.export({ format: 'jwk' }), use: 'sig', alg: 'ES256', kid: this.keyId }] };
  }

  async sign(request: TokenRequest): Promise<string> {
    const { SignJWT } = await import('jose/jwt/sign');
    const seconds = Math.floor(request.now.getTime() / 1000);
    const { bound, node, account, namespace } = request;
    const claim = {
      namespace, serviceaccount: { name: account.name, uid: account.uid },
      ...(bound === undefined ? {} : { [bound.kind.toLowerCase()]: { name: bound.name, uid: bound.uid } }), ...(node === undefined ? {} : { node }),
    };
    return new SignJWT({ 'kubernetes.io': claim }).setProtectedHeader({ alg: 'ES256', kid: this.keyId }).setIssuer(ISSUER).setSubject(serviceAccountUser(namespace, account.name)).setAudience([...request.audiences])
      .setIssuedAt(seconds).setNotBefore(seconds).setExpirationTime(seconds + request.seconds).setJti(request.id).sign(this.#privateKey);
  }

  /** The user of a token; undefined when the signature, the time, the audience or a bound object is not right. */
  async verify(token: string, audiences: readonly string[], now: Date): Promise<Verified | undefined> {
    const payload = await this.#payload(token, now);
    if (payload === undefined) return undefined;
    const given = Array.isArray(payload.aud) ? payload.aud : payload.aud === undefined ? [] : [payload.aud];
    const common = given.filter((audience) => audiences.includes(audience));
    if (common.length === 0) return undefined;
    const user = this.#userOf(payload);
    return user === undefined ? undefined : { user, audiences: common };
  }

  async #payload(token: string, now: Date): Promise<JWTPayload | undefined> {
    const key = createHash('sha256').update(token).digest('base64');
    const known = this.#cache.get(key);
    if (known !== undefined) return known.expires > now.getTime() ? known.payload : undefined;
    // Loaded by the first token, not at the start.
    const { jwtVerify } = await import('jose/jwt/verify');
    try {
      const { payload } = await jwtVerify(token, this.#publicKey, { issuer: ISSUER, algorithms: ['ES256'], currentDate: now });
      if (this.#cache.size >= CACHE_MAX) this.#cache.clear();
      this.#cache.set(key, { payload, expires: (payload.exp ?? 0) * 1000 });
      return payload;
    } catch (error) {
      // jose names every reason why a token is not good in `code`; anything else is a fault of ours.
      if (error instanceof Error && 'code' in error) return undefined;
      throw error;
    }
  }

  #userOf(payload: JWTPayload): User | undefined {
    const claim = payload['kubernetes.io'];
    if (!isRecord(claim)) return undefined;
    const namespace = textAt(claim, 'namespace');
    const name = textAt(claim, 'serviceaccount', 'name');
    const uid = textAt(claim, 'serviceaccount', 'uid');
    if (!this.#lives('/serviceaccounts', namespace, { name, uid })) return undefined;
    const extra = new Map<string, readonly string[]>([['authentication.kubernetes.io/credential-id', [`JTI=${payload.jti ?? ''}`]]]);
    for (const [kind, collection] of [['pod', '/pods'], ['secret', '/secrets']] as const) {
      const bound = claim[kind];
      if (!isRecord(bound)) continue;
      const ref = { name: textAt(bound, 'name'), uid: textAt(bound, 'uid') };
      if (!this.#lives(collection, namespace, ref)) return undefined;
      if (kind !== 'pod') continue;
      extra.set('authentication.kubernetes.io/pod-name', [ref.name]);
      extra.set('authentication.kubernetes.io/pod-uid', [ref.uid]);
    }
    const node = claim['node'];
    if (isRecord(node)) {
      extra.set('authentication.kubernetes.io/node-name', [textAt(node, 'name')]);
      if (textAt(node, 'uid') !== '') extra.set('authentication.kubernetes.io/node-uid', [textAt(node, 'uid')]);
    }
    return { name: serviceAccountUser(namespace, name), uid, groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, AUTHENTICATED], extra };
  }

  #lives(collection: string, namespace: string, ref: { readonly name: string; readonly uid: string }): boolean {
    const found = this.#store.collection(collection).get(namespace, ref.name)?.object.metadata;
    return found !== undefined && found.uid === ref.uid;
  }
}

/** Compares secrets in constant time. */
export function sameSecret(a: string, b: string): boolean {
  const [left, right] = [createHash('sha256').update(a).digest(), createHash('sha256').update(b).digest()];
  return timingSafeEqual(left, right);
}
