// The parts that tiers share, each made once in a run.
import { ensureChromium } from '../setup/chromium.mjs';
import { ensureHost } from '../setup/hosts.mjs';
import { findPythons } from '../setup/python.mjs';
import { ensureTemplatePython, ensureTestPython } from '../setup/python-env.mjs';
import { ensureUv } from '../setup/uv.mjs';
import { ensureVsix } from '../setup/vsix.mjs';

/** @typedef {ReturnType<typeof makeParts>} Parts */

/** @param {(text: string) => void} log */
export function makeParts(log) {
  /** @type {Map<string, Promise<any>>} */
  const made = new Map();
  /**
   * @template T
   * @param {string} key
   * @param {() => Promise<T>} make
   * @returns {Promise<T>}
   */
  const once = (key, make) => {
    const there = made.get(key) ?? make();
    made.set(key, there);
    return there;
  };
  return {
    chromium: () => once('chromium', () => ensureChromium({ log })),
    /** @param {'lowest' | 'newest'} which */
    host: (which) => once(`host ${which}`, () => ensureHost(which, { log })),
    pythons: () => once('pythons', findPythons),
    uv: () => once('uv', () => ensureUv({ log })),
    /** @param {import('../setup/python.mjs').Python} [python] */
    testPython: (python) =>
      once(`python ${python?.path ?? ''}`, () => ensureTestPython({ log, ...(python && { python }) })),
    /** @param {import('../setup/python.mjs').Python} python @param {boolean} torch */
    templatePython: (python, torch) => once(`templates ${torch}`, () => ensureTemplatePython({ log, python, torch })),
    /** The production build, packed: the folder dist/ is left as users get it. */
    vsix: () => once('vsix', () => ensureVsix({ log })),
  };
}
