import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { goodOf, lastGoodOf } from '../../../src/backends/local/lastGood';
import type { RunRecord } from '../../../src/backends/local/ledger';
import { lineChanges } from '../../../src/backends/local/lineChanges';
import { DEFAULTS, type ServingDefinition } from '../../../src/core/definition';
import { Random } from '../../fakes/random';

const definition: ServingDefinition = {
  ...DEFAULTS,
  name: 'iris',
  model: { name: 'iris', version: 1 },
  script: 'Models/iris/1/iris.py',
};

describe('changes of a text', () => {
  it.each([
    ['a\nb\nc', 'a\nb\nc', 0, 0],
    ['a\nb\nc\n', 'a\r\nb\r\nc', 0, 0],
    ['a\nb\nc', 'a\nx\nb\nc', 1, 0],
    ['a\nb\nc', 'a\nc', 0, 1],
    ['a\nb\nc', 'c\nb\na', 2, 2],
    ['', 'a', 1, 1],
    ['a\nb\nc\nd', 'a\n1\n2\n3\nc\nd', 3, 1],
  ])('from %j to %j: %i added, %i removed', (before, after, added, removed) => {
    expect(lineChanges(before, after)).toEqual({ added, removed });
  });

  it('fit the lengths, however the texts are, also where they are long', () => {
    const random = new Random(2);
    for (const length of [5, 50, 3000]) {
      const text = (): string => Array.from({ length }, () => random.whole(20)).join('\n');
      const [before, after] = [text(), text()];
      const { added, removed } = lineChanges(before, after);
      expect(added).toBe(removed);
      expect(added).toBeLessThanOrEqual(length);
    }
  });
});

describe('the last good run', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'last good '));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const write = async (file: string, text: string): Promise<string> => {
    const path = join(folder, file);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
    return path;
  };
  const artifact = (script: string, fingerprint = 'f') => ({
    label: 'iris_1_3',
    directory: dirname(script),
    fingerprint,
    script,
  });
  const run = (part: Partial<RunRecord> = {}): RunRecord => ({
    instance: 'i',
    startedAt: '2026-11-29T12:17:00Z',
    definition,
    stages: [],
    ...part,
  });

  it('is the one before where that was ready, else what that one knew', () => {
    const ready = run({ readyAt: '2026-11-29T12:17:03Z', endedAt: '2026-11-29T14:30:00Z' });
    const good = goodOf(ready);
    expect(good).toEqual({ startedAt: ready.startedAt, endedAt: ready.endedAt, definition });
    expect(goodOf(run({ lastGood: good! }))).toEqual(good);
    expect(goodOf(run())).toBeUndefined();
    expect(goodOf(undefined)).toBeUndefined();
  });

  it('says what has changed of the script and the settings', async () => {
    const script = await write('Artifacts/3/iris.py', 'import a\nx = 1\n');
    await write(definition.script, 'import a\nimport xgboost\nx = 2\n');
    const good = { startedAt: '2026-11-29T12:17:00Z', definition, artifact: artifact(script) };
    const failed = run({
      definition: {
        ...definition,
        resources: { cores: 2, memoryMb: 64, gpus: 0 },
        description: 'other',
        preload: true,
      },
      lastGood: good,
    });
    expect(await lastGoodOf(failed, folder)).toEqual({
      startedAt: new Date('2026-11-29T12:17:00Z'),
      artifact: 'iris_1_3',
      script,
      changes: ['the Predict script (2 lines added, 1 removed)', 'other settings', 'the limits of a replica'],
    });
  });

  it('says that files of the model are others where the script is the same', async () => {
    const script = await write('Artifacts/3/iris.py', 'x\n');
    await write(definition.script, 'x\n');
    const good = { startedAt: '2026-11-29T12:17:00Z', definition, artifact: artifact(script) };
    const failed = run({ artifact: artifact(script, 'g'), lastGood: good });
    expect((await lastGoodOf(failed, folder))?.changes).toEqual(['files of iris v1']);
  });

  it('has no script to compare where the artifact is gone', async () => {
    await write(definition.script, 'x\n');
    const good = { startedAt: '2026-11-29T12:17:00Z', definition, artifact: artifact(join(folder, 'gone.py')) };
    const told = await lastGoodOf(run({ lastGood: good }), folder);
    expect(told).not.toHaveProperty('script');
    expect(told?.changes).toEqual([]);
  });

  it('is not told of a run that was ready itself', async () => {
    const good = { startedAt: '2026-11-29T12:17:00Z', definition };
    expect(await lastGoodOf(run({ readyAt: '2026-11-29T12:17:03Z', lastGood: good }), folder)).toBeUndefined();
    expect(await lastGoodOf(run(), folder)).toBeUndefined();
  });
});
