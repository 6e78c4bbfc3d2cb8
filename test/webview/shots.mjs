// Draws every state of both panels into .cache/webview-shots: node test/webview/shots.mjs [part of a name].
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureChromium } from '../setup/chromium.mjs';
import { cache } from '../setup/paths.mjs';
import { openHarness, send, THEMES } from './harness.mjs';
import { shotsOf } from './scenes.mjs';

/** Wide and narrow, as they are and zoomed to 200 %: then a page has half the width. */
const SIZES = [
  { name: '1000', width: 1000, scale: 1.5 },
  { name: '420', width: 420, scale: 1.5 },
  { name: '1000-zoomed', width: 500, scale: 2 },
  { name: '640-zoomed', width: 320, scale: 2 },
];

/**
 * @param {{ only?: string }} [options] `only`: what is in the names of the pictures that are wanted
 * @returns {Promise<string>} the folder
 */
export async function drawPanels({ only = '' } = {}) {
  const out = join(cache, 'webview-shots');
  mkdirSync(out, { recursive: true });
  process.env.CHROMIUM ??= (await ensureChromium({ log: () => {} })).path;
  const harness = await openHarness();
  try {
    for (const scene of shotsOf(harness.host)) {
      for (const size of SIZES) {
        for (const theme of THEMES) {
          const name = `${scene.name}-${size.name}-${theme}.png`;
          if (name.includes(only)) await draw(harness, scene, { theme, ...size }, join(out, name));
        }
      }
    }
  } finally {
    await harness.close();
  }
  return out;
}

async function draw(harness, scene, { theme, width, scale }, file) {
  const height = scene.full ? 720 : 820;
  const page = await harness.open(scene.panel, { theme, width, height, scale, state: scene.state });
  for (const [event, data] of scene.events) {
    await send(page, event, data);
  }
  await scene.then?.(page);
  await page.evaluate(() => document.fonts.ready);
  await page.screenshot({ path: file, fullPage: scene.full, animations: 'disabled' });
  await page.close();
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  console.log(await drawPanels({ only: process.argv[2] }));
}
