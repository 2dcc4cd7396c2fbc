/** Who sends a request: what the authenticator found out. */
export type User = { readonly name: string; readonly uid: string; readonly groups: readonly string[]; readonly extra: ReadonlyMap<string, readonly string[]> };

export const AUTHENTICATED = 'system:authenticated';
export const MASTERS = 'system:masters';
export const serviceAccountUser = (namespace: string, name: string): string => `system:serviceaccount:${namespace}:${name}`;
