import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { useLogPage } from './logPage.mjs';
import { logLines } from './scenes.mjs';

describe('lines that leave the log panel', () => {
  const log = useLogPage();

  it('are those that are shown: copied, opened as text, saved as text or as NDJSON', async () => {
    await log.show(logLines(24, Date.now()));
    await log.page.getByRole('button', { name: /^Info, / }).click();
    await log.button('Copy shown lines').click();
    const { text } = await log.takeExport();
    assert.match(text, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} WARN r\d [0-9a-f]{8} petal_width is outside/);
    assert.match(text, /Traceback \(most recent call last\):\n {2}File "/);
    assert.ok(!text.includes('INFO'));
    assert.deepEqual((await log.sent('request', 'exportStart')).at(-1).params, { to: 'clipboard' });
    await log.statusIs(/6 lines written/);
  });

  it('are saved as NDJSON when the file is such a one', async () => {
    await log.show(logLines(24, Date.now()));
    await log.button('Save shown lines as…').click();
    const { text } = await log.takeExport('ndjson');
    const records = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.equal(records.length, 22);
    assert.deepEqual(Object.keys(records[0]), [
      'time',
      'level',
      'logger',
      'replica',
      'request',
      'message',
      'status',
      'latency_ms',
    ]);
    assert.equal(records.find((record) => record.exception)?.exception.type, 'ValueError');
    assert.deepEqual((await log.sent('request', 'exportStart')).at(-1).params, { to: 'file' });
  });

  it('are sent in pieces', async () => {
    await log.show([]);
    await log.addPrinted(...Array.from({ length: 50 }, (_, at) => `${at} ${'x'.repeat(90_000)}`));
    await log.button('Open shown lines as text').click();
    const { text, parts } = await log.takeExport();
    assert.equal(text.trimEnd().split('\n').length, 50);
    assert.ok(parts >= 4, `${parts} pieces`);
  });

  it('are those that are selected: with Shift, the mouse, Ctrl+A', async () => {
    await log.show(logLines(100, Date.now()));
    await log.grid.focus();
    await log.page.keyboard.press('Home');
    await log.page.keyboard.press('Shift+ArrowDown');
    await log.page.keyboard.press('Shift+ArrowDown');
    assert.equal(await log.page.locator('.lr[aria-selected="true"]').count(), 3);
    await log.page.keyboard.press('Control+c');
    assert.equal((await log.takeExport()).text.trimEnd().split('\n').length, 3);
    const rows = log.page.locator('#lines .lr');
    await rows.nth(2).locator('.msg').click();
    await rows
      .nth(5)
      .locator('.msg')
      .click({ modifiers: ['Shift'] });
    assert.equal(await log.page.locator('.lr[aria-selected="true"]').count(), 4);
    await log.page.keyboard.press('Escape');
    assert.equal(await log.page.locator('.lr[aria-selected="true"]').count(), 1);
  });

  it('of an export that failed: says why', async () => {
    await log.show(logLines(5, Date.now()));
    await log.button('Save shown lines as…').click();
    await log.page.evaluate(() => {
      const { id } = window.stub.sent.find((message) => message.name === 'exportStart');
      window.stub.deliver({
        kind: 'error',
        id,
        error: { message: 'Could not save: the disk is full', cancelled: false },
      });
    });
    await log.statusIs(/Could not save: the disk is full/);
  });

  it('are hidden when the view is cleared, and come again with what comes after', async () => {
    await log.show(logLines(24, Date.now()));
    await log.button('Clear view').click();
    await log.settle();
    assert.equal((await log.inView()).length, 0);
    await log.add(logLines(3, Date.now() + 60_000));
    assert.equal((await log.inView()).length, 3);
  });
});
