import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Serving } from '../../src/core/serving';
import { operation } from './fixture';
import { NEVER, ProcessPlace } from './processPlace';

describe('a serving that does not start any more', () => {
  let place: ProcessPlace;
  beforeEach(async () => {
    place = new ProcessPlace();
    await place.add('echo');
  });
  afterEach(() => place.dispose());

  it('tells its last good run and what has changed since, also after it failed again, until it is good', async () => {
    const backend = place.open();
    const definition = place.define('iris');
    const ref = await backend.create(definition, operation());
    const shown = async (): Promise<Serving | undefined> => (await backend.servings(NEVER))[0];
    await backend.start(ref, operation());
    expect(await shown()).not.toHaveProperty('lastGood');
    await backend.stop(ref, operation());
    expect(await shown()).not.toHaveProperty('lastGood');

    const good = 'class Predict:\n    def predict(self, inputs):\n        return inputs\n';
    await place.write(definition.script, `import nothing_of_that_name\n${good}`);
    for (const changed of [definition, { ...definition, replicas: { min: 2, max: 2 } }]) {
      await backend.update(ref, changed, operation());
      await expect(backend.start(ref, operation())).rejects.toThrow(/nothing_of_that_name/);
      const serving = await shown();
      expect(serving?.state).toBe('failed');
      expect(serving?.lastGood).toMatchObject({ artifact: 'MODEL-ONLY', startedAt: expect.any(Date) as Date });
      expect(serving?.lastGood?.endedAt?.getTime()).toBeGreaterThanOrEqual(serving?.lastGood?.startedAt.getTime() ?? 0);
      expect(serving?.lastGood?.script).toMatch(/echo\.py$/);
      expect(serving?.lastGood?.changes[0]).toMatch(/^the Predict script \(\d+ lines? added, \d+ removed\)$/);
      expect(serving?.lastGood?.changes.slice(1)).toEqual(changed === definition ? [] : ['the number of replicas']);
    }

    await place.write(definition.script, good);
    await backend.start(ref, operation());
    expect(await shown()).toMatchObject({ state: 'running' });
    expect(await shown()).not.toHaveProperty('lastGood');
  });
});
