#!/usr/bin/env node
// node test/host/run-extension-tests.mjs --host DIR --extension FOLDER --tests FILE --workspace FOLDER
//   [--seconds 120] [--install OTHER.vsix]... [--settings FILE.json]
// Runs a compiled test module inside the real extension host: the same module as for @vscode/test-electron. It exports
// run(), which throws when a test failed, and prints one line for each: "ok NAME", "not ok NAME: why", "skip NAME: why".
// Ends with 0 (passed), 1 (failed) or 124 (out of time).
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { launchBrowser, openWorkbench } from './browser.mjs';
import { startHost } from './host.mjs';

/** @import { Page } from 'playwright-core' */
/** @import { HostOptions } from './host.mjs' */

/**
 * @typedef {object} ExtensionTestOptions
 * @property {string} dir where install-host.mjs put the host
 * @property {string} extension the folder of the extension, built
 * @property {string} tests the test module
 * @property {string} workspace
 * @property {number} [seconds] the limit for everything
 * @property {(line: string) => void} [log]
 */

/**
 * @typedef {object} ExtensionTestResult
 * @property {number} code 0, 1 or 124
 * @property {string} [reason] why it is not 0, when the module did not say so itself
 * @property {number} passed
 * @property {number} failed
 * @property {number} skipped
 * @property {number} seconds without the start of the host
 */

const activationFailure =
  /Activating extension '?([\w.-]+)'? failed|Cannot activate|ExtensionService#_doActivateExtension .* error/i;

// The window's own lines, which say nothing about the extension.
const windowNoise =
  /^(Resolv(ing|ed) connection token|Creating a socket|(Updating|Ignoring fetching) additional builtin|ChatSessionStore|Started local extension host|Error while fetching the extension under development|\[(Service Worker|remote-connection|reconnection-grace-time|AccountPolicyGate|AgentHost|ChatModelSelection|perf))/;

/**
 * @param {ExtensionTestOptions & Partial<HostOptions>} options
 * @returns {Promise<ExtensionTestResult>}
 */
export async function runExtensionTests({ extension, tests, seconds = 120, log = console.log, ...hostOptions }) {
  const manifest = JSON.parse(readFileSync(join(extension, 'package.json'), 'utf8'));
  const id = `${manifest.publisher}.${manifest.name}`;
  if (!existsSync(tests)) throw new Error(`no test module at ${tests}`);
  const host = await startHost(hostOptions);
  /** @type {Awaited<ReturnType<typeof launchBrowser>> | undefined} */
  let browser;
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  try {
    browser = await launchBrowser();
    const started = Date.now();
    const counts = { passed: 0, failed: 0, skipped: 0 };
    /** @type {string[]} */
    const activation = [];
    /** @type {(result: { code: number, reason?: string }) => void} */
    let finish = () => {};
    /** @type {Promise<{ code: number, reason?: string }>} */
    const finished = new Promise((done) => (finish = done));
    timer = setTimeout(() => finish({ code: 124, reason: `no result within ${seconds} s` }), seconds * 1000);
    const { query, before } = developmentHost(host, extension, tests);
    openWorkbench(browser, host.url + query, {
      timeout: seconds * 1000,
      before: async (page) => {
        await before(page);
        await page.exposeFunction('codeAutomationLog', (/** @type {string} */ _, /** @type {unknown[]} */ args) => {
          const line = textOf(args);
          if (activationFailure.test(line)) activation.push(line);
          count(line, counts);
          if (!windowNoise.test(line)) log(line);
        });
        await page.exposeFunction('codeAutomationExit', (/** @type {number} */ code) => finish({ code }));
        page.on('console', (message) => {
          if (message.type() === 'error' && activationFailure.test(message.text())) activation.push(message.text());
        });
        page.on('crash', () => finish({ code: 1, reason: 'the page crashed' }));
      },
    }).catch((error) => finish({ code: 1, reason: `the workbench did not open: ${error.message}` }));
    const result = await finished;
    activation.push(...activationErrors(host.userDataDir, id));
    if (activation.length) {
      result.reason = `${id} failed to activate: ${activation.at(-1)}`;
      result.code ||= 1;
    }
    if (result.code === 0 && counts.failed) result.code = 1;
    return { ...result, ...counts, seconds: (Date.now() - started) / 1000 };
  } finally {
    clearTimeout(timer);
    await browser?.close().catch(() => {});
    await host.stop();
  }
}

/**
 * Tells the workbench which extension and tests to load: 1.100 takes both from the address, newer ones ignore that and
 * get them added to the configuration that the page carries. Not by changing the answer in a route: a page without an
 * address of its own may not connect to 127.0.0.1.
 * @param {import('./host.mjs').Host} host
 * @param {string} extension
 * @param {string} tests
 */
function developmentHost(host, extension, tests) {
  const minor = Number(host.info.vscode.split('.')[1]);
  if (minor <= 100) {
    const remote = (/** @type {string} */ path) => `vscode-remote://${host.authority}${encodeURI(resolve(path))}`;
    const payload = [
      ['extensionDevelopmentPath', remote(extension)],
      ['extensionTestsPath', remote(tests)],
    ];
    return { query: `&payload=${encodeURIComponent(JSON.stringify(payload))}`, before: async () => {} };
  }
  const uri = (/** @type {string} */ path) => ({
    $mid: 1,
    scheme: 'vscode-remote',
    authority: host.authority,
    path: resolve(path),
  });
  const development = { extensions: [uri(extension)], extensionTestsPath: uri(tests) };
  /** @param {Page} page */
  const before = (page) =>
    page.addInitScript((more) => {
      const get = Element.prototype.getAttribute;
      /** @param {string} name */
      Element.prototype.getAttribute = function (name) {
        const value = get.call(this, name);
        if (name !== 'data-settings' || this.id !== 'vscode-workbench-web-configuration' || !value) return value;
        const configuration = JSON.parse(value);
        configuration.developmentOptions = { ...configuration.developmentOptions, ...more };
        return JSON.stringify(configuration);
      };
    }, development);
  return { query: '', before };
}

/** @param {readonly unknown[]} args of console.log in the extension host */
function textOf(args) {
  const text = args.map((arg) => (typeof arg === 'string' ? arg : JSON.stringify(arg))).join(' ');
  return text.replace(/%c|color: \w+;?/g, '').trim();
}

/** @param {string} line @param {{ passed: number, failed: number, skipped: number }} counts */
function count(line, counts) {
  if (line.startsWith('ok ')) counts.passed++;
  else if (line.startsWith('not ok ')) counts.failed++;
  else if (line.startsWith('skip ')) counts.skipped++;
}

/**
 * What the extension host's own log says about a failed activation: the run goes on without the extension.
 * @param {string} userDataDir
 * @param {string} id
 */
function activationErrors(userDataDir, id) {
  const logs = join(userDataDir, 'logs');
  const files = existsSync(logs) ? readdirSync(logs, { recursive: true, encoding: 'utf8' }) : [];
  const newest = files
    .filter((file) => file.endsWith('remoteexthost.log'))
    .map((file) => join(logs, file))
    .sort((one, other) => statSync(one).mtimeMs - statSync(other).mtimeMs)
    .at(-1);
  const lines = newest ? readFileSync(newest, 'utf8').split('\n') : [];
  const at = lines.findIndex((line) => line.includes(id) && line.includes('[error]') && /activat/i.test(line));
  return at < 0 ? [] : [lines.slice(at, at + 6).join('\n')];
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      host: { type: 'string' },
      extension: { type: 'string' },
      tests: { type: 'string' },
      workspace: { type: 'string' },
      seconds: { type: 'string', default: '120' },
      install: { type: 'string', multiple: true, default: [] },
      settings: { type: 'string' },
    },
  });
  const { host: dir, extension, tests, workspace, install, settings } = values;
  if (!dir || !extension || !tests || !workspace) {
    console.error('usage: run-extension-tests.mjs --host DIR --extension FOLDER --tests FILE --workspace FOLDER');
    process.exit(2);
  }
  try {
    const result = await runExtensionTests({
      ...{ dir, extension, tests, workspace, extensions: install, seconds: Number(values.seconds) },
      ...(settings && { settings: JSON.parse(readFileSync(settings, 'utf8')) }),
    });
    if (result.reason) console.error(result.reason);
    console.log(`${result.passed} passed, ${result.failed} failed, ${result.skipped} skipped`);
    process.exitCode = result.code;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
