// Runs inside the extension host, see run-extension-tests.mjs.
const assert = require('node:assert/strict');
const vscode = require('vscode');

const cases = {
  'the extension activates and sees the workspace': async () => {
    const extension = vscode.extensions.getExtension('model-serving-test.fixture');
    assert.ok(extension, 'it is known');
    assert.equal((await extension.activate()).folder, vscode.workspace.workspaceFolders[0].name);
  },
  'its command is registered': async () => {
    assert.ok((await vscode.commands.getCommands(true)).includes('fixture.greet'));
  },
  'findFiles finds a file (ripgrep)': async () => {
    assert.equal((await vscode.workspace.findFiles('**/*.txt')).length, 1);
  },
};

exports.run = async () => {
  let failed = 0;
  for (const [name, test] of Object.entries(cases)) {
    try {
      await test();
      console.log(`ok ${name}`);
    } catch (error) {
      failed++;
      console.error(`not ok ${name}: ${error.stack}`);
    }
  }
  if (failed) throw new Error(`${failed} tests failed`);
};
