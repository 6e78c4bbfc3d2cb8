#!/usr/bin/env node
// node test/host/install-host.mjs VERSION DIR — puts code-server VERSION (such as 4.100.3) into DIR, ready to start.
// Safe to run again, also after it was killed: finished steps are kept, a step cut short is done anew.
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../setup/command.mjs';
import { withLock } from '../setup/lock.mjs';
import { npmCli, npmFolder } from '../setup/npm.mjs';
import { configureArguments, copyBuilt, isPrebuilt, knownNatives, neededNatives } from './natives.mjs';

/**
 * @typedef {object} HostInfo
 * @property {string} version of code-server
 * @property {string} vscode the VS Code in it
 * @property {string} node the Node binary to run it with
 * @property {string} entry its main script
 * @property {string} vs the folder of its VS Code
 */

/** @param {string} file */
const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'));

/** @param {string} file @param {unknown} value */
function writeJson(file, value) {
  writeFileSync(`${file}.new`, JSON.stringify(value, null, 1));
  renameSync(`${file}.new`, file);
}

/**
 * Installs a host from npm alone.
 * @param {string} version of code-server
 * @param {string} dir
 * @param {{ log: (text: string) => void }} options
 * @returns {Promise<HostInfo>}
 */
export async function installHost(version, dir, { log }) {
  const folder = resolve(dir);
  const infoFile = join(folder, 'host.json');
  const there = () => {
    const info = existsSync(infoFile) ? readJson(infoFile) : undefined;
    if (info && info.version !== version) throw new Error(`${folder} holds ${info.version}, not ${version}`);
    return info;
  };
  return there() ?? withLock(join(folder, 'lock'), async () => there() ?? install(version, folder, log));
}

/** @param {string} version of code-server */
function nodeMajorFor(version) {
  const minor = Number(version.split('.')[1]);
  return minor >= 112 ? 24 : minor >= 101 ? 22 : 20;
}

/**
 * Steps work in a folder of this try, which is moved to its place when all is done. So neither what a killed try left
 * half-done nor its children that still run can get into it.
 * @param {string} dir
 * @param {(text: string) => void} log
 */
function makeSteps(dir, log) {
  const attempt = join(dir, `try-${process.pid}-${Date.now()}`);
  /** @type {Map<string, Promise<void>>} */
  const running = new Map();
  const sweep = () => {
    for (const name of readdirSync(dir).filter((entry) => entry.startsWith('try-'))) {
      try {
        rmSync(join(dir, name), { recursive: true, force: true, maxRetries: 2 });
      } catch {
        // A child of a killed try still writes there; the next install sweeps again.
      }
    }
  };
  /**
   * @param {string} name
   * @param {string} place where its result goes; a step whose place is there is done
   * @param {(at: string) => Promise<string | void>} work may name the part of its folder that is the result
   * @returns {Promise<void>}
   */
  const step = (name, place, work) => {
    const once = running.get(name) ?? carryOut(name, place, work);
    running.set(name, once);
    return once;
  };
  /** @type {typeof step} */
  const carryOut = async (name, place, work) => {
    if (existsSync(place)) return;
    const started = Date.now();
    const at = join(attempt, name.replace(/\W+/g, '_'));
    mkdirSync(at, { recursive: true });
    const made = (await work(at)) ?? at;
    mkdirSync(dirname(place), { recursive: true });
    renameSync(made, place);
    log(`${name}: ${((Date.now() - started) / 1000).toFixed(1)} s`);
  };
  return { step, sweep };
}

/**
 * @param {string} version
 * @param {string} dir
 * @param {(text: string) => void} log
 * @returns {Promise<HostInfo>}
 */
async function install(version, dir, log) {
  const logs = join(dir, 'logs');
  const nodeMajor = nodeMajorFor(version);
  const ownNode = Number(process.versions.node.split('.')[0]) === nodeMajor;
  const nodePackage = `node-linux-${process.arch}`;
  const nodeHome = ownNode ? dirname(dirname(process.execPath)) : join(dir, 'node/node_modules', nodePackage);
  const node = ownNode ? process.execPath : join(nodeHome, 'bin/node');
  const { step, sweep } = makeSteps(dir, log);
  sweep();

  /** @param {string} cwd @param {string} name @param {readonly string[]} args */
  const npm = (cwd, name, args) => {
    const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', '--prefer-offline'];
    const logFile = join(logs, `${name}.log`);
    return run(process.execPath, [npmCli(), ...args, '--engine-strict=false', ...quiet], { cwd, logFile });
  };
  /** @param {string} sub @param {string} name @param {string} spec */
  const put = (sub, name, spec) =>
    step(name, join(dir, sub), async (at) => {
      writeJson(join(at, 'package.json'), { private: true });
      await npm(at, name, ['install', '--no-package-lock', spec]);
    });
  const ensureNode = async () => {
    if (!ownNode) await put('node', 'node', `${nodePackage}@${nodeMajor}`);
  };
  /** @param {string} name @param {string} of */
  const nativeFolder = (name, of) => join(dir, 'natives', `${name}-${of}`.replace(/[^\w.]+/g, '_'));
  /** @param {string} name @param {string} of its version */
  const buildNative = (name, of) =>
    step(`native ${name} ${of}`, nativeFolder(name, of), async (home) => {
      const id = `${name}-${of}`.replace(/[^\w.]+/g, '_');
      writeJson(join(home, 'package.json'), { private: true });
      await npm(home, id, ['install', '--no-package-lock', `${name}@${of}`]);
      await ensureNode();
      const cwd = join(home, 'node_modules', name);
      const env = { PATH: `${dirname(node)}:${process.env.PATH}`, CXXFLAGS: '-O1 -g0' };
      const headers = existsSync(join(nodeHome, 'include/node/node_api.h')) ? [`--nodedir=${nodeHome}`] : [];
      const gyp = join(npmFolder(), 'node_modules/node-gyp/bin/node-gyp.js');
      const configure = [gyp, 'configure', ...headers, ...configureArguments(name, cwd)];
      await run(node, configure, { cwd, env, logFile: join(logs, `${id}-configure.log`) });
      await run(node, [gyp, 'build', '-j', '2'], { cwd, env, logFile: join(logs, `${id}-build.log`) });
    });

  const root = join(dir, 'host/node_modules/code-server');
  const vs = join(root, 'lib/vscode');
  // Newer versions carry ripgrep's binary; without one findFiles and quick open fail.
  const needsRipgrep = Number(version.split('.')[1]) < 112;
  const ripgrep = `@vscode/ripgrep-linux-${process.arch}`;
  const natives = async () => {
    for (const [name, of] of Object.entries(knownNatives[version] ?? {})) await buildNative(name, of);
  };
  const main = async () => {
    await put('host', 'code-server', `code-server@${version}`);
    await step('vscode modules', join(vs, 'node_modules'), async (at) => {
      for (const file of ['package.json', 'npm-shrinkwrap.json']) copyFileSync(join(vs, file), join(at, file));
      await npm(at, 'vscode-modules', ['install', '--omit=dev']);
      return join(at, 'node_modules');
    });
    await ensureNode();
  };
  await Promise.all([main(), natives(), needsRipgrep && put('rg', 'ripgrep', `${ripgrep}@1.18.0`)]);

  const argon2 = join(dirname(root), 'argon2');
  const locked = {
    ...readJson(join(vs, 'npm-shrinkwrap.json')).packages,
    'node_modules/argon2': readJson(join(argon2, 'package.json')),
  };
  for (const name of neededNatives) {
    const of = locked[`node_modules/${name}`]?.version;
    const at = name === 'argon2' ? argon2 : join(vs, 'node_modules', name);
    if (!of || isPrebuilt(at)) continue;
    await buildNative(name, of);
    copyBuilt(join(nativeFolder(name, of), 'node_modules', name), at);
  }
  const asar = join(vs, 'node_modules.asar');
  rmSync(asar, { force: true });
  symlinkSync('node_modules', asar);
  if (needsRipgrep) {
    const bin = join(vs, 'node_modules/@vscode/ripgrep/bin');
    mkdirSync(bin, { recursive: true });
    copyFileSync(join(dir, 'rg/node_modules', ripgrep, 'bin/rg'), join(bin, 'rg'));
  }
  const vscode = readJson(join(vs, 'package.json')).version;
  const info = { version, vscode, node, entry: join(root, 'out/node/entry.js'), vs };
  await run(node, [info.entry, '--version'], { cwd: dir, logFile: join(logs, 'check.log') });
  const load = `require('@vscode/spdlog');require('node-pty');`;
  await run(node, ['-e', load], { cwd: vs, logFile: join(logs, 'check-natives.log') });
  writeJson(join(dir, 'host.json'), info);
  sweep();
  for (const done of ['natives', 'rg']) rmSync(join(dir, done), { recursive: true, force: true });
  return info;
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const [version, dir] = process.argv.slice(2);
  if (!version || !dir) {
    console.error('usage: install-host.mjs VERSION DIR');
    process.exit(2);
  }
  try {
    const { vscode } = await installHost(version, dir, { log: (text) => console.error(text) });
    console.log(`code-server ${version} (VS Code ${vscode}) is in ${resolve(dir)}`);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
