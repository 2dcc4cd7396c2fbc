// Every address inside the app, in one place, so that pages can point at each other without knowing each other.
// Scope (window, namespaces, moment) is not part of them: the frame keeps it.

type Query = Readonly<Record<string, string | number | boolean | undefined>>;
const part = encodeURIComponent;
function to(path: string, query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined && value !== '' && value !== false) search.set(name, value === true ? '1' : String(value));
  const text = search.toString().replaceAll('%2C', ',').replaceAll('%3A', ':').replaceAll('%2F', '/').replaceAll('%3E', '>');
  return text === '' ? path : `${path}?${text}`;
}
/** Cluster-scoped objects have no namespace; the core group has no name. Both are written as `-` in paths. */
const orDash = (text: string): string => (text === '' ? '-' : part(text));

export type ObjectRef = { readonly group: string; readonly kind: string; readonly namespace: string; readonly name: string };
export type TraceSearch = { readonly service?: string | undefined; readonly operation?: string | undefined; readonly tags?: string | undefined; readonly minDuration?: string | undefined; readonly maxDuration?: string | undefined; readonly errors?: boolean | undefined; readonly source?: string | undefined; readonly target?: string | undefined };

export const links = {
  overview: (): string => '/overview',
  /** `node` and `edge` are keys of the graph; `trace` draws a trace on it. */
  graph: (query: { readonly node?: string | undefined; readonly edge?: string | undefined; readonly trace?: string | undefined; readonly find?: string | undefined } = {}): string => to('/graph', query),
  services: (): string => '/services',
  service: (namespace: string, name: string, tab?: string): string => to(`/services/${part(namespace)}/${part(name)}`, { tab }),
  workloads: (): string => '/workloads',
  workload: (namespace: string, name: string, query: { readonly tab?: string | undefined; readonly container?: string | undefined; readonly contains?: string | undefined } = {}): string => to(`/workloads/${part(namespace)}/${part(name)}`, query),
  traces: (query: TraceSearch = {}): string => to('/traces', query),
  trace: (id: string, span?: string): string => to(`/traces/${part(id)}`, { span }),
  config: (query: { readonly kind?: string | undefined } = {}): string => to('/config', query),
  /** `path` is a field path in the object ("spec.http[0].fault"); the editor puts the cursor there. */
  object: (ref: ObjectRef, path?: string): string => to(`/config/${orDash(ref.group)}/${part(ref.kind)}/${orDash(ref.namespace)}/${part(ref.name)}`, { path }),
  mesh: (query: { readonly proxy?: string | undefined } = {}): string => to('/mesh', query),
} as const;
