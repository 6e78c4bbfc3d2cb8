import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, describe, it } from 'node:test';
import { dress, openHarness, send, settle, THEMES, trouble } from './harness.mjs';
import { shotsOf } from './scenes.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** The first is the one that a panel is opened in; it grows from there, and shrinks at the end. */
const WIDTHS = [320, 640, 900, 1200, 420];

const harness = await openHarness();
const scenes = shotsOf(harness.host);

async function draw(scene, options) {
  const page = await harness.open(scene.panel, options);
  for (const [event, data] of scene.events) {
    await send(page, event, data);
  }
  await scene.then?.(page);
  return page;
}

/** What runs out at the side, cannot be hit, has no room or has the id of something else. */
function misfits() {
  const out = [];
  const where = (element) =>
    `${element.tagName.toLowerCase()}.${element.getAttribute('class') ?? ''} "${element.textContent.slice(0, 30)}"`;
  if (document.documentElement.scrollWidth > window.innerWidth)
    out.push(`the page scrolls sideways: ${document.documentElement.scrollWidth}`);
  for (const element of document.querySelectorAll('body *')) {
    const box = element.getBoundingClientRect();
    if (element.id === 'lines' && box.height < 60) out.push(`${Math.round(box.height)} high ${where(element)}`);
    if (box.width < 2 || element.closest('.sr, svg') || getComputedStyle(element).visibility === 'hidden') continue;
    if (box.right > window.innerWidth + 1 && !element.closest('.lr'))
      out.push(`outside ${Math.round(box.right)} ${where(element)}`);
    if (element.matches('button, vscode-button, vscode-dropdown') && (box.height < 20 || box.width < 20))
      out.push(`small ${Math.round(box.width)}x${Math.round(box.height)} ${where(element)}`);
  }
  const ids = [...document.querySelectorAll('[id]')].map((element) => element.id);
  out.push(...ids.filter((id, at) => ids.indexOf(id) !== at).map((id) => `id twice: ${id}`));
  if (document.querySelector('#root [style]'))
    out.push(`style attribute ${where(document.querySelector('#root [style]'))}`);
  return out;
}

async function findingsOfAxe(page) {
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary?.split('\n')[1] ?? ''}`),
  );
}

describe('in every width and theme, without a finding of axe or a rule of the policy that is broken', () => {
  after(() => harness.close());

  for (const scene of scenes) {
    it(scene.name, async () => {
      const page = await draw(scene, { width: WIDTHS[0] });
      const findings = [];
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 720 });
        await settle(page);
        findings.push(...(await page.evaluate(misfits)).map((text) => `${width} px: ${text}`));
      }
      await page.setViewportSize({ width: 1000, height: 720 });
      // Evaluated, not loaded: the page's policy lets no script in.
      await page.evaluate(axe);
      for (const theme of THEMES) {
        await dress(page, theme);
        findings.push(...(await findingsOfAxe(page)).map((text) => `${theme}: ${text}`));
      }
      assert.deepEqual([...findings, ...(await trouble(page))], []);
      await page.close();
    });
  }

  it('do not change height above Test while requests run', async () => {
    const scene = scenes.find((each) => each.name === 'serving-running');
    const page = await harness.open('serving');
    const top = () => page.locator('#test').evaluate((element) => element.getBoundingClientRect().top);
    await send(page, ...scene.events.at(-1));
    const before = await top();
    await scene.then(page);
    await send(page, ...scene.events.at(-1));
    assert.equal(await top(), before);
    await page.close();
  });

  it('stand still with reduced motion', async () => {
    const page = await harness.open('serving');
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await send(page, ...scenes.find((each) => each.name === 'serving-starting').events.at(-1));
    const moving = await page.evaluate(() => document.getAnimations().length);
    assert.equal(moving, 0);
    await page.close();
  });
});
