import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { ServingError } from '../../../src/core/errors';
import { type Computer, thisComputer } from '../../../src/environments/computer';
import { Doctor, type DoctorParts } from '../../../src/environments/doctor';
import type { Finding } from '../../../src/environments/finding';
import { Pythons } from '../../../src/environments/python';
import { failure, fakeRun, never, scratch, serverRoot } from './support';

const folder = scratch('doctor');
const python = path.join(folder, 'python');
writeFileSync(python, '\u007fELF');

const healthy: Computer = {
  memory: () => ({ free: 8e9, total: 16e9 }),
  freeDisk: () => Promise.resolve(100e9),
  whyNotListen: () => Promise.resolve(undefined),
  clockDifference: () => Promise.resolve(3),
  now: () => Date.now(),
};

function setUp(
  changes: Partial<DoctorParts> = {},
  imports: readonly string[] = [],
  missing: readonly string[] = [],
): Doctor {
  const run = fakeRun(({ args }) => {
    if (args.includes('inspect')) {
      return {
        stdout: JSON.stringify({ predictClasses: [], imports: imports.map((module, n) => ({ module, line: n + 3 })) }),
      };
    }
    const found = Object.fromEntries(
      (args.at(-1) ?? '').split(',').map((name) => [name, missing.includes(name) ? null : '1.0']),
    );
    return {
      stdout: JSON.stringify({
        python: { version: '3.12.1', executable: python, prefix: folder, isVirtual: true },
        found,
      }),
    };
  });
  return new Doctor({
    pythons: new Pythons({ run, serverRoot }),
    computer: healthy,
    serverRoot,
    storage: path.join(folder, 'storage'),
    folders: () => [folder],
    interpreter: () => Promise.resolve(python),
    servings: () =>
      Promise.resolve([{ name: 'iris', script: path.join(folder, 'iris.py'), python, port: 'auto', isRunning: false }]),
    uv: () => '/opt/uv',
    docker: () => Promise.resolve([{ name: 'Docker', state: 'ok', text: 'Docker 28.0' }]),
    ...changes,
  });
}

function of(findings: readonly Finding[], name: string): readonly Finding[] {
  return findings.filter((each) => each.name === name);
}

describe('Doctor', () => {
  it('tells what is well, too', async () => {
    const findings = await setUp({}, ['numpy', 'os', 'hops', 'sklearn.externals']).run(never);
    expect(findings.filter(({ state }) => state !== 'ok')).toEqual([]);
    expect(findings.map(({ name }) => name)).toEqual([
      'Python',
      'Packages of iris',
      'uv',
      'Server files',
      'Docker',
      'Ports',
      'Memory',
      'Disk',
      'Disk',
      'Clock',
    ]);
    expect(findings[0]?.text).toBe(`Python 3.12.1 in a virtual environment: ${python}`);
  });

  it('names the packages that a script misses, not the modules beside it', async () => {
    writeFileSync(path.join(folder, 'mine.py'), '');
    const doctor = setUp({}, ['mine', 'sklearn.externals', 'sklearn.svm', 'cv2'], ['mine', 'sklearn', 'cv2']);
    expect(of(await doctor.run(never), 'Packages of iris')).toEqual([
      {
        name: 'Packages of iris',
        state: 'problem',
        text: `scikit-learn, opencv-python-headless are not installed in ${python}, and line 4 of its script imports sklearn`,
        remedy: { kind: 'installPackages', packages: ['scikit-learn', 'opencv-python-headless'] },
      },
    ]);
  });

  it('gives the reason and the remedy of a Python that cannot be used', async () => {
    const error = new ServingError('python', 'No Python was found', {
      remedies: [{ kind: 'runDoctor' }, { kind: 'selectInterpreter' }],
    });
    const findings = await setUp({ interpreter: () => Promise.reject(error), servings: () => Promise.resolve([]) }).run(
      never,
    );
    expect(of(findings, 'Python')).toEqual([
      { name: 'Python', state: 'problem', text: 'No Python was found', remedy: { kind: 'selectInterpreter' } },
    ]);
  });

  it('tells what the computer lacks', async () => {
    const computer: Computer = {
      memory: () => ({ free: 0.5e9, total: 4e9 }),
      freeDisk: (at) => (at === folder ? Promise.resolve(1e8) : Promise.reject(new Error('no such disk'))),
      whyNotListen: (port) => Promise.resolve(port === 5000 ? 'another program has it' : undefined),
      clockDifference: () => Promise.resolve(-61_000),
      now: () => Date.now(),
    };
    const servings = [
      { name: 'iris', script: '/x', python: undefined, port: 5000, isRunning: false },
      { name: 'busy', script: '/x', python: undefined, port: 5000, isRunning: true },
    ] as const;
    const findings = await setUp({ computer, uv: () => undefined, servings: () => Promise.resolve(servings) }).run(
      never,
    );
    expect(of(findings, 'Memory')[0]).toMatchObject({
      state: 'warning',
      text: '0.5 GB of 4.0 GB memory are free: large models will not load',
    });
    expect(of(findings, 'Disk').map(({ state }) => state)).toEqual(['warning', 'problem']);
    expect(of(findings, 'Ports')).toEqual([
      {
        name: 'Ports',
        state: 'problem',
        text: 'iris cannot have port 5000: another program has it',
        remedy: { kind: 'choosePort' },
      },
    ]);
    expect(of(findings, 'Clock')[0]?.text).toContain('is 61 s behind');
    expect(of(findings, 'uv')[0]).toMatchObject({ state: 'ok' });
    const past = { ...healthy, now: () => Date.UTC(2001, 0, 1) };
    expect(of(await setUp({ computer: past }).run(never), 'Clock')[0]).toMatchObject({ state: 'problem' });
  });

  it("finds damage in the server's files", async () => {
    const root = path.join(folder, 'server');
    mkdirSync(path.join(root, 'model_server'), { recursive: true });
    const files = { 'run.py': 'a', 'model_server/x.py': 'b' };
    Object.entries(files).forEach(([name, text]) => {
      writeFileSync(path.join(root, name), text);
    });
    const list = Object.fromEntries(
      Object.entries(files).map(([name, text]) => [name, createHash('sha256').update(text).digest('hex')]),
    );
    writeFileSync(path.join(root, 'files.json'), JSON.stringify(list));
    const doctor = setUp({ serverRoot: root });
    expect(of(await doctor.run(never), 'Server files')).toEqual([
      { name: 'Server files', state: 'ok', text: '2 files are as they were built' },
    ]);
    writeFileSync(path.join(root, 'model_server/x.py'), 'changed');
    expect(of(await doctor.run(never), 'Server files')[0]).toMatchObject({
      state: 'problem',
      text: 'model_server/x.py: missing or changed. Install the extension again',
    });
    const empty = setUp({ serverRoot: path.join(folder, 'nowhere') });
    expect(of(await empty.run(never), 'Server files')[0]?.text).toContain('run.py, model_server');
  });

  it('rejects when it is cancelled', async () => {
    expect((await failure(setUp().run(AbortSignal.abort()))).code).toBe('cancelled');
  });
});

describe('thisComputer', () => {
  it('measures', async () => {
    const { free, total } = thisComputer.memory();
    expect(free).toBeGreaterThan(0);
    expect(total).toBeGreaterThanOrEqual(free);
    expect(await thisComputer.freeDisk(path.join(folder, 'not/there/yet'))).toBeGreaterThan(0);
    expect(Math.abs(await thisComputer.clockDifference(path.join(folder, 'clock')))).toBeLessThan(5000);
  });

  it('sees that a port is taken', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    expect(await thisComputer.whyNotListen(port)).toBe('another program has it');
    await new Promise((resolve) => server.close(resolve));
    expect(await thisComputer.whyNotListen(port)).toBeUndefined();
  });
});
