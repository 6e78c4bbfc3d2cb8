// The main job in the real editor, without a person: from a pickle to a prediction.
import assert from 'node:assert/strict';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { launchBrowser, openWorkbench } from '../host/browser.mjs';
import { screenshot } from '../host/workbench/window.mjs';
import { driveDocker } from './driveDocker.mjs';
import { predictInPanel } from './predictInPanel.mjs';
import { copyInExplorer, createServing, exportModel, findLogLine, servingAction, waitForState } from './steps.mjs';
import { modelFile, modelName, scriptFile } from './workspace.mjs';

/** The classes of the three flowers. */
const expected = { predictions: [0, 1, 2] };

/**
 * @param {object} options
 * @param {import('../host/host.mjs').Host} options.host
 * @param {string} options.workspace
 * @param {string} options.pictures a folder, made anew
 * @param {boolean} options.stop stops the servings at the end
 * @param {import('./docker.mjs').DemoEngine} [options.engine] the same model is served there, too
 * @param {import('./report.mjs').Report} options.report
 */
export async function driveEditor({ host, workspace, pictures, stop, engine, report }) {
  rmSync(pictures, { recursive: true, force: true });
  mkdirSync(pictures, { recursive: true });
  const browser = await launchBrowser();
  let number = 0;
  /** @type {import('playwright-core').Page | undefined} */
  let page;
  /** @param {string} name */
  const picture = async (name) => {
    if (page) await screenshot(page, join(pictures, `${++number}-${name}.png`));
  };
  try {
    const { step } = report;
    const name = modelName;
    const open = await step('the editor opens', () => openWorkbench(browser, host.url));
    page = open;
    const folder = await step(
      `right-click on ${modelFile} → Export as Model…`,
      () => exportModel(open, { workspace, file: modelFile, name }),
      (result) => `${result}/${modelFile}`,
    );
    await picture('exported');
    await step(`copy ${scriptFile} beside the model`, () =>
      copyInExplorer(open, { workspace, file: scriptFile, folder }),
    );
    await step(
      `right-click on ${scriptFile} → Create Serving from Script…`,
      () => createServing(open, { workspace, folder, file: scriptFile, name }),
      (steps) => `asked: ${steps.join(', ')}; answered by Enter`,
    );
    await step(
      'the serving starts',
      () => waitForState(open, name, /running/i),
      (row) => row,
    );
    await picture('running');
    await predictInPanel({ page: open, name, expected, step });
    await picture('predicted');
    await step(
      'the request is in the logs',
      () => findLogLine(open, name, /predict.*\b200\b/),
      (line) => line,
    );
    await picture('logs');
    if (engine) await driveDocker({ page: open, engine, workspace, folder, stop, expected, picture, report });
    if (!stop) return;
    await step(
      'the serving stops',
      async () => {
        await servingAction(open, name, 'Stop');
        return waitForState(open, name, /stopped/i, 30_000);
      },
      (row) => row,
    );
  } catch (error) {
    await picture('failed').catch(() => {});
    throw error;
  } finally {
    await browser.close();
  }
}
