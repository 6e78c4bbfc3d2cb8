import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DEFAULTS } from '../../src/core/definition';
import { TestHopsworks } from '../fakes/hopsworks/testHopsworks';
import { backendTo } from '../unit/hopsworks/support';
import { KEY } from '../unit/localApi/apiPlace';
import { describeBackend } from './backend.contract';
import type { Fixture, ScriptName } from './fixture';
import { addScripts, scriptOf } from './memoryScripts';

const NO_FILES = 'a server keeps no file of a definition that a person could change';
const NO_MOVE = 'the backend has no capability "move": a move to it and from it is made of an upload and a create';
const FINISHES = 'Hopsworks ends no start before it has come to its end: it answers 240003 or 240001 until then';
const CANNOT = {
  'refuses a name that is taken, also in other letters':
    'it is refused, but there is no file of a definition to open, which the case wants as the remedy',
  'lists what was created, stopped':
    'Hopsworks tells the name of a script, not its path, and the number of its artifact',
  'keeps comments and unknown fields in an update': NO_FILES,
  'lists a definition that is not right with the reason, beside the others': NO_FILES,
  'shows that a definition was changed by hand while it ran': NO_FILES,
  'adopts one whose definition was deleted by hand: the same run goes on, defined again': NO_FILES,
  'keeps a running one when its definition was broken by hand': NO_FILES,
  'goes on answering when the definition that was to take its place does not load':
    'Hopsworks tells one that was changed and does not load as Failed, whatever goes on answering',
  'start the same: one run, both are told':
    'Hopsworks tells no log of one that is stopped, by which the case counts runs',
  'gives back whatever is answered': 'Hopsworks tells an error of the model in its own form',
  'of an update leaves the running one as it is': 'Hopsworks takes back no change that it has begun with',
  'are complete and in order when there are megabytes of them': 'Hopsworks tells the last 50,000 bytes of an instance',
  'start and stop: the stop does not wait for a start that takes long': FINISHES,
  'remove what another window starts': FINISHES,
  'from here: it answers until it is released, and nothing of it is left': NO_MOVE,
  'from here is given up: it stays, and goes on answering': NO_MOVE,
  'from here is given up when it is stopped by another window': NO_MOVE,
  'from here of one that does not run says so; of one that is elsewhere is refused': NO_MOVE,
  'to here: it answers and is defined before the other one is released': NO_MOVE,
  'to here that does not come up leaves nothing here, and the other one as it is': NO_MOVE,
  ...Object.fromEntries(
    ['prepared', 'scheduled', 'initialized', 'started'].map((stage) => [
      `to here that is cancelled in stage ${stage} leaves nothing`,
      NO_MOVE,
    ]),
  ),
};
const TIMING = { pollMs: 10, patienceMs: 2000, cancelMs: 5000 };

/** Our backend of Hopsworks, over HTTP, against our API of Hopsworks, over the backend in memory. */
describeBackend(
  'hopsworks',
  async () => {
    const server = await new TestHopsworks().open(4);
    server.world.stageDelay = (_stage, signal) => sleep(40, undefined, { signal });
    addScripts(server.world);
    for (const name of ['echo', 'second', 'slow', 'broken'] satisfies ScriptName[]) {
      await server.write(scriptOf(name), 'class Predict: ...');
    }
    const open = () => backendTo(server.address, { key: KEY }, undefined, TIMING);
    const fixture: Fixture = {
      backend: open(),
      another: open,
      define: (name, script = 'echo', change = {}) => ({
        ...DEFAULTS,
        name,
        backend: 'hopsworks',
        model: { name: script, version: 1 },
        script: scriptOf(script),
        remote: {
          server: 'PYTHON',
          tool: 'DEFAULT',
          framework: 'PYTHON',
          topic: { name: 'NONE' },
          inferenceLogging: 'NONE',
          requests: { cores: 0.2, memoryMb: 32, gpus: 0 },
          batching: { enabled: false },
          protocol: 'REST',
        },
        ...change,
      }),
      readText: (name) => Promise.resolve(server.world.texts.get(name)),
      writeText: async (name, text) => {
        server.world.texts.set(name, text);
        await Promise.resolve();
      },
      deleteText: async (name) => {
        server.world.texts.delete(name);
        await Promise.resolve();
      },
      found: () => Promise.resolve([]),
      leftovers: async (name) => {
        const { runs, logs, texts } = server.world;
        const records = await readFile(join(server.storage, 'deployments.json'), 'utf8').catch(() => '{}');
        const found = {
          'its run': (runs.get(name)?.state ?? 'stopped') !== 'stopped',
          'its logs': !texts.has(name) && logs.has(name),
          'its record': !texts.has(name) && records.includes(`"name": "${name}"`),
        };
        return Object.entries(found).flatMap(([what, isThere]) => (isThere ? [what] : []));
      },
      modelsAndScripts: () => Promise.resolve([...server.world.scripts.keys()]),
      dispose: () => server.dispose(),
    };
    return fixture;
  },
  {
    stages: ['prepared', 'scheduled', 'initialized'],
    cancelled: ['prepared', 'scheduled', 'initialized', 'started'],
    cannot: CANNOT,
  },
);
