import { useVirtualizer } from '@tanstack/react-virtual';
import { useMemo, useRef, useState } from 'react';
import type { KeyboardEvent, ReactNode } from 'react';
import { duration } from '#web/kit';
import { buildTree, visibleRows } from './model/build-tree.ts';
import type { Row } from './model/build-tree.ts';
import { criticalPath } from './model/critical-path.ts';
import { ticks } from './model/ticks.ts';
import type { TraceSpan } from './model/trace-span.ts';
import { WaterfallRow } from './WaterfallRow.tsx';
import type { Scale } from './WaterfallRow.tsx';
import css from './waterfall.module.css';

/** Height of a row in pixels; the same in waterfall.module.css. */
const ROW_PX = 30;
const TICKS_MAX = 5;

type Props = {
  readonly spans: readonly TraceSpan[];
  readonly selected: string | undefined;
  readonly onSelect: (spanId: string) => void;
  /** Enter or double click: go to what the span is about. */
  readonly onOpen?: (spanId: string) => void;
  readonly showCriticalPath: boolean;
};

/** The spans of one trace on a time axis, as a treegrid: Up and Down move, Left and Right close and open, Enter opens. */
export function Waterfall({ spans, selected, onSelect, onOpen, showCriticalPath }: Props): ReactNode {
  const tree = useMemo(() => buildTree(spans), [spans]);
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const rows = useMemo(() => visibleRows(tree.roots, closed), [tree, closed]);
  const critical = useMemo(() => piecesBySpan(tree), [tree]);
  const scroller = useRef<HTMLDivElement>(null);
  // the React compiler rule is not in use here; the virtualizer keeps its own state
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => scroller.current, estimateSize: () => ROW_PX, overscan: 12 });
  const scale: Scale = { start: tree.start, length: Math.max(1, tree.end - tree.start) };
  const colours = useMemo(() => new Map(tree.services.map((service, i) => [service, (i % 8) + 1])), [tree]);
  const toggle = (spanId: string, open: boolean): void => setClosed((before) => {
    const after = new Set(before);
    if (open) after.delete(spanId);
    else after.add(spanId);
    return after;
  });
  const at = rows.findIndex((row) => row.node.span.spanId === selected);
  const move = (index: number): void => {
    const row = rows[Math.max(0, Math.min(rows.length - 1, index))];
    if (row === undefined) return;
    onSelect(row.node.span.spanId);
    virtual.scrollToIndex(rows.indexOf(row));
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const action = keyAction(event.key, { rows, at });
    if (action === undefined) return;
    event.preventDefault();
    if (action.kind === 'move') move(action.to);
    else if (action.kind === 'toggle') toggle(action.spanId, action.open);
    else onOpen?.(action.spanId);
  };
  return (
    <div className={css['waterfall']} role="treegrid" aria-label={`Trace with ${spans.length} spans`} aria-rowcount={rows.length} tabIndex={0} onKeyDown={onKeyDown} aria-activedescendant={at < 0 ? undefined : `span-${selected}`}>
      <Axis scale={scale} />
      <div ref={scroller} className={css['rows']} role="rowgroup">
        <div className={css['height']} style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((item) => {
            const row = rows[item.index];
            return row === undefined ? null : (
              <WaterfallRow key={row.node.span.spanId + String(item.index)} row={row} index={item.index} top={item.start} scale={scale} colour={colours.get(row.node.span.service) ?? 1} selected={row.node.span.spanId === selected}
                critical={showCriticalPath ? (critical.get(row.node.span.spanId) ?? NONE) : NONE} onSelect={onSelect} onToggle={toggle} {...(onOpen === undefined ? {} : { onOpen })} />
            );
          })}
        </div>
      </div>
    </div>
  );
}

const NONE: readonly (readonly [number, number])[] = [];

function piecesBySpan(tree: ReturnType<typeof buildTree>): ReadonlyMap<string, readonly (readonly [number, number])[]> {
  const longest = tree.roots.toSorted((a, b) => b.span.duration - a.span.duration)[0];
  const found = new Map<string, (readonly [number, number])[]>();
  if (longest === undefined) return found;
  for (const piece of criticalPath(longest)) found.set(piece.spanId, [...(found.get(piece.spanId) ?? []), [piece.from, piece.to]]);
  return found;
}

type Action = { readonly kind: 'move'; readonly to: number } | { readonly kind: 'toggle'; readonly spanId: string; readonly open: boolean } | { readonly kind: 'open'; readonly spanId: string };

/** What a key does in the tree; the arrows follow WAI-ARIA's treegrid. */
export function keyAction(key: string, { rows, at }: { readonly rows: readonly Row[]; readonly at: number }): Action | undefined {
  const row = rows[at];
  switch (key) {
    case 'ArrowDown': case 'j': return { kind: 'move', to: at + 1 };
    case 'ArrowUp': case 'k': return { kind: 'move', to: at < 0 ? 0 : at - 1 };
    case 'Home': return { kind: 'move', to: 0 };
    case 'End': return { kind: 'move', to: rows.length - 1 };
    case 'e': {
      const next = rows.findIndex((other, i) => i > at && other.node.failed);
      return next < 0 ? undefined : { kind: 'move', to: next };
    }
    case 'Enter': return row === undefined ? undefined : { kind: 'open', spanId: row.node.span.spanId };
    case 'ArrowRight':
      if (row === undefined || row.node.children.length === 0) return undefined;
      return row.open ? { kind: 'move', to: at + 1 } : { kind: 'toggle', spanId: row.node.span.spanId, open: true };
    case 'ArrowLeft':
      if (row === undefined) return undefined;
      if (row.open) return { kind: 'toggle', spanId: row.node.span.spanId, open: false };
      return { kind: 'move', to: rows.findLastIndex((other, i) => i < at && other.node.depth < row.node.depth) };
    default: return undefined;
  }
}

function Axis({ scale }: { readonly scale: Scale }): ReactNode {
  return (
    <div className={css['axis']} role="row">
      <span className={css['axisName']} role="columnheader">Service and operation</span>
      <span className={css['axisTime']} role="columnheader" aria-label="Time">
        {ticks(scale.length, TICKS_MAX).map((tick) => <span key={tick} className={css['tick']} style={{ left: `${(tick / scale.length) * 100}%` }}>{duration(tick / 1000)}</span>)}
      </span>
    </div>
  );
}
