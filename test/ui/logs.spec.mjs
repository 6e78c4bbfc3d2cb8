// A log of very many lines, and of what programs print that is no line of text, as the panel of a serving that runs shows
// it. MODEL_SERVING_TEST_LINES: how many there are, 50,000 when it is not set.
import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';
import { servingAction, waitForState } from '../demo/steps.mjs';
import { webviewFrame } from '../host/workbench/editors.mjs';
import { openCommand } from '../host/workbench/quickInput.mjs';
import { until } from '../host/workbench/until.mjs';
import { reloadWindow } from '../host/workbench/window.mjs';
import { makeScene, openServings, picturing, portOf, row, writeServing } from './scene.mjs';

const LINES = Number(process.env.MODEL_SERVING_TEST_LINES ?? 50_000);
const script = `import sys

ODD = [
    b"\\x1b[31mred\\x1b[0m and \\x1b[1mbold\\x1b[0m\\x1b]0;title\\x07",
    b"Epoch:  10%\\rEpoch:  90%\\rEpoch: 100%",
    b"<script>window.hacked = true</script><img src=x onerror='window.hacked = true'>",
    b"broken \\xff\\xfe\\xc3 text",
    b"long " + b"x" * 100_000,
]


class Predict:
    def predict(self, inputs):
        out = sys.stdout.buffer
        first, count, word, is_last = inputs
        for number in range(first, first + count):
            out.write(b"%s %d of a line as a program prints it\\n" % (word.encode(), number))
            if number % 10_000 == 0:
                out.writelines(each + b"\\n" for each in ODD)
        if is_last:
            out.writelines(each + b"\\n" for each in ODD)
            out.write(word.encode() + b" ends\\n")
        out.flush()
        return count
`;

/** @type {import('./scene.mjs').Scene} */
let scene;
const it = picturing(() => scene);
let port = 0;

/** @param {string} word that each line begins with */
async function print(word) {
  // In parts, as a request has a time limit.
  for (let first = 0; first < LINES; first += 50_000) {
    const count = Math.min(50_000, LINES - first);
    const inputs = [first, count, word, first + count === LINES];
    const reply = await fetch(`http://127.0.0.1:${port}/v1/models/noisy:predict`, {
      method: 'POST',
      body: JSON.stringify({ inputs }),
      signal: AbortSignal.timeout(120_000),
    });
    assert.equal(reply.status, 200, await reply.text());
  }
}

/** The panel, once the last line of a word is in sight. @param {string} word */
async function panelWith(word) {
  const frame = await webviewFrame(scene.page, '[role="treegrid"]', 60_000);
  await frame
    .getByRole('row')
    .filter({ hasText: `${word} ends` })
    .first()
    .waitFor({ timeout: 300_000 });
  return frame;
}

describe('a log of very many lines', { timeout: 1_800_000 }, () => {
  before(async () => {
    scene = await makeScene('logs', { files: (write) => writeServing(write, 'noisy', { script }) });
    const { page } = scene;
    await openServings(page);
    await row(page, 'noisy').waitFor();
    await servingAction(page, 'noisy', 'Start');
    port = portOf(await waitForState(page, 'noisy', /Running/));
    await servingAction(page, 'noisy', 'Logs');
    await webviewFrame(page, '[role="treegrid"]', 60_000);
  });
  after(() => scene?.end());

  it('follows what a program prints, odd as it is, and shows it as text', async () => {
    await print('first');
    const frame = await panelWith('first');
    const seen = (await frame.getByRole('row').allInnerTexts()).join('\n');
    assert.match(seen, /red and bold(?!.*title)/);
    assert.match(seen, /Epoch: 100%/);
    assert.doesNotMatch(seen, /Epoch: {2}90%/);
    assert.ok(seen.includes('<script>window.hacked = true</script><img src=x'), seen.slice(0, 2000));
    assert.ok(seen.includes('broken \\xff\\xfe\\xc3 text'), 'what is no UTF-8 is told byte by byte');
    const longest = Math.max(...(await frame.getByRole('row').allInnerTexts()).map((text) => text.length));
    assert.ok(longest > 1000 && longest < 10_000, `a line of 100 kB is drawn in part: ${longest} characters`);
    assert.equal(await frame.evaluate(() => Reflect.get(window, 'hacked')), undefined);
    await scene.picture('odd', { themes: true });
  });

  it('is searched, while more comes', async () => {
    const frame = await panelWith('first');
    const more = print('second');
    await frame
      .getByRole('textbox', { name: /^Search/ })
      .or(frame.getByRole('searchbox'))
      .first()
      .fill('ends');
    await until(async () => /of [12]\b/.test(await frame.locator('body').innerText()), 'what was found', 60_000);
    await more;
    await until(async () => /of [12]\b/.test(await frame.locator('body').innerText()), 'what was found', 60_000);
    await scene.picture('searched');
  });

  it('is read again when its panel is closed, and the window loaded again, in the middle of it', async () => {
    const { page } = scene;
    const more = print('third');
    await openCommand(page, 'View: Close Editor');
    await servingAction(page, 'noisy', 'Logs');
    await webviewFrame(page, '[role="treegrid"]', 60_000);
    await reloadWindow(page);
    await more;
    const frame = await panelWith('third');
    assert.match(await frame.locator('body').innerText(), /[\d,]+ lines/);
    await scene.picture('again');
  });
});
