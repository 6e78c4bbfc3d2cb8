import { mkdtempSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { clientPython, runFlow, type ClientName } from './runClient';
import { startApi } from './startApi';

it.each<[ClientName, string]>([
  ['hsml', '3'],
  ['hopsworks', '5'],
])(
  '%s deploys a scikit-learn model to a process, through the entry without an editor',
  async (client, generation) => {
    const python = clientPython(client);
    const root = realpathSync(mkdtempSync(join(tmpdir(), 'local api ')));
    const workspace = join(root, 'demo');
    const scratch = join(root, 'client');
    await mkdir(workspace);
    await mkdir(scratch);
    const args = ['--workspace', workspace, '--storage', join(root, 'storage'), '--python', python];
    const api = await startApi([...args, '--generation', generation]);
    const { told, key } = api;
    try {
      expect(told).toMatchObject({ project: 'demo', address: `https://127.0.0.1:${told.port}` });
      expect((await stat(told.apiKeyFile)).mode & 0o777).toBe(0o600);
      const { code: flow, output } = await runFlow(python, scratch, {
        PORT: String(told.port),
        API_KEY: key,
        PROJECT: told.project,
        WORKSPACE: workspace,
        TMPDIR: scratch,
      });
      expect(output).toContain('ALL OK');
      expect(flow).toBe(0);
      expect(api.errors()).not.toContain(key.split('.')[1]);
    } finally {
      await api.stop();
    }
    expect(await api.stop()).toBe(0);
    expect(await readdir(join(workspace, 'servings')).catch(() => [])).toEqual([]);
    expect(processesOf(root)).toEqual([]);
    await rm(root, { recursive: true, force: true });
  },
  240_000,
);

/** Command lines of processes that work in a folder. */
function processesOf(folder: string): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      } catch {
        return '';
      }
    })
    .filter((line) => line.includes(folder));
}
