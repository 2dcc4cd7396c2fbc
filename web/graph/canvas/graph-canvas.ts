import cytoscape from 'cytoscape';
import type { Core, EventObject, NodeSingular } from 'cytoscape';
import { elkInside, warmElk } from '../layout/elk-inside.ts';
import { placeNew } from '../layout/place-new.ts';
import type { PositionStore } from '../layout/position-store.ts';
import { layoutTwoLevels } from '../layout/two-level.ts';
import { needsLayout } from '../layout/when.ts';
import type { LayoutInput, Positions } from '../layout/types.ts';
import { EDGES_CALM_MAX, NODES_CALM_MAX } from '../view/drawn.ts';
import type { DrawnGraph } from '../view/drawn.ts';
import { diffElements, toElements } from '../view/elements.ts';
import type { Element } from '../view/elements.ts';
import { curveOf, cytoscapeCurve } from './curves.ts';
import type { Rect } from './curves.ts';
import { drawInk } from './ink-layer.ts';
import type { EdgeLabel } from './ink-layer.ts';
import { readInk, styleOf } from './style.ts';
import type { Ink } from './style.ts';

export type CanvasEvents = {
  readonly onPick: (what: { readonly kind: 'node' | 'edge' | 'box'; readonly id: string } | undefined) => void;
  /** A double click on a namespace opens or closes it. */
  readonly onToggleBox: (id: string) => void;
  readonly onDrawn: () => void;
};

const FIT_PADDING = 22;
const FIT_ZOOM_MAX = 1.1;
const MOVE_MS = 250;
const reducedMotion = (): boolean => matchMedia('(prefers-reduced-motion: reduce)').matches;

/** The canvas: shapes by Cytoscape, text by the ink layer above it. Holds positions and selection, never data. */
export class GraphCanvas {
  readonly #cy: Core;
  readonly #events: CanvasEvents;
  readonly #paper: HTMLCanvasElement;
  readonly #resize: ResizeObserver;
  readonly #reserve: number;
  #store: PositionStore;
  #elements: readonly Element[] = [];
  #graph: DrawnGraph = { boxes: [], nodes: [], edges: [], hidden: 0 };
  #ink: Ink = readInk();
  #labels: ReadonlySet<EdgeLabel> = new Set();
  #hover: string | undefined;
  #selected: string | undefined;
  #calm = false;
  #fitted = false;
  #layoutRun = 0;
  #laying = false;
  /** The layout made since the page was opened: when, and of how many calls. */
  #made: { readonly at: number; readonly edges: number } | undefined;
  #touched = false;

  /** `reserve` is the height at the bottom that the legend covers. */
  constructor(host: HTMLElement, paper: HTMLCanvasElement, store: PositionStore, events: CanvasEvents, reserve: number) {
    this.#reserve = reserve;
    this.#paper = paper;
    this.#store = store;
    this.#events = events;
    if (store.load().size === 0) warmElk();
    // its warnings cost more than the drawing where there are thousands of elements
    cytoscape.warnings(false);
    this.#cy = cytoscape({ container: host, style: styleOf(this.#ink), layout: { name: 'preset' }, autounselectify: true, boxSelectionEnabled: false, minZoom: 0.05, maxZoom: 2.5, textureOnViewport: false, hideEdgesOnViewport: false });
    this.#cy.on('render', () => this.#draw());
    this.#listen();
    this.#resize = new ResizeObserver(() => this.#onResize());
    this.#resize.observe(host);
    void document.fonts.ready.then(() => this.#draw());
  }

  destroy(): void {
    this.#layoutRun += 1;
    this.#resize.disconnect();
    this.#cy.destroy();
  }

  /** Brings the canvas to this graph: one batch, positions untouched; new nodes get a place near their neighbours. */
  apply(graph: DrawnGraph): void {
    this.#graph = graph;
    this.#calm = graph.nodes.length > NODES_CALM_MAX || graph.edges.length > EDGES_CALM_MAX;
    const input = layoutInput(graph);
    const known = this.#store.load();
    const unplaced = graph.nodes.filter((node) => !known.has(node.id)).length;
    const edges = callsOf(graph);
    const made = this.#made === undefined ? undefined : { edges: this.#made.edges, ageMs: performance.now() - this.#made.at };
    const anew = needsLayout({ nodes: graph.nodes.length, unplaced, edges, made, touched: this.#touched });
    // frames that come while a layout runs do not begin it again; nothing is drawn before the first has its places
    if (anew && !this.#laying) void this.#layout(input, this.#fitted);
    if (anew && this.#elements.length === 0) return;
    const places = unplaced > 0 && anew ? known : placeNew(input, known);
    this.#change(graph, places);
    if (!anew) {
      if (unplaced > 0) this.#store.save(places, edges > 0);
      this.#fitOnce();
    }
    this.#draw();
  }

  #change(graph: DrawnGraph, places: Positions): void {
    const next = toElements(graph);
    const change = diffElements(this.#elements, next);
    this.#elements = next;
    this.#cy.batch(() => {
      for (const id of change.remove) this.#cy.getElementById(id).remove();
      this.#cy.add(change.add.map((element) => ({ group: element.group, data: { ...element.data }, ...(element.group === 'nodes' && element.data['kind'] !== 'box' ? { position: { ...(places.get(element.id) ?? { x: 0, y: 0 }) } } : {}) })));
      for (const element of change.update) this.#cy.getElementById(element.id).data({ ...element.data });
      this.#cy.edges().toggleClass('calm', this.#calm);
      this.#mark();
      this.#bend(change.add.some((e) => e.group === 'nodes') || change.update.some((e) => e.group === 'nodes') ? undefined : change.add.filter((e) => e.group === 'edges').map((e) => e.id));
    });
  }

  /** Another mesh or grouping: its own positions, and a new look at the whole. */
  useStore(store: PositionStore): void {
    this.#store = store;
    this.#fitted = false;
    this.#made = undefined;
    this.#touched = false;
  }
  setLabels(labels: ReadonlySet<EdgeLabel>): void {
    this.#labels = labels;
    this.#draw();
  }
  setTheme(): void {
    const ink = readInk();
    // styling thousands of elements again is not free
    if (JSON.stringify(ink) === JSON.stringify(this.#ink)) return;
    this.#ink = ink;
    this.#cy.style(styleOf(this.#ink));
    this.#draw();
  }
  select(id: string | undefined): void {
    this.#selected = id;
    this.#mark();
    this.#draw();
  }
  /** A ring for the keyboard's focus, brought into view. */
  ring(id: string | undefined): void {
    this.#cy.elements('.ring').removeClass('ring');
    if (id === undefined) return;
    const element = this.#cy.getElementById(id);
    element.addClass('ring');
    this.reveal(id);
  }
  reveal(id: string): void {
    const element = this.#cy.getElementById(id);
    if (element.empty()) return;
    const bounds = element.renderedBoundingBox();
    const margin = 30;
    // moved no further than it takes, so that the rest stays where the eye left it
    const by = { x: into(bounds.x1, bounds.x2, margin, this.#cy.width() - margin), y: into(bounds.y1, bounds.y2, margin, this.#cy.height() - margin) };
    if (by.x === 0 && by.y === 0) return;
    if (reducedMotion()) this.#cy.panBy(by);
    else this.#cy.animate({ panBy: by }, { duration: MOVE_MS });
  }
  fit(): void {
    const box = this.#cy.elements().boundingBox({ includeLabels: false, includeOverlays: false });
    const [width, height] = [this.#cy.width(), this.#cy.height()];
    if (box.w === 0 || width === 0) return;
    const room = { width: width - 2 * FIT_PADDING, height: height - 2 * FIT_PADDING - this.#reserve };
    const zoom = Math.min(FIT_ZOOM_MAX, room.width / box.w, room.height / box.h);
    // where the whole height is enough, the picture stands in its middle
    const top = box.h * zoom <= height - 2 * (FIT_PADDING + this.#reserve) ? height / 2 : FIT_PADDING + room.height / 2;
    this.#cy.viewport({ zoom, pan: { x: width / 2 - zoom * (box.x1 + box.w / 2), y: top - zoom * (box.y1 + box.h / 2) } });
  }
  zoomBy(factor: number): void {
    this.#cy.zoom({ level: this.#cy.zoom() * factor, renderedPosition: { x: this.#cy.width() / 2, y: this.#cy.height() / 2 } });
  }
  /** Lays everything out anew: only when somebody asks. */
  tidy(): void {
    void this.#layout(layoutInput(this.#graph), true);
  }
  /** For benchmarks: moves the view without any element. */
  panBy(x: number, y: number): void {
    this.#cy.panBy({ x, y });
  }

  async #layout(input: LayoutInput, animate: boolean): Promise<void> {
    this.#layoutRun += 1;
    const run = this.#layoutRun;
    this.#laying = true;
    const edges = callsOf(this.#graph);
    const positions = await layoutTwoLevels(input, elkInside).finally(() => { this.#laying = false; });
    if (run !== this.#layoutRun) return; // another layout began meanwhile, or the canvas is gone
    this.#made = { at: this.#made?.at ?? performance.now(), edges };
    this.#store.save(positions, edges > 0);
    if (this.#elements.length === 0) return this.apply(this.#graph);
    if (animate && !reducedMotion()) await this.#glide(positions);
    else this.#cy.batch(() => this.#cy.nodes().forEach((node) => { this.#place(node, positions); }));
    if (run !== this.#layoutRun) return;
    this.#bend(undefined);
    this.#fitted = true;
    this.fit();
    this.#events.onDrawn();
  }
  #place(node: NodeSingular, positions: Positions): void {
    const at = positions.get(node.id());
    if (at !== undefined && node.isChildless()) node.position({ ...at });
  }
  #glide(positions: Positions): Promise<void> {
    return new Promise((resolve) => {
      this.#cy.nodes().forEach((node) => {
        const at = positions.get(node.id());
        if (at !== undefined && node.isChildless()) node.animate({ position: { ...at } }, { duration: MOVE_MS, easing: 'ease-out' });
      });
      const step = (): void => this.#bend(undefined);
      this.#cy.on('render', step);
      setTimeout(() => {
        this.#cy.removeListener('render', step);
        resolve();
      }, MOVE_MS + 40);
    });
  }

  #fitOnce(): void {
    if (this.#fitted || this.#graph.nodes.length === 0) return;
    this.#fitted = true;
    this.fit();
    this.#events.onDrawn();
  }

  /** Bends the lines to where the cards are: all, or those named. */
  #bend(ids: readonly string[] | undefined): void {
    if (this.#calm) return;
    const wanted = ids === undefined ? undefined : new Set(ids);
    this.#cy.edges().forEach((edge) => {
      if (wanted !== undefined && !wanted.has(edge.id())) return;
      const [source, target] = [rectOf(edge.source()), rectOf(edge.target())];
      const curve = cytoscapeCurve(curveOf(source, target), source, target);
      edge.data({ cd: curve.distances, cw: curve.weights, se: curve.sourceEnd, te: curve.targetEnd });
    });
  }

  #mark(): void {
    this.#cy.elements('.selected').removeClass('selected');
    if (this.#selected !== undefined) this.#cy.getElementById(this.#selected).addClass('selected');
  }

  #listen(): void {
    const cy = this.#cy;
    const kindOf = (event: EventObject): 'node' | 'edge' | 'box' => (event.target.isEdge() ? 'edge' : event.target.data('kind') === 'box' ? 'box' : 'node');
    cy.on('tap', (event) => this.#events.onPick(event.target === cy ? undefined : { kind: kindOf(event), id: String(event.target.id()) }));
    cy.on('dbltap', 'node', (event) => { if (['box', 'namespace'].includes(String(event.target.data('kind')))) this.#events.onToggleBox(String(event.target.id())); });
    cy.on('mouseover', 'node, edge', (event) => this.#point(event.target.data('kind') === 'box' ? undefined : String(event.target.id())));
    cy.on('mouseout', 'node, edge', () => this.#point(undefined));
    cy.on('position', 'node', (event) => { if (event.target.grabbed() === true || event.target.parent().nonempty()) this.#bend(event.target.connectedEdges().map((edge: { id: () => string }) => edge.id())); });
    cy.on('dragfree', 'node', () => {
      this.#touched = true;
      this.#store.save(this.#places());
    });
  }
  #places(): Positions {
    const places = new Map<string, { x: number; y: number }>();
    this.#cy.nodes().forEach((node) => { if (node.isChildless()) places.set(node.id(), { ...node.position() }); });
    return places;
  }
  #point(id: string | undefined): void {
    this.#cy.elements('.hover').removeClass('hover');
    this.#hover = id;
    if (id !== undefined) this.#cy.getElementById(id).addClass('hover');
    const host = this.#cy.container();
    if (host !== null) host.style.cursor = id === undefined ? '' : 'pointer';
    this.#draw();
  }

  #onResize(): void {
    this.#cy.resize();
    this.#draw();
    if (this.#selected !== undefined) this.reveal(this.#selected);
  }
  #draw(): void {
    const g = this.#paper.getContext('2d');
    if (g === null || this.#cy.destroyed()) return;
    const ratio = window.devicePixelRatio || 1;
    const [width, height] = [this.#cy.width(), this.#cy.height()];
    if (this.#paper.width !== Math.round(width * ratio) || this.#paper.height !== Math.round(height * ratio)) {
      this.#paper.width = Math.round(width * ratio);
      this.#paper.height = Math.round(height * ratio);
    }
    drawInk(g, this.#cy, { graph: this.#graph, ink: this.#ink, labels: this.#labels, hover: this.#hover, selected: this.#selected, calm: this.#calm }, { width, height, ratio });
  }
}

/** How far a stretch moves to lie within bounds; its beginning counts where it is longer than they are. */
const into = (from: number, to: number, least: number, most: number): number => (from < least ? least - from : to > most ? Math.max(most - to, least - from) : 0);
const callsOf = (graph: DrawnGraph): number => graph.edges.filter((edge) => !edge.idle).length;
const rectOf = (node: NodeSingular): Rect => ({ ...node.position(), width: Number(node.data('w')), height: Number(node.data('h')) });

function layoutInput(graph: DrawnGraph): LayoutInput {
  const sizes = new Map(toElements(graph).map((element) => [element.id, element.data]));
  return { nodes: graph.nodes.map((node) => ({ id: node.id, box: node.box, width: Number(sizes.get(node.id)?.['w'] ?? 0), height: Number(sizes.get(node.id)?.['h'] ?? 0) })), edges: graph.edges.map(({ source, target }) => ({ source, target })) };
}
