import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { openHarness, send, sent, settle, trouble } from './harness.mjs';
import { InferenceHost, outcomes, records, REPLAY, SUBJECT } from './inferenceScenes.mjs';

describe('the panel of an inference log', () => {
  let harness;
  let page;
  let log;
  before(async () => {
    harness = await openHarness();
  });
  after(() => harness?.close());
  afterEach(async () => {
    assert.deepEqual(await trouble(page), []);
    await page.close();
  });

  async function show(list, options = {}) {
    page = await harness.open('inference', options);
    log = new InferenceHost(harness.host, page);
    await log.show(list, options);
  }
  const status = () => page.locator('.statusline').textContent();
  const row = (number) => page.locator(`#line-${number}`);
  const grid = () => page.getByRole('treegrid', { name: 'Records' });
  const button = (name) => page.getByRole('button', { name, exact: true });
  const last = async (kind, name) => (await sent(page, kind, name)).at(-1)?.params;
  /** Numbers of the rows in sight. */
  const inView = () =>
    page.locator('#lines').evaluate((box) => {
      const frame = box.getBoundingClientRect();
      return [...box.querySelectorAll('.lr')]
        .filter((each) => each.getBoundingClientRect().bottom > frame.top + 1)
        .filter((each) => each.getBoundingClientRect().top < frame.bottom - 1)
        .map((each) => Number(each.id.replace('line-', '')));
    });
  const typed = async (name, text) => {
    const before = (await sent(page, 'notification', 'filter')).length;
    await page.getByRole('textbox', { name }).fill(text);
    await page.waitForFunction(
      (count) => window.stub.sent.filter(({ name: each }) => each === 'filter').length > count,
      before,
    );
    await log.answer();
  };

  it('lists records with their facts, and nothing of them as HTML', async () => {
    const text = '{"inputs": "<img src=x onerror=alert(1)>"}';
    await show([...records(9, Date.now()), { ...records(1, Date.now())[0], request: { bytes: 1, text } }]);
    const cells = await row(7).getByRole('gridcell').allTextContents();
    assert.deepEqual(cells.slice(2, 6), ['classify', '400', '3.1 ms', '64 B']);
    assert.match(cells[6], /^\[\[5\.1,3\.4,3\.4/);
    assert.match(cells[7], /^\{"error": "inputs\[0\]/);
    assert.match(await row(9).textContent(), /<img src=x/);
    assert.equal(await page.locator('#root img').count(), 0);
    assert.match(await status(), /^10 records/);
  });

  it('follows what comes, stops when it is scrolled up, and goes on at the end', async () => {
    await show(records(300, Date.now()));
    assert.equal((await inView()).at(-1), 299);
    await log.add(records(5, Date.now()));
    assert.equal((await inView()).at(-1), 304);
    await page.locator('#lines').evaluate((box) => {
      box.scrollTop = 2400;
    });
    await page.getByText('not following').waitFor();
    const before = await inView();
    await log.add(records(50, Date.now()));
    assert.deepEqual(await inView(), before);
    await button('Follow').click();
    await settle(page);
    assert.equal((await inView()).at(-1), 354);
  });

  it('is filtered by status, text and JSON path by the host; a wrong path is told at its field', async () => {
    await show(records(100, Date.now()));
    await page.getByRole('button', { name: 'OK, 90' }).click();
    await log.answer();
    assert.match(await status(), /^10 of 100 records/);
    assert.deepEqual((await last('notification', 'filter')).filter, { off: ['ok'] });
    await typed('Filter by text', 'petal_width');
    assert.match(await status(), /^5 of 100 records/);
    await typed('Filter by text', '');
    await page.getByRole('button', { name: 'OK, 90' }).click();
    await typed('Filter by JSON path', '$.predictions[0] = "setosa" and $.inputs[0][2] > 5');
    assert.match(await status(), /^7 of 100 records/);
    await typed('Filter by JSON path', '$.predictions[0] =');
    assert.match(await status(), /^100 records/, 'what is wrong narrows nothing');
    const field = page.getByRole('textbox', { name: 'Filter by JSON path' });
    assert.equal(await field.getAttribute('aria-invalid'), 'true');
    assert.match(await page.locator('#path-problem').textContent(), /^At character 19: a value is missing/);
    await field.press('Escape');
    assert.equal(await field.inputValue(), '');
  });

  it('says when no record fits, with the way out, and keeps its filter over a reload', async () => {
    await show(records(20, Date.now()));
    await typed('Filter by text', 'nobody says this');
    await page.getByText('No record fits: 20 are hidden.').waitFor();
    const state = await page.evaluate(() => window.stub.state());
    await page.close();
    await show(records(20, Date.now()), { state });
    assert.deepEqual(await last('notification', 'filter'), { round: 2, filter: { off: [], text: 'nobody says this' } });
    await button('Clear Filters').click();
    await log.answer();
    assert.match(await status(), /^20 records/);
  });

  it('keeps its place and what is open over a reload, and when all is read again', async () => {
    const now = Date.now();
    await show(records(300, now));
    await page.locator('#lines').evaluate((box) => {
      box.scrollTop = 2400;
    });
    await page.getByText('not following').waitFor();
    await log.open(104);
    const before = await inView();
    const state = await page.evaluate(() => window.stub.state());
    assert.equal(state.place.open.length, 1);
    await page.close();
    // The oldest are gone meanwhile, so that the others have other numbers.
    await show(records(300, now).slice(50), { state });
    const tellOpen = () => log.reply('record', ({ record }) => harness.host.toRecordView(log.held[record]));
    await tellOpen();
    assert.deepEqual(
      await inView(),
      before.map((number) => number - 50),
    );
    assert.equal(await row(54).getAttribute('aria-expanded'), 'true');
    await log.show(records(300, now));
    await tellOpen();
    assert.deepEqual(await inView(), before);
    assert.equal(await row(104).getAttribute('aria-expanded'), 'true');
  });

  it('says why it is empty, with the ways on', async () => {
    const empty = { text: 'A setting says so.', remedies: [{ label: 'Open Settings', icon: 'settings-gear' }] };
    await show([], { subject: { ...SUBJECT, live: false, empty } });
    await page.getByText('A setting says so.').waitFor();
    await button('Open Settings').click();
    assert.deepEqual(await last('notification', 'remedy'), { index: 0 });
    await send(page, 'problem', { message: 'Could not read the log: no such file' });
    await button('Read Again').click();
    assert.deepEqual(await last('notification', 'again'), {});
  });

  it('is sorted by time and by latency, and sorts in what comes', async () => {
    await show(records(40, Date.now()));
    const order = page.getByRole('combobox', { name: 'Order' });
    const choose = async (name) => {
      await order.click();
      await page.getByRole('option', { name }).click();
      await settle(page);
    };
    await choose('Slowest first');
    assert.deepEqual((await inView()).slice(0, 3), [11, 31, 10]);
    await log.add([{ ...records(1, Date.now())[0], latencyMs: 99 }]);
    assert.equal((await inView())[0], 40);
    assert.equal(await page.getByRole('columnheader', { name: 'Latency' }).getAttribute('aria-sort'), 'descending');
    await choose('Newest first');
    assert.deepEqual((await inView()).slice(0, 2), [40, 39]);
  });

  it('opens a record by the keyboard: request and reply side by side, raw, copied, its log lines', async () => {
    await show(records(12, Date.now()));
    await grid().focus();
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Enter');
    await log.reply('record', ({ record }) => harness.host.toRecordView(log.held[record]));
    assert.equal(await row(11).getAttribute('aria-expanded'), 'true');
    const reply = page.getByRole('region', { name: 'Reply' });
    assert.match(await reply.locator('pre').textContent(), /^\{\n {2}"error"/);
    await button('Raw').click();
    assert.match(await reply.locator('pre').textContent(), /^\{"error": "ValueError/);
    await button('Copy reply').click();
    assert.deepEqual(await last('notification', 'copyBody'), { record: 11, side: 'reply' });
    await page.getByRole('button', { name: /^Log Lines of the request 9d20c4e1-0011/ }).click();
    assert.match((await last('notification', 'showLogs')).request, /^9d20c4e1-0011/);
    await button('Make Test…').click();
    await log.reply('makeTest', () => 'three flowers');
    await page.getByText('Saved as the test three flowers').waitFor();
    await grid().focus();
    await page.keyboard.press('ArrowLeft');
    assert.equal(await row(11).getAttribute('aria-expanded'), 'false');
    await page.keyboard.press('Control+c');
    assert.deepEqual(await last('notification', 'copyRecords'), { records: [11] });
  });

  it('marks what is withheld or redacted, and offers nothing that cannot be done with it', async () => {
    await show(records(16, Date.now()));
    assert.match(await row(13).textContent(), /redacted/);
    assert.match(await row(15).textContent(), /withheld/);
    await log.open(15);
    await page.getByText('Withheld: it is not JSON').waitFor();
    assert.ok(await button('Replay…').isDisabled());
    assert.ok(await button('Make Test…').isDisabled());
  });

  it('replays and saves what is selected, else all that is shown', async () => {
    await show(records(30, Date.now()));
    await button('Save all 30 shown as NDJSON, CSV or Parquet…').click();
    assert.equal((await last('request', 'save')).records.length, 30);
    await row(20).click();
    await row(23).click({ modifiers: ['Shift'] });
    await button('Replay 4 selected…').click();
    assert.deepEqual(await last('request', 'replay'), { records: [20, 21, 22, 23] });
    await row(25).click({ modifiers: ['ControlOrMeta'] });
    await button('Copy 5 selected as NDJSON').click();
    assert.deepEqual(await last('notification', 'copyRecords'), { records: [20, 21, 22, 23, 25] });
    await grid().focus();
    await page.keyboard.press('Control+a');
    await button('Replay 30 selected…').waitFor();
  });

  it('shows how a replay goes and what it found', async () => {
    await show(records(40, Date.now()));
    await send(page, 'replay', { ...REPLAY, running: true });
    await send(page, 'outcomes', { round: 5, outcomes: outcomes(10) });
    await page.getByText('Replaying to churn: 10 of 40').waitFor();
    await button('Cancel').click();
    assert.deepEqual(await last('notification', 'cancelReplay'), {});
    await send(page, 'outcomes', { round: 5, outcomes: outcomes().slice(10) });
    await send(page, 'replay', { ...REPLAY, problem: 'churn does not run any more' });
    await page.getByText('3 left out: they cannot be sent again').waitFor();
    await page.getByText('Ended early: churn does not run any more').waitFor();
    await button('different, 4').click();
    await log.answer();
    assert.deepEqual(await inView(), [4, 13, 22, 31]);
    await log.open(13);
    const table = page.getByRole('table', { name: 'Differences' });
    assert.deepEqual(await table.getByRole('row').nth(1).getByRole('cell').allTextContents(), [
      '"versicolor"',
      '"setosa"',
    ]);
    await button('Close the replay').click();
    await log.answer();
    assert.match(await status(), /^40 records/);
    assert.equal(await page.getByRole('columnheader', { name: 'Replay' }).count(), 0);
  });

  it('tells why a replay was not possible', async () => {
    await show(records(3, Date.now()));
    await page.getByRole('button', { name: /^Replay all/ }).click();
    const { id } = (await sent(page, 'request', 'replay')).at(-1);
    const error = { message: 'Could not replay: no serving runs', cancelled: false };
    await page.evaluate((message) => window.stub.deliver(message), { kind: 'error', id, error });
    await page.getByText('Could not replay: no serving runs').waitFor();
  });

  it('holds 100,000 records without a stutter, and forgets the oldest with the host', async () => {
    await show([]);
    const some = records(5000, Date.now());
    for (let part = 0; part < 20; part++) {
      await log.add(some);
    }
    assert.match(await status(), /^100,000 records/);
    const frames = await page.evaluate(async () => {
      const box = document.getElementById('lines');
      const times = [];
      let before = performance.now();
      for (let step = 0; step < 60; step++) {
        box.scrollTop = (box.scrollHeight * ((step * 37) % 60)) / 60;
        await new Promise((resolve) => requestAnimationFrame(resolve));
        await new Promise((resolve) => requestAnimationFrame(resolve));
        times.push((performance.now() - before) / 2);
        before = performance.now();
      }
      return times.sort((a, b) => a - b);
    });
    console.log(
      `a frame of jumping through 100,000 records: median ${frames[30].toFixed(1)} ms, slowest ${frames.at(-1).toFixed(1)} ms`,
    );
    assert.ok(frames[30] < 50, `median ${frames[30]} ms`);
    assert.ok((await page.locator('#lines *').count()) < 2000);
    await send(page, 'state', {
      read: true,
      oldest: 60_000,
      bytes: 1,
      troubles: ['2 lines of the log are no records'],
    });
    assert.match(await status(), /^40,000 records.*cut at the limit.*2 lines of the log/);
  });
});
