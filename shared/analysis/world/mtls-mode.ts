import type { MutualTlsMode, PeerAuthentication } from '#shared/mesh';
import type { Typed, World } from './world.ts';

export type ModeFound = { readonly mode: MutualTlsMode; readonly from: Typed<PeerAuthentication> };
/** The mode that the oldest PeerAuthentication without a selector sets for a namespace (the root namespace: for the mesh). */
export function modeOf(world: World, namespace: string): ModeFound | undefined {
  for (const from of world.peerAuthentications) {
    const mode = from.object.spec?.mtls?.mode ?? 'UNSET';
    if (from.namespace === namespace && Object.keys(from.object.spec?.selector?.matchLabels ?? {}).length === 0 && mode !== 'UNSET') return { mode, from };
  }
  return undefined;
}
