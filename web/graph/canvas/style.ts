import type { StylesheetJson } from 'cytoscape';
import { readTokens } from '#web/kit';
import { BOX_PADDING } from '../view/card-size.ts';

const NAMES = [
  'canvas', 'surface', 'inset', 'raised', 'line', 'line-strong', 'text', 'muted', 'faint', 'accent', 'accent-soft', 'mark-healthy', 'mark-degraded', 'mark-failing', 'mark-idle', 'mark-selected', 'mark-ink',
  'badge-degraded', 'badge-degraded-text', 'badge-failing', 'badge-failing-text', 'badge-idle', 'badge-idle-text', 'badge-healthy', 'badge-healthy-text',
] as const;
export type Ink = Readonly<Record<(typeof NAMES)[number], string>>;
export const readInk = (): Ink => readTokens(NAMES);

/** The bend of a line is data of its own (curves.ts); the types of Cytoscape do not know these forms. */
const BEND: Readonly<Record<string, string>> = { 'edge-distances': 'endpoints', 'control-point-distances': 'data(cd)', 'control-point-weights': 'data(cw)' };

/** Shapes and lines. State is colour and shape (marks of the ink layer) and dash. Text, marks and badges are drawn by the ink layer. */
export function styleOf(ink: Ink): StylesheetJson {
  const line = (state: string): string => (state === 'degraded' ? ink['mark-degraded'] : state === 'failing' ? ink['mark-failing'] : state === 'healthy' ? ink['mark-healthy'] : ink['mark-idle']);
  return [
    { selector: 'node', style: { width: 'data(w)', height: 'data(h)', shape: 'round-rectangle', 'background-color': ink.raised, 'border-width': 1, 'border-color': ink['line-strong'], 'corner-radius': '8px', 'overlay-opacity': 0, 'outline-width': 0 } },
    { selector: 'node[kind = "pill"]', style: { 'corner-radius': '22px' } },
    { selector: 'node[kind = "namespace"]', style: { 'corner-radius': '12px', 'background-color': ink.inset } },
    { selector: 'node[kind = "box"]', style: { 'background-color': ink.inset, 'background-opacity': 1, 'border-color': ink.line, 'corner-radius': '12px', padding: `${BOX_PADDING}px` } },
    { selector: 'node[state = "degraded"]', style: { 'border-width': 1.5, 'border-color': ink['mark-degraded'] } },
    { selector: 'node[state = "failing"]', style: { 'border-width': 2, 'border-color': ink['mark-failing'] } },
    { selector: 'node[?outside]', style: { 'border-style': 'dashed' } },
    { selector: 'node[?dim]', style: { opacity: 0.3 } },
    { selector: 'node.hover', style: { 'background-color': ink['accent-soft'] } },
    { selector: 'node[kind = "box"].hover', style: { 'background-color': ink.inset } },
    { selector: 'node.selected', style: { 'outline-width': 2, 'outline-offset': 4, 'outline-color': ink['mark-selected'] } },
    { selector: 'node.ring', style: { 'outline-width': 2, 'outline-offset': 6, 'outline-style': 'dashed', 'outline-color': ink['mark-selected'] } },
    { selector: 'edge', style: { width: 'data(width)', 'line-color': line('idle'), 'target-arrow-color': line('idle'), 'target-arrow-shape': 'triangle', 'arrow-scale': 0.9, 'overlay-opacity': 0, 'line-cap': 'butt', 'curve-style': 'straight' } },
    { selector: 'edge[cd]', style: { 'curve-style': 'unbundled-bezier', 'source-endpoint': 'data(se)', 'target-endpoint': 'data(te)', ...BEND } },
    { selector: 'edge[state = "healthy"]', style: { 'line-color': line('healthy'), 'target-arrow-color': line('healthy') } },
    { selector: 'edge[state = "degraded"]', style: { 'line-color': line('degraded'), 'target-arrow-color': line('degraded'), 'line-style': 'dashed', 'line-dash-pattern': [9, 5] } },
    { selector: 'edge[state = "failing"]', style: { 'line-color': line('failing'), 'target-arrow-color': line('failing'), width: 'mapData(width, 1, 6, 2.5, 7)' } },
    { selector: 'edge[state = "idle"]', style: { 'line-style': 'dotted', width: 1 } },
    { selector: 'edge[?tcp]', style: { 'target-arrow-shape': 'square' } },
    { selector: 'edge[?dim]', style: { opacity: 0.18 } },
    { selector: 'edge[?traced]', style: { 'line-color': ink['mark-selected'], 'target-arrow-color': ink['mark-selected'], width: 'mapData(width, 1, 6, 3, 7)' } },
    { selector: 'edge.hover', style: { 'underlay-color': ink['mark-selected'], 'underlay-opacity': 0.18, 'underlay-padding': 4 } },
    { selector: 'edge.selected', style: { 'underlay-color': ink['mark-selected'], 'underlay-opacity': 0.35, 'underlay-padding': 4 } },
    { selector: 'edge.calm', style: { 'curve-style': 'straight', 'source-endpoint': 'outside-to-node', 'target-endpoint': 'outside-to-node', 'arrow-scale': 0.7, width: 'mapData(width, 1, 6, 1, 3)', opacity: 0.8, 'z-index': 2 } },
    { selector: 'edge.calm[state = "healthy"], edge.calm[state = "idle"]', style: { opacity: 0.22, 'z-index': 1, 'target-arrow-shape': 'none' } },
    { selector: 'edge.calm[?dim]', style: { opacity: 0.06 } },
    { selector: 'edge.calm.hover, edge.calm.selected, edge.calm[?traced]', style: { opacity: 1, 'z-index': 3, 'target-arrow-shape': 'triangle' } },
    { selector: 'edge[?loop]', style: { 'curve-style': 'bezier', 'source-endpoint': 'outside-to-node', 'target-endpoint': 'outside-to-node' } },
  ];
}
