import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { openHarness, send, sent, trouble } from './harness.mjs';
import { LOG_SUBJECT, logLines, twoRuns } from './scenes.mjs';

describe('the log panel', () => {
  let harness;
  let page;
  before(async () => {
    harness = await openHarness();
  });
  after(() => harness?.close());
  afterEach(async () => {
    assert.deepEqual(await trouble(page), []);
    await page.close();
  });

  async function show(lines, options) {
    page = await harness.open('logs', options);
    await send(page, 'subject', LOG_SUBJECT);
    await add(lines, true);
  }
  const add = (lines, first = false) => send(page, 'lines', harness.host.toBatch(first, lines));
  const grid = () => page.getByRole('treegrid', { name: 'Log lines' });
  const status = () => page.locator('.statusline').textContent();
  const scroll = () =>
    page
      .locator('#lines')
      .evaluate((box) => ({ top: box.scrollTop, atEnd: box.scrollTop + box.clientHeight >= box.scrollHeight - 1 }));
  const settle = () =>
    page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
  const inView = () =>
    page.locator('#lines').evaluate((box) => {
      const frame = box.getBoundingClientRect();
      return [...box.querySelectorAll('.lr')]
        .filter(
          (row) => row.getBoundingClientRect().bottom > frame.top && row.getBoundingClientRect().top < frame.bottom,
        )
        .map((row) => row.textContent);
    });

  it('shows lines with time, level, replica, request and message, the newest in sight', async () => {
    await show(logLines(200, Date.now()));
    const rows = await inView();
    assert.ok(rows.length > 15 && rows.length < 60, `${rows.length} rows in view`);
    assert.match(rows.at(-1), /^\d\d:\d\d:\d\d\.\d\d\d(INFO|WARN|ERROR)r\d[0-9a-f]{8}[A-Za-z]/);
    assert.equal((await scroll()).atEnd, true);
    assert.match(await status(), /^184 of 200 lines.*following$/);
    assert.equal(await grid().getAttribute('aria-rowcount'), '185');
  });

  it('says when there is nothing yet, and when the filter hides everything', async () => {
    await show([]);
    await page.getByText('No lines yet.').waitFor();
    await add(logLines(12, Date.now()).filter((line) => line.level === 'DEBUG'));
    await page.getByText('No line matches: 1 is hidden.').waitFor();
    await page.getByRole('button', { name: 'Clear Filters' }).click();
    assert.equal((await inView()).length, 1);
  });

  it('stops following when scrolled up, keeps the place while lines come, and End follows again', async () => {
    await show(logLines(500, Date.now()));
    await page.locator('#lines').hover();
    await page.mouse.wheel(0, -2000);
    await page.getByText('not following').waitFor();
    await settle();
    const before = { rows: await inView(), ...(await scroll()) };
    for (let round = 0; round < 5; round++) {
      await add(logLines(40, Date.now()));
    }
    assert.deepEqual({ rows: await inView(), ...(await scroll()) }, before);
    await grid().focus();
    await page.keyboard.press('End');
    await settle();
    assert.equal((await scroll()).atEnd, true);
    assert.match(await status(), /following$/);
    await add([{ ...logLines(1, Date.now())[0], message: 'the very last' }]);
    assert.match((await inView()).at(-1), /the very last/);
  });

  it('holds 100,000 lines with few elements, wherever it is scrolled to', async () => {
    await show([]);
    const end = Date.now();
    // Made inside the page: handing them over would take longer than what is measured.
    await page.evaluate(`window.logLines = ${logLines}`);
    const took = await page.evaluate(async (last) => {
      let spent = 0;
      for (let part = 0; part < 20; part++) {
        const lines = window.logLines(5000, last - (19 - part) * 5000 * 137);
        const from = performance.now();
        window.stub.deliver({ kind: 'event', name: 'lines', data: { first: false, lines } });
        await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
        spent += performance.now() - from;
      }
      return spent;
    }, end);
    assert.ok(took < 10_000, `100,000 lines took ${took} ms`);
    const elements = () => page.locator('#lines *').count();
    assert.ok((await elements()) < 1500, `${await elements()} elements at the end`);
    assert.match(await status(), /^91,680 of 100,000 lines/);
    for (const part of [0.5, 0.1, 0.9, 0]) {
      await page.locator('#lines').evaluate((box, to) => {
        box.scrollTop = box.scrollHeight * to;
      }, part);
      await settle();
      await settle();
      const rows = await inView();
      assert.ok(rows.length > 15, `rows are drawn at ${part}: ${rows.length}`);
      assert.ok((await elements()) < 1500);
    }
    const frames = await page.locator('#lines').evaluate(async (box) => {
      const times = [];
      for (let step = 0; step < 40; step++) {
        const from = performance.now();
        box.scrollTop += 3000;
        await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
        times.push(performance.now() - from);
      }
      return times.sort((a, b) => a - b)[20];
    });
    assert.ok(frames < 100, `a step of scrolling takes ${frames} ms`);
  });

  it('narrows by level, and says how many each level has', async () => {
    await show(logLines(120, Date.now()));
    const error = page.getByRole('button', { name: /^Error, / });
    assert.equal(await error.getAttribute('aria-label'), 'Error, 20 lines');
    await page.getByRole('button', { name: /^Info, / }).click();
    await page.getByRole('button', { name: /^Warn, / }).click();
    assert.match(await status(), /^20 of 120 lines/);
    assert.ok((await inView()).every((text) => text.includes('ERROR')));
    await add(logLines(12, Date.now()));
    assert.equal(await error.getAttribute('aria-label'), 'Error, 22 lines');
  });

  it('narrows to one replica, and to what no replica has printed', async () => {
    const other = (logger, message, level = 'INFO') => ({
      time: Date.now(),
      level,
      logger,
      message,
      fields: {},
      starts: false,
    });
    await show([
      other('build', 'Installing scikit-learn'),
      ...logLines(24, Date.now()),
      other('scaling', 'Scaled by load, 3 → 4: busy'),
      other('gateway', 'Gateway: place 4 is UP', 'DEBUG'),
    ]);
    const replica = page.getByRole('combobox', { name: 'Replica' });
    await replica.click();
    await page.getByRole('option', { name: 'No replica' }).waitFor();
    assert.deepEqual(await page.getByRole('option').allTextContents(), [
      'All replicas',
      'replica 1',
      'replica 2',
      'replica 3',
      'No replica',
    ]);
    await page.getByRole('option', { name: 'replica 2' }).click();
    assert.ok((await inView()).every((text) => text.includes('r2')));
    await replica.click();
    await page.getByRole('option', { name: 'No replica' }).click();
    const rows = await inView();
    assert.deepEqual(
      rows.map((text) => text.replace(/^[\d:.]+/, '')),
      ['INFObuildInstalling scikit-learn', 'INFOscaleScaled by load, 3 → 4: busy'],
    );
    await page.getByRole('button', { name: /^Debug, / }).click();
    assert.match((await inView()).at(-1), /DEBUGgateGateway: place 4 is UP/);
  });

  it('searches: matches, next and previous, patterns, only matching lines, Escape', async () => {
    await show(logLines(240, Date.now()));
    const search = page.getByRole('textbox', { name: 'Search in log' });
    const found = page.getByRole('search').getByRole('status');
    await search.fill('PETAL_width is outside');
    assert.match(await found.textContent(), /of 20$/);
    await search.press('Enter');
    await settle();
    const first = await found.textContent();
    assert.equal(await page.locator('mark.now').count(), 1);
    await search.press('Shift+Enter');
    assert.notEqual(await found.textContent(), first);
    await page.getByRole('button', { name: 'Match case' }).click();
    assert.equal(await found.textContent(), 'No match');
    await search.fill('outside|not a number');
    await page.getByRole('button', { name: 'Use regular expression' }).click();
    assert.match(await found.textContent(), /of 40$/);
    await page.getByRole('button', { name: 'Show only matching lines' }).click();
    assert.match(await status(), /^40 of 240 lines/);
    await search.fill('(');
    assert.equal(await found.textContent(), 'not a regular expression');
    await search.press('Escape');
    assert.equal(await search.inputValue(), '');
  });

  it('opens a record under its line: fields, folded traceback, link, lines of the request', async () => {
    await show(twoRuns(Date.now()));
    const line = page.getByRole('row').filter({ hasText: 'ValueError' }).last();
    await line.getByRole('link', { name: 'Open irisflowerclassifier.py:21' }).click();
    assert.deepEqual((await sent(page, 'notification', 'openFile'))[0].params, {
      file: '/home/dana/flowers/irisflowerclassifier.py',
      line: 21,
    });
    await line.dblclick();
    const record = page.locator('.rec');
    await record.getByText('Traceback, most recent call last').waitFor();
    await record
      .getByRole('button', { name: /frame of the server/ })
      .first()
      .click();
    await record.getByText('check_array').waitFor();
    await record.getByRole('button', { name: 'Lines of This Request' }).click();
    assert.match(await status(), /^2 of 102 lines/);
    await page.getByRole('button', { name: /^Show all requests/ }).click();
    assert.match(await status(), /^94 of 102 lines/);
  });

  it('is one stop of the keyboard: arrows, Home, End, Right opens, Left closes', async () => {
    await show(logLines(300, Date.now()));
    await grid().focus();
    await page.keyboard.press('Home');
    await settle();
    const current = () => grid().getAttribute('aria-activedescendant');
    const first = await current();
    assert.equal(await page.locator(`#${first}`).getAttribute('aria-selected'), 'true');
    assert.equal((await scroll()).top, 0);
    await page.keyboard.press('ArrowDown');
    assert.notEqual(await current(), first);
    await page.keyboard.press('ArrowRight');
    assert.equal(await page.locator(`#${await current()}`).getAttribute('aria-expanded'), 'true');
    await page.keyboard.press('ArrowLeft');
    assert.equal(await page.locator('.rec').count(), 0);
    for (let step = 0; step < 60; step++) await page.keyboard.press('ArrowDown');
    await settle();
    assert.equal(await page.locator(`#${await current()}`).isVisible(), true);
    assert.ok((await scroll()).top > 0);
  });

  it('divides runs and days', async () => {
    await show(twoRuns(Date.now()));
    await grid().focus();
    await page.keyboard.press('Home');
    await settle();
    const dividers = await page.locator('.divider').allTextContents();
    assert.equal(dividers.filter((text) => text.startsWith('Started ')).length, 2);
    assert.equal(dividers.length, 4);
  });

  it('copies and opens what is shown, clears the view, and shows what comes after', async () => {
    await show(logLines(24, Date.now()));
    await page.getByRole('button', { name: /^Info, / }).click();
    await page.getByRole('button', { name: 'Copy shown lines' }).click();
    const { text } = (await sent(page, 'notification', 'copy'))[0].params;
    assert.match(text, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} WARN r\d [0-9a-f]{8} petal_width is outside/);
    assert.match(text, /Traceback \(most recent call last\):\n {2}File "/);
    assert.ok(!text.includes('INFO'));
    await page.getByRole('button', { name: 'Open shown lines as text' }).click();
    assert.equal((await sent(page, 'notification', 'openText'))[0].params.text, text);
    await page.getByRole('button', { name: /^Info, / }).click();
    await page.getByRole('button', { name: 'Clear view' }).click();
    assert.equal((await inView()).length, 0);
    await add(logLines(3, Date.now() + 60_000));
    assert.equal((await inView()).length, 3);
  });

  it('wraps long lines and keeps the newest in sight', async () => {
    await show(logLines(100, Date.now()).map((line) => ({ ...line, message: `${line.message} ${'x'.repeat(400)}` })));
    await page.getByRole('button', { name: 'Wrap lines' }).click();
    await settle();
    assert.ok((await inView()).length < 20);
    assert.equal((await scroll()).atEnd, true);
    await page.locator('#lines').evaluate((box) => {
      box.scrollTop = box.scrollHeight / 2;
    });
    await settle();
    const before = await inView();
    await add(logLines(50, Date.now()));
    assert.deepEqual(await inView(), before);
  });

  it('is narrowed by the host to a request, and keeps filters and place over a reload', async () => {
    const lines = logLines(600, Date.now());
    await show(lines);
    await send(page, 'narrow', { request: lines[100].request });
    assert.match(await status(), /^2 of 600 lines/);
    await send(page, 'narrow', {});
    await page.getByRole('button', { name: /^Info, / }).click();
    await page.locator('#lines').hover();
    await page.mouse.wheel(0, -1000);
    await page.getByText('not following').waitFor();
    await settle();
    const before = await inView();
    const state = await page.evaluate(() => window.stub.state());
    await page.close();
    await show(lines, { state });
    await page.waitForFunction(
      (first) => document.querySelector('#lines').textContent.includes(first.slice(0, 12)),
      before[0],
    );
    await page.waitForTimeout(300);
    const again = await inView();
    assert.equal(again[1], before[1]);
    assert.equal(await page.getByRole('button', { name: /^Info, / }).getAttribute('aria-pressed'), 'false');
  });

  it('begins again when the log is read again, and says why reading failed', async () => {
    await show(logLines(50, Date.now()));
    await send(page, 'problem', { message: 'The log could not be read: permission denied' });
    await page.getByText('The log could not be read: permission denied').waitFor();
    assert.ok((await inView()).length > 0, 'what is there stays');
    await page.getByRole('button', { name: 'Read Again' }).click();
    assert.equal((await sent(page, 'notification', 'again')).length, 1);
    await add(logLines(5, Date.now()), true);
    assert.match(await status(), /^5 lines/);
  });
});
