import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import type { ReactNode } from 'react';
import { Button, Field, MultiSelect, Select, Toolbar, useHint } from '#web/kit';
import type { EdgeLabel } from '#web/graph';
import { GROUPINGS, LABELS } from './url.ts';
import type { GraphUrl } from './url.ts';

const WORDS: Readonly<Record<EdgeLabel, string>> = { rate: 'rate', errors: 'errors', p95: 'p95', split: 'split', mtls: 'mTLS' };
const TYPING_MS = 250;

type Props = { readonly url: GraphUrl; readonly set: (patch: Partial<GraphUrl>) => void; readonly error: string | undefined; readonly onOutline: () => void };

/** What is typed, a moment before the URL has it. Only a change that comes from elsewhere (Clear, Back) replaces it: what was sent may come back while the next key is down. */
function useFind(find: string, set: Props['set']): readonly [string, (text: string) => void] {
  const [held, setHeld] = useState({ text: find, sent: find, seen: find });
  if (held.seen !== find) setHeld(find === held.sent ? { ...held, seen: find } : { text: find, sent: find, seen: find });
  const { text } = held;
  const send = useRef(set);
  useLayoutEffect(() => { send.current = set; });
  useEffect(() => {
    if (text === find) return undefined;
    const timer = setTimeout(() => {
      setHeld((now) => ({ ...now, sent: text }));
      send.current({ find: text });
    }, TYPING_MS);
    return () => clearTimeout(timer);
  }, [text, find]);
  return [text, (next) => setHeld((now) => ({ ...now, text: next }))];
}

/** Find and hide, grouping, what stands on lines, table, only what is wrong. */
export function GraphToolbar({ url, set, error, onOutline }: Props): ReactNode {
  const [text, setText] = useFind(url.find, set);
  const wrongKey = useHint('graph.wrong');
  const tableKey = useHint('graph.table');
  const outlineKey = useHint('graph.outline');
  return (
    <Toolbar label="What the graph shows">
      <Field label="Find and hide" hideLabel data-filter clearable value={text} onChange={setText} placeholder="find: status != healthy OR mtls < 100 · hide: …" error={text === url.find ? error : undefined} title="Fields: name, namespace, app, version, status, rate, errors, p95, mtls, protocol, code, flag … with = != < > ~ AND OR NOT. A word alone is looked for in names. What stands after hide: is left out." />
      <Select label="Group" options={GROUPINGS} value={url.group} onChange={(group) => set({ group, node: undefined, edge: undefined })} summary={GROUPINGS.find((g) => g.value === url.group)?.label} />
      <MultiSelect label="Edges" options={LABELS.map((value) => ({ value, label: WORDS[value] }))} value={url.labels} onChange={(labels) => set({ labels })} allLabel="None" summary={url.labels.length === 0 ? 'none' : LABELS.filter((l) => url.labels.includes(l)).map((l) => WORDS[l]).join(', ')} />
      <Button pressed={url.table} title={`The graph as a table (${tableKey ?? ''})`} onClick={() => set({ table: !url.table })}>Table</Button>
      <Button title={`Outline for the keyboard (${outlineKey ?? ''})`} onClick={onOutline}>Outline</Button>
      <Button pressed={url.wrong} hint={wrongKey} onClick={() => set({ wrong: !url.wrong })}>Only what is wrong</Button>
    </Toolbar>
  );
}
