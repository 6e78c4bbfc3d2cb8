import { LIMIT, until, within } from './until.mjs';

/** @import { Page } from 'playwright-core' */
/** @import { Label } from './until.mjs' */

/** The menu that is open (the last one, when a submenu is). */
export const menu = {
  /** @param {Page} page */
  root: (page) => page.locator('.context-view .monaco-menu, .monaco-menu-container').filter({ visible: true }).last(),

  /** @param {Page} page */
  async items(page) {
    await menu.root(page).waitFor({ timeout: LIMIT });
    const labels = await menu
      .root(page)
      .locator('.action-menu-item:visible')
      // Without the keys beside it.
      .evaluateAll((all) =>
        all.map((item) => {
          const label = item.querySelector('.action-label') ?? item;
          return item.getAttribute('aria-label') ?? label.textContent?.trim() ?? '';
        }),
      );
    return labels.filter(Boolean);
  },

  /** @param {Page} page @param {Label} label */
  async pick(page, label) {
    const item = menu
      .root(page)
      .getByRole('menuitem', { name: within(label) })
      .first();
    await item.waitFor({ timeout: LIMIT });
    // The menu ignores a mouse-up that comes right after it opened.
    await until(async () => {
      if (await item.isVisible()) await item.click({ timeout: 1000 }).catch(() => {});
      return !(await menu.root(page).isVisible());
    }, `menu item ${label}`);
  },

  /** @param {Page} page */
  close: (page) =>
    until(async () => {
      if (!(await menu.root(page).isVisible())) return true;
      await page.keyboard.press('Escape');
      await page.waitForTimeout(100);
      return false;
    }, 'closing of the menu'),
};
