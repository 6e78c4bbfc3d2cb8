// A short look at an engine of any kind, from a start to the last trace: test/setup/docker/other.mjs runs it on Podman
// and on rootless Docker.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { whyNoLimits } from '../../src/backends/docker/engine/info';
import type { Serving } from '../../src/core/serving';
import { until } from '../contract/backend.contract';
import { DockerPlace, NEVER } from '../contract/dockerPlace';
import { operation } from '../contract/fixture';
import { describeWithEngine, engineIsUp } from './support/engine';

const SCRIPT = `
import os
class Predict:
    def predict(self, inputs):
        print("asked", inputs, flush=True)
        return [os.environ["KEY"], inputs]
`;
const VALUE = 'é "a value" 4711';

describeWithEngine('any engine', () => {
  let place: DockerPlace;

  beforeAll(async () => {
    await engineIsUp();
    place = new DockerPlace();
    place.secrets.set('KEY', VALUE);
    await place.write('Models/small/1/small.py', SCRIPT);
  });
  afterAll(() => place.dispose());

  it('starts, answers, scales, puts back what was killed, tells its log and leaves nothing', async () => {
    const backend = place.open();
    const engine = await place.engine();
    const find = async (): Promise<Serving | undefined> => (await backend.servings(NEVER))[0];
    const environment = { variables: {}, secrets: ['KEY'] };
    const definition = place.define('iris', 'small', { backend: 'docker', environment });
    const ref = await backend.create(definition, operation());
    await backend.start(ref, operation());
    const answer = async (inputs: unknown): Promise<unknown> => {
      const request = { verb: 'predict', body: JSON.stringify({ inputs }) } as const;
      return JSON.parse((await backend.predict(ref, request, NEVER)).body) as unknown;
    };
    expect(await answer('first')).toEqual({ predictions: [VALUE, 'first'] });
    const unlimited = whyNoLimits(await engine.info(NEVER));
    const shown = await find();
    expect(shown?.state).toBe('running');
    expect(shown?.reason).toBe(unlimited && `No limit of ${unlimited.what} is in force: ${unlimited.why}`);

    await backend.update(ref, { ...definition, replicas: { min: 2, max: 2 } }, operation());
    expect(await place.containers('iris', 'replica')).toHaveLength(2);
    expect(await answer('second')).toEqual({ predictions: [VALUE, 'second'] });
    const [first] = await place.containers('iris', 'replica');
    await engine.killContainer(first?.id ?? '', 'SIGKILL');
    expect(await answer('third')).toEqual({ predictions: [VALUE, 'third'] });
    await until(async () => {
      const replicas = (await find())?.run?.replicas ?? [];
      return replicas.length === 2 && replicas.every(({ state }) => state === 'ready');
    }, 60);

    const lines: string[] = [];
    for await (const { message } of backend.logs(ref, { follow: false }, NEVER)) {
      lines.push(message);
    }
    expect(lines.filter((line) => line.startsWith('asked'))).toEqual(['asked first', 'asked second', 'asked third']);
    await backend.stop(ref, operation());
    expect(await place.objects()).toEqual([]);
    expect((await find())?.state).toBe('stopped');
  }, 240_000);
});
