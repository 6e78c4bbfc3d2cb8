#!/usr/bin/env node
// npm run pictures: every state of the panels in each theme, wide, narrow and zoomed (into .cache/webview-shots), and the
// README's pictures from the product itself (into media/readme); with -- panels only the first.
import { ensureNodeModules } from './setup/node-modules.mjs';

await ensureNodeModules({ log: console.log });
const { drawPanels } = await import('./webview/shots.mjs');
console.log(`The panels are in ${await drawPanels()}`);
if (process.argv[2] !== 'panels') await import('./demo/pictures.mjs');
