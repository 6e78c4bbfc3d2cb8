import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';
import {
  answers,
  endpointOf,
  enterThrough,
  predict,
  refOf,
  start,
  stop,
  until,
  writeEcho,
  type Cases,
} from './harness';

/** What can be seen from inside of views, status bar and several servings at once. */
export const sideBarCases: Cases = {
  'several servings are started, restarted and stopped together, each asked once': async () => {
    const refs = [await writeEcho('many1'), await writeEcho('many2'), await writeEcho('many3')];
    const nodes = refs.map((ref) => ({ ref }));
    await vscode.commands.executeCommand('modelServing.serving.refresh');
    assert.ok((await enterThrough('modelServing.serving.start', nodes[0], nodes)) >= 1, 'it asked');
    for (const ref of refs) {
      assert.deepEqual((await predict(await endpointOf(ref), [1])).inputs, [1]);
    }
    await enterThrough('modelServing.serving.restart', nodes[0], nodes);
    const again: string[] = [];
    for (const ref of refs) {
      again.push(await endpointOf(ref));
    }
    await enterThrough('modelServing.serving.stop', nodes[0], nodes);
    assert.deepEqual(await Promise.all(again.map(answers)), [false, false, false]);
  },

  'what cannot be done to one of several leaves it out': async () => {
    const refs = [refOf('many1'), refOf('many2')];
    const url = await start(refs[0]!);
    // One that runs and one that does not: there is nothing to ask about one alone.
    await vscode.commands.executeCommand(
      'modelServing.serving.stop',
      { ref: refs[1] },
      refs.map((ref) => ({ ref })),
    );
    assert.equal(await answers(url), false);
  },

  'a key with nothing selected says so and does nothing': async () => {
    const url = await start(refOf('many1'));
    await vscode.commands.executeCommand('modelServing.serving.remove', { selection: true });
    assert.equal(await answers(url), true);
    await stop(refOf('many1'));
  },

  'view.clearFilter and view.groupBy end': async () => {
    await enterThrough('modelServing.view.groupBy');
    await vscode.commands.executeCommand('modelServing.view.clearFilter');
  },

  'view.list opens what is chosen in it': async () => {
    await vscode.commands.executeCommand('modelServing.view.list');
    await until('the panel of a serving', async () => {
      await vscode.commands.executeCommand('workbench.action.acceptSelectedQuickOpenItem');
      const names = vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs.map(({ label }) => label));
      return names.length > 0 || undefined;
    });
  },

  'walkthrough.open shows it': async () => {
    const count = (): number => vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs).length;
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await vscode.commands.executeCommand('modelServing.walkthrough.open');
    await until('its tab', () => count() > 0 || undefined);
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  },
};
