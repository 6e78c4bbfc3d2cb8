// The window as a whole: theme, reload, trust, pictures.
import { workbenchReady } from '../browser.mjs';
import { dialog, statusBar } from './messages.mjs';
import { openCommand, quickInput } from './quickInput.mjs';
import { LIMIT, until } from './until.mjs';

/** @import { Page } from 'playwright-core' */

const themes = {
  dark: { title: 'Dark Modern', className: 'vs-dark' },
  light: { title: 'Light Modern', className: 'vs' },
  'hc-dark': { title: 'Dark High Contrast', className: 'hc-black' },
  'hc-light': { title: 'Light High Contrast', className: 'hc-light' },
};

/** @param {Page} page @param {keyof typeof themes} kind */
export async function setTheme(page, kind) {
  const { title, className } = themes[kind];
  await openCommand(page, 'Preferences: Color Theme');
  await quickInput.type(page, title);
  await quickInput.pick(page, title);
  await quickInput.waitClosed(page);
  await until(() => page.locator(`.monaco-workbench.${className}`).count(), `theme ${kind}`);
}

/** @param {Page} page */
export async function reloadWindow(page) {
  await page.evaluate(() => document.documentElement.setAttribute('data-before-reload', ''));
  await openCommand(page, 'Developer: Reload Window');
  const isNew = () => page.evaluate(() => !document.documentElement.hasAttribute('data-before-reload'));
  await until(() => isNew().catch(() => false), 'reload of the window');
  await workbenchReady(page);
}

/** Workspace trust (a host started with trust: false). */
export const trust = {
  /**
   * The question at the first start (1.100 asks; newer ones start in Restricted Mode without a word).
   * @param {Page} page
   */
  asked: async (page) => (await dialog.root(page).count()) > 0 && /trust/i.test(await dialog.text(page)),

  /** @param {Page} page */
  restricted: async (page) => (await statusBar.items(page)).some((label) => label.includes('Restricted Mode')),

  /** @param {Page} page */
  async grant(page) {
    await openCommand(page, 'Workspaces: Manage Workspace Trust');
    const editor = page.locator('.workspace-trust-editor');
    await editor.getByRole('button', { name: 'Trust', exact: true }).click();
    await until(async () => !(await trust.restricted(page)), 'trust');
    // A tab in 1.100, a dialog over the editors in newer ones.
    await openCommand(page, 'View: Close Editor');
    await editor.waitFor({ state: 'hidden', timeout: LIMIT });
  },
};

/**
 * A picture once nothing moves: no progress bar, no blinking caret.
 * @param {Page} page
 * @param {string} path
 */
export async function screenshot(page, path) {
  const moving = page.locator('.monaco-progress-container.active:visible');
  await until(async () => (await moving.count()) === 0, 'end of progress', 5000).catch(() => {});
  await page.screenshot({ path, animations: 'disabled', caret: 'hide' });
}
