import * as assert from 'node:assert/strict';
import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { ServingDefinition } from '../../src/core/definition';
import {
  answers,
  endpointOf,
  enterThrough,
  folder,
  predict,
  refOf,
  start,
  stop,
  until,
  writeEcho,
  writeText,
  type Cases,
} from './harness';

function tabs(): readonly string[] {
  return vscode.window.tabGroups.all.flatMap((group) => group.tabs.map(({ label }) => label));
}

async function opened(label: string): Promise<void> {
  await until(`a tab ${label}`, () => tabs().includes(label) || undefined);
}

function activeTab(): string | undefined {
  return vscode.window.tabGroups.activeTabGroup.activeTab?.label;
}

function activeFile(): string | undefined {
  return vscode.window.activeTextEditor?.document.uri.fsPath;
}

function version(name: string): { version: object } {
  const directory = join(folder(), 'Models', name, '1');
  return { version: { name, version: 1, folder: folder(), directory, metadata: {} } };
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Runs a command and leaves whatever it asks. */
async function leave(command: string, ...args: readonly unknown[]): Promise<void> {
  let ended = false;
  void Promise.resolve(vscode.commands.executeCommand(command, ...args)).then(() => {
    ended = true;
  });
  await until('the end of the command', async () => {
    await vscode.commands.executeCommand('workbench.action.closeQuickOpen');
    return ended || undefined;
  });
}

/** In the order in which a person would use them; each goes on from those before it. */
export const commandCases: Cases = {
  'model.export: a file becomes a model version': async () => {
    const source = join(folder(), 'tiny.json');
    await writeText(source, '{"weights": [1, 2, 3]}');
    await enterThrough('modelServing.model.export', vscode.Uri.file(source));
    assert.equal(await readFile(join(folder(), 'Models/tiny/1/tiny.json'), 'utf8'), '{"weights": [1, 2, 3]}');
    const metadata = JSON.parse(await readFile(join(folder(), 'Models/tiny/1/model.json'), 'utf8')) as {
      created?: string;
    };
    assert.match(metadata.created ?? '', /^\d{4}-\d\d-\d\dT/);
  },

  'model.showImports: what a pickle would import, without loading it': async () => {
    const source = join(folder(), 'evil.pkl');
    // os.system("touch ran") as a pickle of protocol 0: loading it would leave a file.
    await writeText(source, `cos\nsystem\n(S'touch ${join(folder(), 'ran')}'\ntR.`);
    await vscode.env.clipboard.writeText('');
    await enterThrough('modelServing.model.showImports', vscode.Uri.file(source));
    assert.equal(await vscode.env.clipboard.readText(), 'os.system');
    assert.equal(await exists(join(folder(), 'ran')), false);
  },

  'script.create: a Predict script beside the model, opened': async () => {
    await vscode.commands.executeCommand('modelServing.script.create', version('tiny'));
    const script = await until('an editor with the script', () =>
      activeFile()?.startsWith(join(folder(), 'Models/tiny/1/')) === true ? activeFile() : undefined,
    );
    assert.match(await readFile(script, 'utf8'), /^class Predict\b/m);
  },

  'serving.create: from a script, Enter through, and it runs': async () => {
    await writeEcho('made');
    await vscode.workspace.fs.delete(vscode.Uri.file(join(folder(), 'servings/made.serving.json')));
    const presses = await enterThrough(
      'modelServing.serving.create',
      vscode.Uri.file(join(folder(), 'Models/made/1/made.py')),
    );
    assert.ok(presses >= 2, 'a name and a summary were asked');
    const text = await readFile(join(folder(), 'servings/made.serving.json'), 'utf8');
    const definition = JSON.parse(text) as ServingDefinition;
    assert.equal(definition.script, 'Models/made/1/made.py');
    assert.deepEqual(definition.model, { name: 'made', version: 1 });
    await opened('made');
    assert.deepEqual((await predict(await endpointOf(refOf('made')), ['x'])).inputs, ['x']);
  },

  'serving.edit: saved as it is, the running serving goes on': async () => {
    const before = await endpointOf(refOf('made'));
    await enterThrough('modelServing.serving.edit', refOf('made'));
    assert.equal(await answers(before), true);
  },

  'serving.restart: another process answers': async () => {
    await vscode.commands.executeCommand('modelServing.serving.restart', refOf('made'));
    assert.deepEqual((await predict(await endpointOf(refOf('made')), [1])).inputs, [1]);
  },

  'serving.open, serving.logs and serving.predict: panels': async () => {
    await vscode.commands.executeCommand('modelServing.serving.open', refOf('made'));
    await opened('made');
    await vscode.commands.executeCommand('modelServing.serving.logs', refOf('made'));
    await opened('Logs: made');
    await vscode.commands.executeCommand('modelServing.serving.predict', refOf('made'));
    await until('the panel in front', () => activeTab() === 'made' || undefined);
  },

  'serving.openDefinition and serving.openScript: the files': async () => {
    await vscode.commands.executeCommand('modelServing.serving.openDefinition', refOf('made'), 'script');
    assert.equal(activeFile(), join(folder(), 'servings/made.serving.json'));
    const editor = vscode.window.activeTextEditor;
    assert.equal(editor?.document.getText(editor.selection), '"Models/made/1/made.py"');
    await vscode.commands.executeCommand('modelServing.serving.openScript', refOf('made'));
    assert.equal(activeFile(), join(folder(), 'Models/made/1/made.py'));
  },

  'serving.stop and serving.start: without a target they ask for one': async () => {
    const url = await endpointOf(refOf('made'));
    const asked = await enterThrough('modelServing.serving.stop');
    assert.ok(asked >= 1, 'it asked which one');
    assert.equal(await answers(url), false);
    assert.deepEqual((await predict(await start(refOf('made')), [2])).inputs, [2]);
  },

  'serving.stop: several that are selected in the tree': async () => {
    const other = await writeEcho('second');
    const urls = [await endpointOf(refOf('made')), await start(other)];
    const nodes = [{ ref: refOf('made') }, { ref: other }];
    assert.ok((await enterThrough('modelServing.serving.stop', nodes[0], nodes)) >= 1, 'it asked once, with a list');
    assert.deepEqual(await Promise.all(urls.map(answers)), [false, false]);
  },

  'serving.adopt: what runs without its definition gets it back, and goes on': async () => {
    const ref = await writeEcho('orphan');
    const url = await start(ref);
    const file = join(folder(), 'servings/orphan.serving.json');
    const adopt = async (): Promise<void> => {
      await vscode.commands.executeCommand('modelServing.serving.refresh');
      await vscode.commands.executeCommand('modelServing.serving.adopt', ref);
    };
    await vscode.workspace.fs.delete(vscode.Uri.file(file));
    await adopt();
    const definition = JSON.parse(await readFile(file, 'utf8')) as ServingDefinition;
    assert.equal(definition.script, 'Models/orphan/1/orphan.py');
    assert.equal(await endpointOf(ref), url);
    await writeText(file, '{ "mine": true }');
    await adopt();
    assert.equal(await readFile(file, 'utf8'), '{ "mine": true }', 'a file that is there stays');
    await writeText(file, JSON.stringify(definition));
    await stop(ref);
  },

  'environment.installPackages: nothing is missing, nothing is asked': async () => {
    await vscode.commands.executeCommand('modelServing.environment.installPackages', refOf('made'));
  },

  'environment.selectInterpreter: asks the Python extension': async () => {
    assert.ok((await enterThrough('modelServing.environment.selectInterpreter')) >= 1);
  },

  'environment.clean: no environment is made; what an engine of this computer has is left': async () => {
    await leave('modelServing.environment.clean');
  },

  'model.editMetadata and model.reveal': async () => {
    await vscode.commands.executeCommand('modelServing.model.editMetadata', version('tiny'));
    assert.equal(activeFile(), join(folder(), 'Models/tiny/1/model.json'));
    await vscode.commands.executeCommand('modelServing.model.reveal', version('tiny'));
  },

  'model.exportVersion: asks which model, then for the file': async () => {
    // The file dialog is left: an export without a file is none.
    await leave('modelServing.model.exportVersion', version('tiny'));
    assert.equal(await exists(join(folder(), 'Models/tiny/2')), false);
  },

  'refreshing, more models and the checks end': async () => {
    for (const id of ['serving.refresh', 'model.refresh', 'model.showMore', 'doctor.run']) {
      await vscode.commands.executeCommand(`modelServing.${id}`);
    }
    await vscode.commands.executeCommand('workbench.action.closeQuickOpen');
  },

  'a serving that is gone is said, not thrown': async () => {
    await vscode.commands.executeCommand('modelServing.serving.start', refOf('neverThere'));
    assert.equal(await exists(join(folder(), 'servings/neverThere.serving.json')), false);
  },
};
