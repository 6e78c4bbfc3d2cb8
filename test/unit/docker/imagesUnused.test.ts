import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import type { Engine, ImageSummary } from '../../../src/backends/docker/engine/port';
import { LABEL } from '../../../src/backends/docker/images/names';
import { isDefined, removeArtifacts } from '../../../src/backends/docker/images/unusedImages';

function artifact(id: string, serving: string): ImageSummary {
  const labels = {
    [LABEL.ours]: '1',
    [LABEL.role]: 'artifact',
    [LABEL.folder]: 'abc',
    [LABEL.serving]: serving,
  };
  return { id, tags: [`model-serving/artifact:${id}`], labels, sizeBytes: 1, created: 0 };
}

it('removes all artifacts of a serving, and none of another', async () => {
  const removed: string[] = [];
  const engine: Partial<Engine> = {
    listImages: () => Promise.resolve([artifact('one', 'iris'), artifact('two', 'iris'), artifact('three', 'other')]),
    listContainers: () => Promise.resolve([]),
    removeImage: (id) => {
      removed.push(id);
      return Promise.resolve();
    },
  };
  await removeArtifacts(engine as Engine, { folderHash: 'abc', name: 'iris' });
  expect(removed.sort()).toEqual(['one', 'two']);
});

it('knows a serving by its definition in the folder', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'unused-'));
  try {
    mkdirSync(path.join(folder, 'servings'));
    writeFileSync(path.join(folder, 'servings', 'iris.serving.json'), '{}');
    expect(await isDefined(folder, 'iris')).toBe(true);
    expect(await isDefined(folder, 'other')).toBe(false);
    expect(await isDefined(path.join(folder, 'gone'), 'iris')).toBe(false);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
