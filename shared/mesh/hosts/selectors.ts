export type Labels = { readonly [key: string]: string };

/** Whether labels hold all that a selector asks; an empty selector holds for everything. */
export function selects(selector: Labels | undefined, labels: Labels | undefined): boolean {
  for (const key in selector) if (Object.hasOwn(selector, key) && labels?.[key] !== selector[key]) return false;
  return true;
}

export const isEmptySelector = (selector: Labels | undefined): boolean => selector === undefined || Object.keys(selector).length === 0;

/** exportTo: "." the own namespace, "*" everyone, "~" nobody, else names; empty means everyone. */
export function isVisible(exportTo: readonly string[] | undefined, ownNamespace: string, namespace: string): boolean {
  if (exportTo === undefined || exportTo.length === 0) return true;
  return exportTo.some((entry) => entry === '*' || entry === namespace || (entry === '.' && ownNamespace === namespace));
}
