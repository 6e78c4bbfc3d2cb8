import * as assert from 'node:assert/strict';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { folder, until, writeEcho, writeText, type Cases } from './harness';

async function openDefinition(name: string, text: string): Promise<vscode.TextDocument> {
  const file = join(folder(), 'servings', `${name}.serving.json`);
  await writeText(file, text);
  const document = await vscode.workspace.openTextDocument(vscode.Uri.file(file));
  await vscode.window.showTextDocument(document);
  return document;
}

function diagnostics(document: vscode.TextDocument): readonly vscode.Diagnostic[] {
  return vscode.languages.getDiagnostics(document.uri);
}

export const definitionCases: Cases = {
  'a definition that names what is not there is marked at its place': async () => {
    const document = await openDefinition(
      'broken',
      '{\n  "name": "broken",\n  "model": { "name": "absent", "version": 7 },\n  "script": "nowhere.py"\n}\n',
    );
    const own = await until('two diagnostics', () => {
      const found = diagnostics(document).filter(({ source }) => source === 'Model Serving');
      return found.length === 2 ? found : undefined;
    });
    const at = (field: string): string => {
      const diagnostic = own.find(({ code }) => code === field);
      assert.ok(diagnostic, `${field} is marked`);
      return document.getText(diagnostic.range);
    };
    assert.equal(at('model'), '{ "name": "absent", "version": 7 }');
    assert.equal(at('script'), '"nowhere.py"');
  },

  'a definition that contradicts itself is marked at its place': async () => {
    const document = await openDefinition('contrary', '{ "replicas": { "min": 3, "max": 2 } }');
    const own = await until('a diagnostic', () => diagnostics(document).find(({ code }) => code === 'replicas.max'));
    assert.equal(document.getText(own.range), '2');
  },

  'what its schema refuses is marked once': async () => {
    const document = await openDefinition(
      'wrong',
      '{\n  "name": "not a name",\n  "model": { "name": "absent", "version": 1 },\n  "script": "a.py",\n  "port": 70000\n}\n',
    );
    // Those of the schema come from VS Code's own language server, whenever it has started.
    const marksOf = (text: string) => diagnostics(document).filter(({ range }) => document.getText(range) === text);
    await until(
      'diagnostics of the schema',
      () => (marksOf('"not a name"').length && marksOf('70000').length) || undefined,
    );
    const messages = diagnostics(document).map(({ message }) => message);
    assert.equal(marksOf('"not a name"').length, 1, messages.join('\n'));
    assert.equal(marksOf('70000').length, 1, messages.join('\n'));
  },

  'a mended definition has no diagnostics': async () => {
    await writeEcho('mended');
    const document = await openDefinition('mended', '{ "name": "mended" }');
    await until('diagnostics', () => diagnostics(document).length > 0 || undefined);
    const edit = new vscode.WorkspaceEdit();
    const all = new vscode.Range(document.positionAt(0), document.positionAt(document.getText().length));
    const good =
      '{ "name": "mended", "model": { "name": "mended", "version": 1 }, "script": "Models/mended/1/mended.py" }';
    edit.replace(document.uri, all, good);
    await vscode.workspace.applyEdit(edit);
    await until('no diagnostics', () => diagnostics(document).length === 0 || undefined);
    await document.save();
  },

  'its schema completes fields and values': async () => {
    const document = await openDefinition('completed', '{\n  "name": "completed",\n  "artifact": \n}\n');
    const labels = async (line: number, character: number): Promise<readonly string[]> => {
      const list = await vscode.commands.executeCommand<vscode.CompletionList>(
        'vscode.executeCompletionItemProvider',
        document.uri,
        new vscode.Position(line, character),
      );
      return list.items.map(({ label }) => (typeof label === 'string' ? label : label.label));
    };
    await until('values of artifact', async () => {
      const values = await labels(2, 14);
      return (values.includes('"MODEL-ONLY"') && values.includes('"CREATE"')) || undefined;
    });
    await until('fields', async () => {
      const fields = await labels(1, 2);
      return (
        ['model', 'script', 'replicas', 'environment', 'port'].every((field) => fields.includes(field)) || undefined
      );
    });
  },
};
