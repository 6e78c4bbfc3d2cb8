import * as assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as vscode from 'vscode';
import { processBackendId } from '../../src/backends/process/processBackend';
import type { ServingRef } from '../../src/core/serving';

export type Case = () => Promise<void>;
/** Cases by their names. */
export type Cases = Readonly<Record<string, Case>>;

export const EXTENSION_ID = 'model-serving.model-serving';

/** Runs cases one after another and prints one line for each; the number of those that failed. */
export async function runCases(cases: Cases): Promise<number> {
  let failed = 0;
  for (const [name, work] of Object.entries(cases)) {
    try {
      await work();
      console.log(`ok ${name}`);
    } catch (error) {
      failed++;
      console.error(`not ok ${name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    }
  }
  return failed;
}

/** Path of the first folder of the workspace. */
export function folder(at = 0): string {
  const path = vscode.workspace.workspaceFolders?.[at]?.uri.fsPath;
  assert.ok(path, `the workspace has a folder ${at}`);
  return path;
}

export function refOf(name: string, at = 0): ServingRef {
  return { backend: processBackendId(folder(at)), name };
}

export async function writeText(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

/** Runs a command; what it shows meanwhile (wizard steps) is answered by Enter until it ends. */
export async function enterThrough(command: string, ...args: readonly unknown[]): Promise<number> {
  const state = { ended: false };
  const done = Promise.resolve(vscode.commands.executeCommand(command, ...args)).finally(() => {
    state.ended = true;
  });
  const limit = Date.now() + 60_000;
  let presses = 0;
  await pause(400);
  while (!state.ended && Date.now() < limit) {
    presses++;
    await vscode.commands.executeCommand('workbench.action.acceptSelectedQuickOpenItem');
    await pause(400);
  }
  assert.ok(state.ended, `${command} ends`);
  await done;
  return presses;
}

export function pause(ms: number): Promise<void> {
  return new Promise((next) => {
    setTimeout(next, ms);
  });
}

/** Repeats until the work gives something; what it throws is the reason when it never does. */
export async function until<T>(
  what: string,
  work: () => T | undefined | Promise<T | undefined>,
  ms = 20_000,
): Promise<T> {
  let last: unknown;
  const end = Date.now() + ms;
  while (Date.now() < end) {
    try {
      const value = await work();
      if (value !== undefined && value !== false) {
        return value;
      }
    } catch (error) {
      last = error;
    }
    await pause(100);
  }
  throw new Error(`${what} did not come within ${ms} ms`, { cause: last });
}

const ECHO = `import os
import sys


class Predict:
    def predict(self, inputs):
        return {"inputs": inputs, "python": sys.executable, "variables": {k: v for k, v in os.environ.items() if k.startswith("ECHO_")}}
`;

/** A model version whose script says where it runs, and a definition of it. */
export async function writeEcho(
  name: string,
  at = 0,
  more: Readonly<Record<string, unknown>> = {},
): Promise<ServingRef> {
  const root = folder(at);
  const version = join('Models', name, '1');
  await writeText(join(root, version, 'model.txt'), 'nothing but a text\n');
  await writeText(join(root, version, `${name}.py`), ECHO);
  const definition = { name, model: { name, version: 1 }, script: `Models/${name}/1/${name}.py`, ...more };
  await writeText(join(root, 'servings', `${name}.serving.json`), JSON.stringify(definition, undefined, 2));
  return refOf(name, at);
}

/**
 * Where a serving that runs answers on this computer. Its command copies the address for the person's own computer: an editor
 * in a browser forwards the port by a path of its own.
 */
export async function endpointOf(ref: ServingRef): Promise<string> {
  await vscode.env.clipboard.writeText('');
  await vscode.commands.executeCommand('modelServing.serving.copyEndpoint', ref);
  const url = await vscode.env.clipboard.readText();
  const [, port, path] = /[:/](\d+)(\/v1\/models\/\w+:predict)$/.exec(url) ?? [];
  assert.ok(port !== undefined && path !== undefined, `${ref.name} has an endpoint: ${url}`);
  return `http://127.0.0.1:${port}${path}`;
}

export interface EchoReply {
  readonly inputs: unknown;
  readonly python: string;
  readonly variables: Readonly<Record<string, string>>;
}

export async function predict(url: string, inputs: unknown): Promise<EchoReply> {
  const reply = await fetch(url, { method: 'POST', body: JSON.stringify({ inputs }) });
  const body = (await reply.json()) as { predictions?: EchoReply };
  assert.equal(reply.status, 200, JSON.stringify(body));
  assert.ok(body.predictions);
  return body.predictions;
}

/** Starts a serving by its command and gives its endpoint. */
export async function start(ref: ServingRef): Promise<string> {
  // The definition was just written: the watcher's reading may not have come yet.
  await vscode.commands.executeCommand('modelServing.serving.refresh');
  await vscode.commands.executeCommand('modelServing.serving.start', ref);
  return endpointOf(ref);
}

export async function stop(ref: ServingRef): Promise<void> {
  await vscode.commands.executeCommand('modelServing.serving.stop', ref);
}

/** Whether something still answers at an address. */
export async function answers(url: string): Promise<boolean> {
  try {
    await fetch(url, { method: 'POST', body: '{"inputs": []}', signal: AbortSignal.timeout(3000) });
    return true;
  } catch {
    return false;
  }
}
