// Starts an installed host (install-host.mjs) on a free port of 127.0.0.1.
import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from '../setup/command.mjs';
import { childrenOf, endProcesses, extensionHosts, memoryOf } from './processes.mjs';
import { quietSettings } from './settings.mjs';

/**
 * @typedef {object} HostOptions
 * @property {string} dir where install-host.mjs put the host
 * @property {string} workspace the folder or the .code-workspace file to open
 * @property {readonly string[]} [extensions] VSIX files to install
 * @property {Record<string, unknown>} [settings] user settings, added to the quiet ones
 * @property {Record<string, unknown>} [machineSettings] settings of the computer: those with such a scope are not taken from the user's
 * @property {string} [userDataDir] kept after the stop; a temporary one when not given
 * @property {boolean} [trust] true (the default) trusts every folder, false starts as for a stranger's folder
 * @property {number} [port] state and secrets lie in the browser under the origin: give the same port (and the same
 *   browser context) where they have to survive a restart of the host
 * @property {number} [timeout] in ms
 * @property {NodeJS.ProcessEnv} [env] added to the environment of the host, and so of its extensions
 */

/**
 * @typedef {object} Host
 * @property {string} url the workbench with the folder or workspace
 * @property {string} origin
 * @property {string} authority
 * @property {number} port
 * @property {number} pid
 * @property {string} userDataDir
 * @property {string} logFile
 * @property {{ version: string, vscode: string, node: string, entry: string, vs: string }} info
 * @property {number} seconds until it answered
 * @property {() => Promise<void>} stop
 * @property {() => number[]} extensionHosts their pids
 * @property {() => number} memory in MiB
 */

/**
 * @param {HostOptions} options
 * @returns {Promise<Host>}
 */
export async function startHost(options) {
  const {
    dir,
    workspace,
    extensions = [],
    settings = {},
    machineSettings = {},
    trust = true,
    timeout = 60_000,
    env = {},
  } = options;
  const started = Date.now();
  const info = JSON.parse(readFileSync(join(dir, 'host.json'), 'utf8'));
  const userDataDir = resolve(options.userDataDir ?? mkdtempSync(join(tmpdir(), 'vscode-host-')));
  const extensionsDir = join(userDataDir, 'extensions');
  const config = join(userDataDir, 'config.yaml');
  mkdirSync(join(userDataDir, 'User'), { recursive: true });
  mkdirSync(extensionsDir, { recursive: true });
  writeFileSync(config, '');
  const settingsFile = join(userDataDir, 'User/settings.json');
  if (!options.userDataDir || !existsSync(settingsFile)) {
    writeFileSync(settingsFile, JSON.stringify({ ...quietSettings, ...settings }, null, 1));
  }
  mkdirSync(join(userDataDir, 'Machine'), { recursive: true });
  if (Object.keys(machineSettings).length) {
    writeFileSync(join(userDataDir, 'Machine/settings.json'), JSON.stringify(machineSettings, null, 1));
  }
  // Its sockets lie in a short path: a socket's has at most 107 characters.
  const runtime = mkdtempSync(join(tmpdir(), 'vsr-'));
  // What programs of this user leave for each other is the tests' own, too.
  const childEnv = { ...hostEnvironment(env), XDG_RUNTIME_DIR: runtime, XDG_STATE_HOME: join(runtime, 'state') };
  const base = ['--config', config, '--user-data-dir', userDataDir, '--extensions-dir', extensionsDir];
  const remove = () => {
    rmSync(runtime, { recursive: true, force: true });
    if (!options.userDataDir) rmSync(userDataDir, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    if (extensions.length) await installExtensions(info, base, extensions, { cwd: userDataDir, env: childEnv });
  } catch (error) {
    remove();
    throw error;
  }

  const port = options.port ?? (await freePort());
  const logFile = join(userDataDir, 'server.log');
  const file = openSync(logFile, 'a');
  const args = [
    ...base,
    ...['--auth', 'none', '--bind-addr', `127.0.0.1:${port}`, '--session-socket', join(userDataDir, 'session.sock')],
    ...['--disable-telemetry', '--disable-update-check', '--disable-getting-started-override'],
    ...(trust ? ['--disable-workspace-trust'] : []),
    resolve(workspace),
  ];
  const child = spawn(info.node, [info.entry, ...args], {
    cwd: userDataDir,
    env: childEnv,
    stdio: ['ignore', file, file],
  });
  closeSync(file);
  const pid = child.pid;
  if (pid === undefined) throw new Error(`the VS Code host could not be started: ${info.node}`);
  /** @type {number | string | undefined} */
  let ended;
  const exited = new Promise((done) => {
    child.once('exit', (code, signal) => done((ended = code ?? signal ?? 'nothing')));
  });
  /** @type {Promise<void> | undefined} */
  let stopping;
  const stop = () =>
    (stopping ??= (async () => {
      // The children, too: an extension host would wait minutes for its window to come back.
      await endProcesses([pid, ...childrenOf(pid).map((one) => one.pid)]);
      await Promise.race([exited, sleep(1000)]);
      remove();
    })());
  const origin = `http://127.0.0.1:${port}`;
  while (!(await answers(`${origin}/healthz`))) {
    const why =
      ended !== undefined
        ? `ended with ${ended}:\n${readFileSync(logFile, 'utf8').slice(-3000)}`
        : Date.now() - started > timeout && `did not answer within ${timeout} ms`;
    if (why) {
      await stop();
      throw new Error(`the VS Code host ${why}`);
    }
    await sleep(100);
  }
  const what = workspace.endsWith('.code-workspace') ? 'workspace' : 'folder';
  return {
    url: `${origin}/?${what}=${encodeURIComponent(resolve(workspace))}`,
    origin,
    authority: `127.0.0.1:${port}`,
    port,
    pid,
    userDataDir,
    logFile,
    info,
    seconds: (Date.now() - started) / 1000,
    stop,
    extensionHosts: () => extensionHosts(pid),
    memory: () => memoryOf(pid),
  };
}

/**
 * Takes away what a surrounding VS Code or npm would leak into the host, and the gallery (VSIX files still install).
 * @param {NodeJS.ProcessEnv} env
 * @returns {NodeJS.ProcessEnv}
 */
function hostEnvironment(env) {
  const leaks = /^(VSCODE_|npm_|CODE_SERVER|NODE_OPTIONS|PASSWORD|HASHED_PASSWORD)/;
  const kept = Object.entries(process.env).map(([name, value]) => [name, leaks.test(name) ? undefined : value]);
  const gallery = JSON.stringify({ serviceUrl: '', itemUrl: '', resourceUrlTemplate: '' });
  return { ...Object.fromEntries(kept), EXTENSIONS_GALLERY: gallery, ...env };
}

/**
 * @param {{ node: string, entry: string }} info
 * @param {readonly string[]} base
 * @param {readonly string[]} extensions
 * @param {{ cwd: string, env: NodeJS.ProcessEnv }} options
 */
async function installExtensions(info, base, extensions, options) {
  const files = extensions.flatMap((file) => ['--install-extension', resolve(file)]);
  const text = await run(info.node, [info.entry, ...base, ...files, '--force'], options);
  if (/Failed Installing|Error while installing/i.test(text)) {
    throw new Error(`the VS Code host did not install ${extensions.join(', ')}:\n${text}`);
  }
}

/** @param {string} address */
async function answers(address) {
  try {
    return (await fetch(address, { signal: AbortSignal.timeout(2000) })).ok;
  } catch {
    return false;
  }
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((done, fail) => {
    const server = createServer().once('error', fail);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        address && typeof address === 'object' ? done(address.port) : fail(new Error('no free port')),
      );
    });
  });
}
