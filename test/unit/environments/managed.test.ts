import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { ServingError } from '../../../src/core/errors';
import { interpreterIn } from '../../../src/environments/makeEnvironment';
import { type EnvironmentTools, ManagedEnvironments } from '../../../src/environments/managed';
import { localPath } from '../../../src/environments/onPath';
import type { RunResult } from '../../../src/environments/run';
import { type Call, failure, fakeRun, logger, never, operation, scratch } from './support';

const folder = scratch('managed');
const python = {
  executable: '/usr/bin/python3',
  version: '3.11.7',
  prefix: '/usr',
  isVirtual: false,
  implementation: 'cpython',
};
const request = { python: python.executable, requirements: 'six==1.17.0\n', folder };
let roots = 0;

type Step = 'venv' | 'ensurepip' | 'virtualenv' | 'install' | 'speedUp';

function stepOf({ args }: Call): Step {
  if (args.includes('venv')) {
    return 'venv';
  }
  for (const step of ['virtualenv', 'ensurepip'] as const) {
    if (args.includes(step)) {
      return step;
    }
  }
  return args.some((each) => each.endsWith('speed-ups.txt')) ? 'speedUp' : 'install';
}

/** uv or Python as they would act: a venv puts an interpreter into its folder. */
function setUp(
  answer: (
    step: Step,
    call: Call,
  ) => Partial<RunResult> | ServingError | undefined | Promise<ServingError | undefined> = () => undefined,
  changes: Partial<EnvironmentTools> = {},
) {
  const run = fakeRun(async (call) => {
    const step = stepOf(call);
    const given = await answer(step, call);
    if ((step === 'venv' || step === 'virtualenv') && given === undefined) {
      const interpreter = interpreterIn(call.args.at(-1) ?? '');
      mkdirSync(path.dirname(interpreter), { recursive: true });
      writeFileSync(interpreter, 'python');
      chmodSync(interpreter, 0o755);
    }
    return given;
  });
  const root = path.join(folder, `root${++roots}`);
  const log = logger();
  const tools: EnvironmentTools = {
    run,
    log,
    env: { PATH: '', PIP_CONFIG_FILE: '/dev/null', PIP_INDEX_URL: 'https://me:secret@index/simple' },
    home: folder,
    describe: () => Promise.resolve(python),
    uvSetting: () => '/opt/uv',
    lookup: { ...localPath, env: {}, isProgram: () => false },
    ...changes,
  };
  return { run, root, log, tools, environments: new ManagedEnvironments(root, tools) };
}

const left = (root: string): readonly string[] => (existsSync(root) ? readdirSync(root) : []);

describe('ManagedEnvironments.ensure', () => {
  it('makes an environment by uv once, and finds it again', async () => {
    const { run, environments, root, log } = setUp();
    const first = operation();
    const made = await environments.ensure(request, first);
    expect(made.cached).toBe(false);
    expect(existsSync(made.executable)).toBe(true);
    expect(run.calls.map(stepOf)).toEqual(['venv', 'install', 'speedUp']);
    expect(run.calls[0]?.args).toEqual([
      'venv',
      '--no-python-downloads',
      '--python',
      '/usr/bin/python3',
      path.dirname(path.dirname(made.executable)),
    ]);
    expect(run.calls[1]?.args.slice(0, 5)).toEqual(['pip', 'install', '--python', made.executable, '-r']);
    expect(run.calls[1]?.options.env).toMatchObject({
      UV_DEFAULT_INDEX: 'https://me:secret@index/simple',
      UV_PYTHON_DOWNLOADS: 'never',
    });
    expect(readFileSync(run.calls[1]?.args[5] ?? '', 'utf8')).toBe('six==1.17.0\n');
    expect(first.messages()).toEqual(['Creating an environment with Python 3.11.7', 'Installing six']);
    expect(first.told.every(({ stage }) => stage === 'environment')).toBe(true);
    expect(log.lines.join('\n')).not.toContain('secret');
    expect(await environments.ensure({ ...request, requirements: '# same\nSIX==1.17.0' }, operation())).toEqual({
      ...made,
      cached: true,
    });
    expect(run.calls).toHaveLength(3);
    expect(left(root)).toEqual([made.key]);
  });

  it('makes another one for other packages, another Python or another index', async () => {
    const { environments, tools, root } = setUp();
    const keys = new Set<string>();
    const add = async (each: ManagedEnvironments, requirements: string): Promise<void> => {
      keys.add((await each.ensure({ ...request, requirements }, operation())).key);
    };
    await add(environments, 'six==1.17.0');
    await add(environments, 'six==1.16.0');
    const newer = { ...python, version: '3.11.8' };
    await add(new ManagedEnvironments(root, { ...tools, describe: () => Promise.resolve(newer) }), 'six==1.17.0');
    const env = { ...tools.env, PIP_INDEX_URL: 'https://other/simple' };
    await add(new ManagedEnvironments(root, { ...tools, env }), 'six==1.17.0');
    expect(keys.size).toBe(4);
    const rotated = { ...tools.env, PIP_INDEX_URL: 'https://me:changed@index/simple' };
    await add(new ManagedEnvironments(root, { ...tools, env: rotated }), 'six==1.17.0');
    expect(keys.size).toBe(4);
  });

  it('passes constraints on, and installs nothing where nothing is asked for', async () => {
    const { run, environments } = setUp();
    writeFileSync(path.join(folder, 'limits.txt'), 'six<2\n');
    await environments.ensure({ ...request, requirements: 'six\n-c limits.txt' }, operation());
    const install = run.calls.find((call) => stepOf(call) === 'install');
    expect(install?.args.at(-2)).toBe('-c');
    expect(readFileSync(install?.args.at(-1) ?? '', 'utf8')).toBe('six<2\n');
    await environments.ensure({ ...request, requirements: '# nothing\n' }, operation());
    expect(run.calls.slice(3).map(stepOf)).toEqual(['venv', 'speedUp']);
  });

  it('uses Python where there is no uv, and where uv cannot', async () => {
    const byPip = setUp(undefined, { uvSetting: () => undefined });
    const { executable } = await byPip.environments.ensure(request, operation());
    expect(byPip.run.calls.map(({ command }) => command)).toEqual([
      python.executable,
      executable,
      executable,
      executable,
    ]);
    expect(byPip.run.calls[0]?.args.slice(0, 5)).toEqual(['-I', '-X', 'utf8', '-m', 'venv']);
    expect(byPip.run.calls.map(stepOf)).toEqual(['venv', 'ensurepip', 'install', 'speedUp']);
    expect(byPip.run.calls[2]?.args).toContain('--no-input');
    const broken = setUp((_step, { command }) =>
      command === '/opt/uv' ? new ServingError('notFound', 'no uv') : undefined,
    );
    await broken.environments.ensure(request, operation());
    expect(broken.run.calls.map(({ command }) => command).slice(0, 2)).toEqual(['/opt/uv', python.executable]);
    expect(broken.log.lines.join('\n')).toContain('could not be used');
  });

  it('uses virtualenv where ensurepip is missing, and says what to do when that is missing, too', async () => {
    const stderr = '/x/bin/python: No module named ensurepip';
    const noUv = { uvSetting: () => undefined };
    const first = setUp((step) => (step === 'ensurepip' ? { exitCode: 1, stderr } : undefined), noUv);
    await first.environments.ensure(request, operation());
    expect(first.run.calls.map(stepOf)).toEqual(['venv', 'ensurepip', 'virtualenv', 'install', 'speedUp']);
    const none = setUp(
      (step) => (step === 'ensurepip' || step === 'virtualenv' ? { exitCode: 1, stderr } : undefined),
      noUv,
    );
    const error = await failure(none.environments.ensure(request, operation()));
    expect(error.code).toBe('python');
    expect(error.message).toContain('comes without venv and ensurepip');
    if (process.platform === 'linux') {
      expect(error.message).toContain('sudo apt-get install python3.11-venv');
    }
    expect(left(none.root)).toEqual([]);
  });

  it('tells a full disk from a Python without pip', async () => {
    const stderr = 'OSError: [Errno 28] No space left on device';
    const full = setUp((step) => (step === 'ensurepip' ? { exitCode: 1, stderr } : undefined), {
      uvSetting: () => undefined,
    });
    const error = await failure(full.environments.ensure(request, operation()));
    expect(error).toMatchObject({ code: 'disk', message: 'The environment could not be made: the disk is full' });
    expect(left(full.root)).toEqual([]);
  });

  it('never fails because of the speed-ups', async () => {
    const { environments, log } = setUp((step) =>
      step === 'speedUp' ? { exitCode: 1, stderr: 'No matching distribution' } : undefined,
    );
    expect((await environments.ensure(request, operation())).cached).toBe(false);
    expect(log.lines.at(-1)).toContain('the server does without');
    const slow = setUp((step) => (step === 'speedUp' ? new ServingError('timeout', 'slow') : undefined));
    expect((await slow.environments.ensure(request, operation())).cached).toBe(false);
  });

  it('leaves nothing of one that failed, and leads to the line', async () => {
    const stderr = 'Because nosuch was not found in the package registry and you require nosuch';
    const { environments, root } = setUp((step) => (step === 'install' ? { exitCode: 1, stderr } : undefined));
    const file = path.join(folder, 'requirements.txt');
    const error = await failure(environments.ensure({ ...request, requirements: 'six\nnosuch\n', file }, operation()));
    expect(error.message).toBe(
      'The environment could not be made: there is no package nosuch in https://index/simple: check the spelling',
    );
    expect(error.remedies).toEqual([{ kind: 'openFile', file, line: 2 }]);
    expect(left(root)).toEqual([]);
  });

  it.each(['venv', 'install', 'speedUp'] as const)('leaves nothing of one that is cancelled at %s', async (at) => {
    const controller = new AbortController();
    const { environments, root } = setUp((step) => {
      if (step !== at) {
        return undefined;
      }
      controller.abort();
      return ServingError.cancelled('The environment could not be made');
    });
    const error = await failure(environments.ensure(request, operation(controller.signal)));
    expect(error.code).toBe('cancelled');
    expect(left(root)).toEqual([]);
  });

  it('makes it once for several at a time, in one window or two', async () => {
    const { run, environments, root, tools } = setUp(async () => {
      await sleep(50);
      return undefined;
    });
    const waiting = operation();
    const results = await Promise.all([
      environments.ensure(request, operation()),
      environments.ensure(request, operation()),
      new ManagedEnvironments(root, tools).ensure(request, waiting),
    ]);
    expect(results.map(({ cached }) => cached).sort()).toEqual([false, true, true]);
    expect(new Set(results.map(({ executable }) => executable)).size).toBe(1);
    expect(run.calls.filter((call) => stepOf(call) === 'venv')).toHaveLength(1);
  });

  it('makes again what is half made, or lost its interpreter', async () => {
    const { environments, root } = setUp();
    const made = await environments.ensure(request, operation());
    rmSync(path.join(root, made.key, 'environment.json'));
    const again = await environments.ensure(request, operation());
    expect(again.cached).toBe(false);
    expect(existsSync(made.executable)).toBe(false);
    rmSync(again.executable);
    expect((await environments.ensure(request, operation())).cached).toBe(false);
    writeFileSync(path.join(root, made.key, 'environment.json'), '{"folder":"../.."');
    expect((await environments.ensure(request, operation())).cached).toBe(false);
    expect(readdirSync(path.join(root, made.key))).toHaveLength(2);
  });

  it('says so when its folder cannot be written', async () => {
    const { tools } = setUp();
    const file = path.join(folder, 'a-file');
    writeFileSync(file, '');
    const error = await failure(new ManagedEnvironments(path.join(file, 'x'), tools).ensure(request, operation()));
    expect(error.code).toBe('disk');
    expect(error.message).toMatch(/^The environment could not be made: /);
  });
});

describe('ManagedEnvironments', () => {
  it('lists what is there, and cleans what no serving uses', async () => {
    const { environments, root } = setUp();
    const used = await environments.ensure(request, operation());
    const old = await environments.ensure({ ...request, requirements: 'six==1.16.0' }, operation());
    const recent = await environments.ensure({ ...request, requirements: 'six==1.15.0' }, operation());
    const past = new Date(Date.now() - 90 * 86_400_000);
    for (const { key } of [used, old]) {
      utimesSync(path.join(root, key, 'environment.json'), past, past);
    }
    mkdirSync(path.join(root, '0123456789ab/half'), { recursive: true });
    utimesSync(path.join(root, '0123456789ab'), past, past);
    const entries = await environments.list();
    expect(entries.map(({ key }) => key).sort()).toEqual([used.key, old.key, recent.key].sort());
    const entry = entries.find(({ key }) => key === old.key);
    expect(entry).toMatchObject({ executable: old.executable, python: '3.11.7', packages: ['six'] });
    expect(entry?.bytes).toBeGreaterThan(10);
    expect(entry?.lastUsed.getTime()).toBe(past.getTime());

    const lastMonth = new Date(Date.now() - 30 * 86_400_000);
    expect([...(await environments.clean(lastMonth, [used.executable], never))].sort()).toEqual(
      ['0123456789ab', old.key].sort(),
    );
    expect((await environments.list()).map(({ key }) => key).sort()).toEqual([used.key, recent.key].sort());
    expect(await environments.find(request, never)).toEqual({ ...used, cached: true });
    expect(await environments.find({ ...request, requirements: 'six==1.16.0' }, never)).toBeUndefined();
  });

  it('cleans only those that were chosen, and what was left half made', async () => {
    const { environments, root } = setUp();
    const one = await environments.ensure(request, operation());
    const two = await environments.ensure({ ...request, requirements: 'six==1.16.0' }, operation());
    mkdirSync(path.join(root, '0123456789ab/half'), { recursive: true });
    const later = new Date(Date.now() + 1000);
    expect([...(await environments.clean(later, [], never, [one.key]))].sort()).toEqual(
      ['0123456789ab', one.key].sort(),
    );
    expect((await environments.list()).map(({ key }) => key)).toEqual([two.key]);
    expect(await environments.clean(later, [two.executable], never, [two.key])).toEqual([]);
  });

  it('counts a use', async () => {
    const { environments, root } = setUp();
    const { key } = await environments.ensure(request, operation());
    const past = new Date(0);
    utimesSync(path.join(root, key, 'environment.json'), past, past);
    await environments.ensure(request, operation());
    expect(await environments.clean(new Date(Date.now() - 60_000), [], never)).toEqual([]);
  });
});
