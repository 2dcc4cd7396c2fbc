import type { Locator, Page } from 'playwright';
import { parse } from 'yaml';
import * as z from 'zod';
import { until } from '../lib/until.ts';
import { Hand, HOWS } from './lib/hand.ts';
import { expect, test } from './lib/journey.ts';

// "Config": an object is created, edited with a mistake that is told with its line, mended, compared, tried, applied and deleted; kubectl sees each step.

const NAME = 'journey';
const TEXT = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: ${NAME}
  namespace: default
spec:
  hosts:
    - journey.example.com
  http:
    - name: all
      route:
        - destination:
            host: details
            subset: v1
`;
const saved = z.object({ spec: z.object({ http: z.array(z.object({ timeout: z.string().optional(), route: z.array(z.unknown()) })) }) });

const editorOf = (page: Page): Locator => page.locator('.cm-content');
/** Puts the cursor into the editor. */
async function enter(hand: Hand): Promise<void> {
  const content = editorOf(hand.page);
  if (hand.how === 'mouse') await content.click();
  else await hand.reach(content);
  await expect(content).toBeFocused();
}

for (const how of HOWS) {
  test(`config, ${how}: create, be told the line of a mistake, mend it, compare, apply, delete`, async ({ page, run, shot }) => {
    const hand = new Hand(page, how);
    await page.goto('/overview');
    await hand.go('Config', 'c');
    await page.getByRole('table', { name: 'Objects' }).getByText('bookinfo-gateway').first().waitFor();
    await hand.press(page.getByRole('button', { name: 'New object' }));
    await hand.press(page.getByRole('dialog').getByRole('button', { name: /^VirtualService/ }));
    await expect(editorOf(page)).toContainText('kind: VirtualService');
    await enter(hand);
    await hand.keys('Control+a');
    await page.keyboard.insertText(TEXT);
    const side = page.getByRole('complementary', { name: 'About the object' });
    await expect(side).toContainText('Nothing found.');
    await shot(`config-${how}-1-new`);
    await hand.press(page.getByRole('button', { name: 'Create' }));
    await expect(page).toHaveURL(new RegExp(`/config/networking\\.istio\\.io/VirtualService/default/${NAME}`));
    expect(saved.parse(parse(await run(['get', 'vs', NAME, '-o', 'yaml']))).spec.http).toHaveLength(1);

    // a field that does not exist, typed key by key, with keys that act elsewhere: its line is told, and nothing can be applied
    await expect(editorOf(page)).toContainText('subset: v1');
    await enter(hand);
    await hand.keys('Control+Home');
    const at = page.locator('.cm-activeLine');
    for (let i = 0; i < 40 && !/name: all/.test((await at.textContent()) ?? ''); i++) await hand.keys('ArrowDown');
    await hand.keys('End', 'Enter');
    await page.keyboard.type('timeuot: 3s # go u.w.t');
    await expect(at).toHaveText(/^ +timeuot: 3s # go u\.w\.t$/);
    const finding = side.getByRole('listitem').filter({ hasText: /timeuot/ });
    await expect(finding).toContainText(/line \d+ · spec\.http\[0\]\.timeuot · schema/);
    const line = Number(/line (\d+)/.exec((await finding.textContent()) ?? '')?.[1]);
    await expect(page.locator('.cm-lint-marker-error')).toHaveCount(1);
    const apply = page.getByRole('button', { name: 'Apply', exact: true });
    await expect(apply).toHaveAttribute('aria-disabled', 'true');
    await expect(apply).toHaveAttribute('title', 'The text has errors');
    await shot(`config-${how}-2-mistake`);

    // from the finding to its line; mended there
    await hand.press(finding.getByRole('button'));
    await expect(editorOf(page)).toBeFocused();
    await expect(page.locator('.cm-activeLineGutter').filter({ hasText: /\d/ })).toHaveText(String(line));
    await hand.keys('End', 'Shift+Home');
    await page.keyboard.type('timeout: 3s');
    await expect(side).toContainText('Nothing found.');

    await hand.press(page.getByRole('group', { name: 'View' }).getByRole('button', { name: 'Diff' }));
    await expect(page.locator('.cm-changedLine')).toHaveText(/^ +timeout: 3s$/);
    await shot(`config-${how}-3-diff`);
    await hand.press(page.getByRole('button', { name: 'Server dry run' }));
    await page.getByText('The API server would take it').waitFor();
    expect(await run(['get', 'vs', NAME, '-o', 'yaml'])).not.toContain('timeout');
    await hand.press(apply);
    await side.getByRole('status').filter({ hasText: /^Live on \d+ \/ \d+ proxies in / }).waitFor();
    expect(saved.parse(parse(await run(['get', 'vs', NAME, '-o', 'yaml']))).spec.http[0]?.timeout).toBe('3s');
    await shot(`config-${how}-4-applied`);

    // what was just applied here is nobody else's change: a second edit goes on from it and is applied too
    const foreign = page.getByText('Someone else changed this object');
    await expect(foreign).toHaveCount(0);
    await enter(hand);
    await hand.keys('Control+Home');
    for (let i = 0; i < 40 && !/timeout: 3s/.test((await at.textContent()) ?? ''); i++) await hand.keys('ArrowDown');
    await hand.keys('End', 'Shift+Home');
    await page.keyboard.type('timeout: 4s');
    // of this text, not of the one before: nothing was found there either (and Esc that follows a key at once only ends the completion)
    await page.getByText('edited, not applied').waitFor();
    await expect(side).toContainText('0 findings');
    await expect(foreign).toHaveCount(0);
    await hand.press(apply);
    await until('the second edit is applied', async () => (saved.parse(parse(await run(['get', 'vs', NAME, '-o', 'yaml']))).spec.http[0]?.timeout === '4s' ? true : undefined));
    await expect(apply).toHaveAttribute('title', 'Nothing is changed');
    await expect(foreign).toHaveCount(0);

    await hand.press(page.getByRole('button', { name: 'Delete' }));
    await page.getByText(`VirtualService default/${NAME} was deleted`).waitFor();
    await until('the object is gone', async () => ((await run(['get', 'vs', NAME, '--ignore-not-found', '-o', 'name'])).trim() === '' ? true : undefined));
    await expect(page).toHaveURL(/\/config(\?|$)/);
    await expect(page.getByRole('table', { name: 'Objects' }).getByRole('link', { name: NAME, exact: true })).toHaveCount(0);
  });
}
