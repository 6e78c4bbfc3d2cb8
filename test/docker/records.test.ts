import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Backend } from '../../src/core/backend';
import { until } from '../contract/backend.contract';
import { DockerPlace } from '../contract/dockerPlace';
import { operation } from '../contract/fixture';
import { inputsOf, recordsOf, stateOfRecords } from '../contract/inferenceLog.contract';
import { moveWindow, type MoveWindow } from './movePlace';
import { describeWithEngine } from './support/engine';

describeWithEngine('local inference logs in Docker', () => {
  let place: DockerPlace;
  let window: MoveWindow;
  beforeEach(async () => {
    place = new DockerPlace();
    await place.add('echo');
    const { folder, storage, serverRoot, log } = place;
    const secretOf = (): undefined => undefined;
    window = moveWindow({ folder, storage, serverRoot, log, secretOf, open: (parts) => place.open(parts) });
  });
  afterEach(async () => {
    await window.servings.remove({ backend: window.process.id, name: 'iris' }, operation()).catch(() => undefined);
    window.dispose();
    await place.dispose();
  });

  const ask = (backend: Backend, inputs: unknown): Promise<unknown> =>
    backend.predict(
      { backend: backend.id, name: 'iris' },
      { verb: 'predict', body: JSON.stringify({ inputs }) },
      AbortSignal.timeout(30_000),
    );

  it('go along when the serving moves to Docker and back, each record once; they go with it', async () => {
    const { servings, process, docker } = window;
    const [here, there] = [process, docker].map(({ id }) => ({ backend: id, name: 'iris' })) as [never, never];
    await servings.create(process.id, place.define('iris', 'echo', { backend: 'process' }), operation());
    await servings.start(here, operation());
    await ask(process, 'as a process');
    await servings.move(here, docker.id, operation());
    await ask(docker, 'in Docker');
    await until(async () => (await recordsOf(docker, there)).records.length === 2);
    await servings.move(there, process.id, operation());
    await ask(process, 'back');
    await until(async () => (await recordsOf(process, here)).records.length === 3);
    expect([...inputsOf((await recordsOf(process, here)).records)].sort()).toEqual([
      'as a process',
      'back',
      'in Docker',
    ]);
    expect(await place.found('inputs\\"')).not.toEqual([]);
    await servings.remove(here, operation());
    expect(await place.found('inputs\\"')).toEqual([]);
  }, 180_000);

  it('have those of all replicas, also of one that a smaller number ended, and the sum of what they tell', async () => {
    const { docker } = window;
    const of = (replicas: number) =>
      place.define('iris', 'echo', { backend: 'docker', replicas: { min: replicas, max: replicas } });
    const ref = await docker.create(of(2), operation());
    await docker.start(ref, operation());
    for (let n = 0; n < 20; n++) {
      await ask(docker, n);
    }
    await until(async () => (await stateOfRecords(docker, ref))?.sinks[0]?.sent === 20);
    await docker.update(ref, of(1), operation());
    const { records } = await recordsOf(docker, ref);
    expect([...inputsOf(records)].sort((a, b) => Number(a) - Number(b))).toEqual(
      Array.from({ length: 20 }, (_, n) => n),
    );
    expect(await place.containers('iris', 'replica')).toHaveLength(1);
    await docker.remove(ref, operation());
    expect(await place.objects()).toEqual([]);
    expect(place.warnings.filter((each) => each.includes('records'))).toEqual([]);
  }, 180_000);
});
