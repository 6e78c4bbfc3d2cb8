import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { useLogPage } from './logPage.mjs';
import { ALL_SUBJECT, logLines, LOG_SUBJECT, severalServings, twoRuns } from './scenes.mjs';

describe('a line of a log', () => {
  const log = useLogPage();

  it('opens to its fields, folded traceback, link, lines of the request', async () => {
    await log.show(twoRuns(Date.now()));
    const line = log.page.getByRole('row').filter({ hasText: 'ValueError' }).last();
    await line.getByRole('link', { name: 'Open irisflowerclassifier.py:21' }).click();
    assert.deepEqual((await log.sent('notification', 'openFile'))[0].params, {
      file: '/home/dana/flowers/irisflowerclassifier.py',
      line: 21,
    });
    await line.dblclick();
    const record = log.page.locator('.rec');
    await record.getByText('Traceback, most recent call last').waitFor();
    await record
      .getByRole('button', { name: /frame of the server/ })
      .first()
      .click();
    await record.getByText('check_array').waitFor();
    await record.getByRole('button', { name: 'Lines of This Request' }).click();
    await log.statusIs(/^2 of 102 lines/);
    await log.page.getByRole('button', { name: /^Show all requests/ }).click();
    await log.statusIs(/^94 of 102 lines/);
  });

  it('narrows by its fields, in and out, with the keyboard', async () => {
    await log.show(logLines(120, Date.now()));
    const line = log.page.getByRole('row').filter({ hasText: 'row 2:' }).last();
    await line.dblclick();
    const record = log.page.locator('.rec').last();
    await record.getByRole('button', { name: 'Show only lines with this status' }).focus();
    await log.page.keyboard.press('Enter');
    await log.statusIs(/^10 of 120 lines/);
    await log.button('Take the filter status = 400 away').click();
    await log.statusIs(/^110 of 120 lines/);
    await log.page.locator('.rec').last().getByRole('button', { name: 'Hide lines with this status' }).click();
    await log.statusIs(/^100 of 120 lines/);
    await log.page.getByText('status ≠ 400').waitFor();
  });

  it('shows its record as JSON, and copies it', async () => {
    await log.show(logLines(8, Date.now()));
    await log.page.getByRole('row').filter({ hasText: 'row 2:' }).dblclick();
    await log.button('Show as JSON').click();
    assert.match(await log.page.locator('.rec pre').textContent(), /"latency_ms": 0\.6/);
    await log.button('Copy record').click();
    assert.equal(JSON.parse((await log.sent('notification', 'copy'))[0].params.text).status, 400);
  });

  it('has the colours of its program, and nothing else of what programs print for terminals', async () => {
    await log.show([]);
    await log.addPrinted(
      '\u001b[31mred\u001b[0m and \u001b[1mbold\u001b[0m',
      'Epoch:  10%\rEpoch:  90%\rEpoch: 100%',
      '<script>window.hacked = true</script><img src=x onerror="window.hacked = true">',
      'broken \ufffd\ufffd',
    );
    const rows = await log.inView();
    assert.match(rows[0], /red and bold$/);
    assert.match(rows[1], /r1Epoch: 100%$/);
    assert.match(rows[2], /<script>window\.hacked = true<\/script><img/);
    assert.match(rows[3], /broken \ufffd\ufffd$/);
    const colour = (text) =>
      log.page
        .getByText(text, { exact: true })
        .first()
        .evaluate((e) => getComputedStyle(e).color);
    assert.notEqual(await colour('red'), await colour('bold'));
    assert.equal(await log.page.evaluate(() => window.hacked), undefined);
    await log.search.fill('red and bold');
    await log.foundIs(/of 1$/);
    assert.equal((await log.page.locator('mark').allTextContents()).join(''), 'red and bold');
  });

  it('of 100,000 characters is drawn in part, and copied whole', async () => {
    await log.show([]);
    await log.addPrinted(`start ${'x'.repeat(100_000)} end`);
    await log.button('Wrap lines').click();
    await log.settle();
    assert.match((await log.inView())[0], /98010 more$/);
    await log.page.getByRole('row').filter({ hasText: 'start' }).dblclick();
    await log.page.locator('.rec').waitFor();
    await log.button('Copy record').click();
    const { text } = (await log.sent('notification', 'copy'))[0].params;
    assert.equal(JSON.parse(text).message.length, 100_010);
  });

  it('names its serving where the log is of all of them, which can be chosen', async () => {
    await log.show(severalServings(Date.now()), { subject: ALL_SUBJECT });
    await log.page.getByRole('columnheader', { name: 'Serving' }).waitFor();
    const rows = await log.inView();
    assert.ok(
      rows.some((text) => text.includes('churn')) && rows.some((text) => text.includes('irisflowerclassifier')),
    );
    const serving = log.page.getByRole('combobox', { name: 'Serving' });
    await serving.click();
    await log.page.getByRole('option', { name: 'churn' }).click();
    assert.deepEqual((await log.sent('notification', 'choose'))[0].params, {
      ref: { backend: 'process', name: 'churn' },
    });
    await log.page.getByRole('row').filter({ hasText: 'churn' }).last().dblclick();
    await log.page.locator('.rec').getByRole('button', { name: 'Hide lines with this serving' }).click();
    await log.settle();
    assert.ok((await log.inView()).every((text) => !/r\dchurn|churnr\d/.test(text)));
  });

  it('tells its time also as how long ago', async () => {
    await log.show(logLines(3, Date.now() - 120_000), { subject: LOG_SUBJECT });
    await log.button('Show how long ago').click();
    assert.match((await log.inView())[0], /^2 min ago/);
    const state = await log.page.evaluate(() => window.stub.state());
    assert.equal(state.relative, true);
  });
});
