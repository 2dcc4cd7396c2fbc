import type { FieldPath } from '../check/issue.ts';

/** One thing Istio says about an object, with its place. */
export type IstioIssue = { readonly level: 'error' | 'warning'; readonly path: FieldPath; readonly message: string };

/** Collects what a validation finds. */
export class Report {
  readonly issues: IstioIssue[] = [];
  error(path: FieldPath, message: string | undefined): void {
    if (message !== undefined) this.issues.push({ level: 'error', path, message });
  }
  warn(path: FieldPath, message: string | undefined): void {
    if (message !== undefined) this.issues.push({ level: 'warning', path, message });
  }
}

/** The items of a list with their indexes; none when there is no list. */
export const each = <T>(list: readonly T[] | undefined): readonly (readonly [number, T])[] => (list ?? []).map((item, i) => [i, item] as const);
/** The fields of a map; none when there is no map. */
export const entries = <T>(map: { readonly [key: string]: T } | undefined): readonly (readonly [string, T])[] => Object.entries(map ?? {});
/** A text as Go quotes it. */
export const quoted = (text: string): string => JSON.stringify(text);
