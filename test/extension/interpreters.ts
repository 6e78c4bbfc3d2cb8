import * as assert from 'node:assert/strict';
import { mkdtemp, realpath, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { predict, start, stop, writeEcho, type Cases } from './harness';

const chosen = process.env.MODEL_SERVING_TEST_PYTHON ?? '';

export const interpreterCases: Cases = {
  'the interpreter that the Python extension has chosen runs the script': async () => {
    const ref = await writeEcho('chosen');
    const reply = await predict(await start(ref), [1, 2]);
    assert.deepEqual(reply.inputs, [1, 2]);
    assert.equal(await realpath(reply.python), await realpath(chosen));
    assert.equal(reply.python, chosen, 'its environment, not the Python below it');
    await stop(ref);
  },

  'the setting wins over the Python extension': async () => {
    // The same Python by a name of its own, so that it can be told apart.
    const other = join(await mkdtemp(join(tmpdir(), 'interpreter-')), 'other-python');
    await symlink(await realpath(chosen), other);
    const settings = vscode.workspace.getConfiguration('modelServing');
    await settings.update('python.path', other, vscode.ConfigurationTarget.Workspace);
    try {
      const ref = await writeEcho('preferred', 0, { environment: { variables: { ECHO_OWN: 'set' } } });
      const reply = await predict(await start(ref), []);
      assert.equal(reply.python, other);
      assert.deepEqual(reply.variables, { ECHO_OWN: 'set' });
      await stop(ref);
    } finally {
      await settings.update('python.path', undefined, vscode.ConfigurationTarget.Workspace);
    }
  },
};
