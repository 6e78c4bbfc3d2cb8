import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ContainerSummary, Engine } from '../../../src/backends/docker/engine/port';
import {
  checkGoneFolders,
  isPathHere,
  mayBeElsewhere,
  removeGoneServing,
  servingsOfGoneFolders,
} from '../../../src/backends/docker/goneFolders';
import { LABEL, type Role, ServingObjects } from '../../../src/backends/docker/labels';
import { ServingPaths } from '../../../src/backends/local/paths';

const NEVER = new AbortController().signal;
let here: string;
let gone: string;

beforeAll(() => {
  here = mkdtempSync(join(tmpdir(), 'gone-'));
  gone = join(here, 'was', 'here');
});
afterAll(() => {
  rmSync(here, { recursive: true, force: true });
});

function container(folder: string, name: string, role: Role, state = 'running'): ContainerSummary {
  const labels = new ServingObjects(folder, name).labels(role);
  return { id: `${name} ${role}`, labels, state } as unknown as ContainerSummary;
}

function engine(containers: readonly ContainerSummary[], more: Partial<Engine> = {}): Engine {
  const none = (): Promise<readonly []> => Promise.resolve([]);
  const some: Partial<Engine> = {
    address: { url: 'unix:///x', source: 'default' },
    listContainers: () => Promise.resolve(containers),
    listNetworks: none,
    listVolumes: none,
    listImages: none,
    ...more,
  };
  return some as Engine;
}

describe('servings of folders that are gone', () => {
  it('are found by their labels, each once, with how many containers run', async () => {
    const found = await servingsOfGoneFolders(
      engine(
        [
          container(gone, 'iris', 'replica'),
          container(gone, 'iris', 'gateway', 'exited'),
          container(here, 'iris', 'replica'),
        ],
        {
          listNetworks: () =>
            Promise.resolve([{ id: 'n', name: 'n', labels: new ServingObjects(gone, 'left').labels('network') }]),
        },
      ),
    );
    expect(found).toEqual([
      { name: 'iris', folder: gone, containers: 2, running: 1 },
      { name: 'left', folder: gone, containers: 0, running: 0 },
    ]);
  });

  it('are never those of another system, nor those whose labels do not fit', async () => {
    const windows = container('C:\\work\\iris', 'iris', 'replica');
    const strange = container(gone, 'iris', 'replica');
    const changed = { ...strange, labels: { ...strange.labels, [LABEL.folderPath]: join(gone, 'other') } };
    const relative = container('was/here', 'iris', 'replica');
    expect(await servingsOfGoneFolders(engine([windows, changed, relative]))).toEqual([]);
  });

  it('are a finding of the doctor that names them with their folders', async () => {
    expect(await checkGoneFolders(engine([container(here, 'iris', 'replica')]))).toEqual([]);
    expect(await checkGoneFolders(engine([container(gone, 'iris', 'replica')]))).toEqual([
      {
        name: 'Docker',
        state: 'warning',
        text: `A serving is on the engine, and this computer has no such folder: iris of ${gone}`,
        remedy: { kind: 'cleanUp' },
      },
    ]);
    const remote = { address: { url: 'ssh://x', source: 'setting', remoteHost: 'x' } } as const;
    expect(await checkGoneFolders(engine([container(gone, 'iris', 'replica')], remote))).toMatchObject([
      { state: 'ok', remedy: { kind: 'cleanUp' } },
    ]);
  });

  it('are not removed when the folder is there again', async () => {
    const touched: string[] = [];
    const touch = (id: string): Promise<void> => {
      touched.push(id);
      return Promise.resolve();
    };
    const removing = removeGoneServing(
      engine([container(here, 'iris', 'replica')], { stopContainer: touch, removeContainer: touch }),
      { name: 'iris', folder: here },
      new ServingPaths(join(here, 'state'), 'iris'),
      NEVER,
    );
    await expect(removing).rejects.toMatchObject({
      code: 'conflict',
      message: `Could not remove iris: its folder ${here} is there again`,
    });
    expect(touched).toEqual([]);
  });
});

describe('a folder', () => {
  it.each([
    ['/home/dana/iris', 'linux', true],
    ['C:\\iris', 'linux', false],
    ['iris', 'linux', false],
    ['C:\\iris', 'win32', true],
    ['c:/iris', 'win32', true],
    ['\\\\server\\iris', 'win32', true],
    ['/home/dana/iris', 'win32', false],
  ] as const)('%s could be on a computer with %s: %s', (folder, platform, is) => {
    expect(isPathHere(folder, platform)).toBe(is);
  });

  it('may be on another computer when that has the same engine', async () => {
    const local = engine([]);
    const remote = engine([], { address: { url: 'ssh://x', source: 'setting', remoteHost: 'x' } });
    expect(await mayBeElsewhere(gone, local)).toBe(false);
    expect(await mayBeElsewhere(gone, remote)).toBe(true);
    expect(await mayBeElsewhere(here, remote)).toBe(false);
    expect(await mayBeElsewhere('C:\\iris', local)).toBe(true);
    expect(await mayBeElsewhere('', remote)).toBe(false);
  });

  it('that is a file now is gone', async () => {
    const file = join(here, 'file');
    writeFileSync(file, '');
    expect(await servingsOfGoneFolders(engine([container(file, 'iris', 'replica')]))).toHaveLength(1);
  });
});
