import { TYPE_URL } from '#shared/xds';
import type { ResourceKind } from '#shared/xds';
import type { ConfigStore, Stored } from '../xds/config-store.ts';

const DUMP = 'type.googleapis.com/envoy.admin.v3';
const at = (ms: number): string => new Date(ms).toISOString();
const typed = (kind: ResourceKind, resource: object): object => ({ '@type': TYPE_URL[kind], ...resource });

/** `/config_dump`: what was accepted, in Envoy's admin v3 form. Keys are redacted where they were stored. */
export function configDump(store: ConfigStore, bootstrap: object, includeEds: boolean): object {
  const { cluster, endpoint, listener, route, secret } = store.tables;
  const warming = new Set(store.warmingClusters);
  const entry = <T extends object>(kind: ResourceKind, field: string, one: Stored<T>): object => ({ version_info: one.version, [field]: typed(kind, one.resource), last_updated: at(one.updatedAt) });
  const configs: object[] = [
    { '@type': `${DUMP}.BootstrapConfigDump`, bootstrap },
    { '@type': `${DUMP}.ClustersConfigDump`, dynamic_active_clusters: [...cluster.values()].filter((one) => !warming.has(one.name)).map((one) => entry('cluster', 'cluster', one)), dynamic_warming_clusters: [...cluster.values()].filter((one) => warming.has(one.name)).map((one) => entry('cluster', 'cluster', one)) },
    { '@type': `${DUMP}.ListenersConfigDump`, dynamic_listeners: [...listener.values()].map((one) => ({ name: one.name, active_state: entry('listener', 'listener', one) })) },
    { '@type': `${DUMP}.RoutesConfigDump`, dynamic_route_configs: [...route.values()].map((one) => entry('route', 'route_config', one)) },
    { '@type': `${DUMP}.SecretsConfigDump`, dynamic_active_secrets: [...secret.values()].map((one) => ({ name: one.name, ...entry('secret', 'secret', one) })) },
  ];
  if (includeEds) configs.splice(2, 0, { '@type': `${DUMP}.EndpointsConfigDump`, dynamic_endpoint_configs: [...endpoint.values()].map((one) => entry('endpoint', 'endpoint_config', one)) });
  return { configs };
}
