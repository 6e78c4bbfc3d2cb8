import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { raiseMemory } from '../../src/app/raiseMemory';
import type { DockerBackend } from '../../src/backends/docker/dockerBackend';
import type { ServingDefinition } from '../../src/core/definition';
import type { Serving, ServingRef } from '../../src/core/serving';
import { toHealth } from '../../src/ui/panels/health';
import { failure, until } from '../contract/backend.contract';
import { DockerPlace, NEVER } from '../contract/dockerPlace';
import { operation } from '../contract/fixture';
import { ScriptedPrompts, type Answer } from '../fakes/scriptedPrompts';
import { ask as engineJson, describeWithEngine, engineIsUp } from './support/engine';

const RAISE = { kind: 'raiseLimit', setting: 'resources.memoryMb' };
/** Needs as many megabytes as a request says, or as its environment says while it loads. */
const HUNGRY = `
import os
class Predict:
    def __init__(self):
        self.kept = bytearray(b"x") * (int(os.environ.get("MEGABYTES", "0")) * 1000000)
    def predict(self, inputs):
        return [len(bytearray(b"x") * (megabytes * 1000000)) for megabytes in inputs]
`;

describeWithEngine('out of memory', () => {
  let place: DockerPlace;
  let backend: DockerBackend;

  beforeAll(engineIsUp);
  beforeEach(async () => {
    place = new DockerPlace();
    await place.write('Models/hungry/1/hungry.py', HUNGRY);
    backend = place.open();
  });
  afterEach(() => place.dispose());

  const define = (variables: Record<string, string> = {}): ServingDefinition =>
    place.define('iris', 'hungry', {
      backend: 'docker',
      resources: { cores: 1, memoryMb: 64, gpus: 0 },
      environment: { variables, secrets: [] },
    });
  const find = async (): Promise<Serving> => {
    const [serving] = await backend.servings(NEVER);
    if (!serving) {
      throw new Error('there is no serving');
    }
    return serving;
  };
  const ask = (ref: ServingRef, megabytes: number) =>
    backend.predict(ref, { verb: 'predict', body: JSON.stringify({ inputs: [megabytes] }) }, NEVER);
  const raise = async (answer: Answer): Promise<void> => {
    const prompts = new ScriptedPrompts([['Memory of iris', answer]]);
    await raiseMemory(await find(), {
      prompts,
      update: (ref, definition) => backend.update(ref, definition, operation()),
      start: (ref) => backend.start(ref, operation()),
    });
    prompts.end();
  };
  /** What the engine holds the replicas to, in MB. */
  const limits = async (): Promise<readonly number[]> => {
    const found = await place.containers('iris', 'replica');
    const all = await Promise.all(found.map(({ id }) => engineJson(`/containers/${id}/json`)));
    return all.map((text) => (JSON.parse(text) as { HostConfig: { Memory: number } }).HostConfig.Memory / 1024 / 1024);
  };

  it('is said of a replica that was ended while it answered, with the button that raises the limit', async () => {
    const ref = await backend.create(define(), operation());
    await backend.start(ref, operation());
    expect((await ask(ref, 200)).status).toBe(500);
    await until(async () => (await find()).run?.replicas[0]?.remedies !== undefined, 20);
    await until(async () => (await find()).state === 'running', 20);
    const serving = await find();
    expect(serving.reason).toMatch(/^Replica 1 ran out of memory at 64 MB while .*: raise the limit$/);
    expect(serving.run?.replicas[0]?.remedies).toEqual([RAISE]);
    expect(toHealth(serving, undefined, ['logs']).act).toEqual({ text: 'Raise the limit…', to: 'raiseMemory' });

    await raise({ refused: 'much', with: /number of MB/, then: '512' });
    expect(await find()).toMatchObject({ state: 'running', definition: { resources: { memoryMb: 512 } } });
    expect((await find()).reason).toBeUndefined();
    expect((await ask(ref, 200)).status).toBe(200);
    expect((await find()).run?.replicas).toHaveLength(1);
    expect(await limits()).toEqual([512]);
  }, 90_000);

  it('while it loads is a failure whose button ends with a serving that runs at twice the limit', async () => {
    const ref = await backend.create(define({ MEGABYTES: '80' }), operation());
    const error = await failure(backend.start(ref, operation()));
    expect(error.message).toMatch(/out of memory at 64 MB: raise the limit/);
    expect(error.remedies).toContainEqual(RAISE);
    const failed = await find();
    expect(failed).toMatchObject({ state: 'failed' });
    expect(failed.run?.failure?.remedies).toContainEqual(RAISE);

    await raise('enter');
    expect(await find()).toMatchObject({ state: 'running', definition: { resources: { memoryMb: 128 } } });
    expect(await limits()).toEqual([128]);
  }, 90_000);
});
