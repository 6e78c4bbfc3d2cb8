import { setTimeout as sleep } from 'node:timers/promises';
import { ServingError } from '../../src/core/errors';
import type { MemoryScript, MemoryWorld } from '../fakes/memoryBackend';
import type { ScriptName } from './fixture';

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

/** What every fixture has, for the backend in memory. */
export function addScripts(world: MemoryWorld): void {
  for (const [name, script] of Object.entries(SCRIPTS)) {
    world.scripts.set(scriptOf(name), script);
  }
}

export function scriptOf(name: string): string {
  return `Models/${name}/1/${name}.py`;
}
