import type { ReactNode } from 'react';
import type { GraphModel, GraphNote } from '#shared/graph';
import { useScope, useSetScope } from '#web/data';
import { Button, Command } from '#web/kit';
import css from './graph-page.module.css';

const isCommand = (help: string): boolean => /^(?:kubectl|npx|pharos|npm) /.test(help);

/** Why the graph is empty: no traffic, not injected, not scraped, wrong window or namespace, a source missing; and what helps. */
export function Absence({ model, hidden, onShowAll }: { readonly model: GraphModel; readonly hidden: number; readonly onShowAll: () => void }): ReactNode {
  const scope = useScope();
  const setScope = useSetScope();
  if (model.nodes.length > 0 && hidden === model.nodes.length) {
    return <div className={css['absence']} role="status"><h2>Nothing is wrong, and nothing changed lately</h2><p className="muted">{hidden} nodes are out of sight.</p><div><Button onClick={onShowAll}>Show all</Button></div></div>;
  }
  // over a graph that is there, a missing source is named by the line above it
  const note = model.notes.find((n) => model.nodes.length === 0 || (n.code !== 'source-missing' && n.code !== 'partial'));
  if (note === undefined || (model.nodes.length > 0 && model.edges.length > 0)) return null;
  return (
    <div className={css['absence']} role="status" data-over={model.nodes.length > 0}>
      <h2>{note.text}</h2>
      {isCommand(note.help) ? <Command text={note.help} /> : <p className="muted">{note.help}</p>}
      <div>
        {scope.namespaces.length > 0 ? <Button onClick={() => setScope({ namespaces: [] })}>All namespaces</Button> : null}
        {note.code === 'no-traffic' ? <Button onClick={() => setScope({ window: '1h' })}>Look back 1 h</Button> : null}
      </div>
    </div>
  );
}

/** Notes beside a graph that is there but not whole. */
export function PartialNotes({ notes }: { readonly notes: readonly GraphNote[] }): ReactNode {
  return notes.filter((note) => note.code === 'partial' || note.code === 'source-missing').map((note) => <p key={note.text} className={css['note']} role="status"><strong>{note.text}</strong> {note.help}</p>);
}
