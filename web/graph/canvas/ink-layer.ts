import type { Core } from 'cytoscape';
import { count, duration, percent } from '#web/kit';
import { BOX_PADDING, CARD, detailFont, textWidth, titleFont } from '../view/card-size.ts';
import type { DrawnBox, DrawnEdge, DrawnGraph, DrawnNode } from '../view/drawn.ts';
import { rateWords, splitWords } from '../view/words.ts';
import { curveOf, pointAt } from './curves.ts';
import type { Curve, Rect } from './curves.ts';
import { drawBadge, drawChanged, drawLock, drawMark, drawPill } from './ink-marks.ts';
import type { Ink } from './style.ts';

/** What may stand on lines. Errors always do. */
export type EdgeLabel = 'rate' | 'errors' | 'split' | 'p95' | 'mtls';
export type InkState = { readonly graph: DrawnGraph; readonly ink: Ink; readonly labels: ReadonlySet<EdgeLabel>; readonly hover: string | undefined; readonly selected: string | undefined; readonly calm: boolean };

/** Names with their small line are drawn from this zoom on. */
const NAMES_FROM_ZOOM = 0.6;
const MARKS_FROM_ZOOM = 0.12;
/** Between this and NAMES_FROM_ZOOM a card has its name alone, at a size that can still be read. */
const NAMES_ALONE_FROM_ZOOM = 0.3;
const SMALL_NAME_PX = 9.5;

/** Draws text, marks and badges over Cytoscape's shapes, in the units of the picture. */
export function drawInk(g: CanvasRenderingContext2D, cy: Core, state: InkState, size: { readonly width: number; readonly height: number; readonly ratio: number }): void {
  const zoom = cy.zoom();
  const pan = cy.pan();
  g.setTransform(1, 0, 0, 1, 0, 0);
  g.clearRect(0, 0, size.width * size.ratio, size.height * size.ratio);
  g.setTransform(zoom * size.ratio, 0, 0, zoom * size.ratio, pan.x * size.ratio, pan.y * size.ratio);
  const view = { x1: -pan.x / zoom, y1: -pan.y / zoom, x2: (size.width - pan.x) / zoom, y2: (size.height - pan.y) / zoom };
  const rects = new Map<string, Rect>();
  const rectOf = (id: string): Rect | undefined => {
    const known = rects.get(id);
    if (known !== undefined) return known;
    const element = cy.getElementById(id);
    if (element.empty()) return undefined;
    const at = element.position();
    const rect = { x: at.x, y: at.y, width: Number(element.data('w')), height: Number(element.data('h')) };
    rects.set(id, rect);
    return rect;
  };
  const seen = (rect: Rect): boolean => rect.x + rect.width / 2 >= view.x1 && rect.x - rect.width / 2 <= view.x2 && rect.y + rect.height / 2 >= view.y1 && rect.y - rect.height / 2 <= view.y2;
  for (const box of state.graph.boxes) {
    const element = cy.getElementById(box.id);
    if (element.nonempty()) drawBox(g, state.ink, box, element.boundingBox({ includeOverlays: false, includeLabels: false }), zoom);
  }
  if (zoom < MARKS_FROM_ZOOM) return;
  for (const edge of state.graph.edges) {
    const [source, target] = [rectOf(edge.source), rectOf(edge.target)];
    if (source === undefined || target === undefined || edge.source === edge.target) continue;
    const curve = state.calm ? straight(source, target) : curveOf(source, target);
    const middle = pointAt(curve, 0.5);
    if (middle.x >= view.x1 && middle.x <= view.x2 && middle.y >= view.y1 && middle.y <= view.y2) drawEdge(g, state, edge, curve, zoom);
  }
  for (const node of state.graph.nodes) {
    const rect = rectOf(node.id);
    if (rect !== undefined && seen(rect)) drawNode(g, state, node, rect, zoom);
  }
}

const straight = (source: Rect, target: Rect): Curve => ({ from: source, a: source, b: target, to: target });

function drawBox(g: CanvasRenderingContext2D, ink: Ink, box: DrawnBox, bounds: { readonly x1: number; readonly y1: number; readonly x2: number }, zoom: number): void {
  // titles keep a readable size when zoomed out
  const scale = Math.max(1, Math.min(4, NAMES_FROM_ZOOM / zoom));
  const width = bounds.x2 - bounds.x1 - BOX_PADDING;
  g.textBaseline = 'middle';
  g.textAlign = 'left';
  g.font = `500 ${11 * scale}px "Inter Variable", sans-serif`;
  g.fillStyle = ink.muted;
  const y = bounds.y1 + 16;
  g.fillText(box.name, bounds.x1 + 15, y);
  const right = [box.workloads > 1 ? `${count(box.workloads)} workloads` : '', box.mtlsMode === 'UNSET' ? '' : box.mtlsMode].filter((t) => t !== '').join(' · ');
  if (right === '' || zoom < NAMES_FROM_ZOOM || g.measureText(`${box.name}    ${right}`).width > width) return;
  g.textAlign = 'right';
  g.fillText(right, bounds.x2 - 15, y);
}

function clip(text: string, font: string, widthMax: number): string {
  if (textWidth(text, font) <= widthMax) return text;
  let keep = text.length - 1;
  while (keep > 4 && textWidth(`${text.slice(0, Math.ceil(keep / 2))}…${text.slice(text.length - Math.floor(keep / 2))}`, font) > widthMax) keep -= 1;
  return `${text.slice(0, Math.ceil(keep / 2))}…${text.slice(text.length - Math.floor(keep / 2))}`;
}

function drawName(g: CanvasRenderingContext2D, ink: Ink, node: DrawnNode, rect: Rect, x: number, px: number): void {
  const font = `600 ${px}px "Inter Variable", sans-serif`;
  const name = node.node?.version === undefined || node.title === node.node.name ? node.title : `${node.title} ${node.node.version}`;
  g.textAlign = 'left';
  g.textBaseline = 'middle';
  g.font = font;
  g.fillStyle = ink.text;
  g.fillText(clip(name, font, rect.x + rect.width / 2 - x - 6), x, rect.y + 1);
}

function drawNode(g: CanvasRenderingContext2D, state: InkState, node: DrawnNode, rect: Rect, zoom: number): void {
  const { ink } = state;
  const left = rect.x - rect.width / 2 + (node.shape === 'pill' ? 6 : 0);
  g.globalAlpha = node.dim ? 0.3 : 1;
  const trouble = node.health.state === 'failing' || node.health.state === 'degraded';
  if (zoom < NAMES_FROM_ZOOM && node.shape !== 'namespace' && node.id !== state.hover) {
    const named = zoom >= NAMES_ALONE_FROM_ZOOM && (!state.calm || trouble || node.id === state.selected);
    drawMark(g, ink, node.health.state, named ? left + 17 : rect.x, rect.y, 20);
    if (named) drawName(g, ink, node, rect, left + 32, Math.min(22, SMALL_NAME_PX / zoom));
  } else {
    drawMark(g, ink, node.health.state, left + 19, rect.y, 14);
    const widthMax = rect.width - CARD.left - CARD.right / 2 - (node.shape === 'pill' ? 8 : 0);
    g.textAlign = 'left';
    g.textBaseline = 'middle';
    g.font = titleFont;
    g.fillStyle = ink.text;
    g.fillText(clip(node.title, titleFont, widthMax), left + CARD.left, rect.y - 7.500);
    g.font = detailFont;
    g.fillStyle = ink.muted;
    g.fillText(clip(node.detail, detailFont, widthMax), left + CARD.left, rect.y + 8.500);
  }
  if (node.changed) drawChanged(g, ink, rect.x - rect.width / 2 + 10, rect.y - rect.height / 2);
  if (zoom >= NAMES_FROM_ZOOM && !state.calm) node.badges.filter((name) => name !== 'gateway').slice(0, 4).forEach((name, i) => drawBadge(g, ink, name, rect.x + rect.width / 2 - 12 - i * 20, rect.y - rect.height / 2));
  g.globalAlpha = 1;
}

function drawEdge(g: CanvasRenderingContext2D, state: InkState, edge: DrawnEdge, curve: Curve, zoom: number): void {
  const { ink, labels } = state;
  const near = edge.id === state.hover || edge.id === state.selected;
  // above 300 nodes lines carry nothing unless somebody points at them
  if (state.calm && !near) return;
  g.globalAlpha = edge.dim && !near ? 0.18 : 1;
  const middle = pointAt(curve, 0.5);
  let below = 0;
  if (edge.split !== undefined && labels.has('split')) {
    const { main, observed } = splitWords(edge.split);
    drawPill(g, [{ text: main, colour: ink.text, weight: 600 }, ...(observed === undefined ? [] : [{ text: observed, colour: ink.muted }])], middle.x, middle.y, { ground: ink.raised, border: ink['line-strong'] });
    below = 20;
  } else if (labels.has('mtls') && edge.mtlsShare !== undefined && zoom >= 0.4) {
    drawLock(g, ink, edge.mtlsShare < 1, middle.x, middle.y, ink.inset);
    below = 19;
  }
  if (edge.health.state === 'failing') {
    const at = pointAt(curve, below === 0 ? 0.5 : 0.75);
    drawMark(g, ink, 'failing', at.x, at.y, 15);
  }
  const words = wordsOf(edge, labels, near);
  words.forEach(({ text, tone }, i) => {
    const colours = tone === 'failing' ? { ground: ink['badge-failing'], text: ink['badge-failing-text'] } : tone === 'degraded' ? { ground: ink['badge-degraded'], text: ink['badge-degraded-text'] } : { ground: ink.raised, text: ink.text };
    drawPill(g, [{ text, colour: colours.text }], middle.x, middle.y + below + i * 20, colours);
  });
  g.globalAlpha = 1;
}

/** Numbers stand on lines only where they are asked for, pointed at, or where something is wrong. */
function wordsOf(edge: DrawnEdge, labels: ReadonlySet<EdgeLabel>, near: boolean): readonly { readonly text: string; readonly tone: 'failing' | 'degraded' | 'plain' }[] {
  const out: { text: string; tone: 'failing' | 'degraded' | 'plain' }[] = [];
  // the version at the end of a split shows its own trouble
  if (edge.trouble !== undefined && ((labels.has('errors') && edge.split === undefined) || near)) out.push({ text: edge.trouble, tone: edge.health.state === 'failing' ? 'failing' : 'degraded' });
  const plain = [labels.has('rate') || near ? rateWords(edge.traffic.rate, edge.tcp) : '', (labels.has('p95') || near) && edge.traffic.p95 !== undefined ? `p95 ${duration(edge.traffic.p95)}` : '', near && edge.mtlsShare !== undefined ? `mTLS ${percent(edge.mtlsShare)}` : ''].filter((t) => t !== '');
  if (plain.length > 0) out.push({ text: plain.join(' · '), tone: 'plain' });
  return out;
}
