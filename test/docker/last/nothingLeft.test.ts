import { beforeAll, expect, it } from 'vitest';
import { describeStopping, engineIsUp, leftovers } from '../support/engine';

// On an engine of others theirs may be there as well, so only on the run's own.
describeStopping('After all tests', () => {
  beforeAll(engineIsUp);

  it('nothing of ours is left on the engine but images that any folder may use', async () => {
    expect(await leftovers()).toEqual([]);
  });
});
