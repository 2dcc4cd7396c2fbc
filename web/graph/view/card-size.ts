import type { DrawnNode } from './drawn.ts';

/** Sizes of cards in the units of the picture (px at zoom 1). */
export const CARD = { height: 44, widthMin: 112, widthMax: 220, left: 34, right: 14, titleFont: 600, titlePx: 13, detailPx: 11 } as const;
export const BOX_PADDING = 26;
const NAMESPACE_HEIGHT = 52;
/** Width of a letter where no canvas can measure (tests). */
const LETTER_PX = 7;

export const titleFont = `${CARD.titleFont} ${CARD.titlePx}px "Inter Variable", sans-serif`;
export const detailFont = `400 ${CARD.detailPx}px "Inter Variable", sans-serif`;

let context: CanvasRenderingContext2D | null | undefined;
const widths = new Map<string, number>();
const WIDTHS_MAX = 20_000;
/** Width of a text; measured once each. */
export function textWidth(text: string, font: string): number {
  const key = `${font}\n${text}`;
  const known = widths.get(key);
  if (known !== undefined) return known;
  if (context === undefined) context = typeof document === 'undefined' ? null : document.createElement('canvas').getContext('2d');
  let width = text.length * LETTER_PX;
  if (context !== null) {
    context.font = font;
    width = context.measureText(text).width;
  }
  if (widths.size > WIDTHS_MAX) widths.clear();
  widths.set(key, width);
  return width;
}

/** Cards take the width of their name; numbers change and must not move anything, so the small line counts with wide digits. */
export function cardSize(node: Pick<DrawnNode, 'title' | 'detail' | 'shape' | 'badges'>): { readonly width: number; readonly height: number } {
  const detail = node.detail.replaceAll(/\d+(?:\.\d+)?/g, '000.0');
  const text = Math.max(textWidth(node.title, titleFont), textWidth(detail, detailFont));
  const width = Math.min(CARD.widthMax, Math.max(CARD.widthMin, Math.ceil((CARD.left + text + CARD.right + (node.shape === 'pill' ? 14 : 0)) / 2) * 2));
  return { width, height: node.shape === 'namespace' ? NAMESPACE_HEIGHT : CARD.height };
}
