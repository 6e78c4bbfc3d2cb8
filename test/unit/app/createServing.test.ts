import { describe, expect, it } from 'vitest';
import { parsePort, parseReplicas, parseVariables } from '../../../src/app/createServing/fieldText';
import { modelOfPath, proposeDefinition, toWorkspacePath } from '../../../src/app/createServing/proposal';
import { askForChanges, askForServing, type CreateOptions } from '../../../src/app/createServing/servingWizard';
import { DEFAULTS, type ServingDefinition } from '../../../src/core/definition';
import { isCancelled } from '../../../src/core/errors';
import type { Model } from '../../../src/core/model';
import { ScriptedPrompts, type Answer } from '../../fakes/scriptedPrompts';

const FOLDER = process.platform === 'win32' ? 'C:\\work' : '/work';
const model = (name: string, ...versions: number[]): Model => ({
  name,
  folder: FOLDER,
  directory: `${FOLDER}/Models/${name}`,
  versions: versions.map((version) => ({
    name,
    version,
    folder: FOLDER,
    directory: `${FOLDER}/Models/${name}/${version}`,
    metadata: {},
  })),
});
const MODELS = [model('iris_knn', 3, 2), model('wine', 1)];
const SCRIPTS = ['Models/iris_knn/3/iris.py', 'scripts/wine.py'];

const propose = (script: string, taken: readonly string[] = []): ServingDefinition => {
  const found = proposeDefinition({ folder: FOLDER, script: `${FOLDER}/${script}`, models: MODELS, taken });
  if (!found) {
    throw new Error(`nothing is proposed for ${script}`);
  }
  return found;
};
const options = (script?: string): CreateOptions => ({
  folder: FOLDER,
  models: MODELS,
  scripts: SCRIPTS,
  taken: ['taken'],
  artifacts: () => Promise.resolve([2, 1]),
  propose,
  ...(script === undefined ? {} : { script }),
});

describe('proposeDefinition', () => {
  it('fills in everything from the path', () => {
    expect(propose('Models/iris_knn/3/iris.py', ['irisknn'])).toEqual({
      ...DEFAULTS,
      name: 'irisknn2',
      model: { name: 'iris_knn', version: 3 },
      script: 'Models/iris_knn/3/iris.py',
      artifact: 'MODEL-ONLY',
    });
  });

  it('takes the model of the same name for a script elsewhere, else the first; packs it with the script', () => {
    expect(propose('scripts/wine.py')).toMatchObject({
      name: 'wine',
      model: { name: 'wine', version: 1 },
      artifact: 'CREATE',
    });
    expect(propose('other.py').model).toEqual({ name: 'iris_knn', version: 3 });
  });

  it('proposes nothing without a model, or for a script elsewhere', () => {
    const input = { folder: FOLDER, models: [], taken: [] };
    expect(proposeDefinition({ ...input, script: `${FOLDER}/x.py` })).toBeUndefined();
    expect(proposeDefinition({ ...input, models: MODELS, script: '/elsewhere/x.py' })).toBeUndefined();
    expect(toWorkspacePath(FOLDER, FOLDER)).toBeUndefined();
    expect(modelOfPath('Models/iris/0/x.py')).toBeUndefined();
    expect(modelOfPath('Models/iris/x.py')).toBeUndefined();
  });
});

describe('the create wizard', () => {
  const run = async (script: readonly (readonly [string, Answer])[], file?: string) => {
    const prompts = new ScriptedPrompts(script);
    const result = await askForServing(prompts, options(file));
    prompts.end();
    return { ...result, asked: prompts.asked };
  };

  it('is Enter through when the script is known', async () => {
    const { definition, start, asked } = await run(
      [
        ['Create Serving', 'enter'],
        ['Create Serving', 'enter'],
      ],
      SCRIPTS[0],
    );
    expect(start).toBe(true);
    expect(definition).toEqual(propose('Models/iris_knn/3/iris.py'));
    expect(asked.map((question) => ('step' in question ? [question.step, question.of] : []))).toEqual([
      [1, 2],
      [2, 2],
    ]);
  });

  it('refuses names that are taken or wrong', async () => {
    const { definition } = await run(
      [
        ['Create Serving', { refused: 'Taken', with: /There is a serving named taken/, then: 'mine' }],
        ['Create Serving', { pick: 'Create' }],
      ],
      SCRIPTS[0],
    );
    expect(definition.name).toBe('mine');
  });

  it('changes every line, and Back keeps all of it', async () => {
    const { definition, start } = await run([
      ['Create Serving', { pick: 'wine.py' }],
      ['Create Serving', { type: 'mine' }],
      ['Create Serving', { pick: 'Port' }],
      ['Port', { refused: '80', with: /1024 to 65535/, then: '8080' }],
      ['Create Serving', { pick: 'Replicas' }],
      ['Replicas', { refused: '3-2', with: /range/, then: '2-4' }],
      ['Create Serving', { pick: 'Model' }],
      ['Model Version', 'back'],
      ['Create Serving', { pick: 'Artifact' }],
      ['Artifact', { pick: 'Artifact 2' }],
      ['Create Serving', { pick: 'Python' }],
      ['Python', { pick: 'Another interpreter…' }],
      ['Python interpreter', { file: '/opt/python' }],
      ['Create Serving', { pick: 'Advanced…' }],
      ['Advanced', { pick: 'Environment variables' }],
      ['Environment Variables', { refused: 'x', with: /NAME=value/, then: 'A=1 B="two words"' }],
      ['Create Serving', { pick: 'Advanced…' }],
      ['Advanced', { pick: 'Secrets' }],
      ['Secrets', { refused: 'a-b', with: /API_KEY/, then: 'API_KEY TOKEN' }],
      ['Create Serving', { pick: 'Advanced…' }],
      ['Advanced', { pick: 'Description' }],
      ['Description', { type: 'flowers' }],
      ['Create Serving', 'back'],
      ['Create Serving', 'enter'],
      ['Create Serving', 'back'],
      ['Create Serving', 'back'],
      ['Create Serving', 'enter'],
      ['Create Serving', 'enter'],
      ['Create Serving', { pick: 'Create' }],
    ]);
    expect(start).toBe(false);
    expect(definition).toEqual({
      ...DEFAULTS,
      name: 'mine',
      model: { name: 'wine', version: 1 },
      script: 'scripts/wine.py',
      artifact: 2,
      port: 8080,
      replicas: { min: 2, max: 4 },
      environment: { python: '/opt/python', variables: { A: '1', B: 'two words' }, secrets: ['API_KEY', 'TOKEN'] },
      description: 'flowers',
    });
  });

  it('asks for the requirements of a managed environment', async () => {
    const { definition } = await run(
      [
        ['Create Serving', 'enter'],
        ['Create Serving', { pick: 'Python' }],
        ['Python', { pick: 'Managed environment…' }],
        ['Requirements File', { refused: '../x.txt', with: /below/, then: 'requirements.txt' }],
        ['Create Serving', { pick: 'Create and Start' }],
      ],
      SCRIPTS[0],
    );
    expect(definition.environment).toEqual({ requirements: 'requirements.txt', variables: {}, secrets: [] });
  });

  it('is left without a result', async () => {
    const prompts = new ScriptedPrompts([
      ['Create Serving', 'enter'],
      ['Create Serving', 'leave'],
    ]);
    const error: unknown = await askForServing(prompts, options(SCRIPTS[0])).catch((reason: unknown) => reason);
    expect(isCancelled(error)).toBe(true);
    prompts.end();
  });

  it('edits with today’s values', async () => {
    const before = { ...propose(SCRIPTS[0] ?? ''), port: 9000 };
    const prompts = new ScriptedPrompts([
      ['Edit irisknn', { pick: 'Port' }],
      ['Port', 'enter'],
      ['Edit irisknn', { pick: 'Save and Start' }],
    ]);
    expect(await askForChanges(prompts, options(), before, false)).toEqual({ definition: before, start: true });
    prompts.end();
    const running = new ScriptedPrompts([['Edit irisknn', 'enter']]);
    expect(await askForChanges(running, options(), before, true)).toEqual({ definition: before, start: true });
  });
});

describe('the texts of fields', () => {
  it.each([
    ['1', { min: 1, max: 1 }],
    [' 1 - 4 ', { min: 1, max: 4 }],
    ['0', undefined],
    ['65', undefined],
    ['4-1', undefined],
    ['a', undefined],
  ])('replicas %j', (text, wanted) => {
    expect(parseReplicas(text)).toEqual(wanted);
  });

  it.each([
    ['auto', 'auto'],
    ['AUTO ', 'auto'],
    ['8080', 8080],
    ['80', undefined],
    ['65536', undefined],
    ['8e3', undefined],
  ])('port %j', (text, wanted) => {
    expect(parsePort(text)).toBe(wanted);
  });

  it.each([
    ['', {}],
    ['A=1', { A: '1' }],
    ['A= B="x y" C="\\"q\\""', { A: '', B: 'x y', C: '"q"' }],
    ['A=b=c', { A: 'b=c' }],
    ['A', undefined],
    ['1A=2', undefined],
    ['A="open', undefined],
    ['A="bad \\x escape"', undefined],
  ])('variables %j', (text, wanted) => {
    expect(parseVariables(text)).toEqual(wanted);
  });
});
