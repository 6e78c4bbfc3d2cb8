import { mkdtempSync, realpathSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { rememberStorage, storageOf, userStorage } from '../../../src/composeStorage';

let root: string;
beforeEach(async () => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'known storage ')));
  vi.stubEnv('XDG_STATE_HOME', join(root, 'state'));
  vi.stubEnv('LOCALAPPDATA', join(root, 'state'));
  for (const folder of ['demo', 'other', 'editor', 'second']) {
    await mkdir(join(root, folder));
  }
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(root, { recursive: true, force: true });
});
const at = (name: string): string => join(root, name);

it.skipIf(process.platform === 'darwin')('without an editor the state lies with the user', async () => {
  expect(await storageOf(at('demo'))).toEqual({ folder: at('demo'), storage: userStorage() });
});

it.skipIf(process.platform === 'darwin')(
  'a folder’s state lies where the editor keeps it that had it open last',
  async () => {
    await rememberStorage({ folder: at('demo'), storage: at('editor') });
    await rememberStorage({ folder: at('other'), storage: at('second') });
    expect((await storageOf(at('demo'))).storage).toBe(at('editor'));
    expect((await storageOf(at('other'))).storage).toBe(at('second'));
    // Of a folder that no editor had open, that of the one that was used last.
    expect(await storageOf(root)).toEqual({ folder: root, storage: at('second') });
    await rememberStorage({ folder: at('demo'), storage: at('second') });
    expect((await storageOf(at('demo'))).storage).toBe(at('second'));
    // An editor that was taken away.
    await rm(at('second'), { recursive: true });
    expect((await storageOf(at('demo'))).storage).toBe(userStorage());
  },
);

it.skipIf(process.platform === 'darwin')('folders that are gone are forgotten', async () => {
  await rememberStorage({ folder: at('demo'), storage: at('editor') });
  await rm(at('demo'), { recursive: true });
  await rememberStorage({ folder: at('other'), storage: at('editor') });
  expect(await readdir(join(userStorage(), 'editors'))).toHaveLength(2);
});
