/** One condition on a label. Values are few, so a list is fastest. */
export type Requirement = { readonly key: string; readonly op: '=' | '!=' | 'in' | 'notin' | 'exists' | '!' | '>' | '<'; readonly values: readonly string[] };
export type Labels = { readonly [key: string]: string } | undefined;

const own = (labels: Labels, key: string): string | undefined => (labels !== undefined && Object.hasOwn(labels, key) ? labels[key] : undefined);

/** Whether the labels fit one requirement. A missing key fits != and notin, as Kubernetes has it. */
export function fits(requirement: Requirement, labels: Labels): boolean {
  const v = own(labels, requirement.key);
  switch (requirement.op) {
    case 'exists': return v !== undefined;
    case '!': return v === undefined;
    case '=': case 'in': return v !== undefined && requirement.values.includes(v);
    case '!=': case 'notin': return v === undefined || !requirement.values.includes(v);
    case '>': return v !== undefined && /^-?\d+$/.test(v) && Number(v) > Number(requirement.values[0]);
    case '<': return v !== undefined && /^-?\d+$/.test(v) && Number(v) < Number(requirement.values[0]);
  }
}
export const matchesLabels = (requirements: readonly Requirement[], labels: Labels): boolean => requirements.every((requirement) => fits(requirement, labels));
