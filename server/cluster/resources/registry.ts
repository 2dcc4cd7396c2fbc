import type { Resource, View } from './resource.ts';
import { viewOf } from './resource.ts';

/** A group as discovery shows it. */
export type Group = { readonly name: string; readonly versions: readonly string[] };

/** The resources that are served now: built-in ones for ever, custom ones while their CRD is established. */
export class Registry {
  readonly #resources = new Map<string, Resource>();
  /** group/version/plural to the view, for every request. */
  readonly #views = new Map<string, View>();
  readonly #listeners = new Set<() => void>();
  #groups: readonly Group[] | undefined;

  add(resource: Resource): void {
    this.remove(resource.group, resource.plural);
    this.#resources.set(`${resource.group}/${resource.plural}`, resource);
    for (const version of resource.versions) this.#views.set(`${resource.group}/${version.name}/${resource.plural}`, viewOf(resource, version));
    this.#changed();
  }
  remove(group: string, plural: string): void {
    const known = this.#resources.get(`${group}/${plural}`);
    if (known === undefined) return;
    this.#resources.delete(`${group}/${plural}`);
    for (const version of known.versions) this.#views.delete(`${group}/${version.name}/${plural}`);
    this.#changed();
  }
  /** Calls back after every change of what is served. */
  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  view(group: string, version: string, plural: string): View | undefined {
    return this.#views.get(`${group}/${version}/${plural}`);
  }
  resource(group: string, plural: string): Resource | undefined {
    return this.#resources.get(`${group}/${plural}`);
  }
  byKind(group: string, kind: string): Resource | undefined {
    return this.all().find((resource) => resource.group === group && resource.kind === kind);
  }
  all(): readonly Resource[] {
    return [...this.#resources.values()];
  }
  viewsOf(group: string, version: string): readonly View[] {
    return [...this.#views.entries()].filter(([key]) => key.startsWith(`${group}/${version}/`)).map(([, view]) => view);
  }

  /** Groups with their versions, best first: GA before beta before alpha, higher before lower. */
  groups(): readonly Group[] {
    this.#groups ??= this.#makeGroups();
    return this.#groups;
  }
  hasGroup(group: string): boolean {
    return this.groups().some((known) => known.name === group);
  }

  #makeGroups(): readonly Group[] {
    const versions = new Map<string, Set<string>>();
    for (const resource of this.#resources.values()) {
      const known = versions.get(resource.group) ?? new Set<string>();
      versions.set(resource.group, known);
      for (const version of resource.versions) known.add(version.name);
    }
    return [...versions].map(([name, found]) => ({ name, versions: [...found].sort(compareVersions) }));
  }
  #changed(): void {
    this.#groups = undefined;
    for (const listener of this.#listeners) listener();
  }
}

const VERSION = /^v(\d+)(?:(alpha|beta)(\d+))?$/;
/** Kubernetes' order of versions: v2, v1, v2beta1, v1beta2, v1beta1, v1alpha1, then the rest by name. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [VERSION.exec(a), VERSION.exec(b)];
  if (left === null || right === null) return left === right ? a.localeCompare(b) : left === null ? 1 : -1;
  const level = (match: RegExpExecArray): number => (match[2] === undefined ? 2 : match[2] === 'beta' ? 1 : 0);
  return level(right) - level(left) || Number(right[1]) - Number(left[1]) || Number(right[3] ?? 0) - Number(left[3] ?? 0);
}
