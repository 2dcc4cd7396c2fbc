import type { Browser, Page } from 'playwright';
import { expect, test } from 'playwright/test';
import { launchBrowser } from '../lib/browser.ts';
import { bookinfoGraph } from '../lib/canned/bookinfo-graph.ts';
import { startCannedConsole } from '../lib/canned-console.ts';
import type { CannedConsole } from '../lib/canned-console.ts';

// The console by the keyboard alone, over canned answers: no mouse event is ever sent.

let browser: Browser;
let console_: CannedConsole;
let page: Page;
test.beforeAll(async () => {
  browser = await launchBrowser();
  console_ = await startCannedConsole({ graph: bookinfoGraph, everyMs: 1_000 });
});
test.afterAll(async () => {
  await browser.close();
  await console_.stop();
});
test.beforeEach(async () => {
  page = await (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage();
});
test.afterEach(() => page.context().close());

const at = (): URL => new URL(page.url());
async function open(path: string, seen: string): Promise<void> {
  await page.goto(console_.url + path);
  await page.getByText(seen).first().waitFor();
}
const keys = async (...list: readonly string[]): Promise<void> => { for (const key of list) await page.keyboard.press(key); };

test('two keys lead from any page to the graph and to every other page', async () => {
  await open('/overview', 'Services, worst first');
  for (const [letter, path] of [['g', '/graph'], ['s', '/services'], ['w', '/workloads'], ['o', '/overview']] as const) {
    await keys('g', letter);
    await expect.poll(() => at().pathname).toBe(path);
  }
});

test('the outline walks the graph along its calls and opens the inspector; Esc goes up', async () => {
  await open('/graph', 'width = requests/s');
  await keys('o');
  const here = page.locator('[role=treeitem][tabindex="0"]');
  await expect(here).toBeFocused();
  await expect(here).toHaveAccessibleName(/ingressgateway/);
  await keys('ArrowRight');
  await expect(here).toHaveAccessibleName(/^productpage v1, degraded/);
  await keys('ArrowRight');
  await expect(here).toHaveAccessibleName(/^reviews, service, degraded/);
  await keys('e');
  await expect(here).toHaveAccessibleName(/^reviews v2, degraded/);
  await keys('e');
  await expect(here).toHaveAccessibleName(/^ratings v1, failing/);
  await keys('ArrowLeft', 'Enter');
  await page.getByRole('complementary', { name: 'Inspector of reviews' }).waitFor();
  expect(at().searchParams.get('node')).toBe('wl:default/reviews-v2');
  await page.locator('body').press('Escape');
  await expect.poll(() => at().searchParams.get('node')).toBeNull();
});

test('a split is moved with the arrow keys of its slider, and the plan is read', async () => {
  await open('/services/default/reviews', 'Traffic split');
  const slider = page.getByRole('slider', { name: 'Share of v3' });
  await slider.focus();
  await keys('ArrowRight', 'ArrowRight', 'ArrowRight');
  await expect(slider).toHaveValue('13');
  await page.getByText('Over the last 5 min this would move').waitFor();
  await expect(page.getByRole('button', { name: 'Apply split' })).not.toHaveAttribute('aria-disabled');
});

test('rows: j and k move, Space inspects, Enter opens; / filters, and an empty answer offers to clear it', async () => {
  await open('/services', 'istio-ingressgateway');
  await keys('j', 'j', 'Space');
  await page.getByRole('complementary', { name: 'Inspector of reviews' }).waitFor();
  await keys('k', 'Enter');
  await expect.poll(() => at().pathname).toBe('/services/default/ratings');
  await keys('g', 's', '/');
  await expect(page.getByRole('textbox', { name: 'Filter services' })).toBeFocused();
  await page.keyboard.type('nothing like it');
  await page.getByText('No services match').waitFor();
  await page.getByRole('button', { name: 'Clear filter', exact: true }).press('Enter');
  await page.getByText('istio-ingressgateway').first().waitFor();
});

test('window, pause and palette; what is chosen is in the URL and follows to the next page', async () => {
  await open('/overview', 'Services, worst first');
  await keys(']', '.');
  await expect.poll(() => at().search).toBe('?window=5m&paused=1');
  await page.getByRole('button', { name: 'Paused' }).waitFor();
  await keys('Control+k');
  await page.getByRole('combobox', { name: 'Search or jump to' }).waitFor();
  await page.keyboard.type('reviews-v2');
  await keys('Enter');
  await expect.poll(() => `${at().pathname}${at().search}`).toBe('/workloads/default/reviews-v2?window=5m&paused=1');
  await keys('.');
  await expect.poll(() => at().search).toBe('?window=5m');
});

test('single keys can be switched off; what needs Ctrl stays', async () => {
  await open('/overview', 'Services, worst first');
  await keys('?');
  await page.getByRole('checkbox', { name: /Single keys act/ }).press('Space');
  await keys('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await keys('g', 'g', ']');
  expect(`${at().pathname}${at().search}`).toBe('/overview');
  await keys('Control+k');
  await page.getByRole('combobox', { name: 'Search or jump to' }).waitFor();
});

test('a source that fails takes its panel, not the page, and comes back by itself', async () => {
  await open('/overview', 'Services, worst first');
  console_.setFailing(['overview']);
  await page.getByText(/As of \d\d:\d\d:\d\d\./).first().waitFor({ timeout: 30_000 });
  await expect(page.getByRole('table', { name: 'Services, worst first' })).toBeVisible();
  console_.setFailing([]);
  await page.getByText(/As of \d\d:\d\d:\d\d\./).first().waitFor({ state: 'detached', timeout: 30_000 });
});

/** Pan, zoom and the place of every node on the canvas. */
const places = (): Promise<string> => page.evaluate(() => {
  const host = document.querySelector('[data-testid=graph-canvas]');
  const registered: unknown = host === null ? undefined : Reflect.get(host, '_cyreg'); // where Cytoscape keeps the instance of its container
  const cy: unknown = typeof registered === 'object' && registered !== null ? Reflect.get(registered, 'cy') : undefined;
  const answer = (name: string): string => {
    const method: unknown = typeof cy === 'object' && cy !== null ? Reflect.get(cy, name) : undefined;
    if (typeof method !== 'function') throw new Error('there is no graph on the page');
    return JSON.stringify(method.call(cy)) ?? '';
  };
  const positions = [...answer('json').matchAll(/"id":"([^"]+)"[^}]*},"position":{"x":(-?\d+)[^,]*,"y":(-?\d+)/g)].map((m) => `${m[1]} ${m[2]} ${m[3]}`);
  return [answer('pan'), answer('zoom'), ...positions.toSorted()].join('\n');
});

test('the graph refreshes without moving anything', async () => {
  await open('/graph', 'width = requests/s');
  await page.waitForSelector('[data-testid=graph-canvas][data-drawn=true]', { state: 'attached' });
  const before = await places();
  expect(before.split('\n').length).toBeGreaterThan(9);
  await page.waitForTimeout(3_500);
  expect(await places()).toBe(before);
  await page.reload();
  await page.waitForSelector('[data-testid=graph-canvas][data-drawn=true]', { state: 'attached' });
  // stored positions are whole numbers; the view is fitted again
  expect((await places()).split('\n').length).toBe(before.split('\n').length);
});

test('another window keeps zoom, places and the weights chosen in the inspector', async () => {
  await open('/graph?node=svc:default/reviews', 'width = requests/s');
  await page.waitForSelector('[data-testid=graph-canvas][data-drawn=true]', { state: 'attached' });
  await page.getByRole('button', { name: 'Zoom in' }).press('Enter');
  const slider = page.getByRole('slider', { name: 'Share of v3' });
  await slider.focus();
  await keys('ArrowRight', 'ArrowRight', 'ArrowRight');
  await expect(slider).toHaveValue('13');
  const before = await places();
  await keys(']');
  await expect.poll(() => at().search).toContain('window=5m');
  await page.waitForTimeout(1_500);
  await expect(slider).toHaveValue('13');
  expect(await places()).toBe(before);
});

test('a held key of undo takes back once', async () => {
  await open('/services/default/reviews', 'Traffic split');
  await page.getByRole('button', { name: /Undo last/ }).and(page.locator(':not([aria-disabled])')).waitFor();
  const sent: string[] = [];
  page.on('request', (request) => { if (request.method() === 'POST' && request.url().includes('/api/undo/')) sent.push(request.url()); });
  await page.keyboard.down('u');
  for (let i = 0; i < 10; i++) await page.keyboard.down('u');
  await page.keyboard.up('u');
  await page.getByRole('region', { name: 'Messages' }).getByText('Not taken back').waitFor(); // the canned console has no undo
  expect(sent).toHaveLength(1);
});
