import { fieldText } from '#shared/mesh';
import type { FieldPath, ObjectRef } from '#shared/mesh';
import { CATALOG } from './catalog.ts';
import type { Code } from './catalog.ts';
import type { Finding, Fix } from './finding.ts';
import type { World } from './world/world.ts';

export type More = { readonly fix?: Fix; readonly related?: readonly ObjectRef[] };
/** Collects the findings of a run; the same sentence about the same field is said once. */
export class Findings {
  readonly #found = new Map<string, Finding>();
  add(code: Code, object: ObjectRef, path: FieldPath, message: string, more: More = {}): void {
    const [level, name] = CATALOG[code];
    const key = `${code} ${object.group}/${object.kind}/${object.namespace}/${object.name} ${fieldText(path)} ${message}`;
    if (!this.#found.has(key)) this.#found.set(key, { level, code, name, object, path, message, related: more.related ?? [], ...(more.fix === undefined ? {} : { fix: more.fix }) });
  }
  all(): readonly Finding[] {
    return [...this.#found.values()];
  }
}

/** A rule looks at the world and reports. */
export type Rule = {
  /** Kinds it cannot do without; when one could not be read, the rule is left out. */
  readonly needs?: readonly string[];
  readonly run: (world: World, findings: Findings) => void;
};

/** "namespace/name", or the name where there is no namespace. */
export const named = (ref: { readonly namespace: string; readonly name: string }): string => (ref.namespace === '' ? ref.name : `${ref.namespace}/${ref.name}`);
/** Words as a list: "a, b and c". */
export const listed = (words: readonly string[]): string => (words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1) ?? ''}`);
/** Labels as kubectl writes a selector. */
export const labelText = (labels: { readonly [key: string]: string } | undefined): string => Object.entries(labels ?? {}).map(([key, value]) => `${key}=${value}`).toSorted().join(',');
