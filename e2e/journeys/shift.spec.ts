import { startLoad } from '../lib/load.ts';
import { until } from '../lib/until.ts';
import { canvasDrawn } from './lib/canvas.ts';
import { Hand, HOWS } from './lib/hand.ts';
import { expect, test } from './lib/journey.ts';
import { bound, countedShares, halves, isGone, liveOn, observedInConsole, preset, revisionOf, weightsInCluster } from './lib/split.ts';

// "Shift it" and "Undo it": from the graph's inspector and from the service's page, until the counters of the sidecars say what was set, and back.

/** A short window, so that what was before the change is soon past; and requests beside the load maker's, for narrow bounds. */
const WINDOW = 'window=15s';
const RATE = 40;
const REQUESTS_LEAST = 300;
const PATCH = (v1: number, v2: number): string => JSON.stringify({ spec: { http: [{ route: [{ destination: { host: 'reviews', subset: 'v1' }, weight: v1 }, { destination: { host: 'reviews', subset: 'v2' }, weight: v2 }] }] } });

for (const how of HOWS) {
  test(`shift it from the graph and undo it, ${how}: what is missing is created in the safe order, removed in reverse`, async ({ page, mesh, run, shot }) => {
    const hand = new Hand(page, how);
    await run(['delete', 'destinationrule', 'reviews']);
    const load = startLoad({ url: `${mesh.urls.gateway}/api/v1/products/0/reviews`, ratePerSecond: RATE });
    await page.goto(`/graph?${WINDOW}`);
    await canvasDrawn(page);
    await hand.selectNode('svc:default/reviews', /^productpage v1/, /^reviews, service/);
    const part = page.getByRole('complementary', { name: 'Inspector of reviews' });
    await part.getByRole('slider', { name: 'Share of v1' }).waitFor();
    await halves(hand, part);
    await part.getByText(/^Of [\d\s]+ requests in the last 5.min, about [\d\s]+ would have gone to v1 and v3 instead of v2\./).waitFor();
    await expect(part.getByRole('listitem').filter({ hasText: /DestinationRule|VirtualService|acknowledge/ })).toHaveText(['Create DestinationRule reviews with subsets v1, v2, v3', 'Wait until every proxy has acknowledged it', 'Create VirtualService reviews: v1 50 %, v2 0 %, v3 50 %', 'Every proxy acknowledges']);
    await shot(`shift-${how}-1-plan`);
    await hand.press(part.getByRole('button', { name: 'Apply split' }));
    await liveOn(part);
    await shot(`shift-${how}-2-live`);
    expect(await weightsInCluster(run)).toEqual({ v1: 50, v3: 50 });
    expect(await revisionOf(run, 'destinationrule')).toBeLessThan(await revisionOf(run, 'virtualservice'));

    await countedShares(mesh.urls.prometheus, { 'reviews-v1': 0.5, 'reviews-v3': 0.5 }, REQUESTS_LEAST);
    await expect.poll(async () => {
      const { n, shares: [v1 = 0, v2 = 1, v3 = 0] } = await observedInConsole(part);
      return n >= REQUESTS_LEAST && v2 === 0 && Math.abs(v1 - 0.5) <= bound(0.5, n) && Math.abs(v3 - 0.5) <= bound(0.5, n);
    }, { message: 'the console observes 50/50', timeout: 40_000 }).toBe(true);
    await shot(`shift-${how}-3-observed`);

    if (how === 'mouse') await part.getByRole('button', { name: /^Undo last/ }).click();
    else await hand.keys('u');
    await until('the cluster is as it was', async () => ((await isGone(run, 'virtualservice')) && (await isGone(run, 'destinationrule')) ? true : undefined));
    await countedShares(mesh.urls.prometheus, { 'reviews-v1': 1 / 3, 'reviews-v2': 1 / 3, 'reviews-v3': 1 / 3 }, 60);
    await expect(part.getByRole('button', { name: 'Apply split' })).toHaveAttribute('aria-disabled', 'true');
    await shot(`shift-${how}-4-undone`);
    expect((await load.stop()).failed, 'no request failed').toEqual([]);
  });

  test(`shift it from the service's page, ${how}: somebody else's change is told and not overwritten`, async ({ page, run, shot }) => {
    const hand = new Hand(page, how);
    await page.goto(`/services/default/reviews?${WINDOW}`);
    const part = page.getByRole('region', { name: /^Traffic split/ });
    await part.getByRole('slider', { name: 'Share of v1' }).waitFor();
    await halves(hand, part);
    await expect(part.getByRole('listitem').filter({ hasText: /DestinationRule|VirtualService|acknowledge/ })).toHaveText(['Create VirtualService reviews: v1 50 %, v2 0 %, v3 50 %', 'Every proxy acknowledges']);
    await hand.press(part.getByRole('button', { name: 'Apply split' }));
    await liveOn(part);
    expect(await weightsInCluster(run)).toEqual({ v1: 50, v3: 50 });
    await shot(`shift-${how}-5-service`);

    // chosen on what was seen, while somebody else uses kubectl
    await preset(hand, part, 'v3', 25);
    await run(['patch', 'virtualservice', 'reviews', '--type=merge', '-p', PATCH(90, 10)]);
    await part.getByRole('alert').getByText('VirtualService reviews was changed while you were choosing. Set now: v1 90 %, v2 10 %, v3 0 %.').waitFor();
    await shot(`shift-${how}-6-conflict`);
    const apply = part.getByRole('button', { name: 'Apply split' });
    await expect(apply).toHaveAttribute('aria-disabled', 'true');
    if (how === 'mouse') await apply.click({ force: true });
    else await hand.press(apply);
    expect(await weightsInCluster(run)).toEqual({ v1: 90, v2: 10 });
    await hand.press(part.getByRole('button', { name: 'Look at the new weights' }));
    await expect(part.getByRole('slider', { name: 'Share of v1' })).toHaveValue('90');

    // the same edit on the last moment, before the page can know: the server refuses
    await page.route('**/api/shift/default/reviews*', (route) => route.abort());
    await preset(hand, part, 'v3', 100);
    await run(['patch', 'virtualservice', 'reviews', '--type=merge', '-p', PATCH(80, 20)]);
    await hand.press(part.getByRole('button', { name: 'Apply split' }));
    await part.getByRole('alert').getByText('VirtualService reviews was changed by someone else meanwhile.').waitFor();
    await page.unroute('**/api/shift/default/reviews*');
    expect(await weightsInCluster(run)).toEqual({ v1: 80, v2: 20 });
    await hand.press(part.getByRole('button', { name: 'Look at the new weights' }));
    await expect(part.getByRole('slider', { name: 'Share of v1' })).toHaveValue('80');

  });
}
