// Draws every state of both panels into .cache/webview-shots: node test/webview/shots.mjs [part of a name].
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { openHarness, send } from './harness.mjs';
import { shotsOf } from './scenes.mjs';

const out = join(import.meta.dirname, '..', '..', '.cache', 'webview-shots');
mkdirSync(out, { recursive: true });
const only = process.argv[2] ?? '';
const harness = await openHarness();
for (const scene of shotsOf(harness.host)) {
  for (const width of [1000, 420]) {
    for (const theme of ['dark', 'light', 'hc-dark', 'hc-light']) {
      const name = `${scene.name}-${width}-${theme}.png`;
      if (!name.includes(only)) {
        continue;
      }
      const page = await harness.open(scene.panel, {
        theme,
        width,
        height: scene.full ? 720 : 820,
        scale: 1.5,
        state: scene.state,
      });
      for (const [event, data] of scene.events) {
        await send(page, event, data);
      }
      await scene.then?.(page);
      await page.evaluate(() => document.fonts.ready);
      await page.screenshot({ path: join(out, name), fullPage: scene.full, animations: 'disabled' });
      await page.close();
    }
  }
}
await harness.close();
