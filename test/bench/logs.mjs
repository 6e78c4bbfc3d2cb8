// The log panel with 1,000,000 lines in a real browser, beside the plain text of an output channel in a text area.
import { openHarness, send } from '../webview/harness.mjs';
import { LOG_SUBJECT } from '../webview/scenes.mjs';
import { ensureChromium } from '../setup/chromium.mjs';
import { figureBelow } from './figures.mjs';
import { install } from './logs/page.mjs';
import { openPlain, searchPlain } from './logs/plain.mjs';

/** @import { Figure } from './figures.mjs' */
/** @import { Page } from 'playwright-core' */

const LINES = 1_000_000;
const BATCH = 5000;
const ROUNDS = 5;
/** What is searched: rare, frequent, in no line, and patterns. The last one stays while it scrolls and follows. */
const SEARCHES = [
  { name: 'a rare text', text: 'petal_width', regex: false },
  { name: 'a frequent text', text: 'irisflower', regex: false },
  { name: 'a text that is nowhere', text: 'Traceback', regex: false },
  { name: 'a pattern that repeats', text: 'range: \\d+,', regex: true },
  { name: 'a pattern without a plain word', text: '\\b[o-q]\\w+_\\w+', regex: true },
  { name: 'a pattern of two words', text: 'petal_w(idth|eight)', regex: true },
];

/**
 * @param {(figure: Figure) => void} add
 * @param {{ quick?: boolean }} options
 */
export async function benchLogs(add, { quick }) {
  process.env.CHROMIUM ??= (await ensureChromium({ log: () => {} })).path;
  const harness = await openHarness();
  try {
    const page = await harness.open('logs');
    await page.evaluate(install);
    await send(page, 'subject', LOG_SUBJECT);
    const loading = await loadAll(page);
    const plain = await openPlain(harness.browser, LINES);
    const rounds = quick ? 2 : ROUNDS;
    loading.forEach(add);
    for (const search of SEARCHES) {
      /** @type {{ own: number[], frames: number[], plain: number[] }} */
      const times = { own: [], frames: [], plain: [] };
      for (let at = 0; at < rounds; at++) {
        const { took, longest } = await searchOwn(page, search);
        times.own.push(took);
        times.frames.push(longest);
        times.plain.push(await searchPlain(plain, search));
      }
      add(
        figureBelow({
          name: `${search.name} found in ${LINES} lines`,
          unit: 'ms',
          values: times.own,
          baseline: times.plain,
          below: 300,
        }),
      );
      add(figureBelow({ name: `longest frame meanwhile`, unit: 'ms', values: times.frames, below: 50 }));
    }
    const scrolled = [];
    const followed = [];
    for (let at = 0; at < rounds; at++) {
      scrolled.push(await scroll(page));
      followed.push(await follow(page, at));
    }
    add(figureBelow({ name: 'longest frame while scrolling', unit: 'ms', values: scrolled, below: 50 }));
    add(
      figureBelow({
        name: 'longest frame while following 5000 lines a second',
        unit: 'ms',
        values: followed,
        below: 50,
      }),
    );
  } finally {
    await harness.close();
  }
}

/**
 * Lines come in batches as from the host; the time is that of the page, without making them.
 * @param {Page} page
 * @returns {Promise<Figure[]>}
 */
async function loadAll(page) {
  const before = await heap(page);
  const took = await page.evaluate(
    ([lines = 0, each = 0]) => {
      const { bench } = /** @type {any} */ (window);
      return bench.load(lines, each, Date.now() - lines * 37);
    },
    [LINES, BATCH],
  );
  const status = await page.locator('.statusline').textContent();
  if (!status?.startsWith('1,000,000 lines')) throw new Error(`not all lines are there: ${status}`);
  const after = await heap(page);
  return [
    figureBelow({ name: `${LINES} lines taken`, unit: 'ms', values: [took], below: 10_000 }),
    figureBelow({ name: `memory for ${LINES} lines`, unit: 'MB', values: [(after - before) / 2 ** 20], below: 400 }),
  ];
}

/** Bytes of the page's heap after a collection, typed arrays and texts included. @param {Page} page */
async function heap(page) {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize, backingStorageSize = 0 } = /** @type {any} */ (await session.send('Runtime.getHeapUsage'));
  await session.detach();
  return usedSize + backingStorageSize;
}

/**
 * From the text in the field to the count of all matches.
 * @param {Page} page
 * @param {{ text: string, regex: boolean }} search
 */
async function searchOwn(page, { text, regex }) {
  const pressed = await page.getByRole('button', { name: 'Use regular expression' }).getAttribute('aria-pressed');
  if ((pressed === 'true') !== regex) await page.getByRole('button', { name: 'Use regular expression' }).click();
  return page.evaluate(async (wanted) => {
    const { bench } = /** @type {any} */ (window);
    const field = /** @type {HTMLInputElement} */ (document.querySelector('#search'));
    const found = /** @type {HTMLElement} */ (document.querySelector('.find .count'));
    const put = (/** @type {string} */ value) => {
      field.value = value;
      field.dispatchEvent(new Event('input', { bubbles: true }));
    };
    const isDone = () =>
      wanted === '' ? found.textContent === '' : /^No match$|of [\d,]+$/.test(found.textContent ?? '');
    put('');
    await new Promise((resolve) => setTimeout(resolve, 700));
    bench.watch();
    await bench.frames(2);
    const since = performance.now();
    put(wanted);
    while (!isDone()) await bench.frames(1);
    const took = performance.now() - since;
    await bench.frames(5);
    return { took, longest: bench.stop() };
  }, text);
}

/** Far jumps and small steps. @param {Page} page */
function scroll(page) {
  return page.evaluate(async () => {
    const { bench } = /** @type {any} */ (window);
    const box = /** @type {HTMLElement} */ (document.querySelector('#lines'));
    box.scrollTop = box.scrollHeight / 2;
    await bench.frames(5);
    bench.watch();
    for (let step = 0; step < 120; step++) {
      box.scrollTop += step % 10 === 0 ? box.scrollHeight / 50 : 180;
      if (step % 40 === 39) box.scrollTop = 0;
      await bench.frames(1);
    }
    return bench.stop();
  });
}

/** Lines come while it follows; the oldest are forgotten meanwhile. @param {Page} page @param {number} round */
async function follow(page, round) {
  await page.getByRole('treegrid').focus();
  await page.keyboard.press('End');
  return page.evaluate(
    async ([from = 0]) => {
      const { bench } = /** @type {any} */ (window);
      const start = Date.now() - from * 37;
      // Made before: only what the page does counts.
      const batches = Array.from({ length: 60 }, (_, at) => bench.batch(from + at * 250, 250, start));
      await bench.frames(5);
      bench.watch();
      for (const batch of batches) {
        await bench.deliver(batch);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      return bench.stop();
    },
    [LINES + round * 15_000],
  );
}
