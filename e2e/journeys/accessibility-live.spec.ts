import { AxeBuilder } from '@axe-core/playwright';
import type { Locator, Page } from 'playwright';
import { expect, test } from './lib/journey.ts';

// Pages whose content only a running mesh has, the wide one light and the narrow one dark: axe finds nothing, and nothing sticks out sideways.

const EDITOR = '/config/networking.istio.io/Gateway/default/bookinfo-gateway';
const text = (words: string | RegExp) => (page: Page): Locator => page.getByText(words).first();
const rowOf = (table: string) => (page: Page): Locator => page.getByRole('table', { name: table }).getByRole('link').first();
const PAGES: readonly (readonly [string, string, (page: Page) => Locator])[] = [
  ['overview', '/overview', rowOf('Services, worst first')], ['graph', '/graph?node=svc:default/reviews', text('Traffic split')], ['traces', '/traces?service=productpage.default', rowOf('Traces')], ['config', '/config', rowOf('Objects')],
  ['new object', '/config/new/VirtualService', text('kind: VirtualService')], ['editor', EDITOR, text('kind: Gateway')], ['editor, diff', `${EDITOR}?mode=diff`, text('kind: Gateway')], ['mesh', '/mesh', text(/^istiod/)], ['service', '/services/default/reviews', text('Over time')],
  ['proxy', '/workloads/default/productpage-v1?tab=proxy', text(/Listeners/i)],
];

async function findings(page: Page): Promise<readonly string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  return [...(wide > 0 ? [`the page is ${wide} px too wide`] : []), ...violations.flatMap((violation) => violation.nodes.map((node) => `${violation.id}: ${node.target.join(' ')} (${node.failureSummary?.split('\n')[1]?.trim() ?? ''})`))];
}

for (const [theme, width] of [['light', 1440], ['dark', 1024]] as const) {
  test(`axe finds nothing on a running mesh: ${theme}, ${width} px`, async ({ page, shot }) => {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    await page.setViewportSize({ width, height: 900 });
    for (const [name, path, shown] of PAGES) {
      await page.goto(path);
      await shown(page).waitFor();
      await shot(`axe-${name}-${theme}-${width}`);
      expect.soft(await findings(page), name).toEqual([]);
    }
    // the newest trace, and its first span opened
    await page.goto('/traces?service=productpage.default');
    await rowOf('Traces')(page).click();
    await page.getByRole('treegrid', { name: /^Trace with/ }).waitFor();
    await shot(`axe-trace-${theme}-${width}`);
    expect.soft(await findings(page), 'trace').toEqual([]);
  });
}
