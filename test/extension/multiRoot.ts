import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { answers, folder, predict, start, stop, writeEcho, type Cases } from './harness';

export const multiRootCases: Cases = {
  'servings of the same name in two folders are two servings': async () => {
    assert.notEqual(folder(0), folder(1));
    const first = await writeEcho('twin', 0, { environment: { variables: { ECHO_FOLDER: 'first' } } });
    const second = await writeEcho('twin', 1, { environment: { variables: { ECHO_FOLDER: 'second' } } });
    const urls = [await start(first), await start(second)] as const;
    assert.notEqual(urls[0], urls[1]);
    assert.deepEqual((await predict(urls[0], [])).variables, { ECHO_FOLDER: 'first' });
    assert.deepEqual((await predict(urls[1], [])).variables, { ECHO_FOLDER: 'second' });
    await stop(first);
    assert.equal(await answers(urls[0]), false, 'the one is stopped');
    assert.equal(await answers(urls[1]), true, 'the other goes on');
    await stop(second);
  },

  'a folder that is added has its servings at once, one that is removed is left alone': async () => {
    const ref = await writeEcho('late', 1);
    const url = await start(ref);
    const uri = vscode.workspace.workspaceFolders?.[1]?.uri;
    assert.ok(uri);
    const changed = nextChange();
    assert.ok(vscode.workspace.updateWorkspaceFolders(1, 1));
    await changed;
    assert.equal(await answers(url), true, 'what runs goes on without its folder');
    const back = nextChange();
    assert.ok(vscode.workspace.updateWorkspaceFolders(1, 0, { uri }));
    await back;
    await vscode.commands.executeCommand('modelServing.serving.refresh');
    await stop(ref);
    assert.equal(await answers(url), false, 'it was adopted and can be stopped');
  },
};

function nextChange(): Promise<unknown> {
  return new Promise((done) => {
    const subscription = vscode.workspace.onDidChangeWorkspaceFolders((event) => {
      subscription.dispose();
      done(event);
    });
  });
}
