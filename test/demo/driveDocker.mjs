// The same script and model in Docker: two replicas behind a gateway, beside the serving that runs as a process.
import assert from 'node:assert/strict';
import { predictInPanel } from './predictInPanel.mjs';
import {
  createServingInDocker,
  deleteServing,
  findLogLine,
  replicasOf,
  servingAction,
  waitForDocker,
  waitForState,
} from './steps.mjs';
import { modelName, scriptFile } from './workspace.mjs';

const replicas = 2;

/**
 * @param {object} options
 * @param {import('playwright-core').Page} options.page
 * @param {import('./docker.mjs').DemoEngine} options.engine
 * @param {string} options.workspace
 * @param {string} options.folder of the script
 * @param {boolean} options.stop deletes the serving at the end
 * @param {unknown} options.expected the reply
 * @param {(name: string) => Promise<void>} options.picture
 * @param {import('./report.mjs').Report} options.report
 */
export async function driveDocker({ page, engine, workspace, folder, stop, expected, picture, report }) {
  const { step } = report;
  const name = `${modelName}docker`;
  await step(
    `${scriptFile} → Create Serving from Script…, with Where: Docker and ${replicas} replicas`,
    () => createServingInDocker(page, { folder, file: scriptFile, name, replicas }),
    (steps) => `asked: ${steps.join(', ')}`,
  );
  await step(
    'its images are built, its containers start',
    async () => {
      const row = await waitForDocker(page, name, new RegExp(`Running.*\\b${replicas}/${replicas}|Failed`));
      assert.match(row, /Running/);
      return row;
    },
    (row) => row,
  );
  await step(
    'its replicas in the tree',
    () => replicasOf(page, name, replicas),
    (rows) => rows.join('\n'),
  );
  await step(
    'what the engine has of it',
    () => engine.objects(workspace),
    (all) => all.join('\n'),
  );
  await predictInPanel({ page, name, expected, step });
  await picture('docker');
  await step(
    'the request is in its logs',
    () => findLogLine(page, name, /predict.*\b200\b/),
    (line) => line,
  );
  await picture('docker-logs');
  if (!stop) return;
  await step(
    'the serving in Docker stops and is deleted',
    async () => {
      await servingAction(page, name, 'Stop');
      await waitForState(page, name, /stopped/i, 60_000);
      await deleteServing(page, name);
      assert.deepEqual(await engine.objects(workspace), [], 'the engine still has something of it');
    },
    () => 'the engine has nothing of it any more',
  );
}
