import { beforeEach, expect, it, vi } from 'vitest';
import type { Remedy } from '../../../src/core/errors';
import { makeRemedyRunner } from '../../../src/ui/commands/remedies';

const { done } = vi.hoisted(() => ({ done: [] as unknown[][] }));
vi.mock('vscode', () => ({
  commands: { executeCommand: (...args: unknown[]) => Promise.resolve(done.push(['command', ...args])) },
  env: { openExternal: (uri: unknown) => Promise.resolve(done.push(['page', uri])) },
  Uri: { parse: (text: string) => text },
  window: {
    createTerminal: (name: string) => ({
      show: () => undefined,
      sendText: (...args: unknown[]) => done.push(['terminal', name, ...args]),
    }),
  },
}));
beforeEach(() => {
  done.length = 0;
});

const about = { backend: 'docker:1', name: 'iris' };
const run = async (remedy: Remedy): Promise<readonly unknown[][]> => {
  await makeRemedyRunner((id, ...args) => {
    done.push(['run', id, ...args]);
    return Promise.resolve();
  })(remedy, about);
  return done;
};

it('raises the memory of the serving that it is about, and opens the settings of other limits', async () => {
  expect(await run({ kind: 'raiseLimit', setting: 'resources.memoryMb' })).toEqual([
    ['run', 'modelServing.serving.edit', about, 'resources.memoryMb'],
  ]);
  done.length = 0;
  expect(await run({ kind: 'raiseLimit', setting: 'loadSeconds' })).toEqual([
    ['command', 'workbench.action.openSettings', 'modelServing.process.loadTimeoutSeconds'],
  ]);
});

it('types a command without sending it, whatever is in it', async () => {
  expect(await run({ kind: 'typeCommand', command: 'docker context use a\r\nrm -rf /' })).toEqual([
    ['terminal', 'Model Serving', 'docker context use a rm -rf /', false],
  ]);
});

it('opens a page', async () => {
  const url = 'https://docs.docker.com/engine/install/';
  expect(await run({ kind: 'openPage', url })).toEqual([['page', url]]);
});
