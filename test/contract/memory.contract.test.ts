import { setTimeout as sleep } from 'node:timers/promises';
import { DEFAULTS } from '../../src/core/definition';
import { ServingError } from '../../src/core/errors';
import { MemoryBackend, MemoryWorld, type MemoryScript } from '../fakes/memoryBackend';
import { describeBackend } from './backend.contract';
import type { Fixture, ScriptName } from './fixture';

const SCRIPTS: Readonly<Record<ScriptName, MemoryScript>> = {
  echo: {
    predict: (inputs, print) => {
      print(`asked ${JSON.stringify(inputs)}`);
      if (inputs === 'raise') {
        throw new Error('ValueError: asked to');
      }
      const { lines } = (inputs ?? {}) as { lines?: number };
      for (let n = 0; n < (lines ?? 0); n++) {
        print(`line ${n}:${'x'.repeat(1000)}`);
      }
      return inputs;
    },
  },
  second: {
    predict: (inputs, print) => {
      print(`asked ${JSON.stringify(inputs)}`);
      return 'second';
    },
  },
  slow: { load: (signal) => sleep(2000, undefined, { signal }), predict: (inputs) => inputs },
  broken: {
    load: () =>
      Promise.reject(
        new ServingError('script', 'Could not start iris: it is broken', { remedies: [{ kind: 'showLogs' }] }),
      ),
    predict: () => undefined,
  },
};

describeBackend('memory', () => {
  const world = new MemoryWorld();
  for (const [name, script] of Object.entries(SCRIPTS)) {
    world.scripts.set(scriptOf(name), script);
  }
  const fixture: Fixture = {
    backend: new MemoryBackend(world),
    another: () => new MemoryBackend(world),
    define: (name, script = 'echo', change = {}) => ({
      ...DEFAULTS,
      name,
      model: { name: script, version: 1 },
      script: scriptOf(script),
      ...change,
    }),
    readText: (name) => Promise.resolve(world.texts.get(name)),
    writeText: async (name, text) => {
      world.texts.set(name, text);
      await Promise.resolve();
    },
    deleteText: async (name) => {
      world.texts.delete(name);
      await Promise.resolve();
    },
    leftovers: (name) => Promise.resolve([...world.runs.keys(), ...world.logs.keys()].filter((each) => each === name)),
    modelsAndScripts: () => Promise.resolve([...world.scripts.keys()]),
    dispose: () => Promise.resolve(),
  };
  return Promise.resolve(fixture);
});

function scriptOf(name: string): string {
  return `Models/${name}/1/${name}.py`;
}
