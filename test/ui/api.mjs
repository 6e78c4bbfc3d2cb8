// The local Hopsworks API before a workspace of its own, for the window's connection.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { project } from '../setup/paths.mjs';

/**
 * @param {(write: (file: string, text: string) => void) => void} fill what lies in its workspace
 * @param {readonly string[]} [args]
 * @returns {Promise<{ told: any, key: string, end: () => Promise<void> }>}
 */
export async function startApi(fill, args = []) {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'api ui ')));
  mkdirSync(join(root, 'demo'));
  fill((file, text) => {
    mkdirSync(dirname(join(root, 'demo', file)), { recursive: true });
    writeFileSync(join(root, 'demo', file), text);
  });
  const child = spawn(process.execPath, [
    join(project, 'dist/local-api.js'),
    ...['--workspace', join(root, 'demo'), '--storage', join(root, 'storage'), '--generation', '4', ...args],
  ]);
  const line = await new Promise((done, reject) => {
    child.stdout.once('data', (piece) => done(String(piece)));
    child.once('close', () => reject(new Error('the local API did not start')));
  });
  const told = JSON.parse(line);
  return {
    told,
    key: readFileSync(told.apiKeyFile, 'utf8').trim(),
    end: async () => {
      const ended = new Promise((done) => child.once('close', done));
      child.kill('SIGTERM');
      await ended;
      rmSync(root, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
