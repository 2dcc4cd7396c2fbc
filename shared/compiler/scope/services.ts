import { isHttpOrSniffed, isVisible } from '#shared/mesh';
import type { MeshPort, MeshService, MeshSnapshot } from '#shared/mesh';
import { perObject } from '../memo.ts';

type Services = MeshSnapshot['services'];
const byHost = (a: MeshService, b: MeshService): number => (a.host < b.host ? -1 : a.host > b.host ? 1 : 0);
/** Services sorted by host, without the aliases of other names. */
export const sortedServices = perObject((services: Services): readonly MeshService[] => [...services.values()].sort(byHost));

const visibleByMap = new WeakMap<Services, Map<string, readonly MeshService[]>>();
/** The services a namespace may see, sorted by host; the same list for every namespace when none is restricted. */
export function visibleServices(services: Services, namespace: string): readonly MeshService[] {
  const all = sortedServices(services);
  const known = visibleByMap.get(services) ?? new Map<string, readonly MeshService[]>();
  visibleByMap.set(services, known);
  const found = known.get(namespace);
  if (found !== undefined) return found;
  const visible = all.every((service) => service.exportTo.length === 0) ? all : all.filter((service) => isVisible(service.exportTo, service.namespace, namespace));
  known.set(namespace, visible);
  return visible;
}

export type ServiceOnPort = { readonly service: MeshService; readonly port: MeshPort };
export type PortIndex = ReadonlyMap<number, readonly ServiceOnPort[]>;
/** Service port number to the services that have it. */
export const servicesByPort = perObject((services: readonly MeshService[]): PortIndex => {
  const index = new Map<number, ServiceOnPort[]>();
  for (const service of services) {
    for (const port of service.ports) {
      const known = index.get(port.port);
      if (known === undefined) index.set(port.port, [{ service, port }]);
      else known.push({ service, port });
    }
  }
  return index;
});
export const speaksHttp = (entry: ServiceOnPort): boolean => isHttpOrSniffed(entry.port.protocol);
