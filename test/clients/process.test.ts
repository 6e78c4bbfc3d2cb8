import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { clientPython, runFlow, type ClientName } from './runClient';

const ENTRY = resolve(import.meta.dirname, '../../dist/local-api.js');

interface Told {
  readonly address: string;
  readonly port: number;
  readonly ingressPort: number;
  readonly project: string;
  readonly apiKeyFile: string;
  readonly certificate: string;
}

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
    const args = [ENTRY, '--workspace', workspace, '--storage', join(root, 'storage'), '--python', python];
    const api = spawn(process.execPath, [...args, '--generation', generation]);
    let errors = '';
    api.stderr.setEncoding('utf8').on('data', (piece: string) => {
      errors += piece;
    });
    const code = new Promise<number | null>((done) => {
      api.once('close', done);
    });
    try {
      const line = await new Promise<string>((done, reject) => {
        let text = '';
        api.stdout.setEncoding('utf8').on('data', (piece: string) => {
          text += piece;
          if (text.endsWith('\n')) {
            done(text);
          }
        });
        api.once('close', () => {
          reject(new Error(errors));
        });
      });
      const told = JSON.parse(line) as Told;
      expect(told).toMatchObject({ project: 'demo', address: `https://127.0.0.1:${told.port}` });
      expect((await stat(told.apiKeyFile)).mode & 0o777).toBe(0o600);
      const key = (await readFile(told.apiKeyFile, 'utf8')).trim();
      const { code: flow, output } = await runFlow(python, scratch, {
        PORT: String(told.port),
        API_KEY: key,
        PROJECT: told.project,
        WORKSPACE: workspace,
        TMPDIR: scratch,
      });
      expect(output).toContain('ALL OK');
      expect(flow).toBe(0);
      expect(errors).not.toContain(key.split('.')[1]);
    } finally {
      api.kill('SIGTERM');
    }
    expect(await code).toBe(0);
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
