// Opens the real bundles in Chromium under the real content security policy, with VS Code's API stubbed.
import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before } from 'node:test';
import { pathToFileURL } from 'node:url';
import { buildPages } from './build.mjs';

const ORIGIN = 'http://127.0.0.1:9';
const TYPES = { js: 'text/javascript', css: 'text/css', ttf: 'font/ttf', map: 'application/json' };
const BODY_CLASSES = {
  dark: 'vscode-dark',
  light: 'vscode-light',
  'hc-dark': 'vscode-high-contrast',
  'hc-light': 'vscode-high-contrast vscode-high-contrast-light',
};
export const THEMES = Object.keys(BODY_CLASSES);

/** Stands in for VS Code inside the page: records what is sent, keeps the state, delivers what the test sends. */
function stub({ theme, bodyClass, state }) {
  const sent = [];
  let kept = state;
  window.stub = {
    sent,
    state: () => kept,
    deliver: (message) => window.dispatchEvent(new MessageEvent('message', { data: message })),
    violations: [],
    errors: [],
  };
  window.acquireVsCodeApi = () => ({
    postMessage: (message) => sent.push(structuredClone(message)),
    getState: () => kept,
    setState: (next) => {
      kept = structuredClone(next);
    },
  });
  document.addEventListener('securitypolicyviolation', (event) =>
    window.stub.violations.push(
      `${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`,
    ),
  );
  window.addEventListener('error', (event) => window.stub.errors.push(event.message));
  window.addEventListener('unhandledrejection', (event) => window.stub.errors.push(String(event.reason)));
  const dress = () => {
    document.documentElement.dataset.theme = theme;
    document.body.className = bodyClass;
  };
  document.addEventListener('DOMContentLoaded', dress);
}

function findChromium() {
  if (process.env.CHROMIUM) {
    return process.env.CHROMIUM;
  }
  for (const name of ['chromium', 'chromium-browser', 'google-chrome']) {
    try {
      return execFileSync('which', [name], { encoding: 'utf8' }).trim();
    } catch {
      // the next name
    }
  }
  throw new Error('Chromium was not found: set CHROMIUM to its path');
}

/** One browser for a test file, with the pages built. */
export async function openHarness() {
  const folder = await buildPages();
  const host = await import(pathToFileURL(join(folder, 'fixtures.mjs')).href);
  const browser = await chromium.launch({
    executablePath: findChromium(),
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
    ],
  });

  /**
   * A panel as VS Code would show it.
   * @param {'serving' | 'logs' | 'inference'} panel
   * @param {{ theme?: string, width?: number, height?: number, state?: unknown, scale?: number, language?: string, texts?: Record<string, string> }} [options]
   */
  async function open(panel, { theme = 'dark', width = 1000, height = 720, state, scale = 1, language, texts } = {}) {
    const page = await browser.newPage({ viewport: { width, height }, deviceScaleFactor: scale });
    await page.addInitScript(stub, { theme, bodyClass: BODY_CLASSES[theme], state });
    await page.route(`${ORIGIN}/**`, (route) => {
      const name = new URL(route.request().url()).pathname.slice(1);
      if (name === '') {
        const html = host.panelHtml({
          title: 'test',
          scripts: [`${ORIGIN}/toolkit.js`, `${ORIGIN}/${panel}.js`],
          styles: [`${ORIGIN}/codicon.css`, `${ORIGIN}/${panel}.css`],
          cspSource: ORIGIN,
          nonce: 'dGVzdA',
          styleNonce: 'c3R5bGU',
          language,
          texts,
        });
        return route.fulfill({
          contentType: 'text/html',
          body: html.replace('<title>', `<link rel="stylesheet" href="${ORIGIN}/themes.css"><title>`),
        });
      }
      const file = name === 'themes.css' ? join(import.meta.dirname, 'fixtures', name) : join(folder, name);
      return route.fulfill({ contentType: TYPES[name.split('.').at(-1)] ?? 'text/plain', body: readFileSync(file) });
    });
    await page.goto(`${ORIGIN}/`);
    await page.waitForFunction(() => window.stub.sent.some((message) => message.kind === 'ready'));
    return page;
  }

  return { host, browser, open, close: () => browser.close() };
}

/**
 * For a file of tests of the serving's panel: one browser for all, a page for each, which may leave no trouble behind.
 * @param {(now: { harness: Awaited<ReturnType<typeof openHarness>>, page?: import('playwright-core').Page }) => void} took
 *   gets the browser, and each page that is opened
 */
export function servingPages(took) {
  let harness;
  let page;
  before(async () => {
    harness = await openHarness();
    took({ harness });
  });
  after(() => harness?.close());
  afterEach(async () => {
    assert.deepEqual(await trouble(page), []);
    await page.close();
  });
  const open = async (options) => {
    page = await harness.open('serving', options);
    took({ harness, page });
  };
  const view = (name) => harness.host.toServingView(harness.host.facts(name, Date.now()));
  const editor = () => page.getByRole('textbox', { name: 'Request body, JSON' });
  return {
    open,
    view,
    /** Opens the panel of a serving that is in this state. */
    show: async (name, options) => {
      await open(options);
      await send(page, 'view', view(name));
    },
    editor,
    type: (text) => editor().fill(text),
  };
}

/** Sends an event of the host to the page and waits until it is drawn. */
export async function send(page, name, data) {
  await page.evaluate((message) => window.stub.deliver(message), { kind: 'event', name, data });
  await settle(page);
}

/** Waits until what the last change asked for is drawn. */
export function settle(page) {
  return page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
}

/** The user takes another theme while the page is open. */
export async function dress(page, theme) {
  await page.evaluate(
    ([name, bodyClass]) => {
      document.documentElement.dataset.theme = name;
      document.body.className = bodyClass;
    },
    [theme, BODY_CLASSES[theme]],
  );
  await settle(page);
}

/** What the page has sent, of one kind. */
export function sent(page, kind, name) {
  return page.evaluate(
    ([k, n]) => window.stub.sent.filter((m) => m.kind === k && (n === undefined || m.name === n)),
    [kind, name],
  );
}

/** Errors and violations that no test may leave behind. */
export function trouble(page) {
  return page.evaluate(() => [...window.stub.violations, ...window.stub.errors]);
}
