import { readFileSync } from 'node:fs';
import { isRecord } from '#shared/base';
import { decodeResource, encodeAny } from '#server/wire';
import { TYPE_URL } from '#shared/xds';
import type { NodeMetadata, ResourceKind, ResourceOf } from '#shared/xds';
import type { AnyUpdate } from './xds/config-store.ts';

export type StaticBootstrap = { readonly updates: readonly AnyUpdate[]; readonly admin: { readonly ip: string; readonly port: number } | undefined; readonly nodeId: string; readonly metadata: NodeMetadata | undefined };

const record = (v: unknown): Record<string, unknown> => (isRecord(v) ? v : {});
const list = (v: unknown): readonly unknown[] => (Array.isArray(v) ? v : []);
/** Resources pass through the codec, so that a static file is held to the same schema as the wire. */
const through = <K extends ResourceKind>(kind: K, items: readonly unknown[]): ResourceOf[K][] => items.map((item) => decodeResource(kind, encodeAny({ ...record(item), '@type': TYPE_URL[kind] })));
const upserts = <T>(resources: readonly T[]): { readonly version: string; readonly resource: T }[] => resources.map((resource) => ({ version: 'static', resource }));

/** Reads a static bootstrap in Envoy's form (YAML or JSON). */
export async function readBootstrap(path: string): Promise<StaticBootstrap> {
  const { parse } = await import('yaml');
  const root = record(parse(readFileSync(path, 'utf8')));
  const resources = record(root['static_resources']);
  const admin = record(record(record(root['admin'])['address'])['socket_address']);
  const node = record(root['node']);
  const rest = { removed: [], full: false };
  return {
    updates: [
      { kind: 'secret', upserts: upserts(through('secret', list(resources['secrets']))), ...rest },
      { kind: 'cluster', upserts: upserts(through('cluster', list(resources['clusters']))), ...rest },
      { kind: 'listener', upserts: upserts(through('listener', list(resources['listeners']))), ...rest },
    ],
    admin: typeof admin['port_value'] === 'number' ? { ip: String(admin['address'] ?? '127.0.0.1'), port: admin['port_value'] } : undefined,
    nodeId: typeof node['id'] === 'string' ? node['id'] : 'static', metadata: isRecord(node['metadata']) ? node['metadata'] : undefined,
  };
}
