/** What becomes of a path: the new path, or a refusal, or a redirect to the unescaped form. */
export type Normalized = { readonly path: string } | { readonly refused: true } | { readonly redirect: string };
export type PathOptions = { readonly normalizePath: boolean; readonly mergeSlashes: boolean; readonly escapedSlashes: string };

const UNRESERVED = /^[A-Za-z0-9\-._~]$/;
const ESCAPED_SLASH = /%2f|%5c/i;

/** RFC 3986 §6.2.2: unreserved characters decoded, hex digits kept as they are written. */
const decodeUnreserved = (path: string): string => path.replaceAll(/%([0-9A-Fa-f]{2})/g, (whole, hex: string) => {
  const c = String.fromCharCode(Number.parseInt(hex, 16));
  return UNRESERVED.test(c) ? c : whole;
});

/** RFC 3986 §5.2.4; undefined when the path climbs above its root, which Envoy refuses only where nothing is left of it. */
function removeDots(path: string): string {
  const out: string[] = [];
  const parts = path.split('/');
  for (const [i, part] of parts.entries()) {
    const last = i === parts.length - 1;
    if (part === '..') {
      if (out.length > 1) out.pop();
      if (last) out.push('');
    } else if (part === '.') {
      if (last) out.push('');
    } else out.push(part);
  }
  const joined = out.join('/');
  return joined.startsWith('/') ? joined : `/${joined}`;
}

/** Whether nothing of a path can change: the usual case, told apart by one look at its characters. */
function isPlain(path: string): boolean {
  for (let i = 0; i < path.length; i++) {
    const c = path.charCodeAt(i);
    if (c === 63) return true; // the query is never touched
    if (c === 37 || c === 92 || (c === 46 && i > 0 && path.charCodeAt(i - 1) === 47) || (c === 47 && i > 0 && path.charCodeAt(i - 1) === 47)) return false;
  }
  return true;
}

/** Envoy's path normalisation in its order: escaped slashes, RFC 3986, merged slashes (proxy reference §1.12). */
export function normalizePath(path: string, options: PathOptions): Normalized {
  if (isPlain(path) || !path.startsWith('/')) return { path };
  const query = path.indexOf('?');
  let bare = query < 0 ? path : path.slice(0, query);
  const rest = query < 0 ? '' : path.slice(query);
  let redirect = false;
  if (ESCAPED_SLASH.test(bare)) {
    if (options.escapedSlashes === 'REJECT_REQUEST') return { refused: true };
    if (options.escapedSlashes.startsWith('UNESCAPE')) {
      bare = bare.replaceAll(/%2f/gi, '/').replaceAll(/%5c/gi, '\\');
      redirect = options.escapedSlashes === 'UNESCAPE_AND_REDIRECT';
    }
  }
  if (options.normalizePath) {
    if (/%(?![0-9A-Fa-f]{2})/.test(bare) || /%00/.test(bare)) return { refused: true };
    bare = removeDots(decodeUnreserved(bare.replaceAll('\\', '/')));
  }
  if (options.mergeSlashes) bare = bare.replaceAll(/\/{2,}/g, '/');
  return redirect ? { redirect: bare + rest } : { path: bare + rest };
}
