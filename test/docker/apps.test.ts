import { afterEach, beforeEach, expect, it } from 'vitest';
import type { DockerBackend } from '../../src/backends/docker/dockerBackend';
import type { ServingDefinition } from '../../src/core/definition';
import { DockerPlace, NEVER } from '../contract/dockerPlace';
import { operation } from '../contract/fixture';
import { describeWithEngine, engineIsUp } from './support/engine';

/** An app that knows one path: all others are 404, those that a gateway may ask for, too. */
const APP = `
import os
def application(environ, start_response):
    known = environ["PATH_INFO"] == "/threads"
    start_response("200 OK" if known else "404 Not Found", [("Content-Type", "text/plain")])
    return [os.environ.get("OMP_NUM_THREADS", "none").encode() if known else b"no such page"]
`;

describeWithEngine('an app of its own behind a gateway', () => {
  let place: DockerPlace;
  let backend: DockerBackend;

  const ask = async (change: Partial<ServingDefinition>, path: string): Promise<readonly [number, string]> => {
    const definition = place.define('own', 'own', { backend: 'docker', ...change });
    const ref = await backend.create(definition, operation());
    await backend.start(ref, operation());
    const serving = (await backend.servings(NEVER)).find(({ ref: { name } }) => name === 'own');
    const answer = await fetch(new URL(path, serving?.run?.endpoint?.url));
    return [answer.status, await answer.text()];
  };

  beforeEach(async () => {
    await engineIsUp();
    place = new DockerPlace();
    await place.write('Models/own/1/own.py', APP);
    backend = place.open();
  }, 60_000);
  afterEach(() => place.dispose());

  it('is found though it has no page for whoever checks it', async () => {
    expect(await ask({}, '/other')).toEqual([404, 'no such page']);
  }, 120_000);

  it('gets as many threads as cores, at least one', async () => {
    expect(await ask({ resources: { cores: 1.5, memoryMb: 256, gpus: 0 } }, '/threads')).toEqual([200, '2']);
  }, 120_000);

  it('gets as many threads as its variables say', async () => {
    const environment = { variables: { OMP_NUM_THREADS: '7' }, secrets: [] };
    expect(await ask({ environment }, '/threads')).toEqual([200, '7']);
  }, 120_000);
});
