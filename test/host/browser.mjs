// Opens a host's workbench in Chromium.
import { chromium } from 'playwright-core';
import { findChromium } from '../setup/chromium.mjs';

/** @import { Browser, BrowserContext, LaunchOptions, Page } from 'playwright-core' */

/** @param {LaunchOptions} [options] */
export function launchBrowser(options = {}) {
  const executablePath = findChromium();
  return chromium.launch({
    ...(executablePath && { executablePath }),
    args: [
      '--no-sandbox',
      '--disable-dev-shm-usage',
      '--force-color-profile=srgb',
      '--disable-background-networking',
      '--disable-component-update',
    ],
    ...options,
  });
}

/**
 * Opens the workbench.
 * @param {Browser | BrowserContext} target a browser (a user of its own) or a context (a second window of the same user)
 * @param {string} url
 * @param {object} [options]
 * @param {number} [options.timeout] in ms
 * @param {{ width: number, height: number }} [options.viewport]
 * @param {'dark' | 'light'} [options.colorScheme]
 * @param {(page: Page) => Promise<void>} [options.before] what to do before the page is loaded
 * @returns {Promise<Page>}
 */
export async function openWorkbench(target, url, options = {}) {
  const { timeout = 60_000, viewport = { width: 1280, height: 800 }, colorScheme = 'dark', before } = options;
  const context =
    'newContext' in target
      ? await target.newContext({
          viewport,
          colorScheme,
          reducedMotion: 'reduce',
          permissions: ['clipboard-read', 'clipboard-write'],
        })
      : target;
  const page = await context.newPage();
  // Nothing leaves the machine.
  await page.route(/^https?:\/\/(?!127\.0\.0\.1|localhost)/, (route) => route.abort());
  await before?.(page);
  await page.goto(url, { waitUntil: 'commit', timeout });
  await workbenchReady(page, timeout);
  return page;
}

/**
 * Waits until the shell is drawn, the server is connected, no extension is being activated, and no progress runs.
 * @param {Page} page
 * @param {number} [timeout] in ms
 */
export async function workbenchReady(page, timeout = 60_000) {
  await page.locator('.monaco-workbench').waitFor({ timeout });
  await page.locator('.part.statusbar').waitFor({ timeout });
  await page.locator('.part.activitybar, .part.sidebar').first().waitFor({ timeout });
  await page.waitForFunction(
    () => {
      const status = document.querySelector('.part.statusbar')?.textContent ?? '';
      if (/Opening Remote|Activating Extensions/i.test(status)) return false;
      return !document.querySelector('.part.sidebar .monaco-progress-container.active');
    },
    undefined,
    { timeout },
  );
}
