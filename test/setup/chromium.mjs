import { existsSync } from 'node:fs';
import { aptInstall } from './apt.mjs';
import { onPath } from './paths.mjs';
import { Unavailable } from './unavailable.mjs';

const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome', 'msedge'];
const elsewhere = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
];

/** A browser of the Chromium family that is here now: CHROMIUM, the PATH, or the usual places. */
export function findChromium() {
  return process.env.CHROMIUM || onPath(...names) || elsewhere.find(existsSync);
}

/**
 * A browser, installed by apt-get where there is none.
 * @param {{ log: (text: string) => void }} options
 * @returns {Promise<{ path: string }>}
 */
export async function ensureChromium({ log }) {
  const found = findChromium();
  if (found && !existsSync(found)) throw new Unavailable(`Chromium: CHROMIUM names ${found}, which is not there`);
  if (found) return { path: found };
  await aptInstall(['chromium'], { what: 'Chromium', log });
  const path = findChromium();
  if (!path)
    throw new Unavailable('Chromium: apt-get installed it, but it is not on the PATH; set CHROMIUM to its path');
  return { path };
}
