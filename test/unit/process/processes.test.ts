import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { pidExists } from '../../../src/backends/local/held';
import { commandLineQuery, killCommand, localProcesses } from '../../../src/backends/process/processes';
import { until } from '../../contract/backend.contract';
import { serverArguments, serverEnvironment } from '../../../src/backends/process/serverProcess';

const lines = async (): Promise<readonly string[]> => {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  return found.map((line) => line.replaceAll('\0', ' ').trim());
};

describe('processes', () => {
  it('are asked for in the way of each system', () => {
    expect(commandLineQuery('win32', 42)).toEqual({
      command: 'powershell.exe',
      args: [
        '-NoProfile',
        '-NonInteractive',
        '-Command',
        "(Get-CimInstance Win32_Process -Filter 'ProcessId=42').CommandLine",
      ],
    });
    expect(commandLineQuery('darwin', 42)).toEqual({
      command: 'ps',
      args: ['-ww', '-o', 'stat=,command=', '-p', '42'],
    });
    expect(killCommand('win32', 42)).toEqual({ command: 'taskkill', args: ['/PID', '42', '/T', '/F'] });
    expect(killCommand('linux', 42)).toBeUndefined();
    expect(killCommand('darwin', 42)).toBeUndefined();
  });

  it.each(['linux', 'darwin'] as const)(
    'are known by pid and mark, and end with their children (as on %s)',
    async (platform) => {
      const processes = localProcesses(platform);
      const child = spawn('sh', ['-c', `sleep 61.${process.pid} & sleep 62; true`, 'mark-123'], {
        detached: true,
        stdio: 'ignore',
      });
      const pid = child.pid ?? 0;
      try {
        expect(await processes.isAlive(pid, 'mark-123')).toBe(true);
        expect(await processes.isAlive(pid, 'mark-124')).toBe(false);
        expect(pidExists(pid)).toBe(true);
        await until(async () => (await lines()).includes(`sleep 61.${process.pid}`));
      } finally {
        await processes.kill(pid);
      }
      await once(child, 'exit');
      expect(await processes.isAlive(pid, 'mark-123')).toBe(false);
      await processes.kill(pid);
      processes.ask(pid);
      await until(async () => !(await lines()).includes(`sleep 61.${process.pid}`));
    },
  );

  it('that were never there are not alive', async () => {
    expect(pidExists(2 ** 22 + 1)).toBe(false);
    expect(await localProcesses().isAlive(2 ** 22 + 1, 'x')).toBe(false);
  });
});

describe('a server', () => {
  it('gets an environment without what is the editor’s own', () => {
    const base = {
      PATH: '/bin',
      LANG: 'C',
      VSCODE_PID: '1',
      ELECTRON_RUN_AS_NODE: '1',
      NODE_OPTIONS: '--x',
      PYTHONHOME: '/p',
      PYTHONPATH: '/q',
      API_KEY: 'old',
    };
    expect(serverEnvironment('linux', base, { A: 'x', LANG: 'de' }, { API_KEY: 's', A: 'y' })).toEqual({
      PATH: '/bin',
      LANG: 'de',
      PYTHONPATH: '/q',
      API_KEY: 's',
      A: 'y',
    });
    expect(serverEnvironment('win32', { Path: 'a', TEMP: 't' }, { PATH: 'b' }, {})).toEqual({ TEMP: 't', PATH: 'b' });
    expect(serverEnvironment('linux', { Path: 'a' }, { PATH: 'b' }, {})).toEqual({ Path: 'a', PATH: 'b' });
  });

  it('has its mark and no value of a variable on its command line', () => {
    const line = serverArguments({
      python: 'python3',
      serverRoot: '/s',
      bytecode: '/storage/bytecode',
      instance: 'i-1',
      launchFile: '/r/launch.json',
      directory: '/r',
      bootFile: '/r/boot.log',
      environment: { SECRET: 'hunter2' },
    });
    expect(line).toEqual([
      '-X',
      'utf8',
      '-X',
      'model_server_bytecode=/storage/bytecode',
      '-u',
      '-B',
      '/s/run.py',
      'serve',
      '--config',
      '/r/launch.json',
      '--instance',
      'i-1',
    ]);
  });
});
