import type { MutualTlsMode, PeerAuthentication } from '#shared/mesh';
import type { Typed, World } from './world.ts';

export type ModeFound = { readonly mode: MutualTlsMode; readonly from: Typed<PeerAuthentication> };
/** The mode that the oldest PeerAuthentication without a selector sets for a namespace (the root namespace: for the mesh). Younger ones count for nothing, also where the oldest sets none. */
export function modeOf(world: World, namespace: string): ModeFound | undefined {
  const from = world.peerAuthentications.find((one) => one.namespace === namespace && Object.keys(one.object.spec?.selector?.matchLabels ?? {}).length === 0);
  const mode = from?.object.spec?.mtls?.mode ?? 'UNSET';
  return from === undefined || mode === 'UNSET' ? undefined : { mode, from };
}
