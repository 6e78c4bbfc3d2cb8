import { mkdtempSync, realpathSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { workspaceStorage } from '../../src/backends/local/paths';
import { rememberStorage } from '../../src/composeStorage';
import { startApi } from './startApi';

let root: string;
beforeEach(async () => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'storage of both ')));
  vi.stubEnv('XDG_STATE_HOME', join(root, 'state'));
  vi.stubEnv('LOCALAPPDATA', join(root, 'state'));
  await mkdir(join(root, 'demo'));
  await mkdir(join(root, 'editor'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(root, { recursive: true, force: true });
});

it.skipIf(process.platform === 'darwin')(
  'without an editor it works on the state that an editor has, and is there once for a folder',
  async () => {
    const workspace = join(root, 'demo');
    await rememberStorage({ folder: workspace, storage: join(root, 'editor') });
    const api = await startApi(['--workspace', workspace]);
    try {
      expect(api.told.apiKeyFile).toBe(join(workspaceStorage(join(root, 'editor'), workspace), 'localApi', 'api.key'));
      await expect(startApi(['--workspace', workspace])).rejects.toThrow(
        `runs already at ${api.told.address}, by local-api.js`,
      );
    } finally {
      expect(await api.stop()).toBe(0);
    }
    const again = await startApi(['--workspace', workspace]);
    expect(again.told).toEqual(api.told);
    expect(await again.stop()).toBe(0);
  },
  60_000,
);
