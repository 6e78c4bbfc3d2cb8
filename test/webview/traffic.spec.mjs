import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { send, sent, servingPages } from './harness.mjs';
import { servingEvents } from './scenes.mjs';

/** Seconds over which the page's share of a core is measured. */
const MEASURED = 10;

describe('the traffic of the detail panel', () => {
  let harness;
  let page;
  const { open } = servingPages((now) => ({ harness, page } = now));

  async function show(name, options) {
    await open(options);
    for (const [event, data] of servingEvents(harness.host, name, Date.now())) await send(page, event, data);
  }
  const chartsAt = (now) => ({ charts: harness.host.toTraffic(harness.host.trafficOf(now), now) });
  const section = () => page.getByRole('region', { name: 'Traffic' });
  const pause = () => section().getByRole('button', { name: 'Pause live charts' });
  const firstPath = () => section().locator('path').first().getAttribute('d');

  /** Sends an event to the page so many times a second, from within it; resolves after the seconds. */
  const stream = (events, perSecond, seconds) =>
    page.evaluate(
      ([all, pauseMs, end]) =>
        new Promise((resolve) => {
          let at = 0;
          const began = performance.now();
          const timer = setInterval(() => {
            window.stub.deliver(all[at++ % all.length]);
            if (performance.now() - began > end) {
              clearInterval(timer);
              resolve(at);
            }
          }, pauseMs);
        }),
      [events.map(([name, data]) => ({ kind: 'event', name, data })), 1000 / perSecond, seconds * 1000],
    );
  /** Counts the times that what matches is changed; call the result for their number. */
  async function countDraws(selector) {
    await page.evaluate((what) => {
      window.draws = 0;
      new MutationObserver((changes) => {
        if (changes.some(({ target }) => (target.parentElement ?? target).closest(what))) window.draws++;
      }).observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
    }, selector);
    return () => page.evaluate(() => window.draws);
  }
  async function metrics() {
    const client = await page.context().newCDPSession(page);
    await client.send('Performance.enable');
    await client.send('HeapProfiler.collectGarbage');
    const { metrics: all } = await client.send('Performance.getMetrics');
    await client.detach();
    return Object.fromEntries(all.map(({ name, value }) => [name, value]));
  }
  const hide = (isHidden) =>
    page.evaluate((hidden) => {
      Object.defineProperty(document, 'visibilityState', {
        configurable: true,
        get: () => (hidden ? 'hidden' : 'visible'),
      });
      document.dispatchEvent(new Event('visibilitychange'));
    }, isHidden);

  it('is four charts, each with its value, three labels, the ends of the time and a sentence', async () => {
    await show('running');
    const names = await section().locator('.name > span:first-child').allTextContents();
    assert.deepEqual(names, ['Requests', 'Latency', 'Errors', 'In flight']);
    const sentences = await section()
      .getByRole('img')
      .evaluateAll((all) => all.map((each) => each.getAttribute('aria-label')));
    const clock = String.raw`\d\d:\d\d to \d\d:\d\d`;
    assert.match(sentences[0], new RegExp(`^Requests per second, ${clock}: between [\\d.]+ and [\\d.]+, now [\\d.]+$`));
    assert.match(
      sentences[1],
      new RegExp(`^Latency, ${clock}: median now 1\\.\\d ms, 95th percentile now \\d\\.\\d ms, highest`),
    );
    assert.match(sentences[2], new RegExp(`^Errors per minute, ${clock}: 2 with 5xx and 1 with 4xx in all`));
    assert.match(sentences[3], new RegExp(`^Requests in flight, ${clock}: highest 7, now \\d$`));
    for (const plot of await section().locator('.plot').all()) {
      const [top, middle, bottom, ...others] = await plot.locator('.y span').allTextContents();
      assert.equal(Number(top) / 2, Number(middle));
      assert.deepEqual([bottom, others], ['0', []]);
      assert.equal((await plot.locator('.x span').allTextContents()).length, 2);
    }
    const dashes = await section()
      .locator('path.s-line')
      .evaluateAll((all) => all.map((each) => getComputedStyle(each).strokeDasharray));
    assert.equal(new Set(dashes.slice(1, 3)).size, 2, 'p50 and p95 differ by their dash');
    const bars = await section()
      .locator('rect.s-bar[width]:not(.sample rect)')
      .evaluateAll((all) => all.map((each) => getComputedStyle(each).fill));
    assert.equal(new Set(bars).size, 2, '5xx and 4xx differ by more than their colour');
  });

  it('keeps its axes and says so when there was none', async () => {
    await show('single');
    assert.equal(await section().getByText('No traffic in 15 min').count(), 2);
    assert.equal(await section().locator('.plot .y').count(), 4);
    const heights = await section()
      .locator('.plot')
      .evaluateAll((all) => all.map((each) => each.offsetHeight));
    assert.equal(new Set(heights).size, 1);
  });

  it('says whose figures they are where the serving tells none, and where its own are', async () => {
    const now = Date.now();
    const facts = harness.host.facts('single', now);
    const hopsworks = {
      ...facts,
      serving: { ...facts.serving, kind: 'hopsworks' },
      traffic: undefined,
      countsTraffic: false,
    };
    await open();
    await send(page, 'view', harness.host.toServingView(hopsworks));
    assert.match(await section().textContent(), /what this editor sent.*The API of Hopsworks tells no figures/);
    assert.equal(await section().getByRole('img').count(), 0);
    assert.equal(await pause().count(), 0);
    await section().getByRole('link', { name: 'Its page in Hopsworks has them.' }).click();
    assert.deepEqual((await sent(page, 'notification', 'open')).at(-1).params, { target: 'hopsworks' });
    await send(page, 'traffic', { charts: harness.host.toTraffic(harness.host.sentFromHere(now), now) });
    await section().getByRole('img').first().waitFor();
    assert.equal(await section().getByRole('img').count(), 3);
  });

  it('stands still while it is paused, by the keyboard, also when the page is made again', async () => {
    await show('running');
    const before = await firstPath();
    await page.getByRole('button', { name: 'JavaScript' }).focus();
    while (!(await pause().evaluate((element) => element === document.activeElement))) {
      await page.keyboard.press('Tab');
    }
    await page.keyboard.press('Enter');
    assert.equal(await pause().getAttribute('aria-pressed'), 'true');
    await send(page, 'traffic', chartsAt(Date.now() + 60_000));
    await sleep(1300);
    assert.equal(await firstPath(), before);
    assert.match(await section().locator('.note').textContent(), /^last 15 min, paused at \d\d:\d\d$/);
    assert.equal(await page.evaluate(() => document.activeElement.getAttribute('aria-label')), 'Pause live charts');
    const state = await page.evaluate(() => window.stub.state());
    assert.equal(state.isPaused, true);
    await page.keyboard.press('Enter');
    await page.waitForFunction((path) => document.querySelector('#traffic path').getAttribute('d') !== path, before);
    await page.close();
    await show('running', { state });
    assert.equal(await pause().getAttribute('aria-pressed'), 'true');
  });

  it('is drawn at most once a second, however often it is told', async () => {
    await show('running');
    const draws = await countDraws('#traffic');
    const begin = Date.now();
    await stream(
      Array.from({ length: 20 }, (_, at) => ['traffic', chartsAt(begin + at * 5000)]),
      50,
      4,
    );
    const count = await draws();
    assert.ok(count >= 2 && count <= 5, `drawn ${count} times in 4 s`);
  });

  it('costs nothing while hidden, and at most 1 % of a core while shown', async () => {
    await show('docker');
    const start = Date.now();
    const told = (round) =>
      Array.from({ length: MEASURED }, (_, at) => ['traffic', chartsAt(start + (round * MEASURED + at) * 2000)]);
    await sleep(1000);
    const client = await page.context().newCDPSession(page);
    // Of its thread alone: on a busy computer a task may wait in between.
    await client.send('Performance.enable', { timeDomain: 'threadTicks' });
    const busy = async () => {
      const { metrics: all } = await client.send('Performance.getMetrics');
      return all.find(({ name }) => name === 'TaskDuration').value;
    };
    const share = async (work) => {
      const before = await busy();
      const began = performance.now();
      await work();
      return ((await busy()) - before) / ((performance.now() - began) / 1000);
    };
    // Other work on the computer only ever adds to it: the lowest of a few says what the page takes.
    let [shown, hidden] = [Infinity, Infinity];
    for (let round = 0; round < 4 && (shown >= 0.01 || hidden >= 0.001); round++) {
      shown = Math.min(shown, await share(() => stream(told(round), 0.5, MEASURED)));
      await hide(true);
      const draws = await countDraws('#root');
      hidden = Math.min(hidden, await share(() => sleep(MEASURED * 1000)));
      assert.equal(await draws(), 0);
      await hide(false);
      assert.ok((await draws()) > 0, 'it is up to date again as soon as it is seen');
    }
    const text = `shown ${(shown * 100).toFixed(2)} %, hidden ${(hidden * 100).toFixed(3)} % of a core`;
    console.log(`# the page of a serving with three replicas: ${text}`);
    assert.ok(shown < 0.01, text);
    assert.ok(hidden < 0.001, text);
  });

  it('and all of the page bears 50 changes a second: drawn ten times, focus and place kept, no memory lost', async () => {
    await show('docker', { height: 500 });
    const view = harness.host.toServingView(harness.host.facts('docker', Date.now()));
    const changes = Array.from({ length: 100 }, (_, at) => [
      'changes',
      {
        set: {
          health: { parts: [`Healthy for ${at} s: 3 of 3 replicas answer.`] },
          replicas: {
            ...view.replicas,
            rows: view.replicas.rows.map((row) => ({ ...row, requests: row.requests + at, cores: at / 1000 })),
          },
        },
        unset: [],
      },
    ]);
    const shell = page.getByRole('button', { name: 'Open shell in replica 2' });
    await shell.focus();
    const place = () => page.evaluate(() => [window.scrollY, document.activeElement.getBoundingClientRect().top]);
    await stream(changes, 50, 1);
    const before = { place: await place(), ...(await metrics()) };
    const draws = await countDraws('.replicas');
    const told = await stream(changes, 50, 6);
    const count = await draws();
    const later = await metrics();
    assert.ok(told > 200, `told ${told} times`);
    assert.ok(count <= 6 * 11 + 1, `drawn ${count} times in 6 s`);
    assert.ok(count > 30, `drawn ${count} times in 6 s`);
    assert.deepEqual(await place(), before.place);
    assert.equal(
      await page.evaluate(() => document.activeElement.getAttribute('aria-label')),
      'Open shell in replica 2',
    );
    assert.equal(later.Nodes, before.Nodes);
    assert.equal(later.JSEventListeners, before.JSEventListeners);
    assert.ok(
      later.JSHeapUsedSize - before.JSHeapUsedSize < 300_000,
      `${later.JSHeapUsedSize - before.JSHeapUsedSize} bytes more`,
    );
    await shell.click();
    assert.deepEqual((await sent(page, 'notification', 'shell')).at(-1).params, { replica: 2 });
  });

  it('tells of a failed serving its last good run, and compares the scripts', async () => {
    await show('failed');
    const last = page.getByRole('region', { name: 'Last good run' });
    assert.match(
      await last.textContent(),
      /irisflowerclassifier_1_3, .*Since then changed: the Predict script \(3 lines added, 1 removed\)\./,
    );
    await last.getByRole('button', { name: 'Compare Scripts' }).click();
    assert.deepEqual((await sent(page, 'notification', 'open')).at(-1).params, { target: 'compareLastGood' });
    assert.equal(await section().count(), 0);
  });
});
