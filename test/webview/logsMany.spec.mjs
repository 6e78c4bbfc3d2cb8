import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { install } from '../bench/logs/page.mjs';
import { useLogPage } from './logPage.mjs';

describe('a log of very many lines', () => {
  const log = useLogPage();

  it('is held up to 1,000,000, the oldest go, and the status line says so', async () => {
    await log.show([]);
    await log.page.evaluate(install);
    await log.page.evaluate(() => window.bench.load(1_020_000, 10_000, Date.now() - 1_020_000 * 37));
    await log.statusIs(/^1,00\d,\d{3} lines/);
    await log.statusIs(/cut at the limit, oldest/);
    const elements = () => log.page.locator('#lines *').count();
    assert.ok((await elements()) < 1000, `${await elements()} elements at the end`);
    for (const part of [0.5, 0.1, 0.9, 0]) {
      await log.scrollToPart(part);
      await log.settle();
      await log.settle();
      const rows = await log.inView();
      assert.ok(rows.length > 15, `rows are drawn at ${part}: ${rows.length}`);
      assert.ok((await elements()) < 1000);
    }
    const first = await log.inView();
    await log.page.evaluate(() => window.bench.load(20_000, 10_000, Date.now()));
    await log.settle();
    assert.equal((await log.inView()).length, first.length, 'the top is gone, others are in its place');
    await log.search.fill('petal_width');
    await log.foundIs(/of 1,00\d$/);
    await log.search.press('Enter');
    await log.settle();
    assert.equal(await log.page.locator('mark.now').count(), 1);
    await log.page.getByRole('button', { name: /^Info, / }).click();
    await log.statusIs(/^2\d,\d{3} of 1,00/);
    const area = await log.page.locator('#lines').evaluate((box) => box.scrollHeight);
    assert.ok(area > 400_000);
  });

  it('stays where it is scrolled to while older lines go', async () => {
    await log.show([]);
    await log.page.evaluate(install);
    await log.page.evaluate(() => window.bench.load(1_000_000, 10_000, Date.now() - 1_000_000 * 37));
    await log.scrollToPart(0.5);
    await log.page.getByText('not following').waitFor();
    await log.settle();
    await log.settle();
    const before = await log.inView();
    await log.page.evaluate(() => window.bench.load(30_000, 5000, Date.now()));
    await log.settle();
    assert.deepEqual(await log.inView(), before);
  });

  it('is turned by a wheel as a short one is, and dragged to any place of it', async () => {
    await log.show([]);
    await log.page.evaluate(install);
    await log.page.evaluate(() => window.bench.load(1_000_000, 10_000, Date.now() - 1_000_000 * 37));
    await log.settle();
    const box = log.page.locator('#lines');
    const { high, top: end } = await box.evaluate((list) => ({ high: list.scrollHeight, top: list.scrollTop }));
    assert.ok(high <= 8_000_100, `as high as is drawn without seams: ${high}, ${end}`);
    const numberOfFirst = async () => {
      const { top } = await box.evaluate((list) => list.getBoundingClientRect());
      return log.page.locator('#lines [aria-rowindex]').evaluateAll((items, from) => {
        const first = items.find((item) => item.getBoundingClientRect().top >= from);
        return [first.getBoundingClientRect().top, Number(first.getAttribute('aria-rowindex'))];
      }, top);
    };
    for (const part of [0.3, 0.7]) {
      await log.scrollToPart(part);
      await log.settle();
      const [top, before] = await numberOfFirst();
      assert.ok(Math.abs(before / 1_000_000 - part) < 0.02, `${before} is in sight at ${part}`);
      await box.hover();
      await log.page.mouse.wheel(0, 400);
      await log.page.waitForTimeout(800);
      assert.deepEqual(await numberOfFirst(), [top, before + 20], 'twenty lines on');
    }
    await box.press('Home');
    await log.settle();
    assert.match((await log.inView())[0], /rows=0$/);
    await box.press('End');
    await log.page.getByText('following', { exact: true }).waitFor();
  });
});
