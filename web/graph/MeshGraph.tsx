import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import type { ReactNode } from 'react';
import { IconButton, IconFit, IconMinus, IconPlus, IconTidy, useCommand, useTheme } from '#web/kit';
import { GraphCanvas } from './canvas/graph-canvas.ts';
import type { EdgeLabel } from './canvas/ink-layer.ts';
import css from './graph.module.css';
import { Legend } from './Legend.tsx';
import { positionStore } from './layout/position-store.ts';
import type { DrawnGraph } from './view/drawn.ts';

/** What somebody does on the canvas; nothing else flows back. */
export type GraphIntent = { readonly type: 'select'; readonly kind: 'node' | 'edge'; readonly id: string } | { readonly type: 'clear' } | { readonly type: 'toggle-namespace'; readonly name: string };
export type MeshGraphProps = {
  readonly graph: DrawnGraph;
  /** Names the stored positions: mesh and grouping. */
  readonly storeName: string;
  readonly labels: ReadonlySet<EdgeLabel>;
  readonly selected: string | undefined;
  /** The node the keyboard stands on in the outline. */
  readonly ring?: string | undefined;
  readonly onIntent: (intent: GraphIntent) => void;
  readonly legend?: boolean;
  /** Small graphs of detail pages: no controls, no keys. */
  readonly small?: boolean;
};

/** Height of legend and controls at the bottom. */
const LEGEND_PX = 92;

/** The canvas with its controls. It is hidden from screen readers: `Outline` and `GraphTable` say the same in words. */
export function MeshGraph({ graph, storeName, labels, selected, ring, onIntent, legend = false, small = false }: MeshGraphProps): ReactNode {
  const host = useRef<HTMLDivElement>(null);
  const paper = useRef<HTMLCanvasElement>(null);
  const [canvas, setCanvas] = useState<GraphCanvas | undefined>(undefined);
  const [drawn, setDrawn] = useState(false);
  const intent = useRef(onIntent);
  useLayoutEffect(() => { intent.current = onIntent; });
  const store = useMemo(() => positionStore(storeName, safeStorage()), [storeName]);
  const firstStore = useRef(store);
  useEffect(() => {
    if (host.current === null || paper.current === null) return undefined;
    const made = new GraphCanvas(host.current, paper.current, firstStore.current, {
      onPick: (what) => intent.current(what === undefined || what.kind === 'box' ? { type: 'clear' } : { type: 'select', kind: what.kind, id: what.id }),
      onToggleBox: (id) => intent.current({ type: 'toggle-namespace', name: id.replace(/^ns:/, '') }),
      onDrawn: () => {
        if (host.current !== null) host.current.dataset['drawn'] = 'true';
        setDrawn(true);
      },
    }, small ? 0 : LEGEND_PX);
    setCanvas(made);
    return () => made.destroy();
  }, [small]);
  useEffect(() => canvas?.useStore(store), [canvas, store]);
  useEffect(() => canvas?.setLabels(labels), [canvas, labels]);
  useEffect(() => canvas?.select(selected), [canvas, selected]);
  useEffect(() => canvas?.apply(graph), [canvas, graph, store]);
  useEffect(() => canvas?.ring(ring), [canvas, ring]);
  const theme = useTheme();
  useEffect(() => canvas?.setTheme(), [canvas, theme]);
  useCommand('graph.fit', small ? undefined : () => canvas?.fit());
  useCommand('graph.tidy', small ? undefined : () => canvas?.tidy());
  return (
    <div className={css['stage']} data-small={small}>
      <div ref={host} className={css['canvas']} aria-hidden="true" data-testid="graph-canvas" />
      <canvas ref={paper} className={css['paper']} aria-hidden="true" />
      {drawn || graph.nodes.length === 0 ? null : <p className={css['arranging']}>Arranging the graph…</p>}
      {legend ? <Legend /> : null}
      {small ? null : (
        <div className={css['controls']} role="group" aria-label="View of the graph">
          <IconButton look="plain" label="Zoom in" onClick={() => canvas?.zoomBy(1.25)}><IconPlus aria-hidden /></IconButton>
          <IconButton look="plain" label="Zoom out" onClick={() => canvas?.zoomBy(0.8)}><IconMinus aria-hidden /></IconButton>
          <IconButton look="plain" label="Fit into view (f)" onClick={() => canvas?.fit()}><IconFit aria-hidden /></IconButton>
          <IconButton look="plain" label="Lay out anew (l)" onClick={() => canvas?.tidy()}><IconTidy aria-hidden /></IconButton>
        </div>
      )}
    </div>
  );
}

function safeStorage(): Storage | undefined {
  try {
    return window.localStorage;
  } catch {
    return undefined; // switched off: positions hold until the page is left
  }
}
