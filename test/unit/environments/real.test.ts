import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Progress } from '../../../src/core/backend';
import { installInto } from '../../../src/environments/install';
import { type EnvironmentTools, ManagedEnvironments } from '../../../src/environments/managed';
import { localPath } from '../../../src/environments/onPath';
import { readPipSettings } from '../../../src/environments/pipSettings';
import { type PythonInfo, Pythons } from '../../../src/environments/python';
import { requirementsFrom } from '../../../src/environments/requirements';
import { run } from '../../../src/environments/run';
import { missingPackages } from '../../../src/environments/scriptPackages';
import { failure, logger, never, operation, scratch, serverRoot } from './support';
import type { makeOne } from './realWorker';

type Made = Awaited<ReturnType<typeof makeOne>>;

const LIMIT = 120_000;
const project = path.resolve(import.meta.dirname, '../../..');
const folder = scratch('real');
const pythons = new Pythons({ run, serverRoot });
let python: PythonInfo;
let uv: string;
let roots = 0;

beforeAll(async () => {
  python = await pythons.findOnPath(never);
  // The same uv that the other tests have: from PATH, or by pip into the cache.
  const script = `import { ensureUv } from './test/setup/uv.mjs'; console.log((await ensureUv({ log() {} })).path)`;
  const result = await run(process.execPath, ['--input-type=module', '-e', script], {
    signal: never,
    what: 'uv',
    cwd: project,
  });
  uv = result.stdout.trim();
  expect(uv, result.stderr).not.toBe('');
}, LIMIT);

function setUp(by: 'uv' | 'pip', env: NodeJS.ProcessEnv = process.env) {
  const root = path.join(folder, `root ${++roots}`);
  const log = logger();
  const tools: EnvironmentTools = {
    run,
    log,
    env,
    home: homedir(),
    describe: (executable, signal) => pythons.describe(executable, signal),
    uvSetting: () => (by === 'uv' ? uv : undefined),
    ...(by === 'pip' && { lookup: { ...localPath, isProgram: () => false } }),
  };
  return { root, log, environments: new ManagedEnvironments(root, tools) };
}

const left = (root: string): readonly string[] => (existsSync(root) ? readdirSync(root) : []);

async function processesWith(text: string): Promise<string> {
  const { stdout } = await run('ps', ['-eo', 'args'], { signal: never, what: 'ps' });
  return stdout
    .split('\n')
    .filter((line) => line.includes(text))
    .join('\n');
}

describe('real environments', () => {
  it.each(['uv', 'pip'] as const)(
    'are made by %s, hold what was asked for, and are found again at once',
    async (by) => {
      const { environments, log, root } = setUp(by);
      mkdirSync(path.join(folder, 'req s'), { recursive: true });
      writeFileSync(path.join(folder, 'req s', 'base.txt'), 'six==1.17.0\n');
      const request = { python: python.executable, requirements: '-r base.txt\n', folder: path.join(folder, 'req s') };
      const progress = operation();
      const { executable, cached } = await environments.ensure(request, progress);
      expect(cached).toBe(false);
      expect(progress.messages()).toContain('Installing six');
      const info = await pythons.describe(executable, never);
      expect(info).toMatchObject({ version: python.version, isVirtual: true });
      const found = await pythons.installed(executable, ['six', 'orjson', 'httptools', 'numpy'], never);
      expect(found.get('six')).toBe('1.17.0');
      expect(found.get('numpy')).toBeUndefined();
      expect(found.get('orjson'), log.lines.join('\n')).toMatch(/^\d/);
      const started = performance.now();
      expect((await environments.ensure(request, operation())).cached).toBe(true);
      expect(performance.now() - started).toBeLessThan(500);
      const [entry] = await environments.list();
      expect(entry).toMatchObject({ executable, packages: ['six'] });
      expect(entry?.bytes).toBeGreaterThan(10_000);
      const script = path.join(folder, 'six_script.py');
      writeFileSync(script, 'import json, six, numpy as np\nfrom hops import hdfs\n');
      expect(await missingPackages(pythons, executable, script, never)).toEqual([
        { module: 'numpy', package: 'numpy', line: 1 },
      ]);
      expect(requirementsFrom(['six', 'numpy'], undefined, found)).toEqual(['numpy', 'six==1.17.0']);
      const virtual = { ...info, executable };
      const tools = { run, log, env: process.env, home: homedir(), uv, folder };
      await installInto(virtual, ['joblib'], tools, operation());
      expect((await pythons.installed(executable, ['joblib'], never)).get('joblib')).toMatch(/^\d/);
      expect(await environments.clean(new Date(Date.now() + 1000), [], never)).toHaveLength(1);
      expect(left(root)).toEqual([]);
    },
    LIMIT,
  );

  it.each(['uv', 'pip'] as const)(
    'say which package there is not, with %s',
    async (by) => {
      const { environments, root } = setUp(by);
      const file = path.join(folder, 'wrong.txt');
      const requirements = 'six\n\nthis-package-is-not-there-zzqq==1.0\n';
      const error = await failure(
        environments.ensure({ python: python.executable, requirements, folder, file }, operation()),
      );
      expect(error.code).toBe('package');
      expect(error.message).toMatch(
        /^The environment could not be made: there is no (package )?this-package-is-not-there-zzqq/,
      );
      expect(error.remedies).toEqual([{ kind: 'openFile', file, line: 3 }]);
      expect(left(root)).toEqual([]);
    },
    LIMIT,
  );

  it.each(['uv', 'pip'] as const)(
    'leave nothing and nobody behind when %s is cancelled in the middle',
    async (by) => {
      const { environments, root } = setUp(by);
      const controller = new AbortController();
      const progress = operation(controller.signal);
      const report = ({ message }: Progress): void => {
        if (message?.startsWith('Installing') === true) {
          setTimeout(() => {
            controller.abort();
          }, 50);
        }
      };
      const request = { python: python.executable, requirements: 'scikit-learn\n', folder };
      const error = await failure(environments.ensure(request, { signal: progress.signal, report }));
      expect(error.code).toBe('cancelled');
      expect(left(root)).toEqual([]);
      expect(await processesWith(root)).toBe('');
    },
    LIMIT,
  );

  it(
    'say that the index cannot be reached',
    async () => {
      const env = {
        ...process.env,
        PIP_INDEX_URL: 'http://me:secret@127.0.0.1:1/simple',
        PIP_RETRIES: '1',
        PIP_CONFIG_FILE: '/dev/null',
      };
      for (const by of ['uv', 'pip'] as const) {
        const { environments, log } = setUp(by, env);
        const error = await failure(
          environments.ensure({ python: python.executable, requirements: 'six', folder }, operation()),
        );
        expect(error.message).toContain('http://127.0.0.1:1/simple could not be reached');
        expect(log.lines.join('\n')).not.toContain('secret');
      }
    },
    LIMIT,
  );

  it(
    'read what pip itself would read',
    async ({ skip }) => {
      const settings = await readPipSettings({
        env: process.env,
        platform: process.platform,
        home: homedir(),
        prefix: python.prefix,
      });
      const { stdout, exitCode } = await run(python.executable, ['-m', 'pip', 'config', 'list'], {
        signal: never,
        what: 'pip',
      });
      skip(exitCode !== 0, 'the interpreter has no pip');
      const told = [...stdout.matchAll(/^(?:global|install|:env:)\.\.?([\w-]+)='(.*)'$/gm)];
      for (const [, name = ''] of told) {
        expect(Object.keys(settings)).toContain(name === 'default-timeout' ? 'timeout' : name);
      }
      expect(Object.keys(settings).length === 0).toBe(told.length === 0);
    },
    LIMIT,
  );
});

describe.skipIf(process.platform === 'win32')('two processes', () => {
  let worker: string;

  beforeAll(async () => {
    worker = path.join(folder, 'worker.mjs');
    const contents = `import { makeOne } from './realWorker'; await makeOne(process.argv.slice(2));`;
    await build({
      stdin: { contents, resolveDir: import.meta.dirname },
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile: worker,
      logLevel: 'silent',
    });
  });

  function start(
    root: string,
    by: 'uv' | 'pip',
  ): { lines: string[]; pid: number; until(text: string): Promise<string>; ended: Promise<void> } {
    const child = spawn(process.execPath, [worker, root, python.executable, serverRoot, by === 'uv' ? uv : ''], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines: string[] = [];
    const waiting = new Set<() => void>();
    child.stdout.on('data', (chunk: Buffer) => {
      lines.push(
        ...String(chunk)
          .split('\n')
          .filter((line) => line !== ''),
      );
      waiting.forEach((check) => {
        check();
      });
    });
    const ended = new Promise<void>((resolve) =>
      child.once('close', () => {
        resolve();
      }),
    );
    const until = (text: string): Promise<string> =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          const line = lines.find((each) => each.startsWith(text));
          if (line !== undefined) {
            resolve(line);
          }
        };
        waiting.add(check);
        check();
        void ended.then(() => {
          reject(new Error(`it ended without "${text}": ${lines.join(' | ')}`));
        });
      });
    return { lines, pid: child.pid ?? 0, until, ended };
  }

  it(
    'make one environment together',
    async () => {
      const root = path.join(folder, 'shared');
      const two = [start(root, 'uv'), start(root, 'uv')];
      const made = await Promise.all(two.map((each) => each.until('made ')));
      const results = made.map((line) => JSON.parse(line.slice(5)) as Made);
      expect(results.map(({ cached }) => cached).sort()).toEqual([false, true]);
      expect(results[0]?.executable).toBe(results[1]?.executable);
      expect(left(root)).toHaveLength(1);
    },
    LIMIT,
  );

  it(
    'take over from one that was killed in the middle',
    async () => {
      const root = path.join(folder, 'killed');
      const first = start(root, 'pip');
      await first.until('told Installing');
      process.kill(first.pid, 'SIGKILL');
      await first.ended;
      expect(left(root)).toHaveLength(2);
      const second = start(root, 'uv');
      const result = JSON.parse((await second.until('made ')).slice(5)) as Made;
      expect(result.cached).toBe(false);
      expect((await pythons.installed(result.executable, ['six', 'joblib'], never)).get('six')).toBe('1.17.0');
      expect(left(root)).toHaveLength(1);
      // The pip that lost its window ends by itself.
      await expect.poll(() => processesWith(root), { timeout: 60_000, interval: 500 }).toBe('');
    },
    LIMIT,
  );
});

describe('real interpreters', () => {
  const versions = path.join(process.env.PYENV_ROOT ?? path.join(homedir(), '.pyenv'), 'versions');
  const at = (version: string): string | undefined =>
    (existsSync(versions) ? readdirSync(versions) : [])
      .filter((name) => name.startsWith(`${version}.`))
      .map((name) => path.join(versions, name, 'bin/python'))
      .find((file) => existsSync(file));

  it.each(['2.7', '3.6', '3.8'].filter((version) => at(version) !== undefined))(
    'of version %s are too old',
    async (version) => {
      const error = await failure(pythons.describe(at(version) ?? '', never));
      expect(error.message).toMatch(new RegExp(`^Python ${version} is too old: the server needs 3\\.9 or newer`));
    },
  );

  it('are told from other programs', async () => {
    expect((await failure(pythons.describe(process.execPath, never))).message).toContain('is not a Python: ');
  });

  it.skipIf(!existsSync('/usr/bin/python3') || process.platform !== 'linux')(
    'of the system are left alone',
    async ({ skip }) => {
      const system = await pythons.describe('/usr/bin/python3', never);
      const short = system.version.split('.').slice(0, 2).join('.');
      skip(!existsSync(`/usr/lib/python${short}/EXTERNALLY-MANAGED`), 'this system does not manage its Python');
      const tools = { run, log: logger(), env: process.env, home: homedir(), uv: undefined, folder };
      const error = await failure(installInto(system, ['six'], tools, operation()));
      expect(error.message).toContain('is managed by the system');
    },
  );
});
