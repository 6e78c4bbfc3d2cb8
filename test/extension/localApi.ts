import * as assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { ServingDefinition } from '../../src/core/definition';
import { answers, endpointOf, folder, predict, refOf, stop, until, writeEcho, type Cases } from './harness';

/** What a login snippet says. */
interface Login {
  readonly port: number;
  readonly project: string;
  readonly key: string;
  readonly ca: Buffer;
}

async function copySnippet(client: string): Promise<string> {
  await vscode.env.clipboard.writeText('');
  await vscode.commands.executeCommand('modelServing.api.copySnippet', client);
  return vscode.env.clipboard.readText();
}

async function login(): Promise<Login> {
  const snippet = await copySnippet('hopsworks');
  const field = (name: string): string => {
    const [, value] = new RegExp(`${name}=(.*),$`, 'm').exec(snippet) ?? [];
    assert.ok(value, `${name} stands in ${snippet}`);
    return String(JSON.parse(value));
  };
  return {
    port: Number(field('port')),
    project: field('project'),
    key: (await readFile(field('api_key_file'), 'utf8')).trim(),
    ca: await readFile(field('trust_store_path')),
  };
}

interface Told {
  readonly status: number | undefined;
  readonly json: unknown;
}

/** One call, with the certificate checked. */
function ask({ port, key, ca }: Login, method: string, path: string, body?: unknown): Promise<Told> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `ApiKey ${key}`, 'content-type': 'application/json' };
    const url = `https://127.0.0.1:${port}/hopsworks-api/api${path}`;
    const call = request(url, { method, headers, ca, agent: false }, (response) => {
      const pieces: Buffer[] = [];
      response.on('data', (piece: Buffer) => pieces.push(piece));
      response.on('end', () => {
        const text = Buffer.concat(pieces).toString('utf8');
        resolve({ status: response.statusCode, json: text === '' ? undefined : JSON.parse(text) });
      });
    });
    call.on('error', reject);
    call.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

const statusOf = async (at: Login, id: number): Promise<string> =>
  ((await ask(at, 'GET', `/project/1/serving/${id}`)).json as { status: string }).status;

export const localApiCases: Cases = {
  'api.copySnippet: starts the API, and its snippets say how to log in': async () => {
    const at = await login();
    const info = await ask(at, 'GET', `/project/getProjectInfo/${at.project}`);
    assert.deepEqual([info.status, (info.json as { projectName: string }).projectName], [200, at.project]);
    assert.match(await copySnippet('hsml'), /^import hsml\n[^]*hsml\.connection\(/);
    assert.match(await copySnippet('hopsOwn'), /sys\.path\.insert\(0, ".*own"\)[^]*from hops import/);
    assert.equal((await ask({ ...at, key: 'ABCDEFGHIJKLMNOP.wrong' }, 'GET', '/project')).status, 401);
    for (const client of ['hopsworks', 'hsml', 'hops', 'hopsOwn']) {
      assert.equal((await copySnippet(client)).includes(at.key), false, `the key stands in no snippet: ${client}`);
    }
  },

  'api.start: it runs already, at the same place': async () => {
    const before = await login();
    await vscode.commands.executeCommand('modelServing.api.start');
    assert.equal((await login()).port, before.port);
  },

  'what a client deploys is a serving like any other, and goes on when the API ends': async () => {
    await writeEcho('fromClient');
    await vscode.workspace.fs.delete(vscode.Uri.file(join(folder(), 'servings/fromClient.serving.json')));
    const at = await login();
    const script = `/Projects/${at.project}/Models/fromClient/1/fromClient.py`;
    const made = await ask(at, 'PUT', '/project/1/serving', {
      name: 'fromClient',
      modelPath: `/Projects/${at.project}/Models/fromClient`,
      modelVersion: 1,
      modelServer: 'PYTHON',
      modelFramework: 'PYTHON',
      servingTool: 'DEFAULT',
      predictor: script,
      requestedInstances: 1,
    });
    assert.equal(made.status, 201, JSON.stringify(made.json));
    const { id } = made.json as { id: number };
    const text = await readFile(join(folder(), 'servings/fromClient.serving.json'), 'utf8');
    const definition = JSON.parse(text) as ServingDefinition;
    assert.equal(definition.script, 'Models/fromClient/1/fromClient.py');
    assert.equal((await ask(at, 'POST', `/project/1/serving/${id}?action=START`)).status, 200);
    await until('Running', async () => ((await statusOf(at, id)) === 'Running' ? true : undefined), 60_000);
    const reply = await ask(at, 'POST', '/project/1/inference/models/fromClient:predict', { inputs: ['x'] });
    assert.deepEqual((reply.json as { predictions: { inputs: unknown } }).predictions.inputs, ['x']);

    // The editor knows it, too.
    const endpoint = await endpointOf(refOf('fromClient'));
    assert.deepEqual((await predict(endpoint, ['y'])).inputs, ['y']);
    await vscode.commands.executeCommand('modelServing.api.stop');
    await assert.rejects(ask(at, 'GET', '/project'));
    assert.equal(await answers(endpoint), true, 'the serving goes on');

    // Once more: at the same port, with the same key; what was stopped here is stopped there.
    await vscode.commands.executeCommand('modelServing.api.start');
    assert.equal(await statusOf(at, id), 'Running');
    await stop(refOf('fromClient'));
    assert.equal(await statusOf(at, id), 'Stopped');
    assert.equal((await ask(at, 'DELETE', `/project/1/serving/${id}`)).status, 200);
    await assert.rejects(readFile(join(folder(), 'servings/fromClient.serving.json')));
  },

  'api.insertSnippet: at the cursor of a Python file, and as a cell of a notebook': async () => {
    const document = await vscode.workspace.openTextDocument({ language: 'python', content: 'first = 1\n' });
    const editor = await vscode.window.showTextDocument(document);
    editor.selection = new vscode.Selection(1, 0, 1, 0);
    await vscode.commands.executeCommand('modelServing.api.insertSnippet', 'hsml');
    assert.match(document.getText(), /^first = 1\nimport hsml\n/);
    await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');

    const code = new vscode.NotebookCellData(vscode.NotebookCellKind.Code, 'first = 1', 'python');
    const notebook = await vscode.workspace.openNotebookDocument('jupyter-notebook', new vscode.NotebookData([code]));
    await vscode.window.showNotebookDocument(notebook);
    await vscode.commands.executeCommand('modelServing.api.insertSnippet', 'hopsOwn');
    assert.equal(notebook.cellCount, 2);
    assert.match(notebook.cellAt(1).document.getText(), /from hops import hdfs, model, serving$/);
    await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
  },

  'api.showRequests and api.stop: nothing runs after it': async () => {
    await vscode.commands.executeCommand('modelServing.api.showRequests');
    const at = await login();
    await vscode.commands.executeCommand('modelServing.api.stop');
    await assert.rejects(ask(at, 'GET', '/project'));
    await vscode.commands.executeCommand('workbench.action.closePanel');
  },
};
