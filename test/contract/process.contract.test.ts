import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeBackend, until } from './backend.contract';
import type { Fixture } from './fixture';
import { ProcessPlace } from './processPlace';

describeBackend('process', async () => {
  const place = new ProcessPlace();
  await place.add('echo', 'second', 'slow', 'broken');
  const file = (name: string): string => join(place.folder, 'servings', `${name}.serving.json`);
  const fixture: Fixture = {
    backend: place.open(),
    another: () => place.open(),
    define: (name, script, change) => place.define(name, script, change),
    readText: (name) => readFile(file(name), 'utf8').catch(() => undefined),
    writeText: async (name, text) => {
      await place.write(join('servings', `${name}.serving.json`), text);
    },
    deleteText: (name) => rm(file(name)),
    leftovers: async (name) => [
      ...(await place.processes()),
      ...(await place.files(join(place.storage, 'servings', name))),
      ...(await place.files(join(place.storage, 'locks'))),
      ...(await place.files(join(place.storage, 'arrivals'))),
      ...(await place.files(place.root)).filter((each) => /\/\.|\.tmp$/.test(each)),
    ],
    found: (text) => place.found(text),
    modelsAndScripts: () => place.files(join(place.folder, 'Models')),
    crash: async (name, what) => {
      const pid =
        what === 'server' ? (await place.run(name)).server.pid : (await place.serverJson(name)).replicas[0]?.pid;
      if (pid === undefined) {
        throw new Error(`${name} has no ${what}`);
      }
      process.kill(pid, 'SIGKILL');
      await until(async () => {
        const stat = existsSync(`/proc/${pid}/stat`) ? await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '') : '';
        return stat === '' || stat.includes(') Z ');
      });
    },
    dispose: () => place.dispose(),
  };
  await writeFile(join(place.folder, 'note.txt'), 'beside');
  return fixture;
});
