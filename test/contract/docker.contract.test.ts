import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { vi } from 'vitest';
import { describeBackend, until } from './backend.contract';
import { DockerPlace, NEVER } from './dockerPlace';
import type { Fixture } from './fixture';
import { describeWithEngine } from '../docker/support/engine';

// The first start builds the environment's image.
vi.setConfig({ testTimeout: 120_000 });

describeWithEngine('On an engine', () => {
  describeBackend('docker', async () => {
    const place = new DockerPlace();
    await place.add('echo', 'second', 'slow', 'broken');
    const file = (name: string): string => join(place.folder, 'servings', `${name}.serving.json`);
    const fixture: Fixture = {
      backend: place.open(),
      another: () => place.open(),
      define: (name, script, change) => place.define(name, script, { backend: 'docker', ...change }),
      readText: (name) => readFile(file(name), 'utf8').catch(() => undefined),
      writeText: async (name, text) => {
        await place.write(join('servings', `${name}.serving.json`), text);
      },
      deleteText: (name) => rm(file(name)),
      leftovers: async (name) => [
        ...(await place.objects()),
        ...(await place.files(join(place.storage, 'docker', 'servings', name))),
        ...(await place.files(join(place.storage, 'docker', 'locks'))),
        ...(await place.files(join(place.storage, 'docker', 'arrivals'))),
        ...(await place.files(place.root)).filter((each) => /\/\.|\.tmp$/.test(each)),
      ],
      found: async (text) => [
        ...(await place.found(text)),
        ...(await place.found(text, join((await (await place.engine()).info(NEVER)).dataRoot, 'volumes'))),
      ],
      modelsAndScripts: () => place.files(join(place.folder, 'Models')),
      crash: async (name, what) => {
        const engine = await place.engine();
        for (const { id } of await place.containers(name, 'replica')) {
          if (what === 'server') {
            await engine.killContainer(id, 'SIGKILL');
            await until(async () => (await engine.inspectContainer(id))?.running === false);
          } else {
            const pid = await place.hostPid(id, (await place.serverJson(id)).replicas[0]?.pid ?? 0);
            if (pid === undefined) {
              throw new Error(`${name} has no worker`);
            }
            process.kill(pid, 'SIGKILL');
          }
        }
      },
      dispose: () => place.dispose(),
    };
    await writeFile(join(place.folder, 'note.txt'), 'beside');
    return fixture;
  });
});
