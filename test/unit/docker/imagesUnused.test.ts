import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import type { ContainerSummary, Engine, ImageSummary } from '../../../src/backends/docker/engine/port';
import { LABEL } from '../../../src/backends/docker/images/names';
import { isDefined, removeArtifacts, removeImages } from '../../../src/backends/docker/images/unusedImages';

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

it('keeps what an image is built on that stays, and what is not ours', async () => {
  const removed: string[] = [];
  const environment = {
    ...artifact('below', ''),
    tags: ['model-serving/environment:below'],
    labels: { [LABEL.ours]: '1', [LABEL.role]: 'environment' },
  };
  const on = (id: string) => {
    const image = artifact(id, id);
    return { ...image, labels: { ...image.labels, [LABEL.environment]: 'model-serving/environment:below' } };
  };
  const containers: ContainerSummary[] = [];
  const engine: Partial<Engine> = {
    listImages: () => Promise.resolve([environment, on('one'), on('two')].filter(({ id }) => !removed.includes(id))),
    listContainers: () => Promise.resolve(containers),
    removeImage: (id) => {
      removed.push(id);
      return Promise.resolve();
    },
  };
  const remove = (...ids: readonly string[]) => removeImages(engine as Engine, ids);
  expect(await remove('one', 'below', 'somebody else’s')).toEqual(['one']);
  containers.push({ image: 'model-serving/artifact:two' } as ContainerSummary);
  expect(await remove('two', 'below')).toEqual([]);
  containers.pop();
  expect(await remove('two', 'below')).toEqual(['two', 'below']);
});

it('knows a serving by its definition in the folder', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'unused-'));
  try {
    mkdirSync(path.join(folder, 'servings'));
    writeFileSync(path.join(folder, 'servings', 'iris.serving.json'), '{}');
    expect(await isDefined(folder, 'iris')).toBe(true);
    expect(await isDefined(folder, 'other')).toBe(false);
    expect(await isDefined(path.join(folder, 'gone'), 'iris')).toBe(false);
    const renamed = { name: 'inside', model: { name: 'iris', version: 1 }, script: 'predict.py' };
    writeFileSync(path.join(folder, 'servings', 'outside.serving.json'), JSON.stringify(renamed));
    expect(await isDefined(folder, 'inside')).toBe(true);
    expect(await isDefined(folder, 'outside')).toBe(false);
    rmSync(path.join(folder, 'servings'), { recursive: true });
    mkdirSync(path.join(folder, 'servings', 'iris.serving.json'), { recursive: true });
    expect(await isDefined(folder, 'iris')).toBe(false);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
