// What an empty or restricted window says, one cause at a time.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { test } from 'node:test';
import { waitForState } from '../demo/steps.mjs';
import { openWorkbench } from '../host/browser.mjs';
import { dialog, notifications } from '../host/workbench/messages.mjs';
import { tree } from '../host/workbench/tree.mjs';
import { until } from '../host/workbench/until.mjs';
import { trust } from '../host/workbench/window.mjs';
import { answers, makeScene, openServings, portOf, row, servings, welcome, writeServing } from './scene.mjs';

test('no folder, then a folder with nothing in it', async (t) => {
  const scene = await makeScene('welcome');
  t.after(scene.end);
  const text = await welcome(scene.page, /No servings yet/);
  assert.match(text, /Export Model…/);
  await scene.picture('nothing-yet', { themes: true });
  const empty = await openWorkbench(scene.page.context(), `${scene.host.origin}/?ew=true`);
  await empty.bringToFront();
  assert.match(await welcome(empty, /Open a folder/), /Open Sample Workspace/);
  await scene.picture('no-folder', { page: empty });
});

test('no Python', async (t) => {
  // A PATH with what the editor needs and no Python.
  const bare = mkdtempSync(join(tmpdir(), 'bare-path-'));
  t.after(() => rmSync(bare, { recursive: true, force: true }));
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/bin', '/bin'];
  for (const program of ['sh', 'env', 'uname', 'sed', 'cat', 'ps']) {
    const found = folders.map((folder) => join(folder, program)).find((file) => existsSync(file));
    if (found) symlinkSync(found, join(bare, program));
  }
  // The editor asks the login shell for its PATH; this one reads no profile.
  const shell = join(bare, 'shell');
  writeFileSync(shell, '#!/bin/sh\nfor last; do :; done\nexec /bin/sh -c "$last"\n', { mode: 0o755 });
  const scene = await makeScene('no-python', { chosen: false, host: { env: { PATH: bare, SHELL: shell } } });
  t.after(scene.end);
  const text = await welcome(scene.page, /no Python on this computer/);
  assert.match(text, /Select Interpreter/);
  await scene.picture('no-python');
});

test('an untrusted folder runs nothing and says why; trusted, it runs', async (t) => {
  const scene = await makeScene('untrusted', {
    files: (write) => writeServing(write, 'iris'),
    host: { trust: false },
  });
  t.after(scene.end);
  const { page } = scene;
  await until(() => trust.restricted(page), 'Restricted Mode');
  // 1.100 asks, a moment after the window came; newer ones do not.
  if (
    await dialog
      .root(page)
      .waitFor({ timeout: 3000 })
      .then(
        () => true,
        () => false,
      )
  )
    await dialog.press(page, /^No/);
  await openServings(page);
  await row(page, 'iris').waitFor({ timeout: 30_000 });
  const said = (await tree.items(page, servings)).map(({ label }) => label).join('\n');
  assert.match(said, /not trusted/);
  await tree.contextAction(page, servings, /^\s*iris\b/, 'Start');
  const refused = await notifications.wait(page, /Could not start iris: .*not trusted/);
  assert.ok(refused.buttons.includes('Manage Workspace Trust'), refused.buttons.join());
  await scene.picture('refused');
  await trust.grant(page);
  await openServings(page);
  // The extension hears of it a moment after the window.
  await until(
    async () => !(await tree.items(page, servings)).some(({ label }) => /not trusted/.test(label)),
    'the end of the warning',
  );
  await tree.contextAction(page, servings, /^\s*iris\b/, 'Start');
  const port = portOf(await waitForState(page, 'iris', /Running/));
  assert.equal(await answers(port), true);
  await tree.contextAction(page, servings, /^\s*iris\b/, 'Stop');
  await waitForState(page, 'iris', /Stopped/, 30_000);
});
