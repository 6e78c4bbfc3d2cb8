import { expect, it } from 'vitest';
import { askForBuild } from '../../../src/app/buildQuestion';
import type { BuildPlan } from '../../../src/core/backend';
import { type Answer, ScriptedPrompts } from '../../fakes/scriptedPrompts';

async function ask(answer: Answer, plan: Partial<BuildPlan> = {}) {
  const prompts = new ScriptedPrompts([['Build the environment of iris?', answer]]);
  const opened: BuildPlan[] = [];
  const whole = { base: 'python:3.11-slim', lines: ['numpy==1.26', 'six'], text: 'numpy==1.26\nsix\n', ...plan };
  const open = (each: BuildPlan): Promise<void> => {
    opened.push(each);
    return Promise.resolve();
  };
  const question = { serving: 'iris', folder: '/w', plan: whole, open };
  const build = await askForBuild(prompts, question).catch((error: unknown) => error);
  return { build, opened, detail: (prompts.asked[0] as { readonly detail?: string }).detail ?? '' };
}

it('says what is installed, on what, and who asks for it', async () => {
  const { build, detail } = await ask({ pick: 'Build' }, { file: '/w/Models/iris/1/requirements.txt' });
  expect(build).toBe(true);
  expect(detail).toContain('an image on python:3.11-slim, from Models/iris/1/requirements.txt:\n\nnumpy==1.26\nsix\n');
  const imports = await ask({ pick: 'Build' }, { pinnedBy: '/usr/bin/python3' });
  expect(imports.detail).toContain('from what the script and its model import, in the versions of /usr/bin/python3:');
});

it('does not get higher than a window', async () => {
  const { detail } = await ask({ pick: 'Build' }, { lines: Array.from({ length: 200 }, (_, n) => `p${String(n)}`) });
  expect(detail).toContain('p18\n… and 181 more');
  expect(detail.split('\n').length).toBeLessThan(30);
});

it('is left, or answered by opening the requirements', async () => {
  expect((await ask('leave')).build).toMatchObject({ code: 'cancelled' });
  const { build, opened } = await ask({ pick: 'Open as File' });
  expect(build).toBe(false);
  expect(opened).toHaveLength(1);
});
