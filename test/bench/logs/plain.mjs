// The baseline: the same lines as the plain text of an output channel, searched line by line as an editor does.
/** @import { Browser, Page } from 'playwright-core' */
import { install } from './page.mjs';

/** @param {Browser} browser @param {number} lines */
export async function openPlain(browser, lines) {
  const page = await browser.newPage();
  await page.evaluate(install);
  await page.evaluate((count) => {
    const { bench } = /** @type {any} */ (window);
    const start = Date.now() - count * 37;
    /** An editor keeps its text by lines. */
    const text = Array.from({ length: count }, (_, at) => {
      const time = new Date(start + at * 37).toISOString();
      return `${time} INFO r1 ${(0x9d20c4e1 + (at % 9973)).toString(16)} ${bench.message(at)}`;
    });
    Object.assign(window, { plainLines: text });
  }, lines);
  return page;
}

/** @param {Page} page @param {{ text: string, regex: boolean }} search */
export function searchPlain(page, { text, regex }) {
  return page.evaluate(([wanted = '', isPattern]) => {
    const { plainLines } = /** @type {any} */ (window);
    const source = isPattern ? wanted : wanted.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
    const pattern = new RegExp(String(source), 'giu');
    const since = performance.now();
    /** @type {number[]} */
    const found = [];
    for (let at = 0; at < plainLines.length; at++) {
      pattern.lastIndex = 0;
      if (pattern.test(plainLines[at])) found.push(at);
    }
    return performance.now() - since;
  }, /** @type {[string, boolean]} */ ([text, regex]));
}
