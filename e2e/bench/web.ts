import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import type { Browser, Page } from 'playwright';
import { launchBrowser } from '../lib/browser.ts';
import { bigGraph, bookinfoGraph } from '../lib/canned/bookinfo-graph.ts';
import { startCannedConsole } from '../lib/canned-console.ts';
import type { BenchRow } from './bench-row.ts';

// The console in a real Chromium over canned answers: weight of the first route, first picture and frame rate of a big graph.

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const SERVICES = 1_000;
const EDGES = 5_000;
const RUNS = 5;
const PAN_MS = 2_000;
const VIEWPORT = { width: 1440, height: 900 };

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
const rangeOf = (values: readonly number[]): readonly [number, number] => [Math.min(...values), Math.max(...values)];

async function firstRouteKb(browser: Browser, url: string): Promise<number> {
  const page = await browser.newPage({ viewport: VIEWPORT });
  const sizes: Promise<number>[] = [];
  page.on('response', (response) => { if (new URL(response.url()).pathname.endsWith('.js')) sizes.push(response.body().then((body) => gzipSync(body, { level: 9 }).length)); });
  await page.goto(`${url}/overview`);
  await page.getByRole('table', { name: 'Services, worst first' }).waitFor();
  await page.waitForLoadState('networkidle');
  const total = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  await page.close();
  return total / 1000;
}

/** From the start of the navigation to the first frame that shows the laid-out graph. A new context each time: nothing is cached, no position is known. */
async function firstPicture(browser: Browser, url: string): Promise<{ readonly seconds: number; readonly page: Page }> {
  const context = await browser.newContext({ viewport: VIEWPORT });
  const page = await context.newPage();
  await page.goto(`${url}/graph`, { waitUntil: 'commit' });
  await page.waitForSelector('[data-testid=graph-canvas][data-drawn=true]', { state: 'attached', timeout: 60_000 });
  const ms = await page.evaluate(() => new Promise<number>((resolve) => { requestAnimationFrame(() => { requestAnimationFrame(() => { resolve(performance.now()); }); }); }));
  return { seconds: ms / 1000, page };
}

/** Frames a second while the view moves each frame. */
function panning(page: Page, forMs: number): Promise<number> {
  return page.evaluate((ms) => new Promise<number>((resolve) => {
    const host = document.querySelector('[data-testid=graph-canvas]');
    const registered: unknown = host === null ? undefined : Reflect.get(host, '_cyreg'); // where Cytoscape keeps the instance of its container
    const cy: unknown = typeof registered === 'object' && registered !== null ? Reflect.get(registered, 'cy') : undefined;
    const panBy: unknown = typeof cy === 'object' && cy !== null ? Reflect.get(cy, 'panBy') : undefined;
    if (typeof panBy !== 'function') throw new Error('there is no graph on the page');
    const start = performance.now();
    let frames = 0;
    const step = (now: number): void => {
      if (now - start >= ms) {
        resolve((frames * 1000) / (now - start));
        return;
      }
      frames += 1;
      panBy.call(cy, { x: Math.sin(frames / 15) * 6, y: Math.cos(frames / 15) * 6 });
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }), forMs);
}

async function bigRows(browser: Browser): Promise<readonly BenchRow[]> {
  const model = bigGraph(Date.now(), SERVICES, EDGES);
  const big = await startCannedConsole({ graph: () => model, everyMs: 0 });
  try {
    const pictures: number[] = [];
    const frames: number[] = [];
    for (let i = 0; i < RUNS; i++) {
      const { seconds, page } = await firstPicture(browser, big.url);
      pictures.push(seconds);
      frames.push(await panning(page, PAN_MS));
      await page.context().close();
    }
    const open = await browser.newContext({ viewport: VIEWPORT });
    const page = await open.newPage();
    await page.goto(`${big.url}/graph?closed=none`);
    await page.waitForSelector('[data-testid=graph-canvas][data-drawn=true]', { state: 'attached', timeout: 120_000 });
    const openFrames = [await panning(page, PAN_MS), await panning(page, PAN_MS), await panning(page, PAN_MS)];
    await open.close();
    const size = `${SERVICES} services, ${EDGES} edges`;
    return [
      { name: `graph page, ${size}: first picture`, value: median(pictures), unit: 's', must: 3, aim: 1.5, range: rangeOf(pictures), note: 'cold cache, namespaces closed as they start' },
      { name: `graph page, ${size}: frames a second while panning`, value: median(frames), unit: 'fps', must: 20, aim: 40, higherIsBetter: true, range: rangeOf(frames), note: 'namespaces closed, as it opens' },
      { name: `graph page, ${size}: frames a second with every namespace open`, value: median(openFrames), unit: 'fps', higherIsBetter: true, range: rangeOf(openFrames), note: 'software rendering, no GPU' },
    ];
  } finally {
    await big.stop();
  }
}

export async function bench(): Promise<BenchRow[]> {
  await run(process.execPath, ['node_modules/vite/bin/vite.js', 'build'], { cwd: ROOT, maxBuffer: 16 * 1024 * 1024 });
  const browser = await launchBrowser();
  try {
    const small = await startCannedConsole({ graph: bookinfoGraph });
    const kb = await firstRouteKb(browser, small.url).finally(() => small.stop());
    return [{ name: 'console: JavaScript of the first route, gzip', value: kb, unit: 'kB', must: 260, aim: 200 }, ...(await bigRows(browser))];
  } finally {
    await browser.close();
  }
}
