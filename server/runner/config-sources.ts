import type { ObjectCache } from '#server/lib';
import { isRecord } from '#shared/base';
import type { KubeObject } from '#shared/mesh';
import type { ConfigSources } from './container/environment.ts';

const known = new WeakMap<KubeObject, ReadonlyMap<string, Buffer>>();

/** The data of a ConfigMap (`data` is text, `binaryData` base64) or of a Secret (`data` is base64). */
function dataOf(object: KubeObject | undefined, secret: boolean): ReadonlyMap<string, Buffer> | undefined {
  if (object === undefined) return undefined;
  const found = known.get(object);
  if (found !== undefined) return found;
  const out = new Map<string, Buffer>();
  for (const [field, encoding] of [['data', secret ? 'base64' : 'utf8'], ['binaryData', 'base64']] as const) {
    const map = object[field];
    if (isRecord(map)) for (const [key, v] of Object.entries(map)) if (typeof v === 'string') out.set(key, Buffer.from(v, encoding));
  }
  known.set(object, out);
  return out;
}

/** ConfigMaps and Secrets by name, from the watched caches. */
export const configSources = (configMaps: ObjectCache, secrets: ObjectCache): ConfigSources => ({
  configMap: (namespace, name) => dataOf(configMaps.get(namespace, name), false),
  secret: (namespace, name) => dataOf(secrets.get(namespace, name), true),
});
