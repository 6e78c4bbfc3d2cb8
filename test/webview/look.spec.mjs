import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, describe, it } from 'node:test';
import { openHarness, send, THEMES, trouble } from './harness.mjs';
import { shotsOf } from './scenes.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

describe('the panels in every theme and width', () => {
  let harness;
  let scenes;
  before(async () => {
    harness = await openHarness();
    scenes = shotsOf(harness.host);
  });
  after(() => harness?.close());

  async function draw(scene, options) {
    const page = await harness.open(scene.panel, options);
    for (const [event, data] of scene.events) {
      await send(page, event, data);
    }
    await scene.then?.(page);
    return page;
  }

  for (const theme of THEMES) {
    it(`have no finding of axe in ${theme}`, async () => {
      const findings = [];
      for (const scene of scenes) {
        const page = await draw(scene, { theme });
        // Evaluated, not loaded: the page's policy lets no script in.
        await page.evaluate(axe);
        const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
        findings.push(
          ...violations.flatMap((v) =>
            v.nodes.map(
              (node) =>
                `${scene.name}: ${v.id}: ${node.target.join(' ')}: ${node.failureSummary?.split('\n')[1] ?? ''}`,
            ),
          ),
        );
        await page.close();
      }
      assert.deepEqual(findings, []);
    });
  }

  for (const width of [320, 420, 640, 900, 1200]) {
    it(`fit ${width} px: nothing runs out at the side, every button can be hit`, async () => {
      const findings = [];
      for (const scene of scenes) {
        const page = await draw(scene, { width });
        const found = await page.evaluate(() => {
          const out = [];
          const where = (element) =>
            `${element.tagName.toLowerCase()}.${element.getAttribute('class') ?? ''} "${element.textContent.slice(0, 30)}"`;
          if (document.documentElement.scrollWidth > window.innerWidth)
            out.push(`the page scrolls sideways: ${document.documentElement.scrollWidth}`);
          for (const element of document.querySelectorAll('body *')) {
            const box = element.getBoundingClientRect();
            if (box.width < 2 || element.closest('.sr, svg') || getComputedStyle(element).visibility === 'hidden')
              continue;
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
        });
        findings.push(...found.map((text) => `${scene.name}: ${text}`));
        await page.close();
      }
      assert.deepEqual(findings, []);
    });
  }

  it('break no rule of the content security policy and throw nothing', async () => {
    for (const scene of scenes) {
      const page = await draw(scene, { theme: 'hc-light' });
      assert.deepEqual(await trouble(page), [], scene.name);
      await page.close();
    }
  });

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
