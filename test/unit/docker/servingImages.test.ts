import { expect, it } from 'vitest';
import type { Engine, ImageSummary } from '../../../src/backends/docker/engine/port';
import { LABEL } from '../../../src/backends/docker/images/names';
import { tidyImages } from '../../../src/backends/docker/images/servingImages';
import { folderHash } from '../../../src/backends/docker/labels';
import type { Ledger, PreparedStage, RunRecord } from '../../../src/backends/local/ledger';

const FOLDER = '/home/dana/flowers';

function place(stages: readonly Partial<PreparedStage>[] | undefined, listImages?: Engine['listImages']) {
  const removed: string[] = [];
  const said: string[] = [];
  const say = (text: string | Error): void => {
    said.push(String(text));
  };
  const images = [1, 2, 3, 4].map((number): ImageSummary => {
    const labels = {
      [LABEL.ours]: '1',
      [LABEL.role]: 'artifact',
      [LABEL.folder]: folderHash(FOLDER),
      [LABEL.serving]: 'iris',
      [LABEL.built]: `2026-11-0${String(number)}T00:00:00Z`,
    };
    return { id: String(number), tags: [`model-serving/artifact:${String(number)}`], labels, sizeBytes: 1, created: 0 };
  });
  const engine = {
    listImages: listImages ?? (() => Promise.resolve(images.filter(({ id }) => !removed.includes(id)))),
    listContainers: () => Promise.resolve([]),
    removeImage: (id: string) => {
      removed.push(id);
      return Promise.resolve();
    },
  } as unknown as Engine;
  const run = stages && ({ stages } as unknown as RunRecord);
  const ledger = { read: () => Promise.resolve(run) } as unknown as Ledger;
  const log = { debug: say, info: say, warn: say, error: say };
  return { removed, said, parts: { folder: FOLDER, name: 'iris', engine: () => Promise.resolve(engine), ledger, log } };
}

it('a start that built an image takes the older ones away, one that found it asks nothing', async () => {
  const built = place([{ name: 'image' }]);
  await tidyImages(built.parts);
  expect(built.removed).toEqual(['2', '1']);
  expect(built.said).toEqual(['iris: 2 images that it does not need any more were removed']);

  const asked = () => Promise.reject(new Error('it was asked'));
  const cached = place([{ name: 'environment' }, { name: 'image', note: 'cached' }], asked);
  await tidyImages(cached.parts);
  expect([...cached.removed, ...cached.said]).toEqual([]);
});

it('a removal takes all of them away', async () => {
  const { removed, parts } = place(undefined);
  await tidyImages(parts);
  expect(removed.sort()).toEqual(['1', '2', '3', '4']);
});

it('a failure is logged and not raised', async () => {
  const { said, parts } = place([{ name: 'image' }], () => Promise.reject(new Error('the engine is away')));
  await tidyImages(parts);
  await tidyImages({ ...parts, engine: () => Promise.reject(new Error('there is none')) });
  expect(said).toEqual([
    'could not remove the unused images of iris: the engine is away',
    'could not remove the unused images of iris: there is none',
  ]);
});
