// Quick picks, input boxes, the palette, and the simple file dialog.
import { LIMIT, named, until, within } from './until.mjs';

/** @import { Page } from 'playwright-core' */
/** @import { Label } from './until.mjs' */

/** @param {Page} page */
const widget = (page) => page.locator('.quick-input-widget:visible');

/**
 * The drawn row with that label.
 * @param {Page} page
 * @param {Label} label
 * @param {number} timeout in ms, for reading one row
 */
async function rowNamed(page, label, timeout) {
  for (const row of await widget(page).locator('.monaco-list-row').all()) {
    if (named(label).test((await row.getAttribute('aria-label', { timeout })) ?? '')) return row;
  }
  return undefined;
}

export const quickInput = {
  widget,

  /** @param {Page} page */
  input: (page) => widget(page).locator('input[type="text"]:visible, input[type="password"]:visible').first(),

  /**
   * Waits until it is open; with a title, placeholder or prompt until it is that step.
   * @param {Page} page
   * @param {{ title?: Label, placeholder?: Label, prompt?: Label }} [step]
   * @param {number} [limit] in ms, until it is open at all
   */
  async waitOpen(page, { title, placeholder, prompt } = {}, limit = LIMIT) {
    await quickInput.input(page).waitFor({ timeout: limit });
    if (title) {
      await widget(page).locator('.quick-input-title').filter({ hasText: title }).waitFor({ timeout: LIMIT });
    }
    if (placeholder) {
      const shown = async () => (await quickInput.input(page).getAttribute('placeholder')) ?? '';
      await until(async () => within(placeholder).test(await shown()), `placeholder ${placeholder}`);
    }
    if (prompt) await until(async () => within(prompt).test(await quickInput.message(page)), `prompt ${prompt}`);
  },

  /** @param {Page} page */
  waitClosed: (page) => page.locator('.quick-input-widget').waitFor({ state: 'hidden', timeout: LIMIT }),

  /** @param {Page} page */
  async title(page) {
    return (await widget(page).locator('.quick-input-title').textContent())?.trim() ?? '';
  },

  /** @param {Page} page @param {string} text */
  type: (page, text) => quickInput.input(page).fill(text),

  /** @param {Page} page */
  value: (page) => quickInput.input(page).inputValue(),

  /**
   * Labels of the rows that are drawn (long lists are virtual: type to narrow).
   * @param {Page} page
   */
  async items(page) {
    const rows = widget(page).locator('.monaco-list-row');
    await rows
      .first()
      .waitFor({ timeout: LIMIT })
      .catch(() => {});
    return rows.evaluateAll((all) => all.map((row) => row.getAttribute('aria-label')?.trim() ?? ''));
  },

  /** @param {Page} page @param {Label} label */
  async pick(page, label) {
    const row = await until(() => rowNamed(page, label, 500), `quick pick item ${label}`);
    await row.click();
  },

  /** @param {Page} page */
  accept: (page) => quickInput.input(page).press('Enter'),

  /** @param {Page} page */
  async cancel(page) {
    await quickInput.input(page).press('Escape');
    await quickInput.waitClosed(page);
  },

  /**
   * The button in its title bar, such as Back.
   * @param {Page} page
   * @param {Label} label
   */
  press: (page, label) =>
    widget(page)
      .getByRole('button', { name: within(label) })
      .first()
      .click(),

  /**
   * The line under the input: the prompt, or what is wrong.
   * @param {Page} page
   */
  async message(page) {
    return (await widget(page).locator('.quick-input-message').first().textContent({ timeout: 2000 }))?.trim() ?? '';
  },

  /**
   * What is wrong with the value, or '' while it is fine.
   * @param {Page} page
   */
  async validation(page) {
    const boxes = ['error', 'warning', 'info'].map((level) => `.quick-input-box .monaco-inputbox.${level}`);
    const bad = await widget(page).locator(boxes.join(', ')).count();
    return bad ? quickInput.message(page) : '';
  },
};

/** The simple file dialog (files.simpleDialog.enable; in a browser always). */
export const fileDialog = {
  /** @param {Page} page @param {Label} [title] */
  async waitOpen(page, title) {
    await quickInput.waitOpen(page, title ? { title } : {});
    // It writes its folder into the box once that has been read; what is typed before is mixed up with it.
    await until(
      async () => (await quickInput.value(page)).endsWith('/') && (await quickInput.items(page)).includes('..'),
      'the folder of the file dialog',
    );
  },

  /**
   * Saves under another name than the one that is proposed.
   * @param {Page} page @param {string} proposed the end of it @param {string} path absolute
   */
  async saveAs(page, proposed, path) {
    const isThere = (/** @type {string} */ end) => async () => (await quickInput.value(page)).endsWith(end);
    await until(isThere(proposed), `${proposed} in the box`);
    await until(async () => (await quickInput.items(page)).includes('..'), 'the folder of the file dialog');
    await quickInput.type(page, path);
    await until(isThere(path), `${path} in the box`);
    await quickInput.accept(page);
    await quickInput.waitClosed(page);
  },

  /** @param {Page} page @param {string} path absolute */
  async choose(page, path) {
    const name = path.split('/').filter(Boolean).at(-1) ?? '';
    const folder = path.slice(0, path.lastIndexOf(name));
    // Folder first, as a person types it: its list is read, then the name.
    await quickInput.type(page, folder);
    await until(
      async () =>
        (await quickInput.value(page)) === folder &&
        (await quickInput.items(page)).some((label) => named(name).test(label)),
      `${name} in the file dialog`,
    );
    await quickInput.input(page).press('End');
    await quickInput.input(page).pressSequentially(name);
    await until(async () => (await quickInput.value(page)) === path, `${path} in the box`);
    await quickInput.accept(page);
    // What is asked next may be there already.
    const isOpen = async () =>
      (await quickInput.input(page).count()) > 0 && (await quickInput.value(page).catch(() => '')) === path;
    await until(async () => !(await isOpen()), 'the end of the file dialog');
  },
};

/**
 * Runs a command from the palette by its full title ("Model Serving: Refresh").
 * @param {Page} page
 * @param {string} title
 */
export async function openCommand(page, title) {
  const box = quickInput.input(page);
  // A page behind another one draws nothing, so nothing in it ever counts as steady.
  await page.bringToFront();
  const isOpen = async () => (await box.count()) > 0 && (await box.inputValue({ timeout: 500 })).startsWith('>');
  await until(
    async () => {
      // Something that takes the focus (a view, a message) closes the palette: then it is opened anew.
      if (!(await isOpen())) {
        if (await box.count()) await page.keyboard.press('Escape');
        await page.keyboard.press('F1');
        await until(isOpen, 'the palette', 5000);
      }
      // The list is not refreshed when a command is registered meanwhile: empty it first.
      await box.fill('>', { timeout: 1000 });
      await box.fill(`>${title}`, { timeout: 1000 });
      const row = await until(() => rowNamed(page, title, 300), 'its row', 3000);
      await row.click({ timeout: 1000 });
      return true;
    },
    `command ${title}`,
    2 * LIMIT,
  );
  await until(async () => !(await isOpen()), 'closing of the palette');
}
