// Editors, webviews, and the bottom panel.
import { openCommand, quickInput } from './quickInput.mjs';
import { LIMIT, until, within } from './until.mjs';

/** @import { Frame, Page } from 'playwright-core' */
/** @import { Label } from './until.mjs' */

/** @param {string} text */
const plainBlanks = (text) => text.replaceAll('\u00a0', ' ');

/** @param {Page} page */
export const editorTabs = (page) =>
  page
    .locator('.part.editor')
    .getByRole('tab')
    .evaluateAll((tabs) =>
      tabs.map((tab) => ({
        label: tab.getAttribute('aria-label') ?? '',
        active: tab.getAttribute('aria-selected') === 'true',
      })),
    );

/**
 * The inner frame of a webview: the one in which `has` (a selector) is found. Ask again after hiding, moving or reloading.
 * @param {Page} page
 * @param {string} [has]
 * @param {number} [timeout] in ms
 * @returns {Promise<Frame>}
 */
export function webviewFrame(page, has = 'body *', timeout = LIMIT) {
  return until(
    async () => {
      for (const outer of await page.locator('iframe.webview').all()) {
        const frame = await (await outer.elementHandle({ timeout: 1000 }))?.contentFrame();
        for (const inner of frame?.childFrames() ?? []) {
          if (!inner.isDetached() && (await inner.locator(has).count())) return inner;
        }
      }
      return undefined;
    },
    `webview with ${has}`,
    timeout,
  );
}

/**
 * Shows an output channel and gives the text that is drawn.
 * @param {Page} page
 * @param {string} name
 */
export async function outputChannel(page, name) {
  await openCommand(page, 'Output: Show Output Channels...');
  await quickInput.pick(page, name);
  const views = ['.output-view-content', '.output-view', '.monaco-editor'].map((view) => `.part.panel ${view}`);
  await page.locator(views.join(', ')).first().waitFor({ timeout: LIMIT });
  const lines = page.locator('.part.panel .view-lines').first();
  await until(async () => (await lines.textContent())?.trim(), `text of the output channel ${name}`);
  return plainBlanks((await lines.locator('.view-line').allTextContents()).join('\n'));
}

/** The panel at the bottom. */
export const panel = {
  /** @param {Page} page @param {Label} name */
  tab: (page, name) => page.locator('.part.panel').getByRole('tab', { name: within(name) }),

  /** @param {Page} page */
  tabs: (page) =>
    page
      .locator('.part.panel')
      .getByRole('tab')
      .evaluateAll((tabs) =>
        tabs.map(
          (tab) =>
            tab.getAttribute('aria-label') ||
            tab.querySelector('[aria-label]')?.getAttribute('aria-label') ||
            (tab.textContent?.trim() ?? ''),
        ),
      ),

  /**
   * What the terminal shows (needs terminal.integrated.gpuAcceleration off, as in the quiet settings).
   * @param {Page} page
   */
  async terminalText(page) {
    const lines = await page.locator('.part.panel .terminal-wrapper.active .xterm-rows > div').allTextContents();
    return lines.map((line) => plainBlanks(line).trimEnd()).join('\n');
  },

  /** @param {Page} page */
  text: async (page) => plainBlanks(await page.locator('.part.panel').innerText()),
};

/**
 * Labels of the rows in the Problems view.
 * @param {Page} page
 */
export async function problems(page) {
  await openCommand(page, 'Problems: Focus on Problems View');
  const view = page.locator('.part.panel .markers-panel');
  await view.waitFor({ timeout: LIMIT });
  return view
    .getByRole('treeitem')
    .evaluateAll((rows) => rows.map((row) => row.getAttribute('aria-label')?.trim() ?? ''));
}
