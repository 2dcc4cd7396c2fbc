import { useEffect, useState } from 'react';
import type { ReactNode } from 'react';
import { peek } from '#shared/base';
import type { SourceError } from '#shared/base';
import type { GraphModel } from '#shared/graph';
import { LOADING, links, useGraph, useMeta, useUrlState } from '#web/data';
import type { TraceDetail } from '#web/data';
import { GraphTable, MeshGraph, Outline } from '#web/graph';
import type { EdgeLabel, GraphIntent } from '#web/graph';
import { Button, PanelBody, TextLink, clock, duration, useCommand } from '#web/kit';
import { Absence, PartialNotes } from './Absence.tsx';
import css from './graph-page.module.css';
import { GraphToolbar } from './GraphToolbar.tsx';
import { EdgeInspector } from './inspector/EdgeInspector.tsx';
import { NodeInspector } from './inspector/NodeInspector.tsx';
import { LiveRegion } from './LiveRegion.tsx';
import { TimeStrip } from './TimeStrip.tsx';
import { graphUrl } from './url.ts';
import type { GraphUrl } from './url.ts';
import { useGraphView } from './use-graph-view.ts';

type SetUrl = (patch: Partial<GraphUrl>, how?: 'push' | 'replace') => void;

/** The graph: canvas, outline, table, time strip, inspector. */
export function GraphPage(): ReactNode {
  const [url, set] = useUrlState(graphUrl);
  const { reading } = useGraph(url.group);
  const meta = useMeta().reading;
  const mesh = meta === undefined ? undefined : peek(meta)?.mesh;
  useEffect(() => { document.title = 'Graph · Pharos'; }, []);
  const model = reading === undefined ? undefined : peek(reading);
  const stale = reading?.state === 'stale' ? { since: reading.since, error: reading.error } : undefined;
  return (
    <div className={css['page']}>
      <h1 className="visually-hidden">Graph</h1>
      <div className={css['left']}>
        {model === undefined
          ? <div className={css['loading']}><PanelBody what="graph" reading={reading} skeleton="chart">{() => null}</PanelBody></div>
          : <Loaded model={model} url={url} set={set} stale={stale} storeName={`${mesh ?? 'mesh'}.${url.group}`} />}
        <TimeStrip />
      </div>
      {model === undefined ? null : <div className={stale === undefined ? css['side'] : css['sideStale']}><Side model={model} url={url} set={set} /></div>}
    </div>
  );
}

type Stale = { readonly since: number; readonly error: SourceError };

function Loaded({ model, url, set, stale, storeName }: { readonly model: GraphModel; readonly url: GraphUrl; readonly set: SetUrl; readonly stale: Stale | undefined; readonly storeName: string }): ReactNode {
  const { graph, closed, findError, trace } = useGraphView(model, url);
  const [outline, setOutline] = useState(false);
  const [ring, setRing] = useState<string | undefined>(undefined);
  const onIntent = (intent: GraphIntent): void => {
    switch (intent.type) {
      case 'clear': return set({ node: undefined, edge: undefined });
      case 'select': return intent.kind === 'node' ? (intent.id.startsWith('ns:') ? set({ closed: [...closed].filter((name) => `ns:${name}` !== intent.id) }) : set({ node: intent.id, edge: undefined }, 'push')) : set({ edge: intent.id, node: undefined }, 'push');
      case 'toggle-namespace': return set({ closed: closed.has(intent.name) ? [...closed].filter((name) => name !== intent.name) : [...closed, intent.name] });
    }
  };
  useGraphCommands(model, url, set, () => setOutline(!outline));
  const labels = useLabels(url.labels);
  return (
    <>
      <GraphToolbar url={url} set={set} error={findError} onOutline={() => setOutline(!outline)} />
      {url.trace === undefined ? null : <TraceLine id={url.trace} trace={trace} onClose={() => set({ trace: undefined })} />}
      {stale === undefined ? null : <StaleNote key={stale.error.code} {...stale} />}
      <PartialNotes notes={model.notes} />
      <div className={css['stageBox']}>
        <div className={stale === undefined && !model.notes.some((note) => note.code === 'source-missing') ? css['fresh'] : css['stale']}>
          {url.table ? <GraphTable model={model} graph={graph} selected={url.edge} onSelect={(edge) => set({ edge, node: undefined })} /> : <MeshGraph graph={graph} storeName={storeName} labels={labels} selected={url.node ?? url.edge} ring={ring} onIntent={onIntent} legend={model.nodes.length > 0} />}
        </div>
        <Outline model={model} open={outline} focusKey={url.node} onClose={() => { setOutline(false); setRing(undefined); }} onFocus={setRing} onInspect={(node) => set({ node, edge: undefined })} />
        <Absence model={model} hidden={graph.hidden} onShowAll={() => set({ wrong: false, find: '' })} />
      </div>
      <LiveRegion model={stale?.error.code === LOADING ? undefined : model} />
    </>
  );
}

/** What is on its way for less than this needs no words, which would push the picture down. */
const LOADING_WORDS_MS = 1_000;

function StaleNote({ since, error }: Stale): ReactNode {
  const [said, setSaid] = useState(error.code !== LOADING);
  useEffect(() => {
    const timer = setTimeout(() => setSaid(true), LOADING_WORDS_MS);
    return () => clearTimeout(timer);
  }, []);
  return said ? <p className={css['note']} role="status"><strong>As of {clock(since, Date.now())}.</strong> {error.message} {error.next}</p> : null;
}

function useLabels(list: readonly EdgeLabel[]): ReadonlySet<EdgeLabel> {
  const text = list.join();
  const [held, setHeld] = useState({ text, set: new Set(list) });
  if (held.text !== text) setHeld({ text, set: new Set(list) });
  return held.set;
}

function useGraphCommands(model: GraphModel, url: GraphUrl, set: SetUrl, toggleOutline: () => void): void {
  useCommand('graph.wrong', () => set({ wrong: !url.wrong }));
  useCommand('graph.table', () => set({ table: !url.table }));
  useCommand('graph.outline', toggleOutline);
  useCommand('graph.next-failing', () => {
    const bad = model.nodes.filter((node) => node.health.state === 'failing').concat(model.nodes.filter((node) => node.health.state === 'degraded'));
    const next = bad[(bad.findIndex((node) => node.key === url.node) + 1) % Math.max(1, bad.length)];
    if (next !== undefined) set({ node: next.key, edge: undefined });
  });
  const somethingOpen = url.node !== undefined || url.edge !== undefined || url.trace !== undefined || url.find !== '' || url.wrong;
  useCommand('up', somethingOpen ? () => (url.node !== undefined || url.edge !== undefined ? set({ node: undefined, edge: undefined }) : url.trace !== undefined ? set({ trace: undefined }) : set({ find: '', wrong: false })) : undefined);
}

function TraceLine({ id, trace, onClose }: { readonly id: string; readonly trace: TraceDetail | undefined; readonly onClose: () => void }): ReactNode {
  const spans = trace?.spans ?? [];
  const start = Math.min(...spans.map((span) => span.start));
  const end = Math.max(...spans.map((span) => span.start + span.duration));
  return (
    <div className={css['traceBar']} role="status">
      <span>Trace <TextLink href={links.trace(id)}>{id.slice(0, 8)}…</TextLink> drawn on the graph{trace === undefined ? '' : `: ${spans.length} spans, ${duration((end - start) / 1000)}, ${trace.edges.length} calls`}</span>
      <Button look="quiet" onClick={onClose}>Remove</Button>
    </div>
  );
}

function Side({ model, url, set }: { readonly model: GraphModel; readonly url: GraphUrl; readonly set: SetUrl }): ReactNode {
  const close = (): void => set({ node: undefined, edge: undefined });
  const node = url.node === undefined ? undefined : model.nodes.find((n) => n.key === url.node);
  if (node !== undefined) return <NodeInspector key={node.key} node={node} model={model} tab={url.tab} onTab={(tab) => set({ tab })} onClose={close} onPick={(edge) => set({ edge, node: undefined }, 'push')} />;
  const edge = url.edge === undefined ? undefined : model.edges.find((e) => e.key === url.edge);
  if (edge !== undefined) return <EdgeInspector key={edge.key} edge={edge} model={model} tab={url.tab} onTab={(tab) => set({ tab })} onClose={close} onNode={(key) => set({ node: key, edge: undefined }, 'push')} />;
  return null;
}
