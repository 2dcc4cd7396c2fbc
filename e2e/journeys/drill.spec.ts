import { fileURLToPath } from 'node:url';
import { canvasDrawn, canvasPoint, canvasTraced } from './lib/canvas.ts';
import { Hand, HOWS } from './lib/hand.ts';
import { expect, test } from './lib/journey.ts';

// "Drill into it": a fault is injected with kubectl; from the graph over a trace and its failed span down to the line of the rule that did it, to the log line that says so, and back to the graph with the trace drawn.

const FAULT = fileURLToPath(new URL('../../server/samples/manifests/virtual-service-ratings-test-abort.yaml', import.meta.url));
const EDGE = 'wl:default/reviews-v2>wl:default/ratings-v1:http';
/** Until jason's requests fail often enough to be seen: two scrapes, a frame of the graph, spans in the store. */
const SEEN_MS_MAX = 30_000;

for (const how of HOWS) {
  test(`drill down to the rule that injected a fault, ${how}: graph, trace, span, log line, rule, and the graph again`, async ({ page, run, shot }) => {
    const hand = new Hand(page, how);
    await page.goto('/graph');
    await canvasDrawn(page);
    await run(['apply', '-f', FAULT]);

    // the graph shows where: by mouse the line, by keyboard the node that calls
    if (how === 'mouse') {
      await expect.poll(async () => {
        const at = await canvasPoint(page, EDGE);
        await page.mouse.click(at.x, at.y);
        return page.getByRole('complementary', { name: 'Inspector of reviews v2 → ratings v1' }).getByText('A fault rule answered the request.').count();
      }, { message: 'the line says that a fault rule answers', timeout: SEEN_MS_MAX }).toBeGreaterThan(0);
    } else {
      await hand.selectNode('wl:default/reviews-v2', /^productpage v1/, /^reviews, service/, /^reviews v2/);
    }
    const inspector = page.getByRole('complementary', { name: /^Inspector of reviews/ });
    await shot(`drill-${how}-1-graph`);
    await hand.tab('Parts of the inspector', 'Traces');
    await hand.press(inspector.getByRole('group', { name: 'Which traces' }).getByRole('button', { name: 'With errors' }));
    const first = inspector.getByRole('listitem').getByRole('link').first();
    await first.waitFor({ timeout: SEEN_MS_MAX });
    await shot(`drill-${how}-2-traces`);
    await hand.press(first);
    await expect(page).toHaveURL(/\/traces\/[0-9a-f]{32}/);

    // the waterfall stands on the span that failed
    const grid = page.getByRole('treegrid', { name: /^Trace with \d+ spans/ });
    const chosen = grid.locator('[role=row][aria-selected=true]');
    await expect(chosen.getByRole('gridcell')).toHaveAccessibleName(/status 500, failed$/);
    await expect(chosen).toContainText('→ ratings:9080 v1');
    const trace = new URL(page.url()).pathname.split('/').at(-1) ?? '';
    // another one is chosen and this one again, as somebody does who reads
    const failed = (await chosen.getAttribute('id')) ?? '';
    if (how === 'mouse') {
      await grid.getByRole('row', { level: 1 }).first().click();
      await expect(chosen).toHaveAttribute('aria-level', '1');
      await grid.locator(`[id="${failed}"]`).click();
    } else {
      await hand.reach(grid);
      await hand.keys('Home');
      await expect(chosen).toHaveAttribute('aria-level', '1');
      await hand.keys('e');
    }
    await expect(chosen).toHaveAttribute('id', failed);
    const span = page.getByRole('complementary', { name: 'Span' });
    await expect(span.getByText('A fault rule of the mesh answered 500; the request never reached ratings.')).toBeVisible();
    await expect(span.getByText('rule 1 (end-user = jason): fault abort with 500 for 100 % of its requests')).toBeVisible();
    await expect(span.getByText('decided by the mesh')).toBeVisible();
    const line = (await span.locator('code').filter({ hasText: '"GET /ratings/0 HTTP/1.1" 500 FI fault_filter_abort' }).textContent()) ?? '';
    await shot(`drill-${how}-3-span`);

    // its log line among the sidecar's
    const id = /"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"/.exec(line)?.[1] ?? '';
    await hand.press(span.getByRole('link', { name: 'Open its logs' }));
    await expect(page.getByRole('textbox', { name: 'Lines that contain' })).toHaveValue(id);
    const logged = page.getByRole('log', { name: 'Log lines' }).getByTitle(line);
    await expect(logged).toContainText('FI: A fault rule answered the request.');
    await shot(`drill-${how}-4-logs`);
    await page.goBack();

    // the rule, with the cursor on the line of the fault
    await hand.press(span.getByRole('link', { name: 'Open the rule' }));
    await expect(page).toHaveURL(/\/config\/networking\.istio\.io\/VirtualService\/default\/ratings\?/);
    const cursor = page.locator('.cm-activeLine');
    await expect(cursor).toHaveText(/^\s*abort:$/);
    await expect(page.locator('.cm-content')).toBeFocused();
    await shot(`drill-${how}-5-rule`);
    await page.goBack();

    // back on the graph with the trace drawn
    await hand.press(span.getByRole('link', { name: 'Show on graph' }));
    await expect(page).toHaveURL(new RegExp(`/graph\\?.*trace=${trace}`));
    await canvasDrawn(page);
    await page.getByRole('status').filter({ hasText: /drawn on the graph: \d+ spans, [\d.]+\sm?s, \d+ calls/ }).waitFor();
    await expect.poll(() => canvasTraced(page), { message: 'the calls of the trace are drawn' }).toEqual(expect.arrayContaining(['wl:default/productpage-v1>svc:default/reviews:http', expect.stringMatching(/^wl:default\/reviews-v[23]>wl:default\/ratings-v1:http$/)]));
    await shot(`drill-${how}-6-drawn`);
    if (how === 'mouse') await page.getByRole('button', { name: 'Remove' }).click();
    else await hand.keys('Escape');
    await expect(page).not.toHaveURL(/trace=/);
    await expect.poll(() => canvasTraced(page)).toEqual([]);
  });
}
