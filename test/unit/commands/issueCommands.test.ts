import { beforeEach, expect, it, vi } from 'vitest';
import { issueCommands } from '../../../src/ui/commands/issueCommands';

const { said, editor } = vi.hoisted(() => ({ said: [] as unknown[], editor: { hasReporter: true } }));
vi.mock('vscode', () => ({
  ProgressLocation: { Notification: 15 },
  commands: {
    executeCommand: (...call: unknown[]) =>
      editor.hasReporter ? Promise.resolve(said.push(call)) : Promise.reject(new Error('command not found')),
  },
  window: {
    withProgress: (_options: unknown, work: (progress: unknown, token: unknown) => unknown) =>
      work({ report: () => undefined }, { onCancellationRequested: () => ({ dispose: () => undefined }) }),
    showTextDocument: (document: unknown) => Promise.resolve(said.push(['shown', document])),
  },
  workspace: { openTextDocument: (document: unknown) => Promise.resolve(document) },
}));

beforeEach(() => {
  said.length = 0;
  editor.hasReporter = true;
});

const commands = issueCommands({
  extensionId: 'publisher.name',
  facts: [{ name: 'Python', find: () => '3.11.2 at /home/ada/python' }],
  home: '/home/ada',
});

it("opens the editor's reporter for the extension, with the versions", async () => {
  await commands['modelServing.issue.report']();
  expect(said).toEqual([
    [
      'workbench.action.openIssueReporter',
      { extensionId: 'publisher.name', issueBody: expect.stringContaining('- Python: 3.11.2 at ~/python') as string },
    ],
  ]);
});

it('opens the text as a document where there is no reporter', async () => {
  editor.hasReporter = false;
  await commands['modelServing.issue.report']();
  expect(said).toEqual([
    ['shown', { language: 'markdown', content: expect.stringContaining('### Versions') as string }],
  ]);
});
