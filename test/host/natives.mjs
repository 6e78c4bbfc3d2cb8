// Native parts of code-server that the tests need; the rest of them (kerberos, sqlite3 …) is left out.
import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';

/** Those needed, where nothing prebuilt lies in the package (newer packages of node-pty and argon2 carry it). */
export const neededNatives = ['@vscode/spdlog', '@vscode/native-watchdog', 'native-watchdog', 'node-pty', 'argon2'];

/**
 * Their versions in the code-servers known so far, built while code-server itself is still being downloaded. Of others
 * they are read from its lock file afterwards.
 * @type {Record<string, Record<string, string>>}
 */
export const knownNatives = {
  '4.100.3': {
    '@vscode/spdlog': '0.15.1',
    'node-pty': '1.1.0-beta33',
    'native-watchdog': '1.4.2',
    argon2: '0.31.2',
  },
  '4.139.1': { '@vscode/spdlog': '0.15.8', '@vscode/native-watchdog': '1.4.6' },
};

/** @param {string} folder of a package */
export const isPrebuilt = (folder) => existsSync(join(folder, 'prebuilds', `${process.platform}-${process.arch}`));

/**
 * What node-gyp's configure needs beyond its defaults.
 * @param {string} name
 * @param {string} folder of the package
 */
export function configureArguments(name, folder) {
  if (name !== 'argon2') return [];
  return [
    '--',
    '-Dmodule=argon2',
    '-Dmodule_name=argon2',
    `-Dmodule_path=${join(folder, 'lib/binding/napi-v3')}`,
    '-Dnapi_version=8',
    '-Dnapi_build_version=3',
  ];
}

/**
 * Copies what was built to where code-server looks for it.
 * @param {string} from
 * @param {string} to
 */
export function copyBuilt(from, to) {
  for (const part of ['build/Release', 'lib/binding']) {
    if (!existsSync(join(from, part))) continue;
    const filter = (/** @type {string} */ file) => !/obj\.target|\.deps/.test(file);
    cpSync(join(from, part), join(to, part), { recursive: true, filter });
  }
}
