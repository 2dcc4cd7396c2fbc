import { RE2JS } from 're2js';
import type { Call } from '../parse/ast.ts';
import { isLabelName, quote } from '../parse/go-text.ts';
import { Block } from '../eval/block.ts';
import type { Sink } from '../eval/block.ts';
import type { EvalHost } from '../eval/eval-host.ts';
import type { Steps } from '../eval/query-context.ts';
import { QueryError } from '../eval/query-error.ts';
import { NAME_ID } from '../../store/symbols.ts';

/** Go's Regexp.Expand: $1, ${1}, $name, ${name}, $$; the longest run of word characters is the name, so `$1x` is the group "1x". */
function expander(template: string, names: Readonly<Record<string, number>>): (groups: readonly (string | null)[]) => string {
  const parts: (string | number)[] = [];
  let last = 0;
  for (const match of template.matchAll(/\$(?:\{(\w+)\}|(\w+)|\$)/g)) {
    parts.push(template.slice(last, match.index));
    last = match.index + match[0].length;
    const name = match[1] ?? match[2];
    if (name === undefined) parts.push('$');
    else parts.push(/^\d+$/.test(name) ? Number(name) : Object.hasOwn(names, name) ? (names[name] ?? -1) : -1);
  }
  parts.push(template.slice(last));
  return (groups) => parts.map((part) => (typeof part === 'string' ? part : (groups[part] ?? ''))).join('');
}

/** label_replace(v, dst, replacement, src, regex). */
export async function labelReplace(ev: EvalHost, call: Call, steps: Steps, sink: Sink): Promise<void> {
  const [vector, ...texts] = call.args;
  const [dst = '', replacement = '', src = '', pattern = ''] = texts.map((arg) => ev.string(arg));
  if (vector === undefined) return;
  let regex: RE2JS;
  try {
    regex = RE2JS.compile(`^(?s:${pattern})$`);
  } catch {
    throw new QueryError('execution', `invalid regular expression in label_replace(): ${pattern}`);
  }
  if (!isLabelName(dst)) throw new QueryError('execution', `invalid destination label name in label_replace(): ${dst}`);
  const { labels } = ev.context;
  const [srcId, dstId] = [labels.id(src), labels.id(dst)];
  const expand = expander(replacement, regex.namedGroups());
  const known = new Map<number, number | undefined>();
  const replaced = (valueId: number): number | undefined => {
    if (known.has(valueId)) return known.get(valueId);
    const matcher = regex.matcher(labels.text(valueId));
    let made: number | undefined;
    if (matcher.matches()) made = labels.id(expand(Array.from({ length: matcher.groupCount() + 1 }, (_, i) => matcher.group(i))));
    known.set(valueId, made);
    return made;
  };
  await relabelled(ev, vector, steps, sink, dstId, (ref) => {
    const value = replaced(labels.get(ref, srcId));
    return value === undefined ? undefined : labels.with(ref, dstId, value);
  });
}

/** label_join(v, dst, separator, src…). */
export async function labelJoin(ev: EvalHost, call: Call, steps: Steps, sink: Sink): Promise<void> {
  const [vector, ...texts] = call.args;
  const [dst = '', separator = '', ...sources] = texts.map((arg) => ev.string(arg));
  if (vector === undefined) return;
  for (const source of sources) if (!isLabelName(source)) throw new QueryError('execution', `invalid source label name in label_join(): ${source}`);
  if (!isLabelName(dst)) throw new QueryError('execution', `invalid destination label name in label_join(): ${quote(dst).slice(1, -1)}`);
  const { labels } = ev.context;
  const ids = sources.map((source) => labels.id(source));
  const dstId = labels.id(dst);
  await relabelled(ev, vector, steps, sink, dstId, (ref) => labels.with(ref, dstId, labels.id(ids.map((id) => labels.text(labels.get(ref, id))).join(separator))));
}

/** Gives each series the labels that `change` makes of it (undefined: it stays as it is). A name that was set is not dropped any more. */
async function relabelled(ev: EvalHost, vector: Call['args'][number], steps: Steps, sink: Sink, dstId: number, change: (ref: number) => number | undefined): Promise<void> {
  const block = new Block(steps.count, ev.context);
  await ev.rows(vector, steps, (ref, dropName, values, has) => {
    const changed = change(ref);
    block.sink(changed ?? ref, dropName && (changed === undefined || dstId !== NAME_ID), values, has);
  });
  block.merged().emit(sink);
}
