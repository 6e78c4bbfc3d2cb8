import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import type { DockerBackend } from '../../src/backends/docker/dockerBackend';
import type { Engine } from '../../src/backends/docker/engine/port';
import { isCancelled } from '../../src/core/errors';
import type { Serving, ServingRef } from '../../src/core/serving';
import { failure, until } from '../contract/backend.contract';
import { DockerPlace, NEVER } from '../contract/dockerPlace';
import { operation } from '../contract/fixture';
import { pythonImage, describeWithEngine } from './support/engine';
import { SmallEngine } from './support/smallEngine';

const SIZE = 500;
/** What the engine writes down of what it does may grow by so much. */
const NOTES = 6;

// An engine of their own; the other one's registry has the base image.
describeWithEngine('An engine whose disk is full', () => {
  let small: SmallEngine;
  let place: DockerPlace;
  let backend: DockerBackend;
  let engine: Engine;
  let ref: ServingRef;
  let reason: string | undefined;

  beforeAll(async () => {
    const registry = /^127\.0\.0\.1:\d+(?=\/)/.exec(pythonImage)?.[0];
    const started =
      registry === undefined
        ? 'the base image is in no registry on 127.0.0.1'
        : await SmallEngine.start(SIZE, registry);
    if (typeof started === 'string') {
      reason = started;
    } else {
      small = started;
    }
  }, 120_000);
  afterAll(async () => {
    if (reason === undefined) {
      await small.stop();
    }
  }, 60_000);
  beforeEach(async ({ skip }) => {
    skip(reason !== undefined, reason);
    // It reaches no index, and need not wait to know.
    vi.stubEnv('PIP_INDEX_URL', 'http://127.0.0.1:9/simple');
    vi.stubEnv('PIP_RETRIES', '0');
    vi.stubEnv('UV_HTTP_RETRIES', '0');
    place = new DockerPlace({ host: small.host });
    await place.add('echo');
    backend = place.open();
    engine = await place.engine();
    ref = await backend.create(place.define('iris', 'echo', { backend: 'docker' }), operation());
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    if (reason === undefined) {
      await small.empty();
      await place.dispose();
    }
  });

  const find = async (): Promise<Serving | undefined> => (await backend.servings(NEVER))[0];
  const images = async (): Promise<readonly string[]> => (await engine.listImages({})).flatMap(({ tags }) => tags);
  /** The start says that the engine's disk is full, for every window to see, and leaves nothing. */
  const isFull = async (what: RegExp): Promise<void> => {
    const before = await images();
    const free = await small.free();
    const error = await failure(backend.start(ref, operation()));
    expect(error, error.message).toMatchObject({ code: 'disk' });
    expect(error.message).toMatch(what);
    expect(error.message).toMatch(/the engine's disk is full|the disk of the engine is full/);
    expect(error.remedies).toEqual([{ kind: 'cleanUp' }, { kind: 'runDoctor' }]);
    expect(await find()).toMatchObject({ state: 'failed', reason: error.message });
    expect((await find())?.run?.failure?.remedies).toEqual(error.remedies);
    expect(await images()).toEqual(before);
    expect(await place.objects()).toEqual([]);
    expect(await engine.listContainers({})).toEqual([]);
    expect(await small.free()).toBeGreaterThan(free - NOTES);
  };
  /** To the stage after all images are there. */
  const makesImages = async (): Promise<void> => {
    const stages = operation(({ stage }, cancel) => {
      if (stage === 'server') {
        cancel();
      }
    });
    const error = await failure(backend.start(ref, stages));
    expect(isCancelled(error), error.message).toBe(true);
    expect((await images()).join()).toContain('model-serving/artifact:');
  };

  it('says so while a base image is pulled, and which', async () => {
    await small.fill(60);
    await isFull(new RegExp(`Pulling ${pythonImage} failed`));
  }, 120_000);

  it('says so while an environment is built; with room again it is', async () => {
    await engine.pullImage(pythonImage, () => undefined, NEVER);
    await small.fill(2);
    await isFull(/environment image/);
    await small.empty();
    await makesImages();
  }, 240_000);

  it('keeps a model that was sent once: in the image that was made of it', async () => {
    await place.write('Models/echo/1/model.bin', randomBytes(50_000_000));
    const free = await small.free();
    await makesImages();
    await until(async () => free - (await small.free()) < 55, 20);
  }, 240_000);

  it('says so while a model larger than its disk is sent; a smaller one is taken', async () => {
    await place.write('Models/echo/1/model.bin', randomBytes(SIZE * 1_000_000));
    await isFull(/image with model and script/);
    await place.write('Models/echo/1/model.bin', 'small');
    await makesImages();
  }, 240_000);
});
