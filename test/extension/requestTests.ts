import * as assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { folder, start, stop, until, writeEcho, writeText, type Cases } from './harness';

const NAME = 'asked';
const file = (): string => join(folder(), 'Models', NAME, '1', `${NAME}.requests.json`);

/** What the echo script answers depends on where it runs: the status is what can be expected of it. */
const TEXT = `{
  "requests": [
    { "name": "right", "body": { "inputs": [1] }, "expect": { "status": 200 } },
    { "name": "wrong", "body": { "inputs": [2] }, "expect": { "status": 201, "latencyMs": 60000 } }
  ]
}
`;

async function open(line: number): Promise<vscode.TextDocument> {
  const document = await vscode.workspace.openTextDocument(vscode.Uri.file(file()));
  const at = new vscode.Position(line, 8);
  await vscode.window.showTextDocument(document, { selection: new vscode.Range(at, at) });
  return document;
}

export const requestTestCases: Cases = {
  'requests of a file run as tests, and a reply is accepted as what is expected': async () => {
    const ref = await writeEcho(NAME);
    await writeText(file(), TEXT);
    await start(ref);
    try {
      const document = await open(3);
      await until(
        'the reply that was accepted',
        async () => {
          await vscode.commands.executeCommand('testing.runAtCursor');
          await vscode.commands.executeCommand('modelServing.tests.acceptReply');
          const { requests } = JSON.parse(document.getText()) as { requests: { expect: Record<string, unknown> }[] };
          const { status, latencyMs, reply } = requests[1]?.expect ?? {};
          return (status === 200 && latencyMs === 60_000 && reply !== undefined) || undefined;
        },
        60_000,
      );
      assert.match(
        document.getText(),
        /"name": "right", "body": \{ "inputs": \[1\] \}, "expect": \{ "status": 200 \} \}/,
      );
      assert.match(document.getText(), /"inputs": \[2\]/);
      assert.equal(document.isDirty, false, 'it was saved, as nothing else was unsaved');
      assert.equal(await readFile(file(), 'utf8'), document.getText());
      await vscode.commands.executeCommand('undo');
      assert.equal(document.getText(), TEXT, 'it can be undone');
      await document.save();
    } finally {
      await stop(ref);
    }
  },
};
