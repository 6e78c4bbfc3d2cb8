// The programs that run the tests of a folder, as checks of a tier.
import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { cache, project } from '../setup/paths.mjs';
import { Unavailable } from '../setup/unavailable.mjs';

/** @import { Check } from './check.mjs' */

/** @param {string} name */
export const bin = (name) => join(project, 'node_modules/.bin', name);
/** @param {string} name */
export const junit = (name) => join(cache, 'results', `${name}.xml`);

/** @param {string} title @param {string} command @param {...string} args @returns {Check} */
export const command = (title, command, ...args) => ({ title, command, args });

/**
 * @param {string} folder below test/
 * @param {RegExp} pattern
 */
function testFiles(folder, pattern) {
  const at = join(project, 'test', folder);
  const files = existsSync(at) ? readdirSync(at, { recursive: true, encoding: 'utf8' }) : [];
  const found = files.filter((file) => pattern.test(file)).sort();
  if (!found.length) throw new Unavailable(`test/${folder}: there are no tests in it`);
  return found.map((file) => join('test', folder, file));
}

/** @param {string} folder below test/ @param {readonly string[]} [more] arguments @returns {Check} */
export function vitest(folder, more = []) {
  testFiles(folder, /\.test\.ts$/);
  const out = junit(folder.replaceAll('/', '-'));
  const reporters = ['--reporter=default', '--reporter=junit', `--outputFile.junit=${out}`];
  const ofFiles = (/** @type {readonly string[]} */ files) => ['run', ...files, ...reporters, ...more];
  return { title: 'vitest', command: bin('vitest'), args: ofFiles([`test/${folder}/`]), junit: out, ofFiles };
}

/**
 * The tests on a real engine. Those that stop or kill it lie in `alone` and run one file at a time, after the others.
 * @param {NodeJS.ProcessEnv} env
 * @returns {Check[]}
 */
export function dockerTests(env) {
  const exclude = ['alone', 'last'].flatMap((folder) => ['--exclude', `test/docker/${folder}/**`]);
  return [
    { ...vitest('docker', exclude), env, seconds: 1200 },
    { ...vitest('docker/alone', ['--no-file-parallelism']), title: 'the engine stops and dies', env, seconds: 1500 },
    { ...vitest('docker/last'), title: 'nothing is left', env },
  ];
}

/**
 * A check for each file with specs: one that fails is tried again without the others.
 * @param {string} folder below test/
 * @param {{ title?: string, env: NodeJS.ProcessEnv, without?: readonly string[] }} options `without`: names of files
 * @returns {Check[]}
 */
export function specs(folder, { title = '', env, without = [] }) {
  return testFiles(folder, /\.spec\.mjs$/).flatMap((file) => {
    const name = basename(file, '.spec.mjs');
    if (without.includes(name)) return [];
    const out = junit([folder, title, name].join('-').replaceAll(/\W+/g, '-'));
    const reporters = ['spec', 'stdout', 'junit', out].map((value, i) => {
      return `--test-reporter${i % 2 ? '-destination' : ''}=${value}`;
    });
    const args = ['--test', ...reporters, file];
    return [{ title: `${title} ${name}`.trim(), command: process.execPath, args, env, junit: out }];
  });
}
