import { isRecord } from '#shared/base';

type Step = { readonly type: 'field'; readonly name: string } | { readonly type: 'index'; readonly index: number } | { readonly type: 'all' } | { readonly type: 'filter'; readonly field: readonly string[]; readonly text: string };

const cache = new Map<string, readonly Step[]>();
const CACHE_MAX = 1000;

/** The subset of JSONPath that columns, scale paths and selectable fields use: .a.b, ['a'], [0], [*], [?(@.type=="Ready")]. */
function parse(path: string): readonly Step[] {
  const known = cache.get(path);
  if (known !== undefined) return known;
  const steps: Step[] = [];
  const pattern = /\.?\[\?\(@\.([\w.-]+)\s*==\s*["']([^"']*)["']\)\]|\[["']([^"']+)["']\]|\[(-?\d+)\]|\[\*\]|\.\*|\.((?:\\.|[^.[\]\\])+)/gy;
  for (let match = pattern.exec(path); match !== null; match = pattern.exec(path)) {
    if (match[1] !== undefined) steps.push({ type: 'filter', field: match[1].split('.'), text: match[2] ?? '' });
    else if (match[4] !== undefined) steps.push({ type: 'index', index: Number(match[4]) });
    else if (match[3] !== undefined || match[5] !== undefined) steps.push({ type: 'field', name: match[3] ?? (match[5] ?? '').replaceAll(/\\(.)/g, '$1') });
    else steps.push({ type: 'all' });
  }
  if (cache.size >= CACHE_MAX) cache.clear();
  cache.set(path, steps);
  return steps;
}

/** All values at a path. */
export function evaluatePath(path: string, root: unknown): readonly unknown[] {
  let here: unknown[] = [root];
  for (const step of parse(path.startsWith('.') || path.startsWith('[') ? path : `.${path}`)) here = here.flatMap((v) => follow(step, v));
  return here;
}

function follow(step: Step, v: unknown): unknown[] {
  switch (step.type) {
    case 'field': return isRecord(v) && Object.hasOwn(v, step.name) ? [v[step.name]] : [];
    case 'index': return Array.isArray(v) && v.at(step.index) !== undefined ? [v.at(step.index)] : [];
    case 'all': return Array.isArray(v) ? v : isRecord(v) ? Object.values(v) : [];
    case 'filter': return (Array.isArray(v) ? v : []).filter((item) => step.field.reduce<unknown>((found, name) => (isRecord(found) ? found[name] : undefined), item) === step.text);
  }
}

/** The names of a plain path such as .spec.replicas; undefined when it has more in it. */
export function plainPath(path: string): readonly string[] | undefined {
  const steps = parse(path);
  const names = steps.flatMap((step) => (step.type === 'field' ? [step.name] : []));
  return names.length === steps.length && names.length > 0 ? names : undefined;
}
