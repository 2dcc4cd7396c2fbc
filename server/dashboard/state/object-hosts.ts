import { isRecord } from '#shared/base';
import { fullHost, serviceOfHost } from '#shared/graph';
import type { KubeObject } from '#shared/mesh';

const record = (v: unknown): Record<string, unknown> => (isRecord(v) ? v : {});
const records = (v: unknown): readonly Record<string, unknown>[] => (Array.isArray(v) ? v.map(record) : []);

/** Every host an Istio object names: its own and those its rules send to. */
export function hostsOf(object: KubeObject): readonly string[] {
  const spec = record(object['spec']);
  const all: unknown[] = [spec['host'], ...(Array.isArray(spec['hosts']) ? spec['hosts'] : [])];
  for (const list of [spec['http'], spec['tcp'], spec['tls']]) for (const rule of records(list)) for (const entry of records(rule['route'])) all.push(record(entry['destination'])['host']);
  return all.filter((host) => typeof host === 'string');
}

/** The services an object names, as "<namespace>/<name>". */
export function servicesOf(object: KubeObject): ReadonlySet<string> {
  const own = object.metadata.namespace ?? '';
  return new Set(hostsOf(object).flatMap((host) => {
    const found = serviceOfHost(fullHost(host, own), own);
    return found === undefined ? [] : [`${found.namespace}/${found.name}`];
  }));
}
