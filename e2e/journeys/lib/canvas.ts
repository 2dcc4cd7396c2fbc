import type { Page } from 'playwright';
import { expect } from 'playwright/test';

const HOST = '[data-testid=graph-canvas]';
type Point = { readonly x: number; readonly y: number };
type Spot = Point & { readonly shown: boolean };

/** Waits until the graph is laid out and drawn. */
export const canvasDrawn = (page: Page): Promise<void> => page.waitForSelector(`${HOST}[data-drawn=true]`, { state: 'attached', timeout: 30_000 }).then(() => undefined);

/** What Cytoscape holds: ids of nodes and edges with their classes. */
export async function canvasElements(page: Page): Promise<ReadonlyMap<string, string>> {
  const list = await page.evaluate((host): (readonly [string, string])[] => {
    const cy = Reflect.get(document.querySelector(host) ?? {}, '_cyreg')?.cy; // where Cytoscape keeps the instance of its container
    return cy === undefined ? [] : cy.elements().map((element: { id: () => string; classes: () => string[] }) => [element.id(), element.classes().join(' ')] as const);
  }, HOST);
  return new Map(list);
}

/** Where on the page a node or the middle of an edge lies; waits until it stands still. */
export async function canvasPoint(page: Page, id: string): Promise<Point> {
  const look = (): Promise<Spot> => page.evaluate(({ host, id }) => {
    const element = document.querySelector(host);
    const cy = Reflect.get(element ?? {}, '_cyreg')?.cy;
    const found = cy?.getElementById(id);
    if (element === null || found === undefined || found.empty()) return { x: 0, y: 0, shown: false };
    const box = element.getBoundingClientRect();
    const at: { readonly x: number; readonly y: number } = found.isEdge() ? found.renderedMidpoint() : found.renderedPosition();
    return { x: box.x + at.x, y: box.y + at.y, shown: true };
  }, { host: HOST, id });
  let last: Spot = { x: 0, y: 0, shown: false };
  await expect.poll(async () => {
    const now = await look();
    const still = now.shown && last.shown && Math.hypot(now.x - last.x, now.y - last.y) < 0.5;
    last = now;
    return still;
  }, { message: `${id} stands still on the canvas`, intervals: [100] }).toBe(true);
  return last;
}

/** The ids of the lines that a trace is drawn over. */
export async function canvasTraced(page: Page): Promise<readonly string[]> {
  return page.evaluate((host): readonly string[] => {
    const cy = Reflect.get(document.querySelector(host) ?? {}, '_cyreg')?.cy;
    return cy === undefined ? [] : cy.edges('[?traced]').map((edge: { id: () => string }) => edge.id());
  }, HOST);
}
