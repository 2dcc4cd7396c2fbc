/** What a path asks for, by the layout of the Kubernetes API. */
export type RequestInfo = {
  readonly isResource: boolean;
  readonly path: string;
  readonly group: string;
  readonly version: string;
  readonly namespace: string;
  readonly resource: string;
  readonly name: string;
  readonly subresource: string;
  /** What follows the subresource: the path of a proxy call, with its leading slash. */
  readonly rest: string;
  /** The old /watch/ form of a path. */
  readonly isOldWatch: boolean;
};

const NONE = { isResource: false, group: '', version: '', namespace: '', resource: '', name: '', subresource: '', rest: '', isOldWatch: false };
/** Subresources of a namespace; any other third part is a resource in it. */
const NAMESPACE_SUBRESOURCES: ReadonlySet<string> = new Set(['status', 'finalize']);

/** Splits a path; undefined when a part is not valid percent-encoding. */
export function parsePath(path: string): RequestInfo | undefined {
  const raw = path.split('/').filter((part) => part !== '');
  let parts: string[];
  try {
    parts = raw.map((part) => decodeURIComponent(part));
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
  const isCore = parts[0] === 'api';
  if (!isCore && parts[0] !== 'apis') return { ...NONE, path };
  const [group, version, rest] = isCore ? ['', parts[1] ?? '', parts.slice(2)] : [parts[1] ?? '', parts[2] ?? '', parts.slice(3)];
  if (rest.length === 0) return { ...NONE, path, group, version };
  const isOldWatch = rest[0] === 'watch' && rest.length > 1;
  const names = isOldWatch ? rest.slice(1) : rest;
  const offset = raw.length - names.length;
  const inNamespace = names[0] === 'namespaces' && names.length > 2 && !(names.length === 3 && NAMESPACE_SUBRESOURCES.has(names[2] ?? ''));
  const [resource = '', name = '', subresource = ''] = inNamespace ? names.slice(2) : names;
  const used = offset + (inNamespace ? 5 : 3);
  const tail = raw.slice(used).join('/');
  const isSlashEnd = path.endsWith('/') && raw.length >= used;
  return {
    isResource: true, path, group, version, resource, name, subresource, isOldWatch,
    namespace: inNamespace ? (names[1] ?? '') : resource === 'namespaces' ? name : '',
    rest: tail === '' ? (isSlashEnd ? '/' : '') : `/${tail}${isSlashEnd ? '/' : ''}`,
  };
}
