import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import { unauthorized } from '../status/status-error.ts';
import { ISSUER } from './tokens.ts';
import type { TokenAuthority } from './tokens.ts';
import { AUTHENTICATED } from './user.ts';
import type { User } from './user.ts';

export const ANONYMOUS: User = { name: 'system:anonymous', uid: '', groups: ['system:unauthenticated'], extra: new Map() };
/** The user of a connection's client certificate; certificates do not change while a connection lives. */
const bySocket = new WeakMap<TLSSocket, User>();

/** Common name is the user, organisations are the groups (as the real server reads client certificates). */
function certificateUser(socket: unknown): User | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  const known = bySocket.get(socket);
  if (known !== undefined) return known;
  const { subject } = socket.getPeerCertificate();
  if (subject === undefined || typeof subject.CN !== 'string' || subject.CN === '') return undefined;
  const groups = (Array.isArray(subject.O) ? subject.O : subject.O === undefined ? [] : [subject.O]).map(String);
  const user: User = { name: subject.CN, uid: '', groups: [...groups, AUTHENTICATED], extra: new Map() };
  bySocket.set(socket, user);
  return user;
}

/** Who sends the request: a bearer token, then a client certificate, then anonymous. A bad token is 401, never anonymous. */
export async function authenticate(request: IncomingMessage, tokens: TokenAuthority, now: Date): Promise<User> {
  const { authorization } = request.headers;
  if (authorization !== undefined) {
    const token = /^bearer +(\S+)\s*$/i.exec(authorization)?.[1];
    const verified = token === undefined ? undefined : await tokens.verify(token, [ISSUER], now);
    if (verified !== undefined) return verified.user;
    throw unauthorized();
  }
  return certificateUser(request.socket) ?? ANONYMOUS;
}
