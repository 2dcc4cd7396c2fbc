import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, Page } from 'playwright';
import { expect, test } from 'playwright/test';
import { launchBrowser } from '../lib/browser.ts';
import { bookinfoGraph } from '../lib/canned/bookinfo-graph.ts';
import { startCannedConsole } from '../lib/canned-console.ts';
import type { CannedConsole } from '../lib/canned-console.ts';

// Every page in both themes over canned answers: axe finds nothing, and the status tokens are painted (a page without colours has no contrast to fail).

const PAGES: readonly (readonly [string, string, string])[] = [
  ['overview', '/overview', 'Services, worst first'], ['graph', '/graph', 'Legend'], ['graph with inspector', '/graph?node=svc:default/reviews', 'Traffic split'], ['graph, security', '/graph?node=svc:default/reviews&tab=security', 'Seen from the callers'],
  ['graph, health', '/graph?node=wl:default/ratings-v1&tab=health', 'Judgement'], ['graph, edge', '/graph?edge=wl:default/reviews-v2>wl:default/ratings-v1:http', 'Answers'], ['graph as table', '/graph?table=1', 'the worst first'],
  ['services', '/services?at=default/reviews', 'Figures'], ['service', '/services/default/reviews', 'Over time'], ['service, traffic', '/services/default/reviews?tab=traffic', 'Traffic in'], ['service, YAML', '/services/default/reviews?tab=yaml', 'apiVersion:'],
  ['workloads', '/workloads?at=default/reviews-v2', 'Look into it'], ['workload', '/workloads/default/reviews-v2', 'Pods'], ['workload, logs', '/workloads/default/reviews-v2?tab=logs', 'GET /ratings/0'], ['workload, proxy', '/workloads/default/reviews-v2?tab=proxy&part=routes', 'Made by'],
  ['nowhere', '/nowhere', 'no page at this address'],
];

let browser: Browser;
let console_: CannedConsole;
test.beforeAll(async () => {
  browser = await launchBrowser();
  console_ = await startCannedConsole({ graph: bookinfoGraph, everyMs: 0 });
});
test.afterAll(async () => {
  await browser.close();
  await console_.stop();
});

async function findings(page: Page): Promise<readonly string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations.flatMap((violation) => violation.nodes.map((node) => `${violation.id}: ${node.target.join(' ')} (${node.failureSummary?.split('\n')[1]?.trim() ?? ''})`));
}
async function open(theme: 'light' | 'dark', path: string): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme: theme, reducedMotion: 'reduce' });
  const page = await context.newPage();
  await page.goto(console_.url + path);
  return page;
}

for (const theme of ['light', 'dark'] as const) {
  for (const [name, path, text] of PAGES) {
    test(`axe finds nothing: ${name}, ${theme}`, async () => {
      const page = await open(theme, path);
      await page.getByText(text).or(page.getByRole('note', { name: text })).first().waitFor();
      await page.waitForLoadState('networkidle');
      expect(await findings(page)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.getAttribute('data-mantine-color-scheme'))).toBe(theme);
      await page.context().close();
    });
  }

  test(`status colours are painted as the tokens say: ${theme}`, async () => {
    const page = await open(theme, '/overview');
    await page.getByRole('table', { name: 'Services, worst first' }).waitFor();
    const painted = await page.evaluate(() => ['healthy', 'degraded', 'failing'].map((state) => {
      const probe = document.createElement('i');
      probe.style.color = `var(--mark-${state})`;
      document.body.append(probe);
      const wanted = getComputedStyle(probe).color;
      probe.remove();
      const shape = document.querySelector(`svg[data-state=${state}] path`);
      return { state, wanted, seen: shape === null ? 'none' : getComputedStyle(shape).fill };
    }));
    for (const { state, wanted, seen } of painted) expect(seen, state).toBe(wanted);
    expect(new Set(painted.map((p) => p.seen)).size).toBe(3);
    await page.context().close();
  });

  test(`axe finds nothing in what opens: ${theme}`, async () => {
    const page = await open(theme, '/overview');
    await page.getByRole('table', { name: 'Services, worst first' }).waitFor();
    await page.keyboard.press('Control+k');
    await page.getByRole('listbox', { name: 'Results' }).waitFor();
    expect(await findings(page), 'palette').toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('listbox', { name: 'Results' }).waitFor({ state: 'detached' });
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard' }).waitFor();
    expect(await findings(page), 'sheet').toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog', { name: 'Keyboard' }).waitFor({ state: 'detached' });
    await page.getByRole('button', { name: /^Namespaces/ }).click();
    await page.getByRole('listbox', { name: 'Namespaces' }).waitFor();
    expect(await findings(page), 'namespaces').toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: /^Send traffic/ }).click();
    await page.getByRole('dialog', { name: 'Send traffic' }).waitFor();
    expect(await findings(page), 'send traffic').toEqual([]);
    await page.context().close();
  });

  test(`axe finds nothing in the outline and on failing sources: ${theme}`, async () => {
    const page = await open(theme, '/graph');
    await page.getByRole('note', { name: 'Legend' }).waitFor();
    await page.keyboard.press('o');
    await page.getByRole('tree').waitFor();
    expect(await findings(page), 'outline').toEqual([]);
    console_.setFailing(['overview', 'services']);
    await page.goto(`${console_.url}/services`);
    await page.getByRole('alert').first().waitFor();
    expect(await findings(page), 'failing').toEqual([]);
    console_.setFailing([]);
    await page.context().close();
  });
}
