import { expect, it, vi } from 'vitest';
import { viewCommands } from '../../../src/ui/commands/viewCommands';
import { Arranging } from '../../../src/ui/tree/arranging';
import { engineCommands } from '../../../src/ui/commands/engineCommands';
import { type Answer, ScriptedPrompts } from '../../fakes/scriptedPrompts';

const { typed } = vi.hoisted(() => ({ typed: [] as unknown[][] }));
vi.mock('vscode', () => ({
  window: {
    createTerminal: () => ({ show: () => undefined, sendText: (...args: unknown[]) => typed.push(args) }),
  },
}));

function setUp(...answers: readonly (readonly [string, Answer])[]) {
  const prompts = new ScriptedPrompts(answers);
  const arranging = new Arranging({ get: () => undefined, set: () => undefined });
  const opened: string[] = [];
  const table = viewCommands({
    prompts,
    arranging,
    showList: () => opened.push('list'),
    openWalkthrough: () => Promise.resolve(void opened.push('walkthrough')),
  });
  return { prompts, arranging, opened, table };
}

const TITLE = 'Filter and Sort Servings';

it('the filter is chosen from a list, or typed, and one command clears it', async () => {
  const { table, arranging, prompts } = setUp(
    [TITLE, { pick: 'Failed Only' }],
    [TITLE, { pick: 'Text…' }],
    ['Filter Servings by Text', { type: 'iris v2' }],
    [TITLE, { pick: 'By State' }],
  );
  for (const _ of [1, 2, 3]) {
    await table['modelServing.view.filter']();
  }
  expect(arranging.current).toEqual({ grouping: 'backend', order: 'state', shown: 'failed', text: 'iris v2' });
  await table['modelServing.view.clearFilter']();
  expect(arranging.current).toEqual({ grouping: 'backend', order: 'state', shown: 'all', text: '' });
  prompts.end();
});

it('a list that is left changes nothing', async () => {
  const { table, arranging } = setUp([TITLE, { pick: 'Text…' }], ['Filter Servings by Text', 'leave']);
  await expect(table['modelServing.view.filter']()).rejects.toMatchObject({ code: 'cancelled' });
  expect(arranging.current.text).toBe('');
});

it('groups are chosen, and the one of now is said', async () => {
  const { table, arranging, prompts } = setUp(['Group Servings By', { pick: 'Model' }], ['Group Servings By', 'enter']);
  await table['modelServing.view.groupBy']();
  expect(arranging.current.grouping).toBe('model');
  await table['modelServing.view.groupBy']();
  const [, second] = prompts.asked as unknown as { choices: { label: string; description?: string }[] }[];
  expect(second?.choices.filter(({ description }) => description === 'now').map(({ label }) => label)).toEqual([
    'Model',
  ]);
});

it('the list and the walkthrough open', async () => {
  const { table, opened } = setUp();
  await table['modelServing.view.list']();
  await table['modelServing.walkthrough.open']();
  expect(opened).toEqual(['list', 'walkthrough']);
});

it('what starts the engine is typed for a person to send; where nobody knows, the checks say more', async () => {
  const ran: string[] = [];
  const run = (id: string): Promise<void> => Promise.resolve(void ran.push(id));
  const start = (command: string | undefined) =>
    engineCommands({ startCommand: () => Promise.resolve(command), run })['modelServing.engine.start']();
  await start('sudo systemctl start docker');
  expect(typed).toEqual([['sudo systemctl start docker', false]]);
  await start(undefined);
  expect(ran).toEqual(['modelServing.doctor.run']);
});
