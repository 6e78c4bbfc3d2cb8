import { describe, expect, it } from 'vitest';
import { allOnPath, onPath, type PathLookup } from '../../../src/environments/onPath';

function lookup(platform: NodeJS.Platform, env: NodeJS.ProcessEnv, files: readonly string[]): PathLookup {
  return { platform, env, isProgram: (file) => files.includes(file) };
}

describe('onPath', () => {
  it('takes the first of PATH, and never a relative entry', () => {
    const there = lookup('linux', { PATH: '.:bin::/a:/b' }, ['bin/python3', '/b/python3', '/a/python3', 'python3']);
    expect(onPath('python3', there)).toBe('/a/python3');
    expect(allOnPath('python3', there)).toEqual(['/a/python3', '/b/python3']);
    expect(onPath('python', there)).toBeUndefined();
  });

  it('honours PATHEXT on Windows, without what needs a shell', () => {
    const env = { Path: '"C:\\Program Files\\Py";D:\\x', PATHEXT: '.COM;.EXE;.BAT;.CMD' };
    const files = ['C:\\Program Files\\Py\\python.bat', 'C:\\Program Files\\Py\\py.exe', 'D:\\x\\python.exe'];
    expect(onPath('python', lookup('win32', env, files))).toBe('D:\\x\\python.exe');
    expect(onPath('py', lookup('win32', env, files))).toBe('C:\\Program Files\\Py\\py.exe');
    expect(onPath('python.exe', lookup('win32', { PATH: 'D:\\x' }, files))).toBe('D:\\x\\python.exe');
  });

  it('finds the programs of this computer', () => {
    expect(onPath(process.platform === 'win32' ? 'cmd' : 'sh')).toMatch(
      process.platform === 'win32' ? /cmd\.exe$/i : /\/sh$/,
    );
    expect(onPath('no-such-program-anywhere')).toBeUndefined();
  });
});
