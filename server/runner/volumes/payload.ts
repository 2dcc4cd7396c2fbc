import { fieldValue, resourceValue } from '../container/environment.ts';
import type { ConfigSources, PodFacts } from '../container/environment.ts';
import type { ContainerSpec, DownwardItem, KeyItem, VolumeSpec } from '../pod/pod-schema.ts';
import type { Payload } from './atomic-writer.ts';

/** A volume that cannot be filled now; it is tried again when what it needs appears. */
export class MountError extends Error {
  override readonly name = 'MountError';
}
type File = { readonly data: Buffer; readonly mode: number };
type Named = { readonly items?: readonly KeyItem[] | null | undefined; readonly optional: boolean };
/** A token source: where its file goes in the volume and what the token is for. */
export type TokenNeed = { readonly key: string; readonly audience: string; readonly expirationSeconds: number };

function fromData(into: Map<string, File>, data: ReadonlyMap<string, Buffer> | undefined, what: string, ref: Named, defaultMode: number): void {
  if (data === undefined) {
    if (ref.optional) return;
    throw new MountError(`${what} not found`);
  }
  if (ref.items === null || ref.items === undefined || ref.items.length === 0) {
    for (const [key, v] of data) into.set(key, { data: v, mode: defaultMode });
    return;
  }
  for (const item of ref.items) {
    const found = data.get(item.key);
    if (found !== undefined) into.set(item.path, { data: found, mode: item.mode ?? defaultMode });
    else if (!ref.optional) throw new MountError(`references non-existent ${what.startsWith('secret') ? 'secret' : 'config'} key: ${item.key}`);
  }
}

function fromPod(into: Map<string, File>, items: readonly DownwardItem[], facts: PodFacts, defaultMode: number): void {
  const first: ContainerSpec | undefined = facts.spec.containers[0];
  for (const item of items) {
    const text = item.fieldRef ? fieldValue(facts, item.fieldRef.fieldPath) : item.resourceFieldRef && first !== undefined ? resourceValue(facts, first, item.resourceFieldRef) : '';
    into.set(item.path, { data: Buffer.from(text), mode: item.mode ?? defaultMode });
  }
}

const tokenKey = (volume: string, index: number): string => `${volume}/${index}`;
export const tokenNeeds = (volume: VolumeSpec): readonly TokenNeed[] =>
  (volume.projected?.sources ?? []).flatMap((source, i) => (source.serviceAccountToken ? [{ key: tokenKey(volume.name, i), audience: source.serviceAccountToken.audience, expirationSeconds: source.serviceAccountToken.expirationSeconds }] : []));

/** The files of a volume that is made of API objects; undefined for one that is a folder. `tokens` holds a token for each need. */
export function volumePayload(volume: VolumeSpec, facts: PodFacts, sources: ConfigSources, tokens: ReadonlyMap<string, string>): Payload | undefined {
  const files = new Map<string, File>();
  const config = (name: string, ref: Named, mode: number): void => fromData(files, sources.configMap(facts.namespace, name), `configmap "${name}"`, ref, mode);
  const secret = (name: string, ref: Named, mode: number): void => fromData(files, sources.secret(facts.namespace, name), `secret "${name}"`, ref, mode);
  if (volume.configMap) config(volume.configMap.name, volume.configMap, volume.configMap.defaultMode);
  else if (volume.secret) secret(volume.secret.secretName, volume.secret, volume.secret.defaultMode);
  else if (volume.downwardAPI) fromPod(files, volume.downwardAPI.items ?? [], facts, volume.downwardAPI.defaultMode);
  else if (volume.projected) {
    const mode = volume.projected.defaultMode;
    for (const [i, source] of (volume.projected.sources ?? []).entries()) {
      if (source.configMap) config(source.configMap.name, source.configMap, mode);
      if (source.secret) secret(source.secret.name, source.secret, mode);
      if (source.downwardAPI) fromPod(files, source.downwardAPI.items ?? [], facts, mode);
      const token = tokens.get(tokenKey(volume.name, i));
      // Owner only: other users of the machine must not read it.
      if (source.serviceAccountToken && token !== undefined) files.set(source.serviceAccountToken.path, { data: Buffer.from(token), mode: 0o600 });
    }
  } else return undefined;
  return files;
}
