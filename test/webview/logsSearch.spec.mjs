import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { useLogPage } from './logPage.mjs';
import { logLines } from './scenes.mjs';

describe('the search in a log', () => {
  const log = useLogPage();

  it('counts matches, goes to the next and previous one, only matching lines, Escape', async () => {
    await log.show(logLines(240, Date.now()));
    await log.search.fill('PETAL_width is outside');
    await log.foundIs(/of 20$/);
    await log.search.press('Enter');
    await log.settle();
    const first = await log.found();
    assert.equal(await log.page.locator('mark.now').count(), 1);
    await log.search.press('Shift+Enter');
    assert.notEqual(await log.found(), first);
    await log.button('Match case').click();
    await log.foundIs(/^No match$/);
    await log.search.fill('petal_width is outside');
    await log.button('Show only matching lines').click();
    await log.statusIs(/^20 of 240 lines/);
    await log.search.press('Escape');
    assert.equal(await log.search.inputValue(), '');
  });

  it('takes regular expressions, in a thread of its own, and marks what they find', async () => {
    await log.show(logLines(240, Date.now()));
    await log.button('Use regular expression').click();
    await log.search.fill('outside|not a number');
    await log.foundIs(/of 40$/);
    await log.page.locator('mark').filter({ hasText: 'not a number' }).first().waitFor();
    await log.button('Show only matching lines').click();
    await log.statusIs(/^40 of 240 lines/);
    await log.search.fill('(');
    await log.foundIs(/^not a regular expression$/);
    assert.equal(await log.search.getAttribute('aria-invalid'), 'true');
    await log.search.fill('x*');
    await log.foundIs(/^matches everything$/);
  });

  it('gives up a pattern that would take years, without a frame over a second', async () => {
    await log.show([]);
    await log.addPrinted(`${'a'.repeat(60)}b`, 'other');
    await log.button('Use regular expression').click();
    const longest = log.page.evaluate(
      () =>
        new Promise((resolve) => {
          let [last, most] = [performance.now(), 0];
          const until = last + 3000;
          const frame = () => {
            const now = performance.now();
            most = Math.max(most, now - last);
            last = now;
            if (now < until) requestAnimationFrame(frame);
            else resolve(most);
          };
          requestAnimationFrame(frame);
        }),
    );
    await log.search.fill('(a+)+$');
    await log.foundIs(/^takes too long, stopped$/);
    assert.ok((await longest) < 1000, `a frame took ${await longest} ms`);
    assert.equal((await log.inView()).length, 2, 'the lines stay');
    await log.search.fill('oth(er)$');
    await log.foundIs(/of 1$/);
  });

  it('says when long lines were searched only at their beginning', async () => {
    await log.show([]);
    await log.addPrinted(`start ${'x'.repeat(100_000)} end`, 'the end');
    await log.search.fill('end');
    await log.foundIs(/of 2$/);
    await log.button('Use regular expression').click();
    await log.search.fill('\\bend');
    await log.foundIs(/of 1$/);
    await log.statusIs(/1 long lines searched only at their beginning/);
  });

  it('goes on with lines that come', async () => {
    await log.show(logLines(24, Date.now()));
    await log.search.fill('outside');
    await log.foundIs(/of 2$/);
    await log.add(logLines(24, Date.now() + 1000));
    await log.foundIs(/of 4$/);
  });
});
