import { chmodSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { ServingError } from '../../../src/core/errors';
import { Pythons } from '../../../src/environments/python';
import { type Call, failure, fakeRun, never, scratch } from './support';

const folder = scratch('python');

function program(name: string, text = '\u007fELF'): string {
  const file = path.join(folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
  chmodSync(file, 0o755);
  return file;
}

function doctorAnswer(version: string, executable: string): { stdout: string } {
  const python = { version, executable, prefix: '/p', isVirtual: true };
  return { stdout: `${JSON.stringify({ python, found: { numpy: '2.1.0', six: '', nothing: null } })}\n` };
}

const isProbe = ({ args }: Call): boolean => args.includes('-c');

describe('Pythons.describe', () => {
  it('asks the server’s file once, until the interpreter changes', async () => {
    const python = program('python');
    const run = fakeRun(() => doctorAnswer('3.11.7', python));
    const pythons = new Pythons({ run, serverRoot: '/server' });
    const info = { executable: python, version: '3.11.7', prefix: '/p', isVirtual: true, implementation: 'cpython' };
    expect(await pythons.describe(python, never)).toEqual(info);
    expect(await pythons.describe(python, never)).toEqual(info);
    expect(run.calls).toHaveLength(1);
    expect(run.calls[0]?.args.slice(0, 5)).toEqual(['-X', 'utf8', '-B', path.join('/server', 'run.py'), 'doctor']);
    expect(run.calls[0]?.options.timeoutMs).toBe(10_000);
    utimesSync(python, new Date(0), new Date(0));
    await pythons.describe(python, never);
    expect(run.calls).toHaveLength(2);
  });

  it('asks a shim each time: where it leads may change without its file', async () => {
    const shim = program('shim', '#!/bin/sh\n');
    const run = fakeRun(() => doctorAnswer('3.12.1', '/real/python'));
    const pythons = new Pythons({ run, serverRoot: '/server' });
    expect((await pythons.describe(shim, never)).executable).toBe('/real/python');
    await pythons.describe(shim, never);
    expect(run.calls).toHaveLength(2);
  });

  it.each([
    ['3.8.18', { exitCode: 2, stderr: 'The model server needs Python 3.9 or newer' }],
    ['2.7.18', { exitCode: 1, stderr: 'SyntaxError: invalid syntax' }],
  ])('says that %s is too old', async (version, refusal) => {
    const python = program(`old-${version}`);
    const run = fakeRun((call) => (isProbe(call) ? { stdout: `python ${version}` } : refusal));
    const error = await failure(new Pythons({ run, serverRoot: '/s' }).describe(python, never));
    const short = version.split('.').slice(0, 2).join('.');
    expect(error.code).toBe('python');
    expect(error.message).toBe(`Python ${short} is too old: the server needs 3.9 or newer (${python} is ${version})`);
    expect(error.remedies).toEqual([{ kind: 'selectInterpreter' }]);
  });

  it('says what is not there, and what is a folder', async () => {
    const pythons = new Pythons({ run: fakeRun(() => undefined), serverRoot: '/s' });
    expect(await failure(pythons.describe('/no/python', never))).toMatchObject({
      code: 'python',
      message: 'Python was not found: there is no /no/python',
      remedies: [{ kind: 'selectInterpreter' }],
    });
    expect((await failure(pythons.describe(folder, never))).message).toContain('is a folder');
    expect((await failure(pythons.describe('python3', never))).message).toContain('is not an absolute path');
  });

  it('says that something is not a Python', async () => {
    const other = program('other');
    const run = fakeRun(() => ({ exitCode: 0, stdout: 'v20.20.0\n' }));
    const error = await failure(new Pythons({ run, serverRoot: '/s' }).describe(other, never));
    expect(error).toMatchObject({ code: 'python', message: `${other} is not a Python: v20.20.0` });
  });

  it('knows the stub of the Windows Store', async () => {
    const stub = program('WindowsApps/python.exe');
    const stderr =
      'Python was not found; run without arguments to install from the Microsoft Store, or disable this shortcut';
    const run = fakeRun(() => ({ exitCode: 9009, stderr }));
    const error = await failure(new Pythons({ run, serverRoot: '/s' }).describe(stub, never));
    expect(error.message).toContain('it only opens the Microsoft Store');
    expect(run.calls).toHaveLength(1);
  });

  it('says that one hangs, and passes a cancel on', async () => {
    const python = program('hanging');
    const slow = new Pythons({
      run: fakeRun(() => new ServingError('timeout', 'x: no answer within 10 seconds')),
      serverRoot: '/s',
    });
    expect(await failure(slow.describe(python, never))).toMatchObject({
      code: 'python',
      remedies: [{ kind: 'selectInterpreter' }],
    });
    expect((await failure(slow.describe(python, AbortSignal.abort()))).code).toBe('cancelled');
  });

  it('tells a broken server from a broken Python', async () => {
    const python = program('good');
    const run = fakeRun((call) =>
      isProbe(call) ? { stdout: 'python 3.13.0' } : { exitCode: 2, stderr: "can't open file '/s/run.py'" },
    );
    const error = await failure(new Pythons({ run, serverRoot: '/s' }).describe(python, never));
    expect(error.message).toBe(
      `Python 3.13.0 at ${python} could not run the server's files: can't open file '/s/run.py'`,
    );
    expect(error.remedies[0]).toEqual({ kind: 'runDoctor' });
  });
});

describe('Pythons', () => {
  it('tells versions, unknown versions and missing modules apart', async () => {
    const python = program('python-modules');
    const pythons = new Pythons({ run: fakeRun(() => doctorAnswer('3.11.7', python)), serverRoot: '/s' });
    const found = await pythons.installed(python, ['numpy', 'six', 'nothing', 'never-asked'], never);
    expect([...found.values()]).toEqual(['2.1.0', '', undefined, undefined]);
    expect(await pythons.installed(python, [], never)).toEqual(new Map());
  });

  it('finds the first of PATH that can serve, on Windows by py -3 at last', async () => {
    const stub = program('WindowsApps/python3.exe');
    const real = program('launched/python.exe');
    const run = fakeRun(({ command, args }) => {
      if (command.endsWith('py.exe')) {
        return { stdout: `${real}\r\n` };
      }
      return command === real && !args.includes('-c') ? doctorAnswer('3.10.1', real) : { exitCode: 9009 };
    });
    const lookup = {
      platform: 'win32',
      env: { PATH: 'C:\\a', PATHEXT: '.EXE' },
      isProgram: (file: string) => ['C:\\a\\python3.exe', 'C:\\a\\py.exe'].includes(file),
    } as const;
    const info = await new Pythons({ run, serverRoot: '/s', lookup }).findOnPath(never);
    expect(info.version).toBe('3.10.1');
    expect(stub).toBeTruthy();
  });

  it('says the reason of the first when none of PATH can serve, and that there is none', async () => {
    const old = program('bin/python3');
    const run = fakeRun((call) => (isProbe(call) ? { stdout: 'python 3.6.15' } : { exitCode: 2 }));
    const lookup = {
      platform: process.platform,
      env: { PATH: path.dirname(old) },
      isProgram: (file: string) => file === old,
    };
    const error = await failure(new Pythons({ run, serverRoot: '/s', lookup }).findOnPath(never));
    expect(error.message).toContain('Python 3.6 is too old');
    const none = { ...lookup, env: { PATH: '' } };
    expect(await failure(new Pythons({ run, serverRoot: '/s', lookup: none }).findOnPath(never))).toMatchObject({
      code: 'python',
      message: 'No Python was found: install Python 3.9 or newer, or select an interpreter',
    });
  });
});
