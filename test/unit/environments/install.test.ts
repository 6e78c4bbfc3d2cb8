import { describe, expect, it } from 'vitest';
import { installInto } from '../../../src/environments/install';
import { failure, fakeRun, logger, operation } from './support';

const python = {
  executable: '/v/bin/python',
  version: '3.11.7',
  prefix: '/v',
  isVirtual: true,
  implementation: 'cpython',
};

function setUp(site: object, outcome: { exitCode: number; stderr?: string } = { exitCode: 0 }, uv?: string) {
  const run = fakeRun(({ args }) =>
    args.includes('-c')
      ? { stdout: JSON.stringify({ managed: false, pip: true, writable: true, site: '/v/site', ...site }) }
      : { stdout: 'Installing collected packages: six\n', ...outcome },
  );
  return { run, tools: { run, log: logger(), env: { PIP_CONFIG_FILE: '/dev/null' }, home: '/h', uv, folder: '/w' } };
}

describe('installInto', () => {
  it("installs by the interpreter's own pip", async () => {
    const { run, tools } = setUp({}, { exitCode: 0 }, '/opt/uv');
    const progress = operation();
    await installInto(python, ['six', 'scikit-learn[extra]>=1.5,<2'], tools, progress);
    expect(run.calls).toHaveLength(2);
    expect(run.calls[1]?.command).toBe(python.executable);
    expect(run.calls[1]?.args.slice(-3)).toEqual(['--', 'six', 'scikit-learn[extra]>=1.5,<2']);
    expect(progress.messages()).toEqual(['Installing six, scikit-learn[extra]>=1.5,<2', 'Installing six']);
  });

  it('installs by uv where there is no pip, and says so when there is neither', async () => {
    const withUv = setUp({ pip: false }, { exitCode: 0 }, '/opt/uv');
    await installInto(python, ['six'], withUv.tools, operation());
    expect(withUv.run.calls[1]?.command).toBe('/opt/uv');
    expect(withUv.run.calls[1]?.args).toEqual(['pip', 'install', '--python', python.executable, 'six']);
    const error = await failure(installInto(python, ['six'], setUp({ pip: false }).tools, operation()));
    expect(error).toMatchObject({
      code: 'python',
      message: 'six could not be installed: Python 3.11.7 at /v/bin/python has no pip',
    });
  });

  it.each([
    [{ managed: true }, 'is managed by the system'],
    [{ writable: false }, '/v/site may not be written'],
  ])('refuses %j', async (site, reason) => {
    const { run, tools } = setUp(site);
    const error = await failure(installInto(python, ['six'], tools, operation()));
    expect(error.code).toBe('python');
    expect(error.message).toContain(reason);
    expect(error.remedies[0]).toEqual({ kind: 'openDefinition', field: 'environment.requirements' });
    expect(run.calls).toHaveLength(1);
  });

  it.each(['--index-url=http://evil', 'six; import os', '-e .', '', './x', 'a b'])('never runs %j', async (name) => {
    const { run, tools } = setUp({});
    expect((await failure(installInto(python, [name], tools, operation()))).code).toBe('invalid');
    expect(run.calls).toHaveLength(0);
  });

  it('says why it failed', async () => {
    const stderr =
      'ERROR: Could not find a version that satisfies the requirement nosuch (from versions: none)\nERROR: No matching distribution found for nosuch';
    const error = await failure(installInto(python, ['nosuch'], setUp({}, { exitCode: 1, stderr }).tools, operation()));
    expect(error.message).toBe('nosuch could not be installed: there is no package nosuch in PyPI: check the spelling');
  });
});
