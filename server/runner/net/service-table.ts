import * as z from 'zod';
import { typedReader } from '#server/lib';
import type { ObjectCache } from '#server/lib';
import type { KubeObject } from '#shared/mesh';
import type { ServiceFacts } from '../container/service-variables.ts';

const SERVICE_LABEL = 'kubernetes.io/service-name';
const DOMAIN = 'cluster.local';
const intOrString = z.union([z.number(), z.string()]);
const serviceOf = typedReader(z.object({
  spec: z.object({
    type: z.string().default('ClusterIP'), clusterIP: z.string().default(''), externalName: z.string().default(''), sessionAffinity: z.string().default('None'),
    ports: z.array(z.object({ name: z.string().default(''), port: z.number(), protocol: z.string().default('TCP'), nodePort: z.number().optional(), targetPort: intOrString.optional() })).nullish(),
  }),
}));
const sliceOf = typedReader(z.object({
  ports: z.array(z.object({ name: z.string().nullish(), port: z.number().nullish() })).nullish(),
  endpoints: z.array(z.object({ addresses: z.array(z.string()), conditions: z.object({ ready: z.boolean().nullish() }).nullish() })).nullish(),
}));

export type Endpoint = { readonly address: string; readonly port: number };
export type ServiceView = {
  readonly object: KubeObject; readonly namespace: string; readonly name: string; readonly type: string; readonly clusterIP: string; readonly externalName: string; readonly affinity: boolean;
  readonly ports: readonly { readonly name: string; readonly port: number; readonly protocol: string; readonly nodePort?: number | undefined }[];
};
export type ServiceTable = ReturnType<typeof createServiceTable>;

function viewOf(object: KubeObject): ServiceView | undefined {
  const spec = serviceOf(object)?.spec;
  if (spec === undefined) return undefined;
  return { object, namespace: object.metadata.namespace ?? '', name: object.metadata.name, type: spec.type, clusterIP: spec.clusterIP, externalName: spec.externalName, affinity: spec.sessionAffinity === 'ClientIP', ports: spec.ports ?? [] };
}

/** Services and their endpoints as the proxies and the pods' hosts files need them. */
export function createServiceTable(services: ObjectCache, slices: ObjectCache, onChange: () => void) {
  const slicesOf = new Map<string, Map<string, KubeObject>>();
  const byIP = new Map<string, ServiceView>();
  slices.subscribe((event, slice) => {
    const service = slice.metadata.labels?.[SERVICE_LABEL];
    if (service === undefined) return;
    const key = `${slice.metadata.namespace ?? ''}/${service}`;
    const known = slicesOf.get(key) ?? new Map<string, KubeObject>();
    if (event === 'DELETED') known.delete(slice.metadata.name);
    else known.set(slice.metadata.name, slice);
    if (known.size === 0) slicesOf.delete(key);
    else slicesOf.set(key, known);
    onChange();
  });
  services.subscribe((event, object, before) => {
    const old = before === undefined ? undefined : viewOf(before);
    if (old !== undefined) byIP.delete(old.clusterIP);
    const view = viewOf(object);
    if (event !== 'DELETED' && view !== undefined && view.clusterIP !== '' && view.clusterIP !== 'None') byIP.set(view.clusterIP, view);
    onChange();
  });

  const all = (): readonly ServiceView[] => services.list().map(viewOf).filter((view) => view !== undefined);
  const get = (namespace: string, name: string): ServiceView | undefined => {
    const object = services.get(namespace, name);
    return object === undefined ? undefined : viewOf(object);
  };
  const addresses = (service: ServiceView, ready: boolean): readonly { readonly address: string; readonly slice: KubeObject }[] =>
    [...(slicesOf.get(`${service.namespace}/${service.name}`)?.values() ?? [])].flatMap((slice) =>
      (sliceOf(slice)?.endpoints ?? []).filter((endpoint) => !ready || endpoint.conditions?.ready !== false).flatMap((endpoint) => endpoint.addresses.map((address) => ({ address, slice }))));

  /** Ready endpoints behind a port of the Service, in a stable order; undefined when the Service has no such port. */
  const endpoints = (service: ServiceView, port: number): readonly Endpoint[] | undefined => {
    const named = service.ports.find((known) => known.port === port);
    if (named === undefined) return undefined;
    return addresses(service, true).flatMap(({ address, slice }): Endpoint[] => {
      const target = (sliceOf(slice)?.ports ?? []).find((known) => (known.name ?? '') === named.name)?.port;
      return typeof target === 'number' ? [{ address, port: target }] : [];
    }).toSorted((a, b) => a.address.localeCompare(b.address));
  };

  /** The Service a host names from inside a namespace: name, name.namespace, ….svc, ….svc.cluster.local, or its cluster IP. */
  const find = (namespace: string, host: string): ServiceView | undefined => {
    const known = byIP.get(host);
    if (known !== undefined) return known;
    const [name = '', ns, svc, ...domain] = host.toLowerCase().replace(/\.$/, '').split('.');
    if (ns === undefined) return get(namespace, name);
    if (svc === undefined || (svc === 'svc' && (domain.length === 0 || domain.join('.') === DOMAIN))) return get(ns, name);
    return undefined;
  };

  const namesOf = (service: ServiceView, namespace: string): string => {
    const base = `${service.name}.${service.namespace}`;
    return [...(service.namespace === namespace ? [service.name] : []), base, `${base}.svc`, `${base}.svc.${DOMAIN}`].join(' ');
  };
  /** The lines of a hosts file for pods of the namespace; a headless Service is all its endpoints. */
  const hostsLines = (namespace: string): readonly string[] => all().flatMap((service) => {
    const ips = service.clusterIP === 'None' ? [...new Set(addresses(service, true).map(({ address }) => address))].toSorted() : service.clusterIP === '' ? [] : [service.clusterIP];
    return ips.map((ip) => `${ip}\t${namesOf(service, namespace)}`);
  }).toSorted();

  const facts = (namespace: string): readonly ServiceFacts[] => all().filter((service) => service.namespace === namespace);
  return { all, get, endpoints, find, hostsLines, facts };
}
