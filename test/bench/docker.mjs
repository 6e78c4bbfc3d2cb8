// What containers cost, on a real engine: the tests' own or the one that MODEL_SERVING_TEST_DOCKER names. The parts are in
// docker/parts.ts. With --quick short rounds; with --parts a,b only those.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureDocker } from '../setup/docker.mjs';
import { cache, project } from '../setup/paths.mjs';
import { figureBelow, median } from './figures.mjs';

/**
 * @param {(figure: import('./figures.mjs').Figure) => void} add
 * @param {{ quick?: boolean | undefined, parts?: string | undefined }} options
 */
export async function benchDocker(add, { quick = false, parts }) {
  const log = (/** @type {string} */ text) => console.log(`  ${text}`);
  const engine = await ensureDocker({ log });
  try {
    Object.assign(process.env, engine.env);
    const figure = (/** @type {Parameters<typeof figureBelow>[0]} */ measured) => add(figureBelow(measured));
    const all = await bundle();
    const names = parts?.split(',') ?? Object.keys(all);
    const unknown = names.filter((name) => !all[name]);
    if (unknown.length)
      throw new Error(`There is no part ${unknown.join(', ')}. There are: ${Object.keys(all).join(', ')}`);
    for (const name of names) await all[name]?.({ figure, median, log, quick });
  } finally {
    await engine.stop();
  }
}

/**
 * The parts and what they use of the tests, as one module that plain Node loads.
 * @returns {Promise<Readonly<Record<string, (bench: import('./docker/parts').DockerBench) => Promise<void>>>>}
 */
async function bundle() {
  const { build } = await import('esbuild');
  const outfile = join(cache, 'bench/docker.mjs');
  await build({
    entryPoints: [join(project, 'test/bench/docker/parts.ts')],
    ...{ outfile, bundle: true, packages: 'external', platform: 'node', format: 'esm', target: 'node20' },
    // Modules of test/docker look for files beside them.
    define: { 'import.meta.dirname': JSON.stringify(join(project, 'test/docker')) },
    logLevel: 'warning',
  });
  return (await import(pathToFileURL(outfile).href)).parts;
}
