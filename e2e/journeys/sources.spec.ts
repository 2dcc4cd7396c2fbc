import { canvasDrawn, canvasElements } from './lib/canvas.ts';
import { Hand, HOWS } from './lib/hand.ts';
import { expect, test } from './lib/journey.ts';
import { numberOf } from './lib/prometheus.ts';
import { until } from '../lib/until.ts';

// "Lose Prometheus and get it back": what was shown stays, says of when it is and why, and is fresh again by itself.

const PROMETHEUS = ['-n', 'istio-system', 'deployment/prometheus'];
const KEPT = ['wl:default/productpage-v1>svc:default/reviews:http', 'svc:default/reviews>wl:default/reviews-v1:http', 'wl:default/reviews-v2>wl:default/ratings-v1:http'];
/** From the scale until a page says so, or is fresh again: a pod's end or start and some polls of 5 s. */
const NOTICED_MS_MAX = 30_000;

test.afterEach(async ({ run, mesh }) => {
  await run(['scale', ...PROMETHEUS, '--replicas=1']);
  await until('Prometheus answers with what it scraped', async () => ((await numberOf(mesh.urls.prometheus, 'count(up == 1)')) ?? 0) > 5 || undefined);
});

for (const how of HOWS) {
  test(`lose Prometheus and get it back, ${how}: what was shown stays and says why it is old, then is fresh without a reload`, async ({ page, context, run, shot }) => {
    const hand = new Hand(page, how);
    // the graph in one tab, the overview in another
    const graph = await context.newPage();
    const chip = graph.getByRole('button', { name: /Live ·|Polled every|Stale since/ });
    await graph.goto('/graph');
    await canvasDrawn(graph);
    await expect.poll(async () => [...(await canvasElements(graph)).keys()], { message: 'the whole graph is there', timeout: NOTICED_MS_MAX }).toEqual(expect.arrayContaining(KEPT));
    await page.goto('/services');
    await hand.go('Overview', 'o');
    for (const tab of [page, graph]) await tab.evaluate(() => Reflect.set(window, 'sameVisit', true));
    const reviews = page.getByRole('table', { name: 'Services, worst first' }).getByRole('row').filter({ has: page.getByRole('link', { name: 'reviews', exact: true }) });
    const requests = page.getByRole('region', { name: /^Requests/ });
    await expect(reviews).toContainText(/\d+(\.\d+)?\s*(ms|s)/, { timeout: NOTICED_MS_MAX });
    await expect(requests).toContainText(/[1-9]/);
    await run(['scale', ...PROMETHEUS, '--replicas=0']);

    // the overview keeps its figures, with the time they are of and the reason
    await expect(requests.getByRole('status')).toHaveText(/As of \d\d:\d\d:\d\d.*Prometheus at .* does not answer/, { timeout: NOTICED_MS_MAX });
    await expect(requests).toContainText(/[1-9][\d.]*\s*\/s/);
    await expect(reviews).toContainText(/\d+(\.\d+)?\s*(ms|s)/);
    await expect(reviews).toContainText(/Prometheus does not answer; figures of \d\d:\d\d:\d\d UTC/);
    await shot(`sources-${how}-1-overview-stale`);
    await hand.press(requests.getByRole('button', { name: 'Try now' }));
    await expect(requests.getByRole('status')).toHaveText(/does not answer/);

    // and so does the graph
    await graph.getByRole('status').filter({ hasText: /Prometheus at .* does not answer: .* Since \d\d:\d\d:\d\d UTC\. The graph shows what was known at \d\d:\d\d:\d\d UTC/ }).waitFor({ timeout: NOTICED_MS_MAX });
    await expect(chip).toHaveText(/Stale since/);
    expect([...(await canvasElements(graph)).keys()]).toEqual(expect.arrayContaining(KEPT));

    await run(['scale', ...PROMETHEUS, '--replicas=1']);
    await expect(graph.getByRole('status').filter({ hasText: /Prometheus/ })).toHaveCount(0, { timeout: NOTICED_MS_MAX });
    await expect(chip).toHaveText(/Live ·/);
    await expect(page.getByText(/does not answer/)).toHaveCount(0, { timeout: NOTICED_MS_MAX });
    await expect(requests).toContainText(/[1-9][\d.]*\s*\/s/, { timeout: NOTICED_MS_MAX });
    await expect(reviews).toContainText(/\d+(\.\d+)?\s*(ms|s)/, { timeout: NOTICED_MS_MAX });
    await shot(`sources-${how}-2-fresh`);
    await hand.go('Graph', 'g');
    await canvasDrawn(page);
    await expect.poll(async () => [...(await canvasElements(page)).keys()], { message: 'the graph is whole again', timeout: NOTICED_MS_MAX }).toEqual(expect.arrayContaining(KEPT));
    for (const tab of [page, graph]) expect(await tab.evaluate(() => Reflect.get(window, 'sameVisit')), 'no reload').toBe(true);
  });
}
