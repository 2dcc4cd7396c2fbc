export type SpiffeId = { readonly trustDomain: string; readonly namespace: string; readonly serviceAccount: string };

/** The parts of `spiffe://td/ns/x/sa/y`; undefined for any other form. */
export function parseSpiffeId(uri: string): SpiffeId | undefined {
  const match = /^spiffe:\/\/([^/]+)\/ns\/([^/]+)\/sa\/([^/]+)$/.exec(uri);
  return match === null ? undefined : { trustDomain: match[1] ?? '', namespace: match[2] ?? '', serviceAccount: match[3] ?? '' };
}
export const spiffeIdText = (id: SpiffeId): string => `spiffe://${id.trustDomain.replaceAll('@', '.')}/ns/${id.namespace}/sa/${id.serviceAccount}`;
