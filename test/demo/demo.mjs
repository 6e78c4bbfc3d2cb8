#!/usr/bin/env node
// npm run demo [-- --check] [--folder DIR]: from a trained model to predictions, in an editor: as a process and, where there
// is a Docker engine, in Docker. With --check the same without a person: prints each step, its time and what came back, takes
// away what it made, and ends with 0 or 1.
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureChromium } from '../setup/chromium.mjs';
import { ensureHost } from '../setup/hosts.mjs';
import { ensureNodeModules } from '../setup/node-modules.mjs';
import { cache, project } from '../setup/paths.mjs';
import { ensureVsix, packVsix } from '../setup/vsix.mjs';
import { findDemoEngine } from './docker.mjs';
import { findOwnEditor, openOwnEditor } from './editor.mjs';
import { makeReport } from './report.mjs';
import { ensureDemoPython, makeWorkspace, request, trainModel, useInterpreter } from './workspace.mjs';

const { values: options } = parseArgs({
  options: { check: { type: 'boolean', default: false }, folder: { type: 'string' } },
});
const report = makeReport();
const { step, note: log } = report;
const started = Date.now();

// Ctrl+C at any time: what was started is ended, then we end.
/** @type {Set<() => Promise<void>>} */
const cleanups = new Set();
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.once(signal, async () => {
    await Promise.allSettled([...cleanups].map((cleanup) => cleanup()));
    process.exit(options.check ? 130 : 0);
  });
}

/** The workspace with a trained model in it. */
async function makeReady() {
  await step('packages', () => ensureNodeModules({ log }));
  const vsix = await step(
    'the extension, built and packed',
    () => ensureVsix({ log }),
    ({ bytes }) => sizeOf(bytes),
  );
  const python = await step(
    'Python environment',
    () => ensureDemoPython({ log }),
    ({ version }) => `Python ${version}`,
  );
  const folder = options.folder ? resolve(options.folder) : join(cache, 'demo/workspace');
  const workspace = await step(
    'workspace',
    () => makeWorkspace({ folder, own: Boolean(options.folder) }),
    (made) => made,
  );
  await step(
    'train the model',
    () => trainModel({ python: python.path, folder: workspace }),
    ({ output, bytes }) => {
      return `${output.trim()}\n${sizeOf(bytes)}`;
    },
  );
  await step('its interpreter', async () => useInterpreter({ folder: workspace, python: python.path }));
  return { vsix: vsix.path, python, workspace };
}

/**
 * The editor in a browser, driven through the main job.
 * @param {Awaited<ReturnType<typeof makeReady>>} ready
 * @param {{ stop: boolean }} options
 */
async function serveInBrowser({ vsix, python, workspace }, { stop }) {
  const { path: chromium } = await step(
    'Chromium',
    () => ensureChromium({ log }),
    ({ path }) => path,
  );
  process.env.CHROMIUM = chromium;
  const { path: dir } = await step(
    'the editor',
    () => ensureHost('newest', { log }),
    ({ vscode }) => `VS Code ${vscode}`,
  );
  const stub = await packVsix(join(project, 'test/host/python-stub'), join(cache, 'python-stub.vsix'));
  const { startHost } = await import('../host/host.mjs');
  const { driveEditor } = await import('./drive.mjs');
  const settings = {
    'pythonStub.environments': [{ path: python.path, version: python.version, env: 'demo' }],
    'workbench.colorTheme': 'Default Dark Modern',
  };
  const engine = await step(
    'a Docker engine',
    () => findDemoEngine({ log, python: python.version }),
    (found) =>
      'missing' in found ? `it goes on without Docker: ${found.missing}` : `${found.version} at ${found.host}`,
  );
  const docker = 'missing' in engine ? undefined : engine;
  const host = await step('the editor starts with the extension', () =>
    startHost({ dir, workspace, extensions: [vsix, stub.path], settings, machineSettings: docker?.settings ?? {} }),
  );
  const end = async () => {
    await host.stop();
    await docker?.clean(workspace);
  };
  cleanups.add(end);
  try {
    const pictures = join(cache, 'demo/pictures');
    await driveEditor({ host, workspace, pictures, stop, report, ...(docker && { engine: docker }) });
  } catch (error) {
    await end();
    throw error;
  }
  return { url: host.url, end };
}

/** @param {number} bytes */
function sizeOf(bytes) {
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} KB` : `${(bytes / 1e6).toFixed(2)} MB`;
}

try {
  const ready = await makeReady();
  const editor = options.check ? undefined : findOwnEditor();
  if (editor) {
    const { vsix, workspace, python } = ready;
    const folder = join(cache, 'demo/vscode');
    const { serveHeadless } = await import('./headless.mjs');
    const served = { workspace, python: python.path, data: join(folder, 'data'), request };
    await step(
      'the model is exported, served and asked',
      () => serveHeadless(served),
      (steps) => steps.map(({ step: title, seconds, what }) => `${title}  ${seconds.toFixed(1)} s\n${what}`).join('\n'),
    );
    await step('VS Code opens', () => openOwnEditor({ editor, workspace, vsix, folder }));
    console.log('\nIn VS Code: the cube in the activity bar has the serving, running. Choose it to send it a request.');
  } else {
    const host = await serveInBrowser(ready, { stop: options.check });
    if (!options.check) {
      console.log(`\nThe editor is open at ${host.url}\nPress Ctrl+C to end it.`);
    } else {
      await step('what was made for it is taken away', host.end);
    }
  }
  if (options.check) console.log(`\nAll well after ${((Date.now() - started) / 1000).toFixed(0)} s.`);
} catch (error) {
  const reason = error instanceof Error ? error.message : String(error);
  console.error(`\nThe demo did not get to its end: ${reason}`);
  console.error(`Logs and pictures: ${join(cache, 'logs')}, ${join(cache, 'demo')}`);
  process.exitCode = 1;
}
