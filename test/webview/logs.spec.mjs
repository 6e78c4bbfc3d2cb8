import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { useLogPage } from './logPage.mjs';
import { send } from './harness.mjs';
import { logLines, twoRuns } from './scenes.mjs';

describe('the log panel', () => {
  const log = useLogPage();

  it('shows lines with time, level, replica, request and message, the newest in sight', async () => {
    await log.show(logLines(200, Date.now()));
    const rows = await log.inView();
    assert.ok(rows.length > 15 && rows.length < 60, `${rows.length} rows in view`);
    assert.match(rows.at(-1), /^\d\d:\d\d:\d\d\.\d\d\d(INFO|WARN|ERROR)r\d[0-9a-f]{8}[A-Za-z]/);
    assert.equal((await log.scroll()).atEnd, true);
    assert.match(await log.status(), /^184 of 200 lines.*following$/);
    assert.equal(await log.grid.getAttribute('aria-rowcount'), '185');
  });

  it('says when there is nothing yet, and when the filter hides everything', async () => {
    await log.show([]);
    await log.page.getByText('No lines yet.').waitFor();
    await log.add(logLines(12, Date.now()).filter((line) => line.level === 'DEBUG'));
    await log.page.getByText('No line matches: 1 is hidden.').waitFor();
    await log.page.getByRole('button', { name: 'Clear Filters' }).click();
    assert.equal((await log.inView()).length, 1);
  });

  it('stops following when scrolled up, keeps the place while lines come, and End follows again', async () => {
    await log.show(logLines(500, Date.now()));
    await log.page.locator('#lines').hover();
    await log.page.mouse.wheel(0, -2000);
    await log.page.getByText('not following').waitFor();
    await log.settle();
    const before = { rows: await log.inView(), ...(await log.scroll()) };
    for (let round = 0; round < 5; round++) {
      await log.add(logLines(40, Date.now()));
    }
    assert.deepEqual({ rows: await log.inView(), ...(await log.scroll()) }, before);
    await log.grid.focus();
    await log.page.keyboard.press('End');
    await log.settle();
    assert.equal((await log.scroll()).atEnd, true);
    assert.match(await log.status(), /following$/);
    await log.add([{ ...logLines(1, Date.now())[0], message: 'the very last' }]);
    assert.match((await log.inView()).at(-1), /the very last/);
  });

  it('narrows by level, and says how many each level has', async () => {
    await log.show(logLines(120, Date.now()));
    const error = log.page.getByRole('button', { name: /^Error, / });
    assert.equal(await error.getAttribute('aria-label'), 'Error, 20 lines');
    await log.page.getByRole('button', { name: /^Info, / }).click();
    await log.page.getByRole('button', { name: /^Warn, / }).click();
    assert.match(await log.status(), /^20 of 120 lines/);
    assert.ok((await log.inView()).every((text) => text.includes('ERROR')));
    await log.add(logLines(12, Date.now()));
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
    await log.show([
      other('build', 'Installing scikit-learn'),
      ...logLines(24, Date.now()),
      other('scaling', 'Scaled by load, 3 → 4: busy'),
      other('gateway', 'Gateway: place 4 is UP', 'DEBUG'),
    ]);
    const replica = log.page.getByRole('combobox', { name: 'Replica' });
    await replica.click();
    await log.page.getByRole('option', { name: 'No replica' }).waitFor();
    assert.deepEqual(await log.page.getByRole('option').allTextContents(), [
      'All replicas',
      'replica 1',
      'replica 2',
      'replica 3',
      'No replica',
    ]);
    await log.page.getByRole('option', { name: 'replica 2' }).click();
    assert.ok((await log.inView()).every((text) => text.includes('r2')));
    await replica.click();
    await log.page.getByRole('option', { name: 'No replica' }).click();
    const rows = await log.inView();
    assert.deepEqual(
      rows.map((text) => text.replace(/^[\d:.]+/, '')),
      ['INFObuildInstalling scikit-learn', 'INFOscaleScaled by load, 3 → 4: busy'],
    );
    await log.page.getByRole('button', { name: /^Debug, / }).click();
    assert.match((await log.inView()).at(-1), /DEBUGgateGateway: place 4 is UP/);
  });

  it('is one stop of the keyboard: arrows, Home, End, Right opens, Left closes', async () => {
    await log.show(logLines(300, Date.now()));
    await log.grid.focus();
    await log.page.keyboard.press('Home');
    await log.settle();
    const current = () => log.grid.getAttribute('aria-activedescendant');
    const first = await current();
    assert.equal(await log.page.locator(`#${first}`).getAttribute('aria-selected'), 'true');
    assert.equal((await log.scroll()).top, 0);
    await log.page.keyboard.press('ArrowDown');
    assert.notEqual(await current(), first);
    await log.page.keyboard.press('ArrowRight');
    assert.equal(await log.page.locator(`#${await current()}`).getAttribute('aria-expanded'), 'true');
    await log.page.keyboard.press('ArrowLeft');
    assert.equal(await log.page.locator('.rec').count(), 0);
    for (let step = 0; step < 60; step++) await log.page.keyboard.press('ArrowDown');
    await log.settle();
    assert.equal(await log.page.locator(`#${await current()}`).isVisible(), true);
    assert.ok((await log.scroll()).top > 0);
  });

  it('divides runs and days', async () => {
    await log.show(twoRuns(Date.now()));
    await log.grid.focus();
    await log.page.keyboard.press('Home');
    await log.settle();
    const dividers = () => log.page.locator('.divider').allTextContents();
    assert.match((await dividers()).join('|'), /^\w+ \d+, \d{4}\|Started /);
    await log.page.locator('#lines').evaluate((box) => {
      box.scrollTop = 600;
    });
    await log.settle();
    await log.settle();
    assert.match((await dividers()).slice(-2).join('|'), /^\w+ \d+, \d{4}\|Started /);
  });

  it('wraps long lines and keeps the newest in sight', async () => {
    await log.show(
      logLines(100, Date.now()).map((line) => ({ ...line, message: `${line.message} ${'x'.repeat(400)}` })),
    );
    await log.page.getByRole('button', { name: 'Wrap lines' }).click();
    await log.settle();
    assert.ok((await log.inView()).length < 20);
    assert.equal((await log.scroll()).atEnd, true);
    await log.page.locator('#lines').evaluate((box) => {
      box.scrollTop = box.scrollHeight / 2;
    });
    await log.settle();
    const before = await log.inView();
    await log.add(logLines(50, Date.now()));
    assert.deepEqual(await log.inView(), before);
  });

  it('is narrowed by the host to a request, and keeps filters and place over a reload', async () => {
    const lines = logLines(600, Date.now());
    await log.show(lines);
    await send(log.page, 'narrow', { request: lines[100].request });
    assert.match(await log.status(), /^2 of 600 lines/);
    await send(log.page, 'narrow', {});
    await log.page.getByRole('button', { name: /^Info, / }).click();
    await log.page.locator('#lines').hover();
    await log.page.mouse.wheel(0, -1000);
    await log.page.getByText('not following').waitFor();
    await log.settle();
    const before = await log.inView();
    const state = await log.page.evaluate(() => window.stub.state());
    await log.page.close();
    await log.show(lines, { state });
    await log.page.waitForFunction(
      (first) => document.querySelector('#lines').textContent.includes(first.slice(0, 12)),
      before[0],
    );
    await log.page.waitForTimeout(300);
    const again = await log.inView();
    assert.equal(again[1], before[1]);
    assert.equal(await log.page.getByRole('button', { name: /^Info, / }).getAttribute('aria-pressed'), 'false');
  });

  it('begins again when the log is read again, and says why reading failed', async () => {
    await log.show(logLines(50, Date.now()));
    await send(log.page, 'problem', { message: 'The log could not be read: permission denied' });
    await log.page.getByText('The log could not be read: permission denied').waitFor();
    assert.ok((await log.inView()).length > 0, 'what is there stays');
    await log.page.getByRole('button', { name: 'Read Again' }).click();
    assert.equal((await log.sent('notification', 'again')).length, 1);
    await log.add(logLines(5, Date.now()), true);
    assert.match(await log.status(), /^5 lines/);
  });
});
