import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ChosenPython } from '../../../src/backends/process/chosenPython';
import { DEFAULTS, type EnvironmentDefinition, type ServingDefinition } from '../../../src/core/definition';
import type { EnvironmentRequest, ManagedEnvironments } from '../../../src/environments/managed';
import type { Pythons } from '../../../src/environments/python';
import { failure } from '../../contract/backend.contract';
import { operation } from '../../contract/fixture';

const NEVER = new AbortController().signal;

describe('ChosenPython', () => {
  let folder: string;
  let asked: EnvironmentRequest[];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'chosen '));
    asked = [];
  });
  afterEach(() => rm(folder, { recursive: true }));

  const define = (environment: Partial<EnvironmentDefinition>): ServingDefinition => ({
    ...DEFAULTS,
    name: 'iris',
    model: { name: 'iris', version: 1 },
    script: 'iris.py',
    environment: { variables: {}, secrets: [], ...environment },
  });
  const chosen = (): ChosenPython =>
    new ChosenPython(
      folder,
      {
        selected: () => Promise.resolve({ executable: '/selected/python', source: 'test' }),
        onDidChange: () => ({ dispose: () => undefined }),
      },
      { describe: (executable: string) => Promise.resolve({ executable, version: '3.11.7' }) } as unknown as Pythons,
      {
        ensure: (request: EnvironmentRequest) => {
          asked.push(request);
          return Promise.resolve({ executable: '/managed/python', key: 'k', cached: asked.length > 1 });
        },
      } as unknown as ManagedEnvironments,
    );

  it.each<[Partial<EnvironmentDefinition>, () => string]>([
    [{}, () => '/selected/python'],
    [{ python: '/opt/python' }, () => resolve('/opt/python')],
    [{ python: '.venv/bin/python' }, () => join(folder, '.venv/bin/python')],
    [{ python: 'python3.11' }, () => 'python3.11'],
  ])('takes the interpreter of %j as it is', async (environment, wanted) => {
    expect(await chosen().base(define(environment), NEVER)).toBe(wanted());
    expect(await chosen().prepare(define(environment), operation())).toEqual({
      executable: wanted(),
      note: 'Python 3.11.7',
    });
    expect(await chosen().describe(NEVER)).toBe('Python 3.11');
  });

  it('makes an environment from requirements, once', async () => {
    await writeFile(join(folder, 'requirements.txt'), 'scikit-learn==1.5.2\n');
    const both = chosen();
    const definition = define({ requirements: 'requirements.txt', python: '/opt/python' });
    expect(await both.prepare(definition, operation())).toEqual({ executable: '/managed/python' });
    expect(await both.prepare(definition, operation())).toEqual({ executable: '/managed/python', note: 'cached' });
    expect(asked[0]).toEqual({
      python: '/opt/python',
      requirements: 'scikit-learn==1.5.2\n',
      folder,
      file: join(folder, 'requirements.txt'),
    });
  });

  it('says that the requirements are not there', async () => {
    const error = await failure(chosen().prepare(define({ requirements: 'none.txt' }), operation()));
    expect(error).toMatchObject({
      code: 'notFound',
      message: 'Could not read none.txt: it is named in the definition of iris',
      remedies: [{ kind: 'openDefinition', field: 'environment.requirements' }],
    });
  });
});
