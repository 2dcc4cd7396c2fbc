import type { Registry } from '../resources/registry.ts';
import { groupVersion } from '../resources/resource.ts';
import type { View } from '../resources/resource.ts';
import { virtualResources } from './virtual-resources.ts';
import type { Subresource, VirtualResource } from './virtual-resources.ts';

type Entry = { readonly plural: string; readonly kind: string; readonly singular: string; readonly namespaced: boolean; readonly verbs: readonly string[]; readonly shortNames: readonly string[]; readonly categories: readonly string[]; readonly subresources: readonly Subresource[]; readonly isCustom: boolean };

const SCALE_KIND = { group: 'autoscaling', version: 'v1', kind: 'Scale' };
const WRITE = ['get', 'patch', 'update'];
/** Subresources of built-in kinds beside status and scale. */
const MORE: ReadonlyMap<string, readonly Subresource[]> = new Map<string, readonly Subresource[]>([
  ['/pods', [{ name: 'log', kind: 'Pod', verbs: ['get'] }, { name: 'proxy', kind: 'PodProxyOptions', verbs: ['create', 'delete', 'get', 'patch', 'update'] }, { name: 'binding', kind: 'Binding', verbs: ['create'] }, { name: 'eviction', kind: 'Eviction', group: 'policy', version: 'v1', verbs: ['create'] }]],
  ['/services', [{ name: 'proxy', kind: 'ServiceProxyOptions', verbs: ['create', 'delete', 'get', 'patch', 'update'] }]],
  ['/namespaces', [{ name: 'finalize', kind: 'Namespace', verbs: ['update'] }]],
  ['/serviceaccounts', [{ name: 'token', kind: 'TokenRequest', group: 'authentication.k8s.io', version: 'v1', verbs: ['create'] }]],
]);

function entryOf(view: View): Entry {
  const { resource, version } = view;
  const subresources: Subresource[] = [...(MORE.get(resource.collection) ?? [])];
  if (version.hasStatus) subresources.push({ name: 'status', kind: resource.kind, verbs: WRITE });
  if (version.scale !== undefined) subresources.push({ name: 'scale', ...SCALE_KIND, verbs: WRITE });
  return { ...resource, subresources: subresources.sort((a, b) => (a.name < b.name ? -1 : 1)) };
}
const virtualEntry = (one: VirtualResource): Entry => ({ plural: one.plural, kind: one.kind, singular: one.kind.toLowerCase(), namespaced: one.namespaced, verbs: ['create'], shortNames: [], categories: [], subresources: [], isCustom: false });

/** Everything a group and version serves, stored or not. */
export function entriesOf(registry: Registry, group: string, version: string): readonly Entry[] {
  const stored = registry.viewsOf(group, version).map(entryOf);
  const virtual = virtualResources.filter((one) => one.group === group && one.version === version).map(virtualEntry);
  return [...stored, ...virtual].sort((a, b) => (a.plural < b.plural ? -1 : 1));
}

/** Groups with their versions, also those that store nothing (reviews). */
export function groupsOf(registry: Registry): readonly { readonly name: string; readonly versions: readonly string[] }[] {
  const found = new Map(registry.groups().map((group) => [group.name, [...group.versions]]));
  for (const one of virtualResources) {
    const versions = found.get(one.group) ?? [];
    if (!versions.includes(one.version)) versions.push(one.version);
    found.set(one.group, versions);
  }
  return [...found].map(([name, versions]) => ({ name, versions }));
}

/** APIResourceList: the old form of one group and version. */
export function resourceList(registry: Registry, group: string, version: string): object {
  const resources = entriesOf(registry, group, version).flatMap((entry) => [
    { name: entry.plural, singularName: entry.singular, namespaced: entry.namespaced, kind: entry.kind, verbs: entry.verbs, ...(entry.shortNames.length > 0 ? { shortNames: entry.shortNames } : {}), ...(entry.categories.length > 0 ? { categories: entry.categories } : {}) },
    ...entry.subresources.map((sub) => ({ name: `${entry.plural}/${sub.name}`, singularName: '', namespaced: entry.namespaced, ...(sub.group === undefined ? {} : { group: sub.group, version: sub.version }), kind: sub.kind, verbs: sub.verbs })),
  ]);
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: groupVersion(group, version), resources };
}

const versionEntry = (group: string, version: string): object => ({ groupVersion: groupVersion(group, version), version });
const groupEntry = (group: { readonly name: string; readonly versions: readonly string[] }): object => ({ name: group.name, versions: group.versions.map((version) => versionEntry(group.name, version)), preferredVersion: versionEntry(group.name, group.versions[0] ?? '') });
/** APIGroup at /apis/<group>. */
export function apiGroup(registry: Registry, name: string): object | undefined {
  const group = groupsOf(registry).find((known) => known.name === name);
  return group === undefined || name === '' ? undefined : { kind: 'APIGroup', apiVersion: 'v1', ...groupEntry(group) };
}
/** APIGroupList at /apis. */
export const apiGroupList = (registry: Registry): object => ({ kind: 'APIGroupList', apiVersion: 'v1', groups: groupsOf(registry).filter((group) => group.name !== '').map(groupEntry) });
/** APIVersions at /api. */
export const apiVersions = (address: string): object => ({ kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: address }] });

/** APIGroupDiscoveryList: everything in one answer; core alone at /api, the rest at /apis. */
export function aggregated(registry: Registry, isCore: boolean, version: 'v2' | 'v2beta1'): object {
  const groups = groupsOf(registry).filter((group) => (group.name === '') === isCore);
  const items = groups.map((group) => ({
    metadata: { ...(group.name === '' ? {} : { name: group.name }), creationTimestamp: null },
    versions: group.versions.map((name) => ({ version: name, resources: entriesOf(registry, group.name, name).map((entry) => discovered(entry, group.name, name)), freshness: 'Current' })),
  }));
  return { kind: 'APIGroupDiscoveryList', apiVersion: `apidiscovery.k8s.io/${version}`, metadata: {}, items };
}

function discovered(entry: Entry, group: string, version: string): object {
  // The real server leaves group and version of built-in kinds to those of the list.
  const responseKind = (kind: string, own?: Subresource): object => ({ group: own?.group ?? (entry.isCustom ? group : ''), version: own?.version ?? (entry.isCustom ? version : ''), kind });
  return {
    resource: entry.plural, responseKind: responseKind(entry.kind), scope: entry.namespaced ? 'Namespaced' : 'Cluster', singularResource: entry.singular, verbs: entry.verbs,
    ...(entry.shortNames.length > 0 ? { shortNames: entry.shortNames } : {}), ...(entry.categories.length > 0 ? { categories: entry.categories } : {}),
    ...(entry.subresources.length > 0 ? { subresources: entry.subresources.map((sub) => ({ subresource: sub.name, responseKind: responseKind(sub.kind, sub), verbs: sub.verbs })) } : {}),
  };
}
