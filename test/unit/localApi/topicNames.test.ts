import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Asked } from '../../../src/localApi/asked';
import { Topics } from '../../../src/localApi/topics';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'topic-names-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const wish = { topic: 'CREATE', name: 'iris', servingTool: 'DEFAULT', wire: {} } as unknown as Asked;
/** Topics of the deployment `iris` with all digits but these. */
async function topicsWithout(free: readonly number[]): Promise<Topics> {
  const file = join(folder, 'topics.json');
  const topics = Array.from({ length: 10_000 }, (_, digits) => ({
    name: `iris-inf${String(digits).padStart(4, '0')}`,
    partitions: 1,
    replicas: 1,
  })).filter((_, digits) => !free.includes(digits));
  await writeFile(file, JSON.stringify({ topics, subjects: {} }));
  return new Topics(file);
}

it('a new topic gets a name that no other has, as long as there is one', async () => {
  const topics = await topicsWithout([17]);
  expect(await topics.ofDeployment(wish)).toBe('iris-inf0017');
  await expect(topics.ofDeployment(wish)).rejects.toMatchObject({ errorCode: 190002 });
});
