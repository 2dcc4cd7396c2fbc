import { isRecord, errorText } from '#shared/base';
import { parseSpiffeId } from '#shared/mesh';
import { GRPC, GrpcStatus } from '#server/wire';
import type { Caller } from '#server/wire';
import type { KubeClient } from '#server/lib';

/** Who calls, as proven by a service account's token or a client certificate of our CA. */
export type Identity = { readonly namespace: string; readonly serviceAccount: string; readonly by: 'token' | 'certificate' };
export type Authenticator = {
  /** The caller's identity; undefined when it shows no credentials. Throws UNAUTHENTICATED for credentials that are wrong. */
  identify(caller: Caller): Promise<Identity | undefined>;
};

/** Audience that tokens for istiod are made for. */
export const TOKEN_AUDIENCE = 'istio-ca';
const USER = /^system:serviceaccount:([^:]+):([^:]+)$/;

async function reviewToken(client: KubeClient, token: string): Promise<Identity> {
  let review: unknown;
  try {
    review = await client.request({ method: 'POST', path: '/apis/authentication.k8s.io/v1/tokenreviews', body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token, audiences: [TOKEN_AUDIENCE] } } });
  } catch (error) {
    throw new GrpcStatus(GRPC.unavailable, `the token could not be reviewed: ${errorText(error)}`);
  }
  const status = isRecord(review) && isRecord(review['status']) ? review['status'] : {};
  const user = isRecord(status['user']) && typeof status['user']['username'] === 'string' ? status['user']['username'] : '';
  const match = USER.exec(user);
  if (status['authenticated'] !== true || match === null) throw new GrpcStatus(GRPC.unauthenticated, `the token is not valid for ${TOKEN_AUDIENCE}${typeof status['error'] === 'string' ? `: ${status['error']}` : ''}`);
  return { namespace: match[1] ?? '', serviceAccount: match[2] ?? '', by: 'token' };
}

/** Checks tokens by TokenReview and reads identities of verified client certificates. */
export const createAuthenticator = (client: KubeClient, trustDomains: () => readonly string[]): Authenticator => ({
  identify: async (caller) => {
    const header = caller.header('authorization') ?? '';
    if (header.startsWith('Bearer ')) return reviewToken(client, header.slice(7).trim());
    for (const uri of caller.identities) {
      const id = parseSpiffeId(uri);
      if (id !== undefined && trustDomains().includes(id.trustDomain)) return { namespace: id.namespace, serviceAccount: id.serviceAccount, by: 'certificate' };
    }
    return undefined;
  },
});
