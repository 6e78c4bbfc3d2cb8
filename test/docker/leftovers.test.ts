import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { DockerBackend } from '../../src/backends/docker/dockerBackend';
import { isCancelled } from '../../src/core/errors';
import type { ServingRef } from '../../src/core/serving';
import { DockerPlace, NEVER } from '../contract/dockerPlace';
import { operation } from '../contract/fixture';
import { Random } from '../fakes/random';
import { describeWithEngine, engineIsUp } from './support/engine';

describeWithEngine('what a start on Docker leaves', () => {
  let place: DockerPlace;
  let backend: DockerBackend;
  let ref: ServingRef;

  beforeAll(async () => {
    await engineIsUp();
    place = new DockerPlace();
    await place.add('echo', 'broken');
    place.secrets.set('KEY', 'value');
    backend = place.open();
    const environment = { variables: {}, secrets: ['KEY'] };
    ref = await backend.create(
      place.define('iris', 'echo', { backend: 'docker', environment, replicas: { min: 2, max: 2 } }),
      operation(),
    );
    await backend.start(ref, operation());
    await backend.stop(ref, operation());
  }, 180_000);
  afterAll(() => place.dispose());

  it('is nothing when it is cancelled, at whatever moment', async () => {
    const random = new Random(7);
    for (let round = 0; round < 14; round++) {
      const cancelled = operation();
      const milliseconds = random.whole(2600);
      const outcome = backend.start(ref, cancelled).then(
        () => undefined,
        (error: unknown) => error,
      );
      await sleep(milliseconds);
      cancelled.cancel();
      const error = await outcome;
      if (error === undefined) {
        await backend.stop(ref, operation());
      } else {
        expect(isCancelled(error), `after ${String(milliseconds)} ms`).toBe(true);
      }
      expect(await place.objects(), `after ${String(milliseconds)} ms`).toEqual([]);
      expect((await backend.servings(NEVER))[0]?.state).toBe('stopped');
    }
  }, 300_000);

  it('is the reason and the last lines when it fails', async () => {
    const failing = await backend.create(place.define('fails', 'broken', { backend: 'docker' }), operation());
    await expect(backend.start(failing, operation())).rejects.toThrow(/it is broken/);
    expect(await place.objects()).toEqual([]);
    const serving = (await backend.servings(NEVER)).find(({ ref: { name } }) => name === 'fails');
    expect(serving).toMatchObject({ state: 'failed' });
    const frames = serving?.run?.failure?.exception?.frames.filter(({ user }) => user);
    expect(frames?.at(-1)).toMatchObject({ file: `${place.folder}/Models/broken/1/broken.py` });
    const lines: string[] = [];
    for await (const { message } of backend.logs(failing, { follow: false }, NEVER)) {
      lines.push(message);
    }
    expect(lines.join('\n')).toContain('it is broken');
  }, 60_000);
});
