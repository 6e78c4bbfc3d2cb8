// View containers, trees, and the Explorer.
import { menu } from './menu.mjs';
import { LIMIT, named, until, within } from './until.mjs';

/** @import { Page } from 'playwright-core' */
/** @import { Label } from './until.mjs' */

/**
 * Opens a view container by its title in the activity bar.
 * @param {Page} page
 * @param {Label} title
 */
export async function openContainer(page, title) {
  const tab = page.locator('.part.activitybar').getByRole('tab', { name: within(title) });
  await tab.waitFor({ timeout: LIMIT });
  await until(async () => {
    const selected = (await tab.getAttribute('aria-selected')) === 'true';
    if (selected && (await page.locator('.part.sidebar').isVisible())) return true;
    await tab.click();
    return false;
  }, `view container ${title}`);
}

/** A tree view by the name of its view. */
export const tree = {
  /** @param {Page} page @param {Label} view */
  root: (page, view) => page.getByRole('tree', { name: within(view) }),

  /**
   * The rows that are drawn; `expanded` is undefined for leaves.
   * @param {Page} page
   * @param {Label} view
   */
  async items(page, view) {
    await tree.root(page, view).waitFor({ timeout: LIMIT });
    return tree
      .root(page, view)
      .getByRole('treeitem')
      .evaluateAll((rows) =>
        rows.map((row) => ({
          label: row.getAttribute('aria-label')?.trim() ?? '',
          level: Number(row.getAttribute('aria-level')),
          expanded: row.hasAttribute('aria-expanded') ? row.getAttribute('aria-expanded') === 'true' : undefined,
          selected: row.getAttribute('aria-selected') === 'true',
          text: row.textContent?.trim() ?? '',
        })),
      );
  },

  /** @param {Page} page @param {Label} view @param {Label} label */
  row: (page, view, label) =>
    tree
      .root(page, view)
      .getByRole('treeitem', { name: named(label) })
      .first(),

  /** @param {Page} page @param {Label} view @param {Label} label */
  async expand(page, view, label, open = true) {
    const row = tree.row(page, view, label);
    await row.waitFor({ timeout: LIMIT });
    const isDone = async () => (await row.getAttribute('aria-expanded')) === String(open);
    await until(async () => {
      if (await isDone()) return true;
      await row.locator('.monaco-tl-twistie').first().click({ timeout: 2000 });
      await page.waitForTimeout(150);
      return isDone();
    }, `expanding ${label}`);
  },

  /**
   * Opens the context menu and gives its items.
   * @param {Page} page
   * @param {Label} view
   * @param {Label} label
   */
  async contextMenu(page, view, label) {
    const row = tree.row(page, view, label);
    await row.waitFor({ timeout: LIMIT });
    await until(async () => {
      if (!(await menu.root(page).isVisible())) {
        await row.click({ button: 'right' });
        await menu.root(page).waitFor({ timeout: 1000 });
      }
      return true;
    }, `context menu of ${label}`);
    return menu.items(page);
  },

  /** @param {Page} page @param {Label} view @param {Label} label @param {Label} action */
  async contextAction(page, view, label, action) {
    await openWith(() => tree.contextMenu(page, view, label), page, action);
    await menu.pick(page, action);
  },

  /** @param {Page} page @param {Label} view @param {Label} label */
  async inlineActions(page, view, label) {
    const row = tree.row(page, view, label);
    await row.hover();
    return row
      .locator('.actions .action-label')
      .evaluateAll((all) => all.map((action) => action.getAttribute('aria-label') ?? action.getAttribute('title')));
  },

  /** @param {Page} page @param {Label} view @param {Label} label @param {Label} action */
  async inlineAction(page, view, label, action) {
    const row = tree.row(page, view, label);
    await row.hover();
    const button = row.getByRole('button', { name: within(action) }).first();
    await button.waitFor({ timeout: LIMIT });
    await button.click();
  },

  /**
   * An action in the view's title bar.
   * @param {Page} page
   * @param {Label} view
   * @param {Label} action
   */
  async titleAction(page, view, action) {
    const pane = page
      .locator('.pane, .composite.viewlet')
      .filter({ has: tree.root(page, view) })
      .last();
    await pane.hover();
    await page
      .locator('.part.sidebar')
      .getByRole('button', { name: within(action) })
      .first()
      .click();
  },
};

const files = /Files Explorer/;

/** The Explorer; files by their name, their folder expanded before. */
export const explorer = {
  /** @param {Page} page */
  open: (page) => openContainer(page, 'Explorer'),

  /** @param {Page} page @param {Label} file */
  row: (page, file) => tree.row(page, files, file),

  /** @param {Page} page */
  async files(page) {
    return (await tree.items(page, files)).map((item) => item.label);
  },

  /**
   * Opens a folder and those above it: "Models", "Models/iris", …
   * @param {Page} page
   * @param {string} folder relative to the workspace, with slashes
   */
  async expand(page, folder) {
    await explorer.open(page);
    for (const name of folder.split('/')) await tree.expand(page, files, name);
  },

  /** @param {Page} page @param {Label} file */
  async contextMenu(page, file) {
    await explorer.open(page);
    return tree.contextMenu(page, files, file);
  },

  /** @param {Page} page @param {Label} file @param {Label} action */
  async contextAction(page, file, action) {
    await openWith(() => explorer.contextMenu(page, file), page, action);
    await menu.pick(page, action);
  },

  /** @param {Page} page @param {Label} file */
  async openFile(page, file) {
    await explorer.open(page);
    await explorer.row(page, file).dblclick();
    await page
      .getByRole('tab', { name: within(file) })
      .first()
      .waitFor({ timeout: LIMIT });
  },
};

/**
 * Opens a menu until an action is in it: one that an extension brings comes with the extension's activation, and what takes
 * the focus meanwhile closes the menu.
 * @param {() => Promise<string[]>} open
 * @param {Page} page
 * @param {Label} action
 */
async function openWith(open, page, action) {
  await until(
    async () => {
      if ((await open()).some((item) => within(action).test(item))) return true;
      await menu.close(page);
      return false;
    },
    `${action} in a menu`,
    30_000,
  );
}
