import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { DockerBackend } from '../../src/backends/docker/dockerBackend';
import type { ServingDefinition } from '../../src/core/definition';
import type { Serving, ServingRef } from '../../src/core/serving';
import { DockerPlace } from '../contract/dockerPlace';
import { operation } from '../contract/fixture';
import { until } from '../contract/backend.contract';
import { describeWithEngine, engineIsUp } from './support/engine';
import { Load, type LoadResult } from './support/load';

const NEVER = new AbortController().signal;
/** What goes before and after each event: all of it has to be answered, too. */
const AROUND_MS = 700;

const SCRIPT = (word: string) => `
import os, time

class Predict:
    def __init__(self):
        time.sleep(0.3)

    def predict(self, inputs):
        return ["${word}"] * len(inputs)
`;

describeWithEngine('no request fails', () => {
  let place: DockerPlace;
  let backend: DockerBackend;
  let ref: ServingRef;
  let definition: ServingDefinition;

  const serving = async (): Promise<Serving> => {
    const found = (await backend.servings(NEVER)).find(({ ref: { name } }) => name === ref.name);
    if (!found) {
      throw new Error('it is not there');
    }
    return found;
  };
  const url = async (): Promise<string> => `${(await serving()).run?.endpoint?.url ?? ''}:predict`;
  /** A client at a fixed rate, without tries of its own, while something happens. */
  const during = async (event: () => Promise<unknown>, rate = 60): Promise<LoadResult> => {
    const load = new Load({ url: await url(), rate, body: '{"inputs": [1, 2]}', seconds: 120 });
    await sleep(AROUND_MS);
    await event();
    await sleep(AROUND_MS);
    return load.stop();
  };
  const fine = (result: LoadResult): void => {
    expect(result.failures).toEqual([]);
    expect(result.sent).toBeGreaterThan(50);
  };
  const update = async (change: Partial<ServingDefinition>): Promise<void> => {
    definition = { ...definition, ...change };
    await backend.update(ref, definition, operation());
  };
  const ask = async (): Promise<unknown> =>
    (
      JSON.parse((await backend.predict(ref, { verb: 'predict', body: '{"inputs": [1]}' }, NEVER)).body) as {
        predictions: unknown;
      }
    ).predictions;

  beforeAll(async () => {
    await engineIsUp();
    place = new DockerPlace({ settings: { drainSeconds: 5 } });
    await place.write('Models/slow/1/slow.py', SCRIPT('first'));
    await place.write('Models/slow/1/model.bin', 'weights');
    backend = place.open();
    definition = place.define('load', 'slow', {
      backend: 'docker',
      replicas: { min: 1, max: 1 },
      resources: { cores: 1, memoryMb: 256, gpus: 0 },
    });
    ref = await backend.create(definition, operation());
    await backend.start(ref, operation());
  }, 180_000);
  afterAll(() => place.dispose());

  it('while the script changes', async () => {
    await place.write('Models/slow/1/slow.py', SCRIPT('second'));
    fine(await during(() => update({})));
    expect(await ask()).toEqual(['second']);
  }, 90_000);

  it('while the model changes', async () => {
    await place.write('Models/slow/1/model.bin', 'other weights');
    fine(await during(() => update({})));
    expect((await serving()).differences).toEqual([]);
  }, 90_000);

  it('while variables and resources change', async () => {
    const environment = { ...definition.environment, variables: { COLOUR: 'blue' } };
    fine(await during(() => update({ environment, resources: { cores: 1, memoryMb: 300, gpus: 0 } })));
  }, 90_000);

  it('while it restarts', async () => {
    const before = (await serving()).run?.startedAt;
    fine(await during(() => update({})));
    expect((await serving()).run?.startedAt).not.toEqual(before);
  }, 90_000);

  it('while it goes from 1 replica to 4 and back; what ran runs on', async () => {
    const before = (await serving()).run?.replicas[0]?.container;
    fine(
      await during(async () => {
        await update({ replicas: { min: 4, max: 4 } });
        expect((await serving()).run?.replicas.map(({ state }) => state)).toEqual(['ready', 'ready', 'ready', 'ready']);
        await update({ replicas: { min: 1, max: 1 } });
      }, 100),
    );
    expect((await serving()).run?.replicas.map(({ container }) => container)).toEqual([before]);
  }, 120_000);

  it('while nothing but the description changes; then nothing is started', async () => {
    const before = (await serving()).run;
    fine(await during(() => update({ description: 'with words' })));
    expect((await serving()).run?.replicas.map(({ container }) => container)).toEqual(
      before?.replicas.map(({ container }) => container),
    );
  }, 60_000);

  it('while one of two replicas is killed, and it comes back', async () => {
    await update({ replicas: { min: 2, max: 2 } });
    const engine = await place.engine();
    fine(
      await during(async () => {
        const [first] = await place.containers('load', 'replica');
        await engine.killContainer(first?.id ?? '', 'SIGKILL');
        await until(async () => (await serving()).run?.replicas.every(({ state }) => state === 'ready') === true, 30);
      }, 100),
    );
    expect((await serving()).run?.replicas).toHaveLength(2);
  }, 120_000);

  it('while a second gateway is taken away that a killed window has left', async () => {
    const engine = await place.engine();
    const [gateway] = await place.containers('load', 'gateway');
    const at = await url();
    // It was made for another definition, and later than the one that fits.
    const labels = { ...gateway?.labels, 'model-serving.gateway': 'another' };
    const network = Object.keys(gateway?.addresses ?? {})[0] ?? '';
    const second = {
      image: gateway?.image ?? '',
      labels,
      network,
      ports: [{ inside: 8080, outside: 0, address: '127.0.0.1' }],
    };
    fine(
      await during(async () => {
        await engine.startContainer(await engine.createContainer(second));
        await until(async () => (await place.containers('load', 'gateway')).length === 2);
        await until(async () => (await place.containers('load', 'gateway')).length === 1, 30);
      }),
    );
    expect((await place.containers('load', 'gateway')).map(({ id }) => id)).toEqual([gateway?.id]);
    expect(await url()).toBe(at);
  }, 90_000);

  it('but for the moment that a killed gateway is away', async () => {
    const engine = await place.engine();
    const [gateway] = await place.containers('load', 'gateway');
    const pid = (await engine.inspectContainer(gateway?.id ?? ''))?.pid ?? 0;
    const at = await url();
    const result = await during(async () => {
      process.kill(pid, 'SIGKILL');
      await sleep(1500);
      await until(async () => (await serving()).state === 'running', 20);
      await until(
        async () => (await fetch(at, { method: 'POST', body: '{"inputs": [1]}' }).catch(() => undefined))?.ok === true,
      );
    });
    console.log(
      `gateway killed: ${String(result.failed)} of ${String(result.sent)} failed, for ${String(Math.round(result.failedFor))} ms`,
    );
    expect(await url()).toBe(at);
    expect(result.failedFor).toBeLessThan(4000);
    fine(await during(() => Promise.resolve()));
  }, 90_000);

  it('that was there when it is told to stop', async () => {
    await place.write(
      'Models/wait/1/wait.py',
      'import time\nclass Predict:\n    def predict(self, inputs):\n        time.sleep(2)\n        return inputs\n',
    );
    const waiting = await backend.create(
      place.define('waits', 'wait', { backend: 'docker', batching: { enabled: false, maxRows: 1, check: false } }),
      operation(),
    );
    await backend.start(waiting, operation());
    const answer = backend.predict(waiting, { verb: 'predict', body: '{"inputs": [7]}' }, NEVER);
    await sleep(500);
    await backend.stop(waiting, operation());
    expect(await answer).toMatchObject({ status: 200, body: '{"predictions":[7]}' });
    expect((await place.containers('waits')).length).toBe(0);
  }, 90_000);
});
