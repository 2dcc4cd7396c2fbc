import { serviceVariables } from '../container/service-variables.ts';
import { EGRESS_PORT } from '../net/egress-proxy.ts';
import type { ServiceTable } from '../net/service-table.ts';
import { allContainers, hasSidecar, SIDECAR } from './pod-schema.ts';
import type { ContainerSpec, PodSpec } from './pod-schema.ts';

/** Where the app of a pod listens when its own command decides that (annotation of `pharos run`). */
export const APP_ADDRESS_ANNOTATION = 'pharos.dev/app-address';
const NO_PROXY = '127.0.0.1,localhost';

export type PodAddressing = { readonly podIP: string; readonly appIP: string; readonly sidecar: boolean; readonly egress: boolean };

/** The addresses of a pod: behind a sidecar the app has one of its own; without any proxy of its own the runner's egress is its way out. */
export function addressing(spec: PodSpec, annotations: { readonly [name: string]: string }, podIP: string, appPrefix: string): PodAddressing {
  const sidecar = hasSidecar(spec);
  const wanted = annotations[APP_ADDRESS_ANNOTATION];
  const behind = `${appPrefix}.${podIP.split('.').slice(2).join('.')}`;
  const own = spec.hostNetwork || allContainers(spec).some((container) => container.name === SIDECAR);
  return { podIP, appIP: wanted ?? (sidecar ? behind : podIP), sidecar, egress: !own };
}

export type EnvironmentOptions = { readonly spec: PodSpec; readonly name: string; readonly namespace: string; readonly addresses: PodAddressing; readonly table: ServiceTable; readonly apiServer: { readonly host: string; readonly port: string } };

/** The runner's contract with a container (docs/architecture.md, "The local mesh"): addresses, proxy, API server, service variables. */
export function givenEnvironment(container: ContainerSpec, options: EnvironmentOptions): Map<string, string> {
  const { spec, addresses, apiServer } = options;
  const { podIP, appIP } = addresses;
  const isProxy = container.name === SIDECAR;
  const env = new Map<string, string>();
  if (spec.enableServiceLinks) for (const service of options.table.facts(options.namespace)) for (const [name, v] of serviceVariables(service)) env.set(name, v);
  // The cluster IP of the API has a port under 1024; the server itself is on loopback.
  for (const [name, v] of serviceVariables({ name: 'kubernetes', clusterIP: apiServer.host, ports: [{ name: 'https', port: Number(apiServer.port), protocol: 'TCP' }] })) env.set(name, v);
  env.set('HOSTNAME', spec.hostname ?? options.name);
  env.set('HOST', isProxy ? podIP : appIP);
  env.set('POD_IP', podIP);
  env.set('PHAROS_POD_IP', podIP);
  if (addresses.sidecar) env.set('PHAROS_APP_IP', appIP);
  if (!isProxy && (addresses.sidecar || addresses.egress)) {
    const proxy = `http://${podIP}:${EGRESS_PORT}`;
    for (const name of ['HTTP_PROXY', 'http_proxy']) env.set(name, proxy);
    for (const name of ['NO_PROXY', 'no_proxy']) env.set(name, NO_PROXY);
    env.set('NODE_USE_ENV_PROXY', '1');
  }
  return env;
}
