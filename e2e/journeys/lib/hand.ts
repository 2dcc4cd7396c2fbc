import type { Locator, Page } from 'playwright';
import { expect } from 'playwright/test';
import { canvasPoint } from './canvas.ts';

export type How = 'mouse' | 'keyboard';
export const HOWS: readonly How[] = ['mouse', 'keyboard'];
/** More presses of Tab than any page has stops. */
const TABS_MAX = 200;

/** Somebody who uses the console with the mouse, or with the keyboard alone: then no mouse event is sent and focus moves only by keys. */
export class Hand {
  readonly page: Page;
  readonly how: How;
  constructor(page: Page, how: How) {
    this.page = page;
    this.how = how;
  }
  async keys(...names: readonly string[]): Promise<void> {
    for (const name of names) await this.page.keyboard.press(name);
  }

  /** Moves the focus to an element by Tab (Shift+Tab where it lies before), as far as it takes. */
  async reach(target: Locator): Promise<void> {
    await target.waitFor();
    for (let i = 0; i < TABS_MAX; i++) {
      const where = await target.evaluate((element) => {
        let focused = document.activeElement;
        while (focused?.shadowRoot?.activeElement) focused = focused.shadowRoot.activeElement;
        if (focused === element) return { way: 'here', editor: false };
        const host = element.getRootNode();
        const outer = host instanceof ShadowRoot ? host.host : element;
        const root = focused?.getRootNode();
        const place = root instanceof ShadowRoot ? root.host : focused;
        return { way: place !== null && place !== undefined && place !== document.body && (outer.compareDocumentPosition(place) & Node.DOCUMENT_POSITION_FOLLOWING) !== 0 ? 'before' : 'after', editor: focused?.matches('.cm-content') === true };
      });
      if (where.way === 'here') return;
      // the editor takes Tab for itself until Esc is pressed
      if (where.editor) await this.page.keyboard.press('Escape');
      await this.page.keyboard.press(where.way === 'before' ? 'Shift+Tab' : 'Tab');
    }
    throw new Error(`Tab never reaches ${target.toString()}`);
  }
  /** A click, or Tab to it and Enter. */
  async press(target: Locator): Promise<void> {
    if (this.how === 'mouse') return target.click();
    await this.reach(target);
    await this.page.keyboard.press('Enter');
  }
  /** A tab of a tab list: a click, or Tab to the chosen one and the arrows. */
  async tab(list: string, name: string): Promise<void> {
    const tabs = this.page.getByRole('tablist', { name: list });
    const wanted = tabs.getByRole('tab', { name: new RegExp(`^${name}`) });
    if (this.how === 'mouse') await wanted.click();
    else {
      await this.reach(tabs.locator('[role=tab][aria-selected=true]'));
      for (let i = 0; i < 8 && (await wanted.getAttribute('aria-selected')) !== 'true'; i++) await this.page.keyboard.press('ArrowRight');
    }
    await expect(wanted).toHaveAttribute('aria-selected', 'true');
  }
  /** A page by the rail, or by g and its letter. */
  async go(label: string, letter: string): Promise<void> {
    if (this.how === 'mouse') await this.page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: label }).click();
    else await this.keys('g', letter);
    await expect(this.page).toHaveURL(new RegExp(`/${label.toLowerCase()}(\\?|$)`));
  }
  /** Types into a field: clicked, or reached by Tab. */
  async fill(target: Locator, text: string): Promise<void> {
    if (this.how === 'mouse') await target.click();
    else await this.reach(target);
    await this.page.keyboard.press('Control+a');
    await this.page.keyboard.type(text);
  }
  /** Selects a node of the graph: on the canvas, or in the outline, where `way` are the nodes to follow calls along from the entry; each text begins the name in the outline. */
  async selectNode(key: string, ...way: readonly RegExp[]): Promise<void> {
    if (this.how === 'mouse') {
      const at = await canvasPoint(this.page, key);
      return this.page.mouse.click(at.x, at.y);
    }
    await this.toOutline();
    const here = this.page.locator('[role=treeitem][tabindex="0"]');
    const name = async (): Promise<string> => (await here.getAttribute('aria-label')) ?? '';
    await this.page.keyboard.press('Home');
    for (const words of way) {
      await this.page.keyboard.press('ArrowRight');
      // the calls of a node are siblings, the worst first and then the busiest: which one comes first changes with the traffic
      for (let last = ''; !words.test(await name()) && (await name()) !== last; await this.page.keyboard.press('ArrowDown')) last = await name();
      await expect(here).toHaveAttribute('aria-label', words);
      await expect(here).toBeFocused();
    }
    await this.page.keyboard.press('Enter');
  }
  /** Opens the outline (or finds it open) with the focus in it. */
  async toOutline(): Promise<void> {
    const tree = this.page.getByRole('tree', { name: 'Nodes of the graph' });
    const here = tree.locator('[tabindex="0"]');
    if (this.how === 'mouse') await this.page.getByRole('button', { name: 'Outline', exact: true }).click();
    else if (await tree.isVisible()) await this.reach(here);
    else await this.page.keyboard.press('o');
    await expect(here).toBeFocused();
  }
}
