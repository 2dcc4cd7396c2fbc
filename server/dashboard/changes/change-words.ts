import { isRecord } from '#shared/base';
import { shapes, sharesOf, splitRule } from '#shared/graph';
import type { KubeObject } from '#shared/mesh';
import { summaryOf } from '../config/summary.ts';
import { changedPaths } from './meaning.ts';

type Verb = 'created' | 'updated' | 'deleted';
const short = (v: unknown): string => {
  const text = v === undefined ? 'unset' : typeof v === 'string' ? v : JSON.stringify(v);
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
};

/** Weights by subset of the rule that is meant by "the split": "v1 90, v2 10". */
function weights(object: KubeObject): ReadonlyMap<string, number> | undefined {
  const [vs] = shapes.shaped(shapes.virtualServiceShape, [object]);
  const found = vs === undefined ? undefined : splitRule(vs);
  return found === undefined ? undefined : new Map(sharesOf(found.rule).map(({ host, subset, share }) => [subset ?? host, Math.round(share * 100)]));
}
function split(before: KubeObject, after: KubeObject): string | undefined {
  const [a, b] = [weights(before), weights(after)];
  if (a === undefined || b === undefined) return undefined;
  const keys = [...new Set([...a.keys(), ...b.keys()])].toSorted((x, y) => x.localeCompare(y, 'en', { numeric: true }));
  const text = (w: ReadonlyMap<string, number>): string => keys.map((key) => String(w.get(key) ?? 0)).join('/');
  return text(a) === text(b) ? undefined : `${text(a)} → ${text(b)} (${keys.join('/')})`;
}

/** A change in one line: "reviews 90/10/0 → 60/30/10 (v1/v2/v3)", "default → STRICT", "image a → b". */
export function changeWords(verb: Verb, before: KubeObject | undefined, after: KubeObject | undefined): string {
  const object = after ?? before;
  if (object === undefined) return '';
  const { name } = object.metadata;
  if (verb !== 'updated' || before === undefined || after === undefined) {
    const what = object.kind === 'VirtualService' || object.kind === 'DestinationRule' || object.kind === 'PeerAuthentication' ? summaryOf(object) : '';
    return `${object.kind} ${name} ${verb}${what === '' ? '' : `: ${what.replace(`${name}: `, '')}`}`;
  }
  const moved = object.kind === 'VirtualService' ? split(before, after) : undefined;
  const paths = changedPaths(before, after);
  if (moved !== undefined && paths.every((p) => /\.weight$|\.route(\[|$)/.test(p.path))) return `${name} ${moved}`;
  if (object.kind === 'PeerAuthentication' && isRecord(after['spec']) && isRecord(after['spec']['mtls'])) return `PeerAuthentication ${name} → ${String(after['spec']['mtls']['mode'] ?? 'UNSET')}`;
  const [first] = paths;
  if (first === undefined) return `${object.kind} ${name} written again`;
  const image = /containers\[\d+\]\.image$/.test(first.path);
  const label = image ? 'image' : first.path.replace(/^spec\.(template\.)?(spec\.)?/, '').replace(/^metadata\./, '');
  const rest = paths.length - 1;
  return `${object.kind} ${name}: ${moved === undefined ? `${label} ${short(first.before)} → ${short(first.after)}` : moved}${rest > 0 && moved === undefined ? ` and ${rest} more ${rest === 1 ? 'field' : 'fields'}` : ''}`;
}
