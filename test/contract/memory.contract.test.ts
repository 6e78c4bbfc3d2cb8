import { DEFAULTS } from '../../src/core/definition';
import { MemoryBackend, MemoryWorld } from '../fakes/memoryBackend';
import { describeBackend } from './backend.contract';
import type { Fixture } from './fixture';
import { addScripts, scriptOf } from './memoryScripts';

describeBackend('memory', () => {
  const world = new MemoryWorld();
  addScripts(world);
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
    found: () => Promise.resolve([]),
    leftovers: (name) => Promise.resolve([...world.runs.keys(), ...world.logs.keys()].filter((each) => each === name)),
    modelsAndScripts: () => Promise.resolve([...world.scripts.keys()]),
    dispose: () => Promise.resolve(),
  };
  return Promise.resolve(fixture);
});
