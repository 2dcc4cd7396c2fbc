import { useLayoutEffect, useRef, useState } from 'react';
import type { KeyboardEvent, ReactNode } from 'react';
import { describeNode, nameOf } from '#shared/graph';
import type { GraphModel } from '#shared/graph';
import { IconButton, IconClose, Mark } from '#web/kit';
import css from '../graph.module.css';
import { boxesOf, moveStand, standAt } from './outline-move.ts';
import type { Move, Stand } from './outline-move.ts';

const MOVES: Readonly<Record<string, Move>> = { ArrowDown: 'down', ArrowUp: 'up', ArrowRight: 'follow', ArrowLeft: 'back', Home: 'entry', End: 'last', e: 'next-failing', PageDown: 'next-box', PageUp: 'previous-box' };

export type OutlineProps = { readonly model: GraphModel; readonly open: boolean; readonly focusKey: string | undefined; readonly onClose: () => void; /** Focus moved: the canvas rings the node. */ readonly onFocus: (key: string | undefined) => void; readonly onInspect: (key: string) => void };

/** The graph for the keyboard and for screen readers: a tree of namespaces and nodes. Right follows a call, Left goes back along one. */
export function Outline({ model, open, focusKey, onClose, onFocus, onInspect }: OutlineProps): ReactNode {
  const [held, setHeld] = useState<Stand | undefined>(undefined);
  const tree = useRef<HTMLDivElement>(null);
  const stand = held !== undefined && model.nodes.some((node) => node.key === held.key) ? held : standAt(model, focusKey);
  const wasOpen = useRef(false);
  useLayoutEffect(() => {
    if (open && !wasOpen.current) tree.current?.querySelector<HTMLElement>('[tabindex="0"]')?.focus();
    wasOpen.current = open;
  }, [open]);
  // before anything else can be pressed: a move to another namespace takes away the element that had the focus
  const moved = useRef(false);
  useLayoutEffect(() => {
    if (!moved.current) return;
    moved.current = false;
    tree.current?.querySelector<HTMLElement>('[tabindex="0"]')?.focus();
  });
  if (!open) return null;
  const go = (next: Stand): void => {
    setHeld(next);
    moved.current = true;
    onFocus(next.key);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (stand === undefined) return;
    const move = MOVES[event.key];
    if (move !== undefined) go(moveStand(model, stand, move));
    else if (event.key === 'Enter' || event.key === ' ') onInspect(stand.key);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const here = model.nodes.find((node) => node.key === stand?.key)?.namespace;
  const groups = boxesOf(model);
  return (
    <section className={css['outline']} aria-label="Outline of the graph" onBlur={(event) => { if (!event.currentTarget.contains(event.relatedTarget)) onFocus(undefined); }}>
      <header><h2>Outline</h2><IconButton label="Close outline" onClick={onClose}><IconClose aria-hidden /></IconButton></header>
      <p className="muted">↑ ↓ siblings · → follow a call · ← back · Home entry · e next failing · PgDn PgUp namespaces · Enter inspect</p>
      <div ref={tree} role="tree" aria-label="Nodes of the graph" className={css['tree']} onKeyDown={onKeyDown}>
        {groups.flatMap((namespace) => [
          <div key={namespace} role="treeitem" aria-level={1} aria-expanded={namespace === here} aria-selected={false} tabIndex={-1} className={css['treeBox']} onClick={() => { const first = model.nodes.find((node) => node.namespace === namespace); const next = first === undefined ? undefined : standAt(model, first.key); if (next !== undefined) go(next); }}>{namespace === '' ? 'outside' : namespace}</div>,
          ...(namespace !== here ? [] : model.nodes.filter((node) => node.namespace === namespace)).map((node) => {
            const current = node.key === stand?.key;
            return (
              <div key={node.key} role="treeitem" aria-level={2} aria-selected={current} tabIndex={current ? 0 : -1} className={css['treeNode']} aria-label={describeNode(node, model)} onFocus={() => { if (current) onFocus(node.key); }} onClick={() => { const next = standAt(model, node.key); if (next !== undefined) go(next); onInspect(node.key); }}>
                <Mark state={node.health.state} quiet />{nameOf(node)}{node.kind === 'service' ? <span className="muted" aria-hidden="true">service</span> : null}
              </div>
            );
          }),
        ])}
      </div>
    </section>
  );
}
