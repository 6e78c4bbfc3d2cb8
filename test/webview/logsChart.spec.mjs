import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { useLogPage } from './logPage.mjs';
import { logLines } from './scenes.mjs';

describe('the histogram of a log', () => {
  const log = useLogPage();
  const chart = () => log.page.getByRole('group', { name: /^Lines over time by level/ });
  const handle = (name) => log.page.getByRole('slider', { name });
  const caption = () => log.page.locator('.histo .cap').textContent();

  async function drag(from, to) {
    const box = await log.page.locator('#histogram').boundingBox();
    await log.page.mouse.move(box.x + box.width * from, box.y + 30);
    await log.page.mouse.down();
    await log.page.mouse.move(box.x + box.width * to, box.y + 30, { steps: 3 });
    await log.page.mouse.up();
    await log.settle();
  }

  it('says what it shows, and has bars by level that are told apart without colour', async () => {
    await log.show(logLines(600, Date.now()));
    const name = await chart().getAttribute('aria-label');
    assert.match(name, /^Lines over time by level, [\d:]+ to [\d:]+, highest \d+ lines in \d s at [\d:]+$/);
    assert.ok((await chart().locator('rect.lv-info').count()) > 20);
    assert.ok((await chart().locator('rect[fill="url(#hatch)"]').count()) > 5);
    assert.equal(await chart().locator('rect.lv-debug').count(), 0, 'a level that is off has no bars');
    assert.match(await caption(), /^All times.*550 lines$/);
  });

  it('narrows by dragging; a range that ends with the last bar goes on with what comes', async () => {
    await log.show(logLines(600, Date.now()));
    await drag(0.5, 1);
    assert.match(await caption(), /to now.*\d+ lines$/);
    const lines = Number(/([\d,]+) of 600 lines/.exec(await log.status())[1]);
    assert.ok(lines > 200 && lines < 350, `${lines} lines`);
    await log.add(logLines(12, Date.now() + 3000));
    await log.statusIs(new RegExp(`^${lines + 11} of 612 lines`));
    await log.button('Clear time range').click();
    await log.statusIs(/^561 of 612 lines/);
    await drag(0.2, 0.4);
    const narrow = await log.status();
    await log.add(logLines(12, Date.now() + 6000));
    assert.equal(/^[\d,]+/.exec(await log.status())[0], /^[\d,]+/.exec(narrow)[0]);
    assert.doesNotMatch(await caption(), /now/);
  });

  it('narrows to one bar with a click', async () => {
    await log.show(logLines(600, Date.now()));
    const box = await log.page.locator('#histogram').boundingBox();
    await log.page.mouse.click(box.x + box.width * 0.5, box.y + 40);
    await log.settle();
    const lines = Number(/^([\d,]+) of/.exec(await log.status())[1]);
    assert.ok(lines > 0 && lines < 30, `${lines} lines`);
  });

  it('narrows with the arrow keys on its handles, which say where they are', async () => {
    await log.show(logLines(600, Date.now()));
    const start = handle('Start of time range');
    const end = handle('End of time range');
    assert.match(await start.getAttribute('aria-valuetext'), /, all$/);
    assert.equal(await end.getAttribute('aria-valuetext'), 'now, following');
    await start.focus();
    for (let step = 0; step < 3; step++) await log.page.keyboard.press('ArrowRight');
    await log.settle();
    assert.match(await start.getAttribute('aria-valuetext'), /^[\d:]+$/);
    assert.equal(await start.evaluate((element) => element === document.activeElement), true, 'the focus stays');
    await end.focus();
    await log.page.keyboard.press('ArrowLeft');
    await log.settle();
    assert.match(await end.getAttribute('aria-valuetext'), /^[\d:]+$/);
    await log.page.keyboard.press('End');
    await start.focus();
    await log.page.keyboard.press('Home');
    await log.settle();
    assert.match(await caption(), /^All times/);
  });

  it('is chosen from a list, too: the last minutes, all times, fields', async () => {
    await log.show(logLines(600, Date.now() - 20 * 60_000));
    await log.add(logLines(12, Date.now()));
    const range = log.page.getByRole('combobox', { name: 'Time range' });
    await range.click();
    await log.page.getByRole('option', { name: 'Last 15 min' }).click();
    await log.statusIs(/^11 of 612 lines/);
    await range.click();
    await log.page.getByRole('option', { name: 'All times' }).click();
    await log.statusIs(/^561 of 612 lines/);
    await range.click();
    await log.page.getByRole('option', { name: 'Custom…' }).click();
    const at = new Date(Date.now() - 10 * 60_000);
    const local = new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
    await log.page.getByLabel('From', { exact: true }).fill(local);
    await log.page.getByLabel('From', { exact: true }).press('Enter');
    await log.page.getByLabel('From', { exact: true }).blur();
    await log.statusIs(/^11 of 612 lines/);
  });

  it('is not there without lines', async () => {
    await log.show([]);
    assert.equal(await chart().count(), 0);
  });

  it('has a ruler beside the list that shows where errors and matches are, and leads there', async () => {
    await log.show(logLines(2000, Date.now()));
    await log.search.fill('outside');
    await log.foundIs(/of 167$/);
    await log.page.locator('#ruler rect.m').first().waitFor();
    assert.ok((await log.page.locator('#ruler rect.e').count()) > 50);
    const box = await log.page.locator('#ruler').boundingBox();
    await log.page.mouse.click(box.x + 5, box.y + box.height / 4);
    await log.page.getByText('not following').waitFor();
    const { top } = await log.scroll();
    const height = await log.page.locator('#lines').evaluate((element) => element.scrollHeight);
    assert.ok(Math.abs(top / height - 0.25) < 0.05, `${top} of ${height}`);
  });
});
