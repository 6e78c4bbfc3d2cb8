import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  ask,
  describeStopping,
  engineIsUp,
  engineStatus,
  killEngine,
  pauseEngine,
  resumeEngine,
} from '../support/engine';

// What the other tests of this folder rely on.
describeStopping("The engine's supervisor", () => {
  beforeAll(engineIsUp);
  afterAll(engineIsUp);

  it.each([
    ['pauses', pauseEngine],
    ['kills', killEngine],
  ])('%s the engine, which stays down until it is resumed', async (_, stop) => {
    await stop();
    expect(await engineStatus()).toMatchObject({ up: false });
    await expect(ask('/_ping')).rejects.toThrow(/ECONNREFUSED|ENOENT/);
    await resumeEngine();
    expect(await ask('/_ping')).toBe('OK');
  });

  it('starts it again when it dies without having been told to', async () => {
    const { pid = 0, restarts = 0 } = await engineStatus();
    process.kill(pid, 'SIGKILL');
    await expect.poll(engineStatus, { timeout: 20_000 }).toMatchObject({ up: true, restarts: restarts + 1 });
    expect(await ask('/_ping')).toBe('OK');
  });
});
