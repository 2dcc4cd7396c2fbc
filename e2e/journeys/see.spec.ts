import { canvasDrawn, canvasElements, canvasPoint } from './lib/canvas.ts';
import { Hand, HOWS } from './lib/hand.ts';
import { expect, test } from './lib/journey.ts';
import { numberOf } from './lib/prometheus.ts';
import { factsOf, numberIn, rowOf } from './lib/rows.ts';

// "See it": from any page to the graph; what it shows is what the sidecars counted, and inspector, table and outline say the same.

const CALLS = ['wl:istio-system/istio-ingressgateway>wl:default/productpage-v1', 'wl:default/productpage-v1>svc:default/reviews', 'wl:default/productpage-v1>wl:default/details-v1', 'svc:default/reviews>wl:default/reviews-v1', 'svc:default/reviews>wl:default/reviews-v2', 'svc:default/reviews>wl:default/reviews-v3', 'wl:default/reviews-v2>wl:default/ratings-v1', 'wl:default/reviews-v3>wl:default/ratings-v1', 'wl:legacy/curl>wl:default/productpage-v1'];
const CALLED = 'reporter="source",source_workload="productpage-v1",destination_service_name="reviews",destination_service_namespace="default"';

for (const how of HOWS) {
  test(`see it, ${how}: services and calls with their figures; inspector, table and outline agree`, async ({ page, mesh, shot }) => {
    const hand = new Hand(page, how);
    await page.goto('/overview');
    await page.getByRole('table', { name: 'Services, worst first' }).getByText('reviews').first().waitFor();
    await shot(`see-${how}-0-overview`);
    await hand.go('Graph', 'g');
    await canvasDrawn(page);
    await expect.poll(async () => [...(await canvasElements(page)).keys()].map((id) => id.replace(/:http$/, '')), { timeout: 30_000 }).toEqual(expect.arrayContaining(CALLS));
    await shot(`see-${how}-1-graph`);

    await hand.selectNode('svc:default/reviews', /^productpage v1/, /^reviews, service/);
    const inspector = page.getByRole('complementary', { name: 'Inspector of reviews' });
    await inspector.getByRole('heading', { name: 'Traffic split' }).waitFor();
    await expect(inspector.getByText('Service · default · port 9080 http · 3 versions')).toBeVisible();
    await inspector.getByRole('slider', { name: 'Share of v3' }).waitFor();
    await shot(`see-${how}-2-reviews`);

    // held still, so that every view shows the same moment
    if (how === 'mouse') await page.getByRole('button', { name: /^● Live|^Live/ }).click();
    else await hand.keys('.');
    await page.getByRole('button', { name: 'Paused' }).waitFor();
    if (how === 'mouse') await page.getByRole('button', { name: 'Table', exact: true }).click();
    else await hand.keys('t');
    const { row, cells } = await rowOf(page, 'Edges of the graph', 'productpage v1 · default', 'reviews (service) · default');
    await shot(`see-${how}-3-table`);
    expect(cells).toMatchObject({ Protocol: 'http', mTLS: '100\u00a0%', Errors: '0\u00a0%' });

    // the same edge in its inspector
    if (how === 'mouse') await row.click();
    else {
      await hand.reach(page.getByRole('table', { name: 'Edges of the graph' }).locator('tbody tr[tabindex="0"]'));
      for (let i = 0; i < 20 && !(await row.evaluate((element) => element === document.activeElement)); i++) await hand.keys('ArrowDown');
      await hand.keys('Space');
    }
    const edge = page.getByRole('complementary', { name: 'Inspector of productpage v1 → reviews' });
    await edge.getByRole('heading', { name: 'Requests' }).waitFor();
    const facts = await factsOf(edge);
    expect([facts['Rate'], facts['Errors'], facts['p95']]).toEqual([cells['Rate'], cells['Errors'], cells['p95']]);
    await expect(edge.getByText(`http · ${cells['Rate'] ?? ''} · mutual TLS 100\u00a0% observed`)).toBeVisible();
    await shot(`see-${how}-4-edge`);

    // and in the outline
    if (how === 'mouse') await page.getByRole('button', { name: 'Table', exact: true }).click();
    else await hand.keys('t');
    await canvasDrawn(page);
    await hand.toOutline();
    if (how === 'mouse') await page.getByRole('treeitem', { name: 'default', exact: true }).click();
    const name = (await page.getByRole('treeitem', { name: /^reviews, service/ }).getAttribute('aria-label')) ?? '';
    expect(name).toMatch(/^reviews, service, healthy, [\d.]+ requests per second, mutual TLS observed; calls reviews v1; reviews v2; reviews v3$/);
    expect(Math.abs(numberIn(/([\d.]+) requests/.exec(name)?.[0] ?? '') - numberIn(cells['Rate'] ?? ''))).toBeLessThan(0.06); // the table prints one decimal
    await shot(`see-${how}-5-outline`);

    // and by what Prometheus counted, some seconds apart
    const rate = (await numberOf(mesh.urls.prometheus, `sum(rate(istio_requests_total{${CALLED}}[1m]))`)) ?? Number.NaN;
    const p95 = (await numberOf(mesh.urls.prometheus, `histogram_quantile(0.95, sum by (le) (rate(istio_request_duration_milliseconds_bucket{${CALLED}}[1m])))`)) ?? Number.NaN;
    expect(numberIn(cells['Rate'] ?? '') / rate).toBeCloseTo(1, 0);
    expect(Math.abs(Math.log2(numberIn(cells['p95'] ?? '') / p95))).toBeLessThan(1);
  });
}

test('see it, mouse: a line opens its inspector; lines can carry rate and p95', async ({ page, shot }) => {
  await page.goto('/graph');
  await canvasDrawn(page);
  await page.getByRole('button', { name: /^Edges/ }).click();
  for (const label of ['rate', 'p95']) await page.getByRole('option', { name: label, exact: true }).click();
  await page.keyboard.press('Escape');
  await expect(page).toHaveURL(/labels=rate,errors,p95,split,mtls|labels=/);
  const at = await canvasPoint(page, 'wl:default/reviews-v2>wl:default/ratings-v1:http');
  await page.mouse.click(at.x, at.y);
  await page.getByRole('complementary', { name: 'Inspector of reviews v2 → ratings v1' }).getByRole('heading', { name: 'Answers' }).waitFor();
  await shot('see-mouse-6-labels');
});
