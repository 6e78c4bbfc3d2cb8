// The parts that tiers share, each made once in a run.
import { ensureChromium } from '../setup/chromium.mjs';
import { ensureDocker } from '../setup/docker.mjs';
import { ensureHost } from '../setup/hosts.mjs';
import { ensureKafka } from '../setup/kafka.mjs';
import { findPythons } from '../setup/python.mjs';
import { ensureTemplatePython, ensureTestPython } from '../setup/python-env.mjs';
import { Unavailable } from '../setup/unavailable.mjs';
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
  const docker = () => once('docker', () => ensureDocker({ log }));
  return {
    docker,
    /** What tests are told of the engine that is there, or why there is none. @returns {Promise<NodeJS.ProcessEnv>} */
    dockerEnv: async () => {
      try {
        return (await docker()).env;
      } catch (error) {
        if (!(error instanceof Unavailable)) throw error;
        return { MODEL_SERVING_NO_DOCKER: error.message };
      }
    },
    /** Takes away what was started for this run. */
    end: async () => {
      if (!made.has('docker')) return;
      const engine = await docker().catch(() => undefined);
      await engine?.stop();
    },
    chromium: () => once('chromium', () => ensureChromium({ log })),
    /** @param {'lowest' | 'newest'} which */
    host: (which) => once(`host ${which}`, () => ensureHost(which, { log })),
    /** The folder with the jars of a real Kafka. */
    kafka: () => once('kafka', () => ensureKafka({ log })),
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
