// The editor by its keyboard alone: nothing here clicks, hovers or sets a value.
import { quickInput } from './quickInput.mjs';
import { LIMIT, until, within } from './until.mjs';

/** @import { Frame, Page } from 'playwright-core' */
/** @import { Label } from './until.mjs' */

export const keys = {
  /**
   * Runs a command of the palette by its title.
   * @param {Page} page
   * @param {string} title
   */
  async command(page, title) {
    const first = quickInput.widget(page).locator('.monaco-list-row.focused');
    await until(
      async () => {
        await page.keyboard.press('F1');
        await until(async () => (await quickInput.value(page)) === '>', 'the palette', 3000);
        await page.keyboard.type(title);
        await until(
          async () => (await first.getAttribute('aria-label', { timeout: 500 }))?.startsWith(title),
          `${title} in the palette`,
          5000,
        ).catch(async (error) => {
          await page.keyboard.press('Escape');
          throw error;
        });
        await page.keyboard.press('Enter');
        return true;
      },
      `command ${title}`,
      2 * LIMIT,
    );
  },

  /**
   * Takes a line of the list that is asked with, by typing some of it.
   * @param {Page} page
   * @param {Label} placeholder
   * @param {string} text
   */
  async choose(page, placeholder, text) {
    await quickInput.waitOpen(page, { placeholder });
    await page.keyboard.type(text);
    const first = quickInput.widget(page).locator('.monaco-list-row.focused');
    const said = () => first.getAttribute('aria-label', { timeout: 500 }).catch(() => '');
    await until(async () => (await said())?.includes(text), `${text} in the list`);
    await page.keyboard.press('Enter');
  },

  /**
   * Goes to a row of the tree that has the focus.
   * @param {Page} page
   * @param {Label} view
   * @param {RegExp} row what a screen reader says of it
   */
  async toRow(page, view, row) {
    const focused = page.getByRole('tree', { name: within(view) }).locator('.monaco-list-row.focused');
    const said = async () =>
      (await focused
        .first()
        .getAttribute('aria-label', { timeout: 500 })
        .catch(() => '')) ?? '';
    await page.keyboard.press('Home');
    for (let tries = 0; tries < 60; tries++) {
      await page.waitForTimeout(50);
      if (row.test(await said())) return;
      await page.keyboard.press('ArrowDown');
    }
    throw new Error(`${row} was not reached, the focus is on "${await said()}"`);
  },

  /**
   * Opens the menu of what has the focus and takes one of its lines.
   * @param {Page} page
   * @param {RegExp} item
   */
  async menuOfFocused(page, item) {
    await page.keyboard.press('Shift+F10');
    const focused = page.locator('.monaco-menu .action-item.focused');
    await page.locator('.monaco-menu').first().waitFor({ timeout: LIMIT });
    for (let tries = 0; tries < 60; tries++) {
      await page.keyboard.press('ArrowDown');
      if (item.test((await focused.last().textContent({ timeout: 1000 })) ?? '')) {
        await page.keyboard.press('Enter');
        return;
      }
    }
    throw new Error(`${item} is not in the menu`);
  },

  /**
   * Presses a key until what has the focus in a webview is what is wanted.
   * @param {Page} page
   * @param {Frame} frame
   * @param {RegExp} wanted in the element's name, label or id
   * @param {string} [key]
   */
  async toElement(page, frame, wanted, key = 'Tab') {
    const seen = [];
    for (let tries = 0; tries < 80; tries++) {
      const now = await focusedIn(frame);
      if (wanted.test(now)) return;
      seen.push(now);
      await page.keyboard.press(key);
      await page.waitForTimeout(30);
    }
    throw new Error(`${wanted} was not reached by ${key}: ${[...new Set(seen)].join(' | ')}`);
  },
};

/**
 * What a screen reader would call the element that has the focus.
 * @param {Frame} frame
 * @returns {Promise<string>}
 */
export function focusedIn(frame) {
  return frame.evaluate(() => {
    let element = document.activeElement;
    while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
    if (!element || element === document.body) return '';
    const host =
      element.getRootNode() instanceof ShadowRoot ? /** @type {ShadowRoot} */ (element.getRootNode()).host : element;
    const text = host.getAttribute('aria-label') ?? host.textContent ?? '';
    return `${text.trim().slice(0, 80)} #${host.id}`;
  });
}
